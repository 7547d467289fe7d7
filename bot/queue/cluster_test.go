package queue

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/podcheck/podcheck/fixtures/cluster"
)

// election is the longest that servers take to agree on leaders after some were killed or started.
const election = 40 * time.Second

// within receives from c, or fails the test after d.
func within[T any](t *testing.T, c <-chan T, d time.Duration) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(d):
		t.Fatal("it did not happen")
		panic("unreachable")
	}
}

func startCluster(t *testing.T, n int) *cluster.Cluster {
	t.Helper()
	t.Parallel()
	c, err := cluster.Start(t.TempDir(), n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func openURL(t *testing.T, opts Options) *Queue {
	t.Helper()
	opts.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	q, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q
}

// replicasOf are the numbers of replicas of all streams, the buckets' included, and of the consumer.
func replicasOf(ctx context.Context, q *Queue) (map[string]int, error) {
	found := map[string]int{}
	streams := q.js.ListStreams(ctx)
	for info := range streams.Info() {
		found[info.Config.Name] = info.Config.Replicas
	}
	info, err := q.consumer.Info(ctx)
	if err == nil && info.Cluster != nil {
		found["consumer"] = 1 + len(info.Cluster.Replicas)
	}
	return found, errors.Join(streams.Err(), err)
}

// checkReplicas waits until everything has so many: changing the number takes a cluster a while.
func checkReplicas(t *testing.T, q *Queue, want int) {
	t.Helper()
	for deadline := time.Now().Add(election); ; {
		found, err := replicasOf(t.Context(), q)
		if err == nil && len(found) >= 4 && !slices.ContainsFunc(slices.Collect(maps.Values(found)), func(n int) bool { return n != want }) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("replicas %v, %v; want four streams and a consumer with %d", found, err, want)
		}
		wait(20*time.Millisecond, nil)
	}
}

// putUntilStored repeats what could not be stored, as GitHub's deliveries are found again, and fails the test if that takes too long.
func putUntilStored(t *testing.T, q *Queue, item Item) {
	t.Helper()
	for deadline := time.Now().Add(election); ; {
		err := q.Put(t.Context(), item)
		if err == nil {
			return
		}
		if !errors.Is(err, ErrUnavailable) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func leaderOf(t *testing.T, q *Queue, c *cluster.Cluster) *cluster.Server {
	t.Helper()
	info, err := q.stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.Server(info.Cluster.Leader)
}

func restart(t *testing.T, servers ...*cluster.Server) {
	t.Helper()
	for _, s := range servers {
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
	}
}

// finish works until nothing is stored, and counts how often each item was begun.
func finishAll(t *testing.T, q *Queue) map[int]int {
	t.Helper()
	begun := make(chan int, 1000)
	stop := work(t, q, 4, func(_ context.Context, job Job) error {
		begun <- job.Item.Number
		return nil
	})
	for deadline := time.Now().Add(election); ; {
		info, err := q.stream.Info(t.Context())
		if err == nil && info.State.Msgs == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not everything was worked on: %+v, %v", info, err)
		}
		wait(20*time.Millisecond, nil)
	}
	stop()
	times := map[int]int{}
	for len(begun) > 0 {
		times[<-begun]++
	}
	return times
}

func TestClusterLosesNothingWithItsServers(t *testing.T) {
	c := startCluster(t, 3)
	q := openURL(t, Options{URL: c.URL(), AckWait: 2 * time.Second})
	checkReplicas(t, q, 3)
	put(t, q, pull(1, "before"))

	leader := leaderOf(t, q, c)
	leader.Kill()
	putUntilStored(t, q, pull(2, "without its leader"))
	restart(t, leader)

	two := c.Servers()[:2]
	two[0].Kill()
	two[1].Kill()
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := q.Put(short, pull(3, "lost")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Put with one server of three = %v, want ErrUnavailable", err)
	}
	short, cancel = context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := q.Ready(short); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Ready with one server of three = %v, want ErrUnavailable", err)
	}
	restart(t, two...)
	putUntilStored(t, q, pull(4, "after"))
	times := finishAll(t, q)
	for _, number := range []int{1, 2, 4} {
		if times[number] == 0 {
			t.Errorf("pull request %d was stored and is lost", number)
		}
	}
}

func TestWorkGoesOnWhileALeaderIsKilled(t *testing.T) {
	c := startCluster(t, 3)
	q := openURL(t, Options{URL: c.URL(), AckWait: 2 * time.Second, Backoff: time.Millisecond})
	started, release := make(chan Job, 100), make(chan struct{})
	stop := work(t, q, 2, holdUntil(started, release))
	put(t, q, pull(1, "a"))
	within(t, started, election)
	leaderOf(t, q, c).Kill() // for longer than the lease lasts
	putUntilStored(t, q, pull(2, "b"))
	for seen := false; !seen; {
		seen = within(t, started, election).Item.Number == 2
	}
	close(release)
	stop()
	finishAll(t, q)
	letters, err := q.DeadLetters(t.Context())
	for deadline := time.Now().Add(election); err != nil && time.Now().Before(deadline); {
		letters, err = q.DeadLetters(t.Context())
	}
	if err != nil || len(letters) != 0 {
		t.Errorf("dead letters %v, %v; want none", letters, err)
	}
}

// TestCutOffWorkerMayNotWriteAnyMore: its server is paused, and goes on when another worker has the item.
func TestCutOffWorkerMayNotWriteAnyMore(t *testing.T) {
	c := startCluster(t, 3)
	b := openURL(t, Options{URL: c.URL(), AckWait: time.Second})
	leader, used := leaderOf(t, b, c).Name(), b.conn.ConnectedServerName()
	cut := c.Servers()[slices.IndexFunc(c.Servers(), func(s *cluster.Server) bool { return s.Name() != leader && s.Name() != used })]
	a := openURL(t, Options{URL: cut.URL(), AckWait: time.Second})
	put(t, b, pull(1, "a"))
	leases, ended := make(chan *Lease, 1), make(chan error, 1)
	stopA := work(t, a, 1, func(ctx context.Context, job Job) error {
		select {
		case leases <- job.Lease:
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return ctx.Err()
		default: // it has found another server
			return &RetryAfter{Delay: 100 * time.Millisecond}
		}
	})
	lease := within(t, leases, election)
	leases <- lease
	if err := cut.Pause(); err != nil {
		t.Fatal(err)
	}
	if cause := within(t, ended, election); !errors.Is(cause, ErrLeaseLost) {
		t.Errorf("the cut-off worker ended with %v, want ErrLeaseLost", cause)
	}
	taken := make(chan Job, 10)
	stopB := work(t, b, 1, holdUntil(taken, closed()))
	within(t, taken, election)
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := lease.Fence(short); err == nil {
		t.Error("the cut-off worker may still write")
	}
	if err := cut.Resume(); err != nil {
		t.Fatal(err)
	}
	if _, err := lease.Fence(t.Context()); err == nil {
		t.Error("the cut-off worker may write again")
	}
	stopA()
	stopB()
}

// TestPausedServerIsLeftForAnother: its connections stay open, and nothing answers.
func TestPausedServerIsLeftForAnother(t *testing.T) {
	c := startCluster(t, 3)
	q := openURL(t, Options{URL: c.URL(), AckWait: 2 * time.Second})
	put(t, q, pull(1, "a"))
	paused := c.Server(q.conn.ConnectedServerName())
	if err := paused.Pause(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = paused.Resume() })
	putUntilStored(t, q, pull(2, "b"))
	if q.conn.ConnectedServerName() == paused.Name() {
		t.Error("the connection still is with the paused server")
	}
	finishAll(t, q)
}

