package queue

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// PutAbsent stores an item like [Queue.Put], unless one of its subject is stored that was received at since or later; with
// the zero time any will do. What is queued or being worked on is then left alone: whoever works on it reads, or has read,
// the truth of since or later. It tells whether the item was stored.
func (q *Queue) PutAbsent(ctx context.Context, item Item, since time.Time) (stored bool, err error) {
	data, err := encode(item)
	if err != nil {
		return false, err
	}
	var replaced uint64 // the sequence of the older item, 0 for none
	if !since.IsZero() {
		var keep bool
		if replaced, keep, err = q.older(ctx, item, since); err != nil || keep {
			return false, err
		}
	}
	_, err = q.js.Publish(ctx, item.Subject(), data, jetstream.WithExpectLastSequencePerSubject(replaced))
	switch {
	case isWrongSequence(err):
		return false, nil
	case err != nil:
		return false, unavailable("store "+item.Key(), err)
	}
	return true, nil
}

// older finds what is stored for the subject of an item: its sequence, and whether it is to be kept.
func (q *Queue) older(ctx context.Context, item Item, since time.Time) (seq uint64, keep bool, err error) {
	message, err := q.stream.GetLastMsgForSubject(ctx, item.Subject())
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, false, nil
	case err != nil:
		return 0, false, unavailable("look for "+item.Key(), err)
	}
	var stored Item
	readable := json.Unmarshal(message.Data, &stored) == nil // what can't be read is replaced
	return message.Sequence, readable && !stored.Received.Before(since), nil
}
