package queue

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/podcheck/podcheck/fixtures/cluster"
)

func TestMain(m *testing.M) {
	cluster.Serve()
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(publishUntilKilled(dir))
	}
	os.Exit(m.Run())
}

// openDir opens an embedded queue that closes with the test.
func openDir(t testing.TB, opts Options) *Queue {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	q, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q
}

// replicas opens two queues on one server, as two processes with one cluster would.
func replicas(t *testing.T, opts Options) (a, b *Queue) {
	t.Helper()
	opts.Dir = t.TempDir()
	opts = opts.withDefaults()
	store, err := startEmbedded(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.stop() })
	connect := func() *Queue {
		conn, err := nats.Connect("", append(connectOptions(opts), nats.InProcessServer(store.server))...)
		if err != nil {
			t.Fatal(err)
		}
		q, err := build(t.Context(), opts, conn, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = q.Close() })
		return q
	}
	return connect(), connect()
}

func pull(number int, delivery string) Item {
	return Item{Kind: KindPull, Installation: 7, Owner: "octo", Repo: "shop", RepoID: 42, Number: number, Delivery: delivery}
}

func put(t testing.TB, q *Queue, items ...Item) {
	t.Helper()
	for _, item := range items {
		if err := q.Put(t.Context(), item); err != nil {
			t.Fatal(err)
		}
	}
}

// stored lists the subjects that hold a message.
func stored(t testing.TB, q *Queue) map[string]uint64 {
	t.Helper()
	info, err := q.stream.Info(t.Context(), jetstream.WithSubjectFilter(subjectPrefix+">"))
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Subjects
}

// emptied waits until nothing is stored: the store does not confirm a Term, and works it off in its own time.
func emptied(t testing.TB, q *Queue) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for left := stored(t, q); len(left) != 0; left = stored(t, q) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("left over: %v", left)
		}
	}
}

func TestEmbeddedStoreSyncsEveryWriteAndDoesNotListen(t *testing.T) {
	q := openDir(t, Options{})
	if config := q.embedded.server.JetStreamConfig(); !config.SyncAlways {
		t.Error("the store does not sync every write")
	}
	if address := q.embedded.server.Addr(); address != nil {
		t.Errorf("the store listens on %s", address)
	}
}

func TestOpenRefuses(t *testing.T) {
	held := openDir(t, Options{})
	for name, test := range map[string]struct {
		opts Options
		want string
		not  string
		kind error
	}{
		"no place":           {opts: Options{}, want: "neither a data directory nor a NATS URL"},
		"directory in use":   {opts: Options{Dir: held.opts.Dir}, want: "another podcheck uses it"},
		"fraction of second": {opts: Options{Dir: t.TempDir(), AckWait: time.Millisecond}, want: "use 1s or more"},
		"no server": {
			opts: Options{URL: "nats://bot:hunter2@127.0.0.1:1", patience: time.Second}, want: "connect to NATS at nats://127.0.0.1:1", not: "hunter2",
			kind: ErrUnavailable,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), test.opts)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want it to contain %q", err, test.want)
			}
			if test.not != "" && strings.Contains(err.Error(), test.not) {
				t.Errorf("error %q shows the password", err)
			}
			if test.kind != nil && !errors.Is(err, test.kind) {
				t.Errorf("error %v is not %v", err, test.kind)
			}
		})
	}
}

func TestStoredItemsSurviveReopening(t *testing.T) {
	dir := t.TempDir()
	q := openDir(t, Options{Dir: dir})
	put(t, q, pull(1, "a"), pull(2, "b"), pull(1, "c"))
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	got := stored(t, openDir(t, Options{Dir: dir}))
	if len(got) != 2 || got["work.pr.42.1"] != 1 || got["work.pr.42.2"] != 1 {
		t.Errorf("stored %v, want one message for each of two pull requests", got)
	}
}

func TestFullStoreIsAnError(t *testing.T) {
	q := openDir(t, Options{maxStore: 1 << 20})
	var accepted int
	var err error
	for n := 1; n < 1000 && err == nil; n++ {
		item := pull(n, "a")
		item.Reason = strings.Repeat("x", 10_000)
		if err = q.Put(t.Context(), item); err == nil {
			accepted++
		}
	}
	if !errors.Is(err, ErrUnavailable) {
		t.Fatalf("after %d items: %v, want ErrUnavailable", accepted, err)
	}
	if err := q.Ready(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Ready = %v, want ErrUnavailable", err)
	}
	if got := len(stored(t, q)); got != accepted {
		t.Errorf("%d items stored, but %d were acknowledged", got, accepted)
	}
}

func TestClosedStoreIsAnError(t *testing.T) {
	q := openDir(t, Options{})
	bucket, err := q.Bucket(t.Context(), "done", 0)
	if err != nil {
		t.Fatal(err)
	}
	put(t, q, pull(1, "a"))
	lease := take(t, q, pull(1, "a"))
	if err := q.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func(context.Context) error{
		"Put":         func(ctx context.Context) error { return q.Put(ctx, pull(1, "b")) },
		"Ready":       q.Ready,
		"Fence":       func(ctx context.Context) error { _, err := lease.Fence(ctx); return err },
		"DeadLetters": func(ctx context.Context) error { _, err := q.DeadLetters(ctx); return err },
		"Bucket.Put":  func(ctx context.Context) error { return bucket.Put(ctx, "k", nil) },
		"Work":        func(ctx context.Context) error { return q.Work(ctx, 1, nil) },
	} {
		if err := call(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s = %v, want ErrUnavailable", name, err)
		}
	}
}

func TestPutRefusesWhatNamesNothing(t *testing.T) {
	q := openDir(t, Options{})
	if err := q.Put(t.Context(), pull(0, "a")); !errors.Is(err, ErrInvalid) {
		t.Errorf("Put = %v, want ErrInvalid", err)
	}
}
