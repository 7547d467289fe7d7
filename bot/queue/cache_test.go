package queue

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"
)

func openCache(t *testing.T, q *Queue, name string, age time.Duration, size int64) *Cache {
	t.Helper()
	cache, err := q.Cache(t.Context(), name, age, size)
	if err != nil {
		t.Fatal(err)
	}
	return cache
}

func TestCacheKeepsTheNewest(t *testing.T) {
	dir := t.TempDir()
	q := openDir(t, Options{Dir: dir})
	cache, ctx := openCache(t, q, "pages", time.Hour, 1<<20), t.Context()
	if _, err := cache.Get(ctx, "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("get what is absent: %v", err)
	}
	for _, value := range []string{"old", "new"} {
		if err := cache.Put(ctx, "a", []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := openCache(t, q, "others", time.Hour, 1<<20).Get(ctx, "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("get from another cache: %v", err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := cache.Get(ctx, "a"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("get from a closed store: %v", err)
	}
	if err := cache.Put(ctx, "a", nil); !errors.Is(err, ErrUnavailable) {
		t.Errorf("put into a closed store: %v", err)
	}
	again := openCache(t, openDir(t, Options{Dir: dir}), "pages", time.Hour, 1<<20)
	if value, err := again.Get(ctx, "a"); err != nil || string(value) != "new" {
		t.Errorf("after reopening: %q, %v", value, err)
	}
}

func TestCacheDropsTheOldest(t *testing.T) {
	cache, ctx := openCache(t, openDir(t, Options{}), "pages", time.Hour, 64<<10), t.Context()
	for i := range 20 {
		if err := cache.Put(ctx, fmt.Sprint(i), bytes.Repeat([]byte{byte(i)}, 10<<10)); err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
	}
	if _, err := cache.Get(ctx, "0"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the oldest entry: %v", err)
	}
	if value, err := cache.Get(ctx, "19"); err != nil || len(value) != 10<<10 {
		t.Errorf("the newest entry: %d bytes, %v", len(value), err)
	}
}

func TestCacheForgetsWithAge(t *testing.T) {
	cache, ctx := openCache(t, openDir(t, Options{}), "pages", 150*time.Millisecond, 1<<20), t.Context()
	if err := cache.Put(ctx, "a", []byte("old")); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		_, err := cache.Get(ctx, "a")
		if errors.Is(err, ErrNotFound) {
			return
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("an old entry is still there: %v", err)
		}
	}
}

// TestCacheOnASmallDisk: a cache that does not fit is refused, and the queue goes on.
func TestCacheOnASmallDisk(t *testing.T) {
	q := openDir(t, Options{maxStore: 1 << 20})
	if _, err := q.Cache(t.Context(), "pages", time.Hour, 1<<30); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a cache larger than the store: %v", err)
	}
	put(t, q, pull(1, "a"))
}
