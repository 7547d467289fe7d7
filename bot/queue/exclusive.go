package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/sourcegraph/conc"
)

// exclusivePrefix keeps names apart from the keys of pull requests.
const exclusivePrefix = "exclusive."

// Exclusive calls run unless a replica already runs something under that name (letters, digits, `-` and `_`): then somebody
// else does it, which is no error. The context of run ends, with [context.Cause] [ErrLeaseLost], when another replica may
// begin; run should return soon then. One that dies is replaced AckWait later, at the next call.
func (q *Queue) Exclusive(ctx context.Context, name string, run func(ctx context.Context) error) error {
	lease := &Lease{queue: q, key: exclusivePrefix + name, holder: rand.Text()}
	err := lease.take(ctx)
	switch {
	case errors.Is(err, errLeaseHeld):
		return nil
	case err != nil:
		return err
	}
	defer lease.giveBack(ctx)

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var heart conc.WaitGroup
	defer heart.Wait()
	stop := make(chan struct{})
	defer close(stop)
	heart.Go(func() { lease.keep(context.WithoutCancel(ctx), stop, cancel) })
	err = run(ctx)
	if err != nil && errors.Is(context.Cause(ctx), ErrLeaseLost) {
		return fmt.Errorf("%s: %w: %w", name, ErrLeaseLost, err)
	}
	return err
}

// giveBack releases the lease although ctx may have ended.
func (l *Lease) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	l.release(ctx)
}

// keep renews the lease until stop closes, and cancels when it is lost or would run out before the next renewal.
func (l *Lease) keep(ctx context.Context, stop <-chan struct{}, cancel context.CancelCauseFunc) {
	interval := l.queue.opts.AckWait / 3
	renewed := time.Now()
	for wait(interval, stop) {
		began := time.Now()
		err := l.renewWithin(ctx, interval)
		switch {
		case err == nil:
			renewed = began
		case errors.Is(err, ErrLeaseLost), time.Since(renewed) > l.queue.opts.AckWait-interval:
			cancel(ErrLeaseLost)
			return
		}
	}
}

func (l *Lease) renewWithin(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return l.renew(ctx)
}
