package queue

import (
	"context"
	"errors"
	"time"
)

// settle gives the message its outcome.
func (q *Queue) settle(ctx context.Context, d *delivery, outcome error) error {
	if outcome == nil && !d.job.Died {
		return q.finish(ctx, d)
	}
	if errors.Is(d.job.Lease.current(ctx), ErrSuperseded) {
		return d.message.Ack() // the newer item is already stored, and this one already gone
	}
	var later *RetryAfter
	switch {
	case errors.Is(outcome, ErrDraining):
		return errors.Join(q.uncount(ctx, d), d.message.Nak())
	case errors.As(outcome, &later):
		return errors.Join(q.uncount(ctx, d), d.message.NakWithDelay(max(later.Delay, time.Millisecond)))
	case d.job.Attempt < q.opts.MaxAttempts,
		errors.Is(outcome, ErrLeaseLost): // whoever has the lease decides what becomes of the item
		q.logFailure(d, outcome)
		return d.message.NakWithDelay(q.backoff(d.job.Attempt))
	case d.job.Died && !errors.Is(outcome, errDied):
		return q.giveUp(ctx, d, errors.Join(errDied, outcome))
	default:
		return q.giveUp(ctx, d, outcome)
	}
}

// finish waits for the store to confirm the ack, then removes the dead letter of earlier failures.
func (q *Queue) finish(ctx context.Context, d *delivery) error {
	return errors.Join(q.persist(ctx, d.message.DoubleAck), q.forget(ctx, d.job.Item.Key()))
}

// giveUp records the dead letter before the message goes, so that a crash in between loses nothing.
func (q *Queue) giveUp(ctx context.Context, d *delivery, outcome error) error {
	q.opts.Log.Error("item failed for good", append(d.attributes(), "error", outcome)...)
	attempts := min(d.job.Attempt, q.opts.MaxAttempts)
	if err := q.bury(ctx, d.job, attempts, outcome); err != nil {
		return errors.Join(err, d.message.NakWithDelay(q.backoff(attempts)))
	}
	return d.message.TermWithReason("every attempt failed")
}

// uncount takes back an attempt that was not one.
func (q *Queue) uncount(ctx context.Context, d *delivery) error {
	if d.job.Attempt == 0 {
		return nil // none was counted
	}
	return q.setAttempts(ctx, d.job.Item.Key(), d.seq, d.job.Attempt-1)
}

// backoff is the wait after that many attempts.
func (q *Queue) backoff(attempts int) time.Duration {
	delay := q.opts.Backoff
	for range attempts - 1 {
		if delay >= backoffMax {
			break
		}
		delay *= 3
	}
	return min(delay, backoffMax)
}

func (q *Queue) logFailure(d *delivery, outcome error) {
	q.opts.Log.Warn("attempt failed", append(d.attributes(), "error", outcome)...)
}

// logOutcome reports an outcome that the store did not take: the item comes again after AckWait.
func (q *Queue) logOutcome(err error, subject string) {
	if err != nil {
		q.opts.Log.Warn("outcome not stored, the item will come again", "subject", subject, "error", err)
	}
}

func (d *delivery) attributes() []any {
	item := d.job.Item
	return []any{"delivery", item.Delivery, "installation", item.Installation, "repository", item.Owner + "/" + item.Repo,
		"pull", item.Number, "item", item.Key(), "attempt", d.job.Attempt}
}
