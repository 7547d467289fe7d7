package queue

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// kindUnreadable is the kind of a dead letter whose message is not an item for this version.
const kindUnreadable Kind = "unreadable"

// refuse hands a message back that can't be read, because another replica may be of a newer version and read it. The last time it becomes
// a dead letter, which keeps the message as it is.
func (q *Queue) refuse(ctx context.Context, message jetstream.Msg, reason error) error {
	meta, err := message.Metadata()
	if err != nil {
		return err // it is no message of a stream, so there is nothing to hand back
	}
	times := int(min(meta.NumDelivered, uint64(q.opts.MaxAttempts)))
	q.opts.Log.Error("item can't be read", "subject", message.Subject(), "times", times, "error", reason)
	if times < q.opts.MaxAttempts {
		return message.NakWithDelay(q.backoff(times))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	letter := DeadLetter{
		// The number in the stream makes the key one of its own.
		Item:     Item{Kind: kindUnreadable, RepoID: int64(meta.Sequence.Stream), Received: meta.Timestamp},
		Attempts: times, Reason: shorten("the item can't be read: " + reason.Error()), Time: time.Now().UTC(),
		Subject: message.Subject(), Message: message.Data(),
	}
	if err := q.record(ctx, letter); err != nil {
		return errors.Join(err, message.NakWithDelay(q.backoff(times)))
	}
	return message.TermWithReason("unreadable")
}
