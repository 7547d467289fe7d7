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
func (q *Queue) countAttempt(ctx context.Context, key string, seq uint64) (int, error) {
	entry, err := q.attempts.Get(ctx, key)
	if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, unavailable("read the attempts of "+key, err)
	}
	var last attempt
	if err == nil && (json.Unmarshal(entry.Value(), &last) != nil || last.Seq != seq) {
		last = attempt{} // of an older item
	}
	return last.Count + 1, q.setAttempts(ctx, key, seq, last.Count+1)
}

func (q *Queue) setAttempts(ctx context.Context, key string, seq uint64, count int) error {
	data, err := json.Marshal(attempt{Seq: seq, Count: count})
	if err != nil {
		return err
	}
	if _, err := q.attempts.Put(ctx, key, data); err != nil {
		return unavailable("count the attempts of "+key, err)
	}
	return nil
}
