package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Bucket is a small, synced key-value store for what the bot must remember besides the queue, such as "this command is
// done". Keys are letters, digits and `-/_=.`.
type Bucket struct {
	queue *Queue
	kv    jetstream.KeyValue
}

// Bucket opens the bucket of that name (letters, digits, `-` and `_`), creating it if needed. Entries vanish ttl after
// their last write; 0 keeps them.
func (q *Queue) Bucket(ctx context.Context, name string, ttl time.Duration) (*Bucket, error) {
	kv, err := q.bucket(ctx, jetstream.KeyValueConfig{Bucket: bucketPrefix + "state-" + name, TTL: ttl})
	if err != nil {
		return nil, err
	}
	return &Bucket{q, kv}, nil
}

// Get returns the value of key, or [ErrNotFound].
func (b *Bucket) Get(ctx context.Context, key string) ([]byte, error) {
	var entry jetstream.KeyValueEntry
	err := b.queue.persist(ctx, func(ctx context.Context) (err error) {
		entry, err = b.kv.Get(ctx, key)
		return err
	})
	if err != nil {
		return nil, b.explain("read", key, err)
	}
	return entry.Value(), nil
}

// Put sets key, whatever it was.
func (b *Bucket) Put(ctx context.Context, key string, value []byte) error {
	err := b.queue.persist(ctx, func(ctx context.Context) error {
		_, err := b.kv.Put(ctx, key, value)
		return err
	})
	return b.explain("write", key, err)
}

// Create sets key if it is absent, else it returns [ErrExists]. Of several callers exactly one succeeds.
func (b *Bucket) Create(ctx context.Context, key string, value []byte) error {
	_, err := b.kv.Create(ctx, key, value)
	return b.explain("create", key, err)
}

// Delete removes key; an absent key is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	err := b.queue.persist(ctx, func(ctx context.Context) error { return b.kv.Purge(ctx, key) })
	return b.explain("delete", key, err)
}

// Keys lists all keys in no particular order.
func (b *Bucket) Keys(ctx context.Context) ([]string, error) {
	keys, err := listKeys(ctx, b.kv)
	return keys, b.explain("list", "*", err)
}

func (b *Bucket) explain(doing, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrKeyNotFound):
		err = ErrNotFound
	case errors.Is(err, jetstream.ErrKeyExists):
		err = ErrExists
	case errors.Is(err, jetstream.ErrInvalidKey):
	default:
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return fmt.Errorf("%s %s in bucket %s: %w", doing, key, b.kv.Bucket(), err)
}

func listKeys(ctx context.Context, kv jetstream.KeyValue) ([]string, error) {
	lister, err := kv.ListKeys(ctx)
	if err != nil {
		return nil, err
	}
	var keys []string
	for key := range lister.Keys() {
		keys = append(keys, key)
	}
	return keys, ctx.Err() // a context that ended cuts the list short
}
