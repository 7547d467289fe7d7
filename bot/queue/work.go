package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
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
}

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
	for range max(workers, 1) {
		pool.Go(func() { q.worker(ctx, jobs, handle) })
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
func (q *Queue) worker(ctx, jobs context.Context, handle Handler) {
	for ctx.Err() == nil {
		message, err := q.consumer.Next(jetstream.FetchContext(ctx))
		switch {
		case err == nil:
			q.take(jobs, message, handle)
		case ctx.Err() != nil || errors.Is(err, nats.ErrTimeout):
		default:
			q.opts.Log.Warn("no work from the store", "error", err)
			wait(storePause, ctx.Done())
		}
	}
}

// delivery is one message on its way from the consumer to its outcome.
type delivery struct {
	message jetstream.Msg
	seq     uint64 // in the stream
	times   uint64 // how often it was delivered
	job     Job
}

// take carries one message from delivery to outcome.
func (q *Queue) take(ctx context.Context, message jetstream.Msg, handle Handler) {
	d, err := open(message)
	if err != nil {
		q.opts.Log.Error("item dropped, it can't be read", "subject", message.Subject(), "error", err)
		q.logOutcome(message.TermWithReason("unreadable"), message.Subject())
		return
	}
	d.job.Lease, err = q.acquire(ctx, d.job.Item, d.seq)
	if err != nil {
		q.logOutcome(q.handBack(d, err), message.Subject())
		return
	}
	err = q.run(ctx, &d, handle)
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	q.logOutcome(q.settle(settle, d, err), message.Subject())
	d.job.Lease.release(settle)
}

func open(message jetstream.Msg) (delivery, error) {
	meta, err := message.Metadata()
	if err != nil {
		return delivery{}, err
	}
	d := delivery{message: message, seq: meta.Sequence.Stream, times: meta.NumDelivered}
	if err := json.Unmarshal(message.Data(), &d.job.Item); err != nil {
		return delivery{}, err
	}
	return d, d.job.Item.Validate()
}

// handBack returns a message whose lease could not be had.
func (q *Queue) handBack(d delivery, reason error) error {
	if !errors.Is(reason, errLeaseHeld) {
		return errors.Join(reason, d.message.NakWithDelay(storePause))
	}
	return d.message.NakWithDelay(min(leasePause<<min(d.times-1, 8), leasePauseMax))
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
	d.job.Attempt, d.job.Last = count, count >= q.opts.MaxAttempts
	if count > q.opts.MaxAttempts {
		return errors.New("every attempt ended without an outcome: the process died or was stopped by force")
	}
	return q.attend(ctx, cancel, d, handle)
}

// attend runs the handler beside the heartbeat. The heartbeat goes on after a cancellation: the lease is held until the
// handler has really stopped.
func (q *Queue) attend(ctx context.Context, cancel context.CancelCauseFunc, d *delivery, handle Handler) error {
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
