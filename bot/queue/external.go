package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// persistFor is how long a call is repeated while the store does not answer, each try for persistTry: a cluster whose leader was
	// killed takes 4 to 9 s to elect another. GitHub waits 10 s for the answer to a delivery.
	persistFor   = 8 * time.Second
	persistTry   = 2 * time.Second
	persistPause = 100 * time.Millisecond
	// openPause is the wait before looking again for a store that is not ready.
	openPause = 500 * time.Millisecond
)

// openExternal connects to opts.URL. What orchestrates the processes may have started the store beside this one, so it is waited for.
func openExternal(ctx context.Context, opts Options) (*Queue, error) {
	ctx, cancel := context.WithTimeout(ctx, opts.patience)
	defer cancel()
	for said := false; ; {
		q, err := connect(ctx, opts)
		switch {
		case err == nil:
			return q, nil
		case !errors.Is(err, ErrUnavailable), errors.Is(err, nats.ErrAuthorization):
			return nil, err
		case !said:
			opts.Log.Warn("waiting for NATS", "url", redact(opts.URL), "error", err)
			said = true
		}
		if wait(openPause, ctx.Done()); ctx.Err() != nil {
			return nil, fmt.Errorf("%w; a cluster needs %d servers with JetStream and room on their disks", err, clusterReplicas)
		}
	}
}

func connect(ctx context.Context, opts Options) (*Queue, error) {
	conn, err := nats.Connect(opts.URL, connectOptions(opts)...)
	if err != nil {
		return nil, unavailable("connect to NATS at "+redact(opts.URL), err)
	}
	return build(ctx, opts, conn, nil)
}

// persist repeats a call that a cluster without a leader, or a lost server, did not answer. Of what was not answered it is not known
// whether it was done, so it must be harmless twice. An embedded store answers or is broken.
func (q *Queue) persist(ctx context.Context, call func(ctx context.Context) error) error {
	if q.embedded != nil {
		return call(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, persistFor)
	defer cancel()
	for {
		err := try(ctx, call)
		if err == nil || !passing(err) || !wait(persistPause, ctx.Done()) {
			return err
		}
	}
}

// persistently is persist for a call that returns something.
func persistently[T any](ctx context.Context, q *Queue, call func(ctx context.Context) (T, error)) (value T, err error) {
	err = q.persist(ctx, func(ctx context.Context) error {
		value, err = call(ctx)
		return err
	})
	return value, err
}

func try(ctx context.Context, call func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, persistTry)
	defer cancel()
	return call(ctx)
}

// passing tells whether an error of the store may go by itself.
func passing(err error) bool {
	const notAvailable = 503
	var refused *jetstream.APIError
	if errors.As(err, &refused) {
		return refused.Code == notAvailable
	}
	for _, known := range []error{
		context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, jetstream.ErrNoStreamResponse, nats.ErrReconnectBufExceeded,
		nats.ErrDisconnected, nats.ErrConnectionReconnecting, nats.ErrStaleConnection, errStale,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// restore creates again what an operator has removed from an external store. What was queued there is found again by asking GitHub.
func (q *Queue) restore(ctx context.Context) {
	if q.embedded != nil || !q.restoring.TryLock() {
		return
	}
	defer q.restoring.Unlock()
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	// The names are the same, so what was opened before goes on with what is created here.
	if _, err := q.create(ctx); err != nil {
		q.opts.Log.Warn("the store is not complete", "error", err)
	}
}
