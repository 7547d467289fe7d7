// Package queue remembers, through crashes and power loss, which pull requests need looking at, and hands each to one
// worker at a time. It is level-triggered: an [Item] names a pull request and carries no payload to replay, so a
// duplicate, a late or a reordered item is harmless.
//
// The store is NATS JetStream: embedded in the process without a listener, or a cluster by URL with the same client.
//
// Invariants:
//   - [Queue.Put] returns nil only after the store has synced the item to disk.
//   - One subject holds one message. A newer item for a subject removes the older one even while that is being worked
//     on, and the acks of the older one still succeed; so ownership is the [Lease], never the ack.
//   - One lease per pull request, shared by its reviews and its commands: at most one worker writes to a pull request.
//   - Nothing is dropped: an item is acknowledged, retried, or ends as a [DeadLetter].
//   - An embedded store belongs to one process (a lock on its directory), so messages and leases that a killed process
//     left behind are free as soon as the store is open again.
//
// It must not import anything of GitHub, HTTP, git or the analysis.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	streamName   = "podcheck-work"
	consumerName = "podcheck-workers"
	bucketPrefix = "podcheck-"

	leaseBucket   = "lease"
	attemptBucket = "attempts"
	deadBucket    = "dead"

	// A count of attempts outlives the longest series of retries, then goes by itself.
	attemptTTL = 7 * 24 * time.Hour
	readyKey   = "ready"
)

// Options say where the store is. The zero value of everything but Dir or URL is the setting for production.
type Options struct {
	// Dir holds the embedded store. Ignored when URL is set.
	Dir string
	// URL of a NATS cluster with JetStream (several separated by commas); its servers need `sync_interval: always`.
	URL string
	// Replicas of every stream; 0 means 1. More than one needs a cluster.
	Replicas int
	// Log receives warnings of the store and one line a failed attempt; nil discards them.
	Log *slog.Logger

	// AckWait is how long a worker may be silent before its item goes to another, and the life of a lease. It is
	// renewed three times in that span. 0 means 60 s; the store counts whole seconds, so the least is 1 s.
	AckWait time.Duration
	// MaxAttempts is how often an item is tried before it becomes a dead letter; 0 means 8.
	MaxAttempts int
	// Backoff is the wait after the first failed attempt, tripled after each further one up to 15 minutes; 0 means 5 s.
	Backoff time.Duration
	// Grace is how long running work may go on when [Queue.Work] is told to stop; 0 means 20 s.
	Grace time.Duration

	maxStore int64 // bytes an embedded store may take; 0: three quarters of the free disk
}

func (o Options) withDefaults() Options {
	o.Replicas = max(o.Replicas, 1)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.AckWait = orDefault(o.AckWait, 60*time.Second)
	o.MaxAttempts = orDefault(o.MaxAttempts, 8)
	o.Backoff = orDefault(o.Backoff, 5*time.Second)
	o.Grace = orDefault(o.Grace, 20*time.Second)
	return o
}

func orDefault[T ~int | ~int64](value, fallback T) T {
	if value == 0 {
		return fallback
	}
	return value
}

// Queue is an open store. It is safe for concurrent use.
type Queue struct {
	opts     Options
	embedded *embedded // nil with an external store
	conn     *nats.Conn
	js       jetstream.JetStream
	stream   jetstream.Stream
	consumer jetstream.Consumer
	leases   jetstream.KeyValue
	attempts jetstream.KeyValue
	dead     jetstream.KeyValue
	running  running
}

// Open starts the embedded store in opts.Dir, or connects to opts.URL, and creates what is missing there. It fails when
// another process holds the directory or the store can't be reached.
func Open(ctx context.Context, opts Options) (*Queue, error) {
	opts = opts.withDefaults()
	if opts.AckWait < time.Second {
		return nil, fmt.Errorf("open the queue: AckWait is %s, but the store counts whole seconds: use 1s or more", opts.AckWait)
	}
	if opts.URL != "" {
		conn, err := nats.Connect(opts.URL, connectOptions(opts)...)
		if err != nil {
			return nil, unavailable("connect to NATS at "+redact(opts.URL), err)
		}
		return build(ctx, opts, conn, nil)
	}
	store, err := startEmbedded(ctx, opts)
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect("", append(connectOptions(opts), nats.InProcessServer(store.server))...)
	if err != nil {
		return nil, errors.Join(unavailable("connect to the embedded store", err), store.stop())
	}
	return build(ctx, opts, conn, store)
}

// build makes a Queue of a connection, which it owns from here on.
func build(ctx context.Context, opts Options, conn *nats.Conn, store *embedded) (*Queue, error) {
	q := &Queue{opts: opts, conn: conn, embedded: store}
	if err := q.prepare(ctx); err != nil {
		return nil, errors.Join(err, q.Close())
	}
	return q, nil
}

func connectOptions(opts Options) []nats.Option {
	return []nats.Option{
		nats.Name("podcheck"),
		nats.MaxReconnects(-1),
		nats.ReconnectBufSize(-1), // a publish while disconnected fails at once instead of waiting in memory
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			opts.Log.Warn("queue connection", "error", err)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				opts.Log.Warn("queue disconnected", "error", err)
			}
		}),
	}
}