// TestSeveralBeginTogether: all bots of an installation are started on an empty cluster at once.
func TestSeveralBeginTogether(t *testing.T) {
	c := startCluster(t, 3)
	began := time.Now()
	var group conc.WaitGroup
	for range 3 {
		group.Go(func() { put(t, openURL(t, Options{URL: c.URL()}), pull(1, "a")) })
	}
	group.Wait()
	t.Logf("all were ready after %s", time.Since(began))
}

func TestStreamsOfOneReplicaBecomeThree(t *testing.T) {
	c := startCluster(t, 3)
	q := openURL(t, Options{URL: c.URL(), replicas: 1})
	checkReplicas(t, q, 1)
	put(t, q, pull(1, "a"))
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	q = openURL(t, Options{URL: c.URL()})
	checkReplicas(t, q, 3)
	if times := finishAll(t, q); times[1] != 1 {
		t.Errorf("the item was begun %d times, want once", times[1])
	}
}

func TestSingleServerHasOneReplica(t *testing.T) {
	c := startCluster(t, 1)
	checkReplicas(t, openURL(t, Options{URL: c.URL()}), 1)
}

func TestClusterThatIsTooSmallIsNotReady(t *testing.T) {
	c := startCluster(t, 2)
	_, err := Open(t.Context(), Options{URL: c.URL(), patience: time.Second})
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("Open = %v, want ErrUnavailable", err)
	}
	t.Log(err)
}

func TestStoreThatComesLaterIsWaitedFor(t *testing.T) {
	c := startCluster(t, 1)
	c.Servers()[0].Kill()
	ctx, cancel := context.WithTimeout(t.Context(), election)
	defer cancel()
	opened := make(chan error, 1)
	var group conc.WaitGroup
	group.Go(func() {
		q, err := Open(ctx, Options{URL: c.URL()})
		if err == nil {
			err = q.Close()
		}
		opened <- err
	})
	restart(t, c.Servers()[0])
	if err := within(t, opened, election); err != nil {
		t.Error(err)
	}
	group.Wait()
}

func TestWhatAnOperatorRemovesIsMadeAgain(t *testing.T) {
	c := startCluster(t, 1)
	q := openURL(t, Options{URL: c.URL(), AckWait: time.Second})
	started := make(chan Job, 10)
	work(t, q, 1, holdUntil(started, closed()))
	put(t, q, pull(1, "a"))
	within(t, started, election)
	if err := q.stream.DeleteConsumer(t.Context(), consumerName); err != nil {
		t.Fatal(err)
	}
	put(t, q, pull(2, "b"))
	within(t, started, election)
	for _, name := range []string{streamName, "KV_" + bucketPrefix + leaseBucket} {
		if err := q.js.DeleteStream(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	putUntilStored(t, q, pull(3, "c"))
	within(t, started, election)
}
