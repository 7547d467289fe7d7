package queue

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func openBucket(t *testing.T, q *Queue, name string, ttl time.Duration) *Bucket {
	t.Helper()
	bucket, err := q.Bucket(t.Context(), name, ttl)
	if err != nil {
		t.Fatal(err)
	}
	return bucket
}

func TestBucket(t *testing.T) {
	dir := t.TempDir()
	q := openDir(t, Options{Dir: dir})
	bucket, ctx := openBucket(t, q, "done", 0), t.Context()
	expect := func(doing string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", doing, err, want)
		}
	}
	_, err := bucket.Get(ctx, "issue-5")
	expect("get what is absent", err, ErrNotFound)
	expect("create", bucket.Create(ctx, "issue-5", []byte("seen")), nil)
	expect("create again", bucket.Create(ctx, "issue-5", []byte("twice")), ErrExists)
	expect("put", bucket.Put(ctx, "issue-6", []byte("done")), nil)
	expect("put again", bucket.Put(ctx, "issue-6", []byte("done twice")), nil)
	expect("delete", bucket.Delete(ctx, "issue-5"), nil)
	expect("delete again", bucket.Delete(ctx, "issue-5"), nil)
	expect("create after delete", bucket.Create(ctx, "issue-5", []byte("back")), nil)
	expect("delete for good", bucket.Delete(ctx, "issue-5"), nil)
	if err := bucket.Put(ctx, "no blanks", nil); err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("a key with a blank: %v, want an error that is not the store's", err)
	}
	if keys, err := bucket.Keys(ctx); err != nil || !slices.Equal(keys, []string{"issue-6"}) {
		t.Errorf("keys %q, %v", keys, err)
	}
	if keys, err := openBucket(t, q, "other", 0).Keys(ctx); err != nil || len(keys) != 0 {
		t.Errorf("keys of another bucket %q, %v", keys, err)
	}
	expect("close", q.Close(), nil)
	again := openBucket(t, openDir(t, Options{Dir: dir}), "done", 0)
	if value, err := again.Get(ctx, "issue-6"); err != nil || string(value) != "done twice" {
		t.Errorf("after reopening: %q, %v", value, err)
	}
}