// redact takes user names, passwords and tokens out of a comma-separated list of URLs.
func redact(urls string) string {
	var out []string
	for raw := range strings.SplitSeq(urls, ",") {
		u, err := url.Parse(strings.TrimSpace(raw))
		if err != nil {
			out = append(out, "(unreadable URL)")
			continue
		}
		u.User = nil
		out = append(out, u.String())
	}
	return strings.Join(out, ",")
}

func (q *Queue) prepare(ctx context.Context) (err error) {
	if q.js, err = jetstream.New(q.conn); err != nil {
		return unavailable("open JetStream", err)
	}
	if q.stream, err = q.js.CreateOrUpdateStream(ctx, streamConfig(q.opts)); err != nil {
		return unavailable("create the stream of work", err)
	}
	if err := q.prepareBuckets(ctx); err != nil {
		return err
	}
	return q.prepareConsumer(ctx)
}

// streamConfig: no limit of size or age, because DiscardOld would answer it by dropping queued pull requests.
// RePublish tells running workers of a newer item once it is stored.
func streamConfig(opts Options) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              streamName,
		Subjects:          []string{subjectPrefix + ">"},
		Retention:         jetstream.WorkQueuePolicy,
		Storage:           jetstream.FileStorage,
		Replicas:          opts.Replicas,
		MaxMsgsPerSubject: 1,
		Discard:           jetstream.DiscardOld,
		RePublish:         &jetstream.RePublish{Source: subjectPrefix + ">", Destination: storedPrefix + ">", HeadersOnly: true},
	}
}

func (q *Queue) prepareBuckets(ctx context.Context) (err error) {
	lease := jetstream.KeyValueConfig{
		Bucket: bucketPrefix + leaseBucket, Replicas: q.opts.Replicas, History: 1, LimitMarkerTTL: time.Second,
	}
	if q.embedded != nil {
		// The leases of a single process end with it, so they need no disk and none outlives a kill.
		lease.Storage = jetstream.MemoryStorage
	}
	if q.leases, err = q.bucket(ctx, lease); err != nil {
		return err
	}
	if q.attempts, err = q.bucket(ctx, jetstream.KeyValueConfig{
		Bucket: bucketPrefix + attemptBucket, Replicas: q.opts.Replicas, TTL: attemptTTL,
	}); err != nil {
		return err
	}
	q.dead, err = q.bucket(ctx, jetstream.KeyValueConfig{Bucket: bucketPrefix + deadBucket, Replicas: q.opts.Replicas})
	return err
}

func (q *Queue) bucket(ctx context.Context, config jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	kv, err := q.js.CreateOrUpdateKeyValue(ctx, config)
	if err != nil {
		return nil, unavailable("create the bucket "+config.Bucket, err)
	}
	return kv, nil
}

// prepareConsumer makes the durable consumer. In an embedded store it is made anew: whatever a killed process had
// taken is then delivered at once, not after AckWait. The messages stay in the stream and the attempts in their bucket.
func (q *Queue) prepareConsumer(ctx context.Context) (err error) {
	if q.embedded != nil {
		err := q.stream.DeleteConsumer(ctx, consumerName)
		if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return unavailable("renew the consumer of work", err)
		}
	}
	q.consumer, err = q.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       consumerName,
		AckPolicy:     jetstream.AckExplicitPolicy,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckWait:       q.opts.AckWait,
		MaxDeliver:    -1,
		// Items that wait for a rate limit count as pending; they must not keep others from being delivered.
		MaxAckPending: -1,
	})
	if err != nil {
		return unavailable("create the consumer of work", err)
	}
	return nil
}

// Put stores that item needs looking at, replacing an older item of the same subject, and returns once that is synced.
// An error is [ErrInvalid] for an item that names nothing, else [ErrUnavailable].
func (q *Queue) Put(ctx context.Context, item Item) error {
	if err := item.Validate(); err != nil {
		return err
	}
	if item.Received.IsZero() {
		item.Received = time.Now().UTC()
	}
	data, err := json.Marshal(item)
	if err != nil {
		return fmt.Errorf("encode the item %s: %w", item.Key(), err)
	}
	if _, err := q.js.Publish(ctx, item.Subject(), data); err != nil {
		return unavailable("store "+item.Key(), err)
	}
	return nil
}

// Ready returns nil when the store accepts writes: it makes a real, synced one.
func (q *Queue) Ready(ctx context.Context) error {
	if _, err := q.attempts.PutString(ctx, readyKey, time.Now().UTC().Format(time.RFC3339)); err != nil {
		return unavailable("write to the store", err)
	}
	return nil
}

// Close disconnects and stops an embedded store. Call it after [Queue.Work] has returned.
func (q *Queue) Close() error {
	q.conn.Close()
	if q.embedded == nil {
		return nil
	}
	return q.embedded.stop()
}
