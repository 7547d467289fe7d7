package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Lease is the right to write to one pull request. It ends by itself, AckWait after the last renewal.
type Lease struct {
	queue   *Queue
	key     string // in the bucket of leases
	subject string // of the item it was taken for
	seq     uint64 // of that item
	holder  string // written into the key; unique to this lease

	mu       sync.Mutex
	revision uint64 // of the key; 0 when released or lost
}

// acquire takes the lease for an item, or returns errLeaseHeld or ErrUnavailable.
func (q *Queue) acquire(ctx context.Context, item Item, seq uint64) (*Lease, error) {
	lease := &Lease{queue: q, key: item.leaseKey(), subject: item.Subject(), seq: seq, holder: rand.Text()}
	if err := lease.take(ctx); err != nil {
		return nil, err
	}
	return lease, nil
}

// take writes the key if nobody holds it.
func (l *Lease) take(ctx context.Context) error {
	err := l.queue.persist(ctx, func(ctx context.Context) (err error) {
		l.revision, err = l.queue.leases.Create(ctx, l.key, []byte(l.holder), jetstream.KeyTTL(l.queue.opts.AckWait))
		return err
	})
	switch {
	case errors.Is(err, jetstream.ErrKeyExists):
		return l.takenBefore(ctx)
	case err != nil:
		return unavailable("take the lease "+l.key, err)
	}
	return nil
}

// takenBefore returns errLeaseHeld, unless the lease is ours: it was taken by a call whose answer was lost.
func (l *Lease) takenBefore(ctx context.Context) error {
	if l.queue.embedded != nil {
		return errLeaseHeld
	}
	entry, err := l.queue.leases.Get(ctx, l.key)
	if err != nil || string(entry.Value()) != l.holder {
		return errLeaseHeld
	}
	l.revision = entry.Revision()
	return nil
}

// Fence is called before every write to GitHub. It renews the lease, which only its holder can, and looks for a newer
// item of the same subject; GitHub is not asked. Nil: the write may begin until the time it returns, which leaves it half the
// life of the lease to end: a process may be held up between the answer of the store and its own write, and its lease run out.
// [ErrSuperseded], [ErrLeaseLost], [ErrUnavailable]: do not write.
func (l *Lease) Fence(ctx context.Context) (until time.Time, err error) {
	until = time.Now().Add(l.queue.opts.AckWait / 2)
	if err := l.renew(ctx); err != nil {
		return until, err
	}
	return until, l.current(ctx)
}

// current returns ErrSuperseded unless the lease's item is still the one that is stored.
func (l *Lease) current(ctx context.Context) error {
	var message *jetstream.RawStreamMsg
	err := l.queue.persist(ctx, func(ctx context.Context) (err error) {
		message, err = l.queue.stream.GetLastMsgForSubject(ctx, l.subject)
		return err
	})
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return fmt.Errorf("%s: %w, which is done already", l.subject, ErrSuperseded)
	case err != nil:
		return unavailable("look for a newer item of "+l.subject, err)
	case message.Sequence != l.seq:
		return fmt.Errorf("%s: %w", l.subject, ErrSuperseded)
	}
	return nil
}

// renew extends the lease to AckWait from here.
func (l *Lease) renew(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.revision == 0 {
		return fmt.Errorf("%s: %w", l.key, ErrLeaseLost)
	}
	err := l.publish(ctx)
	if !isWrongSequence(err) {
		return err
	}
	// A renewal whose answer was lost has moved the revision on, and the key still names us.
	entry, getErr := l.queue.leases.Get(ctx, l.key)
	if getErr == nil && string(entry.Value()) == l.holder {
		l.revision = entry.Revision()
		if err = l.publish(ctx); !isWrongSequence(err) {
			return err
		}
	}
	if getErr != nil && !errors.Is(getErr, jetstream.ErrKeyNotFound) {
		return unavailable("read the lease "+l.key, getErr)
	}
	l.revision = 0
	return fmt.Errorf("%s: %w", l.key, ErrLeaseLost)
}

// publish writes the key with a fresh time to live if its revision is still ours. KeyValue.Update would drop the time
// to live, and the key of a killed process would stay for ever.
func (l *Lease) publish(ctx context.Context) error {
	message := &nats.Msg{Subject: "$KV." + l.queue.leases.Bucket() + "." + l.key, Data: []byte(l.holder), Header: nats.Header{}}
	var ack *jetstream.PubAck
	err := l.queue.persist(ctx, func(ctx context.Context) (err error) {
		ack, err = l.queue.js.PublishMsg(ctx, message,
			jetstream.WithMsgTTL(l.queue.opts.AckWait), jetstream.WithExpectLastSequencePerSubject(l.revision))
		return err
	})
	switch {
	case isWrongSequence(err):
		return err
	case err != nil:
		return unavailable("renew the lease "+l.key, err)
	}
	l.revision = ack.Sequence
	return nil
}

// release gives the lease back; one that is lost or can't be given back runs out by itself.
func (l *Lease) release(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.revision == 0 {
		return
	}
	err := l.purge(ctx)
	if err != nil { // a renewal that was cancelled may have moved the revision on, and the key still names us
		if entry, getErr := l.queue.leases.Get(ctx, l.key); getErr == nil && string(entry.Value()) == l.holder {
			l.revision = entry.Revision()
			err = l.purge(ctx)
		}
	}
	if err != nil {
		l.queue.opts.Log.Warn("lease not given back, it runs out by itself", "lease", l.key, "error", err)
	}
	l.revision = 0
}

func (l *Lease) purge(ctx context.Context) error {
	return l.queue.leases.Purge(ctx, l.key, jetstream.LastRevision(l.revision), jetstream.PurgeTTL(time.Second))
}

// isWrongSequence: replicated streams report a conflict with a code of their own.
func isWrongSequence(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
