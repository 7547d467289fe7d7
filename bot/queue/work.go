package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/panics"
)

const (
	// storeTimeout bounds one exchange with the store.
	storeTimeout = 5 * time.Second
	// storePause is the wait before asking a store again that failed.
	storePause = time.Second
	// leasePause is the wait for a lease that is held, doubled up to leasePauseMax.
	leasePause    = 100 * time.Millisecond
	leasePauseMax = 2 * time.Second
	backoffMax    = 15 * time.Minute
)

// Job is an item in the hands of a worker.
type Job struct {
	Item    Item
	Lease   *Lease // check it with Fence before every write
	Attempt int    // from 1
	Last    bool   // a failure makes this item a dead letter
	// Died: every attempt that counts ended without an outcome, because the process died or was stopped by force while it worked. Nothing
	// is to be tried again: the item becomes a dead letter, whatever the handler returns but [*RetryAfter], and it should only tell so.
	Died bool
}

// Enter is asked whether an item may begin, before a lease is taken and an attempt is counted: what has to wait costs the store
// nothing but the way back. An error is [*RetryAfter]. The context is that of the handler; leave is called with the outcome.
type Enter func(ctx context.Context, item Item) (_ context.Context, leave func(outcome error), err error)

// Handler does the work of a job. Its context ends, with [context.Cause] [ErrSuperseded], [ErrLeaseLost] or
// [ErrDraining], when the job is no longer its own; it should return soon then.
//
// Nil: the item is done. [*RetryAfter]: handed back for that long. Any other error or a panic: a failed attempt, tried
// again later; the last one makes a [DeadLetter]. When a newer item has replaced this one the outcome does not matter.
type Handler func(ctx context.Context, job Job) error

// Work runs handle for one item after the other on that many workers until ctx ends. Then it takes nothing more, lets
// running jobs finish for the grace of the options, cancels them, hands their items back and returns nil.
func (q *Queue) Work(ctx context.Context, workers int, handle Handler) error {
	hints, err := q.conn.Subscribe(storedPrefix+">", q.running.stored)
	if err != nil {
		return unavailable("watch for newer items", err)
	}
	defer func() { _ = hints.Unsubscribe() }()
	workers = max(workers, 1)
	b := newBacklog(q.opts.held, workers, q.opts.AckWait)
	requests, err := q.shareWork(b)
	if err != nil {
		return unavailable("listen to idle replicas", err)
	}
	defer func() { _ = requests.Unsubscribe() }()

	jobs, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	var pool, grace conc.WaitGroup
	defer grace.Wait()
	done := make(chan struct{})
	defer close(done)
	grace.Go(func() {
		if waitFor(ctx, done) && wait(q.opts.Grace, done) {
			cancel(ErrDraining)
		}
	})
	pool.Go(func() { q.fetch(ctx, b) })
	for range workers {
		pool.Go(func() { q.worker(ctx, jobs, b, handle) })
	}
	pool.Wait()
	return nil
}

// waitFor returns true when ctx ends before done.
func waitFor(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-ctx.Done():
		return true
	case <-done:
		return false
	}
}

// wait returns true after d, false if done comes first.
func wait(d time.Duration, done <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-done:
		return false
	}
}

// worker takes items until ctx ends; jobs is the context of the work itself, which outlives ctx by the grace.
func (q *Queue) worker(ctx, jobs context.Context, b *backlog, handle Handler) {
	for {
		d, ok := b.next(ctx, q.askForWork)
		if !ok {
			return
		}
		q.take(jobs, d, handle)
		b.done(d)
	}
}

// delivery is one message on its way from the consumer to its outcome.
type delivery struct {
	message  jetstream.Msg
	seq      uint64 // in the stream
	times    uint64 // how often it was delivered
	received time.Time
	job      Job
}

func (d *delivery) subject() string     { return d.message.Subject() }
func (d *delivery) installation() int64 { return d.job.Item.Installation }

// take carries one message from the backlog to its outcome.
func (q *Queue) take(ctx context.Context, d *delivery, handle Handler) {
	entered, leave, err := q.enter(ctx, d.job.Item)
	if err != nil {
		q.logOutcome(q.handBack(ctx, d, err), d.subject())
		return
	}
	outcome := q.own(entered, d, handle)
	leave(outcome)
}

