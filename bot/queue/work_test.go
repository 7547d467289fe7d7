package queue

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/sourcegraph/conc"
)

// work runs the loop until stop is called, which waits for its end.
func work(t *testing.T, q *Queue, workers int, handle Handler) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var loop conc.WaitGroup
	loop.Go(func() {
		if err := q.Work(ctx, workers, handle); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); loop.Wait() })
	t.Cleanup(stop)
	return stop
}

// patience is for what should happen at once: it passes only when a test fails.
const patience = 20 * time.Second

// next receives from c, or fails the test.
func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("it did not happen")
		panic("unreachable")
	}
}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// holdUntil reports each job and finishes it when release is closed.
func holdUntil(started chan<- Job, release <-chan struct{}) Handler {
	return func(ctx context.Context, job Job) error {
		started <- job
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// recordEnd reports each job, waits for its cancellation and reports the cause.
func recordEnd(started chan<- Job, ended chan<- error) Handler {
	return func(ctx context.Context, job Job) error {
		started <- job
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return ctx.Err()
	}
}

func TestNewestItemCancelsTheOlderAndIsWorkedOnAfterIt(t *testing.T) {
	slow := Options{AckWait: time.Hour, MaxAttempts: 1} // the heartbeat would find it too, but after 20 minutes
	for name, open := range map[string]func(*testing.T) (a, b *Queue){
		"one process": func(t *testing.T) (a, b *Queue) { q := openDir(t, slow); return q, q },
		"replicas":    func(t *testing.T) (a, b *Queue) { return replicas(t, slow) },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			put(t, a, pull(1, "old"))
			started, done, events := make(chan Job), make(chan struct{}), make(chan string, 10)
			handle := func(ctx context.Context, job Job) error {
				if job.Item.Delivery == "new" {
					if letters, err := b.DeadLetters(ctx); err != nil || len(letters) != 0 {
						t.Errorf("the old one became a dead letter: %v, %v", letters, err)
					}
					events <- "new begins"
					close(done)
					return nil
				}
				started <- job
				<-ctx.Done()
				events <- "old ends: " + context.Cause(ctx).Error()
				if _, err := job.Lease.Fence(context.WithoutCancel(ctx)); !errors.Is(err, ErrSuperseded) {
					t.Errorf("Fence of the old worker = %v, want ErrSuperseded", err)
				}
				return ctx.Err()
			}
			stop := work(t, a, 2, handle)
			next(t, started)
			stopB := work(t, b, 2, handle)
			put(t, b, pull(1, "new"))
			next(t, done)
			stop()
			stopB()
			if first, second := next(t, events), next(t, events); first != "old ends: "+ErrSuperseded.Error() || second != "new begins" {
				t.Errorf("got %q, then %q", first, second)
			}
			if left := stored(t, a); len(left) != 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
}

func TestDifferentPullRequestsAreWorkedOnTogether(t *testing.T) {
	q := openDir(t, Options{})
	put(t, q, pull(1, "a"), pull(2, "b"))
	started, release := make(chan Job), make(chan struct{})
	stop := work(t, q, 2, holdUntil(started, release))
	next(t, started)
	next(t, started)
	close(release)
	stop()
}

func TestItemOfAKilledProcessIsFreeAtOnceAfterReopening(t *testing.T) {
	dir := t.TempDir()
	q := openDir(t, Options{Dir: dir})
	put(t, q, pull(1, "a"))
	started, release := make(chan Job, 1), make(chan struct{})
	stop := work(t, q, 1, holdUntil(started, release))
	next(t, started)
	if err := q.Close(); err != nil { // the outcome is never stored
		t.Fatal(err)
	}
	close(release)
	stop()
	// AckWait is 60 s: only a new consumer and a free lease give it back before patience ends.
	again := make(chan Job, 1)
	stop = work(t, openDir(t, Options{Dir: dir}), 1, holdUntil(again, release))
	if job := next(t, again); job.Attempt != 2 {
		t.Errorf("attempt %d, want 2: the killed one counts", job.Attempt)
	}
	stop()
}

func TestFailuresEndAsADeadLetterThatCanBeRetried(t *testing.T) {
	q := openDir(t, Options{MaxAttempts: 3, Backoff: time.Millisecond})
	put(t, q, pull(1, "a"))
	attempts := make(chan Job, 10)
	stop := work(t, q, 1, func(_ context.Context, job Job) error {
		attempts <- job
		if job.Attempt == 2 {
			panic("boom")
		}
		return errors.New("no luck")
	})
	for want := 1; want <= 3; want++ {
		if job := next(t, attempts); job.Attempt != want || job.Last != (want == 3) {
			t.Errorf("attempt %d, last %t; want attempt %d", job.Attempt, job.Last, want)
		}
	}
	stop()
	letters, err := q.DeadLetters(t.Context())
	if err != nil || len(letters) != 1 {
		t.Fatalf("dead letters %v, %v; want one", letters, err)
	}
	if l := letters[0]; l.Item.Delivery != "a" || l.Attempts != 3 || l.Reason != "no luck" || l.Time.IsZero() {
		t.Errorf("dead letter %+v", l)
	}
	emptied(t, q)
	retryAndFinish(t, q, letters[0].Item)
}

func retryAndFinish(t *testing.T, q *Queue, item Item) {
	t.Helper()
	if err := q.Retry(t.Context(), item.Key()); err != nil {
		t.Fatal(err)
	}
	if err := q.Retry(t.Context(), item.Key()); !errors.Is(err, ErrNotFound) {
		t.Errorf("second Retry = %v, want ErrNotFound", err)
	}
	retried := make(chan Job, 1)
	stop := work(t, q, 1, holdUntil(retried, closed()))
	if job := next(t, retried); job.Attempt != 1 || job.Item.Delivery != item.Delivery {
		t.Errorf("retried %+v, want attempt 1 of the same item", job)
	}
	stop()
	if left := stored(t, q); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestSuccessOfANewerItemRemovesTheDeadLetter(t *testing.T) {
	q := openDir(t, Options{MaxAttempts: 1})
	put(t, q, pull(1, "a"))
	done := make(chan Job, 1)
	stop := work(t, q, 1, func(_ context.Context, job Job) error {
		defer func() { done <- job }()
		if job.Item.Delivery == "a" {
			return errors.New("no luck")
		}
		return nil
	})
	next(t, done)
	stop()
	if _, err := q.DeadLetter(t.Context(), pull(1, "").Key()); err != nil {
		t.Fatal(err)
	}
	put(t, q, pull(1, "b"))
	stop = work(t, q, 1, holdUntil(done, closed()))
	next(t, done)
	stop()
	if _, err := q.DeadLetter(t.Context(), pull(1, "").Key()); !errors.Is(err, ErrNotFound) {
		t.Errorf("DeadLetter = %v, want ErrNotFound", err)
	}
}

func TestRetryAfterHoldsNoWorkerAndCountsNoAttempt(t *testing.T) {
	q := openDir(t, Options{MaxAttempts: 1})
	put(t, q, pull(1, "a"), pull(2, "b"), pull(3, "c"))
	order := make(chan Job, 10)
	waits := map[int]time.Duration{1: time.Hour, 2: time.Millisecond}
	stop := work(t, q, 1, func(_ context.Context, job Job) error {
		order <- job
		delay := waits[job.Item.Number]
		delete(waits, job.Item.Number)
		if delay > 0 {
			return &RetryAfter{Delay: delay, Err: errors.New("rate limit")}
		}
		return nil
	})
	seen := map[int]int{}
	for range 4 {
		job := next(t, order)
		seen[job.Item.Number]++
		if job.Attempt != 1 {
			t.Errorf("pull request %d: attempt %d, want 1", job.Item.Number, job.Attempt)
		}
	}
	stop()
	if seen[1] != 1 || seen[2] != 2 || seen[3] != 1 {
		t.Errorf("runs by pull request: %v", seen)
	}
	if left := stored(t, q); len(left) != 1 || left["work.pr.42.1"] != 1 {
		t.Errorf("left over: %v, want the one that waits", left)
	}
}

func TestStopLetsRunningWorkFinish(t *testing.T) {
	q := openDir(t, Options{})
	put(t, q, pull(1, "a"))
	ctx, cancel := context.WithCancel(t.Context())
	err := q.Work(ctx, 1, func(ctx context.Context, _ Job) error {
		cancel()
		return ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if left := stored(t, q); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestStopHandsBackWhatDoesNotFinish(t *testing.T) {
	q := openDir(t, Options{Grace: time.Millisecond})
	put(t, q, pull(1, "a"))
	started, ended := make(chan Job, 1), make(chan error, 1)
	stop := work(t, q, 1, recordEnd(started, ended))
	next(t, started)
	stop()
	if cause := next(t, ended); !errors.Is(cause, ErrDraining) {
		t.Errorf("ended with %v, want ErrDraining", cause)
	}
	stop = work(t, q, 1, holdUntil(started, closed()))
	if job := next(t, started); job.Attempt != 1 {
		t.Errorf("attempt %d, want 1: being stopped is no failure", job.Attempt)
	}
	stop()
}

func TestItemReplacedBetweenDeliveryAndLeaseIsNotBegun(t *testing.T) {
	q := openDir(t, Options{})
	put(t, q, pull(1, "old"))
	message, err := q.consumer.Next()
	if err != nil {
		t.Fatal(err)
	}
	put(t, q, pull(1, "new"))
	d, err := open(message)
	if err != nil {
		t.Fatal(err)
	}
	q.take(t.Context(), d, func(_ context.Context, job Job) error {
		t.Errorf("%s was begun", job.Item.Delivery)
		return nil
	})
	started := make(chan Job, 1)
	stop := work(t, q, 1, holdUntil(started, closed()))
	if job := next(t, started); job.Item.Delivery != "new" {
		t.Errorf("got %s, want the new one", job.Item.Delivery)
	}
	stop()
}

func TestItemWhoseLeaseWasLostIsLeftToTheOtherWorker(t *testing.T) {
	q := openDir(t, Options{MaxAttempts: 1})
	put(t, q, pull(1, "a"))
	done := make(chan error, 1)
	stop := work(t, q, 1, func(ctx context.Context, job Job) error {
		if err := q.leases.Purge(ctx, job.Lease.key); err != nil {
			t.Error(err)
		}
		_, err := job.Lease.Fence(ctx)
		done <- err
		return err
	})
	if err := next(t, done); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("Fence = %v, want ErrLeaseLost", err)
	}
	stop()
	if left := stored(t, q); len(left) != 1 {
		t.Errorf("left over: %v, want the item", left)
	}
	if letters, err := q.DeadLetters(t.Context()); err != nil || len(letters) != 0 {
		t.Errorf("dead letters %v, %v; want none", letters, err)
	}
}

// TestItemStoredInTheMomentOfSuccessIsWorkedOn: the ack of the older message must not remove it.
func TestItemStoredInTheMomentOfSuccessIsWorkedOn(t *testing.T) {
	q := openDir(t, Options{})
	put(t, q, pull(1, "old"))
	done := make(chan string, 2)
	stop := work(t, q, 1, func(_ context.Context, job Job) error {
		if job.Item.Delivery == "old" {
			put(t, q, pull(1, "new"))
		}
		done <- job.Item.Delivery
		return nil
	})
	if first, second := next(t, done), next(t, done); first != "old" || second != "new" {
		t.Errorf("worked on %q, then %q", first, second)
	}
	stop()
	emptied(t, q)
}
