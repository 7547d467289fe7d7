package queue

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// attempt is the count for one stored message. It is kept by us and not taken from the consumer: deliveries that found
// the lease held, or were handed back, are no attempts, and an embedded store's consumer begins anew at every start.
type attempt struct {
	Seq   uint64 `json:"seq"`
	Count int    `json:"count"`
}

// countAttempt adds one, before the work begins, so that work which kills the process counts too.
func (q *Queue) countAttempt(ctx context.Context, key string, seq uint64) (count int, err error) {
	err = q.persist(ctx, func(ctx context.Context) error {
		count, err = q.addAttempt(ctx, key, seq)
		return err
	})
	if err != nil {
		return 0, unavailable("count the attempts of "+key, err)
	}
	return count, nil
}

// addAttempt writes over what it has read and nothing else: a replica of the store may answer with an older count.
func (q *Queue) addAttempt(ctx context.Context, key string, seq uint64) (count int, err error) {
	entry, err := q.attempts.Get(ctx, key)
	if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, err
	}
	var last attempt
	var revision uint64
	if err == nil {
		revision = entry.Revision()
		if json.Unmarshal(entry.Value(), &last) != nil || last.Seq != seq {
			last = attempt{} // of an older item
		}
	}
	data, err := json.Marshal(attempt{Seq: seq, Count: last.Count + 1})
	if err != nil {
		return 0, err
	}
	_, err = q.attempts.Update(ctx, key, data, revision)
	if isWrongSequence(err) {
		return 0, errStale
	}
	return last.Count + 1, err
}

// errStale: what was read is not the newest.
var errStale = errors.New("the store answered with an older entry")

func (q *Queue) setAttempts(ctx context.Context, key string, seq uint64, count int) error {
	data, err := json.Marshal(attempt{Seq: seq, Count: count})
	if err != nil {
		return err
	}
	err = q.persist(ctx, func(ctx context.Context) error {
		_, err := q.attempts.Put(ctx, key, data)
		return err
	})
	if err != nil {
		return unavailable("set the attempts of "+key, err)
	}
	return nil
}