func (q *Queue) enter(ctx context.Context, item Item) (_ context.Context, leave func(outcome error), err error) {
	if q.opts.Enter == nil {
		return ctx, func(error) {}, nil
	}
	return q.opts.Enter(ctx, item)
}

// own works on the item under its lease and settles it.
func (q *Queue) own(ctx context.Context, d *delivery, handle Handler) (outcome error) {
	d.job.Lease, outcome = q.acquire(ctx, d.job.Item, d.seq)
	if outcome != nil {
		q.logOutcome(q.handBack(ctx, d, outcome), d.subject())
		return outcome
	}
	outcome = q.run(ctx, d, handle)
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	q.logOutcome(q.settle(settle, d, outcome), d.subject())
	d.job.Lease.release(settle)
	return outcome
}

// handBack returns a message that was not begun.
func (q *Queue) handBack(ctx context.Context, d *delivery, reason error) error {
	var later *RetryAfter
	switch {
	case errors.As(reason, &later):
		return d.message.NakWithDelay(max(later.Delay, time.Millisecond))
	case errors.Is(reason, errLeaseHeld):
		return d.message.NakWithDelay(min(leasePause<<min(d.times-1, 8), leasePauseMax))
	default:
		q.restore(ctx)
		return errors.Join(reason, d.message.NakWithDelay(storePause))
	}
}

// run counts the attempt and calls the handler while the heartbeat keeps message and lease alive.
func (q *Queue) run(ctx context.Context, d *delivery, handle Handler) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// Registered before looking, so that a newer item is either seen here or announced there.
	defer q.running.add(d.job.Lease, cancel)()
	if err := d.job.Lease.current(ctx); err != nil {
		return err
	}
	count, err := q.countAttempt(ctx, d.job.Item.Key(), d.seq)
	if err != nil {
		return err
	}
	d.job.Attempt, d.job.Last, d.job.Died = count, count >= q.opts.MaxAttempts, count > q.opts.MaxAttempts
	if count > q.opts.MaxAttempts+1 {
		return errDied // even telling so killed it
	}
	return q.attend(ctx, cancel, d, handle)
}

// attend runs the handler beside the heartbeat. The heartbeat goes on after a cancellation: the lease is held until the
// handler has really stopped.
func (q *Queue) attend(ctx context.Context, cancel context.CancelCauseFunc, d *delivery, handle Handler) error {
	if time.Since(d.received) > q.opts.AckWait/3 {
		q.logOutcome(d.message.InProgress(), d.subject()) // it was held for longer than a beat
	}
	var heart conc.WaitGroup
	stop := make(chan struct{})
	heart.Go(func() { q.heartbeat(context.WithoutCancel(ctx), stop, cancel, d) })
	err := q.call(ctx, d.job, handle)
	close(stop)
	heart.Wait()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// call turns a panic of the handler into a failed attempt; the stack goes to the log, not into the dead letter.
func (q *Queue) call(ctx context.Context, job Job, handle Handler) (err error) {
	recovered := panics.Try(func() { err = handle(ctx, job) })
	if recovered == nil {
		return err
	}
	q.opts.Log.Error("panic while working", "item", job.Item.Key(), "panic", recovered.Value, "stack", string(recovered.Stack))
	return fmt.Errorf("panic: %v", recovered.Value)
}

// heartbeat tells the store that the work goes on, and cancels it when it is no longer ours.
func (q *Queue) heartbeat(ctx context.Context, stop <-chan struct{}, cancel context.CancelCauseFunc, d *delivery) {
	interval := q.opts.AckWait / 3
	renewed := time.Now()
	for wait(interval, stop) {
		began := time.Now()
		err := q.beat(ctx, d, interval)
		switch {
		case err == nil:
			renewed = began
		case errors.Is(err, ErrLeaseLost):
			cancel(ErrLeaseLost)
			return
		case errors.Is(err, ErrSuperseded):
			renewed = began
			cancel(ErrSuperseded)
		case time.Since(renewed) > q.opts.AckWait-interval:
			cancel(ErrLeaseLost) // it would run out before the next beat
			return
		}
	}
}

func (q *Queue) beat(ctx context.Context, d *delivery, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := d.message.InProgress(); err != nil {
		return unavailable("keep the item", err)
	}
	_, err := d.job.Lease.Fence(ctx)
	return err
}
