package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// maxReason caps the text kept of an error, in bytes.
const maxReason = 2048

// DeadLetter is an item that failed as often as it may. It stays until it is retried or a newer item of the same
// subject succeeds.
type DeadLetter struct {
	Item     Item      `json:"item"`
	Attempts int       `json:"attempts"`
	Reason   string    `json:"reason"` // the last error
	Time     time.Time `json:"time"`

	// Subject and Message are those of a message that could not be read; Item then holds a key and nothing else.
	Subject string `json:"subject,omitempty"`
	Message []byte `json:"message,omitempty"`
}

// DeadLetters lists all of them, oldest first.
func (q *Queue) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	var keys []string
	err := q.persist(ctx, func(ctx context.Context) (err error) {
		keys, err = listKeys(ctx, q.dead)
		return err
	})
	if err != nil {
		return nil, unavailable("list the dead letters", err)
	}
	var letters []DeadLetter
	for _, key := range keys {
		letter, err := q.DeadLetter(ctx, key)
		if errors.Is(err, ErrNotFound) {
			continue // retried since the keys were listed
		}
		if err != nil {
			return nil, err
		}
		letters = append(letters, letter)
	}
	slices.SortFunc(letters, func(a, b DeadLetter) int {
		if order := a.Time.Compare(b.Time); order != 0 {
			return order
		}
		return strings.Compare(a.Item.Key(), b.Item.Key())
	})
	return letters, nil
}

// DeadLetter returns the one for an [Item.Key], or [ErrNotFound].
func (q *Queue) DeadLetter(ctx context.Context, key string) (DeadLetter, error) {
	var entry jetstream.KeyValueEntry
	err := q.persist(ctx, func(ctx context.Context) (err error) {
		entry, err = q.dead.Get(ctx, key)
		return err
	})
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return DeadLetter{}, fmt.Errorf("dead letter %s: %w", key, ErrNotFound)
	}
	if err != nil {
		return DeadLetter{}, unavailable("read the dead letter "+key, err)
	}
	var letter DeadLetter
	if err := json.Unmarshal(entry.Value(), &letter); err != nil {
		return DeadLetter{}, fmt.Errorf("decode the dead letter %s: %w", key, err)
	}
	return letter, nil
}

// Retry queues the dead letter of an [Item.Key] again with a fresh count of attempts, and then forgets it.
func (q *Queue) Retry(ctx context.Context, key string) error {
	letter, err := q.DeadLetter(ctx, key)
	if err != nil {
		return err
	}
	if err := q.putAgain(ctx, letter); err != nil {
		return err
	}
	return q.forget(ctx, key)
}

func (q *Queue) putAgain(ctx context.Context, letter DeadLetter) error {
	if letter.Subject == "" {
		return q.Put(ctx, letter.Item)
	}
	return q.publish(ctx, letter.Subject, letter.Message)
}

// bury records that an item failed for good.
func (q *Queue) bury(ctx context.Context, job Job, attempts int, cause error) error {
	return q.record(ctx, DeadLetter{Item: job.Item, Attempts: attempts, Reason: shorten(cause.Error()), Time: time.Now().UTC()})
}

func (q *Queue) record(ctx context.Context, letter DeadLetter) error {
	key := letter.Item.Key()
	data, err := json.Marshal(letter)
	if err != nil {
		return fmt.Errorf("encode the dead letter %s: %w", key, err)
	}
	err = q.persist(ctx, func(ctx context.Context) error {
		_, err := q.dead.Put(ctx, key, data)
		return err
	})
	if err != nil {
		return unavailable("record the dead letter "+key, err)
	}
	return nil
}

// ForgetPull removes the dead letter of the pull request itself: a command has done what the item failed to do.
func (l *Lease) ForgetPull(ctx context.Context) error { return l.queue.forget(ctx, l.key) }

// forget removes a dead letter. It looks first, because removing what is absent would leave a mark and cost a sync.
func (q *Queue) forget(ctx context.Context, key string) error {
	err := q.persist(ctx, func(ctx context.Context) error {
		if _, err := q.dead.Get(ctx, key); errors.Is(err, jetstream.ErrKeyNotFound) {
			return nil
		}
		return q.dead.Purge(ctx, key, jetstream.PurgeTTL(markTTL))
	})
	if err != nil {
		return unavailable("remove the dead letter "+key, err)
	}
	return nil
}

func shorten(text string) string {
	if len(text) <= maxReason {
		return text
	}
	return strings.ToValidUTF8(text[:maxReason], "") + " …"
}
