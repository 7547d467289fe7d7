package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	cacheStream = "podcheck-cache-"
	cachePrefix = "podcheck.cache."
)

// Cache keeps what may be lost, in a bounded space: the oldest entries make room for newer ones, so that it never takes the disk from
// the queue. Keys are letters, digits, `-` and `_`; errors don't show them, as they may be secret.
type Cache struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	prefix string
}

// Cache opens the cache of that name (letters, digits, `-` and `_`), creating it if needed. An entry vanishes age after its last write,
// or when all of them take more than size bytes.
func (q *Queue) Cache(ctx context.Context, name string, age time.Duration, size int64) (*Cache, error) {
	prefix := cachePrefix + name + "."
	stream, err := q.ensureStream(ctx, jetstream.StreamConfig{
		Name:              cacheStream + name,
		Subjects:          []string{prefix + "*"},
		Storage:           jetstream.FileStorage,
		Replicas:          q.replicas(),
		MaxMsgsPerSubject: 1,
		MaxAge:            age,
		MaxBytes:          size,
		Discard:           jetstream.DiscardOld,
	})
	if err != nil {
		return nil, unavailable("create the cache "+name, err)
	}
	return &Cache{js: q.js, stream: stream, prefix: prefix}, nil
}

// Get returns the value of key, or [ErrNotFound].
func (c *Cache) Get(ctx context.Context, key string) ([]byte, error) {
	message, err := c.stream.GetLastMsgForSubject(ctx, c.prefix+key)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil, fmt.Errorf("read from %s: %w", c.prefix, ErrNotFound)
	case err != nil:
		return nil, unavailable("read from "+c.prefix, err)
	}
	return message.Data, nil
}

// Put sets key, whatever it was, and returns once that is synced.
func (c *Cache) Put(ctx context.Context, key string, value []byte) error {
	if _, err := c.js.Publish(ctx, c.prefix+key, value); err != nil {
		return unavailable("write to "+c.prefix, err)
	}
	return nil
}
