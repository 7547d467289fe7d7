package queue

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// attempt is the count for one stored message. It is kept by us and not taken from the consumer: deliveries that found
// the lease held, or were handed back, are no attempts, and an embedded store's consumer begins anew at every start.
type attempt struct {
	Seq   uint64 `json:"seq"`
	Count int    `json:"count"`
}

// countAttempt adds one, before the work begins, so that work which kills the process counts too. It fails with [*RetryAfter] while the
// item has to rest.
func (q *Queue) countAttempt(ctx context.Context, key string, seq uint64) (count int, err error) {
	err = q.persist(ctx, func(ctx context.Context) error {
		count, err = q.addAttempt(ctx, key, seq)
		return err
	})
	var later *RetryAfter
	if errors.As(err, &later) {
		return 0, later
	}
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
		if rest := time.Until(entry.Created().Add(q.rest(last.Count))); rest > 0 {
			return 0, &RetryAfter{Delay: rest, Err: errRest}
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

// rest is the time from the beginning of an attempt to that of the next one, for an item whose process dies of it or with it: others
// shall get on, and a bot that is killed again and again for another reason shall not use up the attempts of all that it holds. The
// first time is nobody's fault. To tell of the last attempt needs no rest.
func (q *Queue) rest(attempts int) time.Duration {
	if attempts < 2 || attempts >= q.opts.MaxAttempts {
		return 0
	}
	return q.backoff(attempts - 1)
}

// errRest is why an item rests.
var errRest = errors.New("the last attempts ended without an outcome: the process died or was stopped by force")

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
