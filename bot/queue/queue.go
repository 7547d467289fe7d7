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
//   - Nothing is dropped: an item is acknowledged, retried, or ends as a [DeadLetter], even if it can't be read or kills the process.
//   - Installations share the workers: one with many items does not keep those of another waiting.
//   - An embedded store belongs to one process (a lock on its directory), so messages and leases that a killed process
//     left behind are free as soon as the store is open again.
//
// It must not import anything of GitHub, HTTP, git or the analysis.
package queue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// A connection that is lost is taken up again with the next server at once. One whose server does not answer is lost after 6 s.
	reconnectWait    = 250 * time.Millisecond
	pingInterval     = 2 * time.Second
	pingsOutstanding = 2

	readyKey = "ready"
)

// Options say where the store is. The zero value of everything but Dir or URL is the setting for production.
type Options struct {
	// Dir holds the embedded store. Ignored when URL is set.
	Dir string
	// URL of a NATS cluster with JetStream (several separated by commas), NATS 2.11 or later;
	// its servers need `sync_interval: always`, which can't be asked of them. In a cluster everything has three replicas.
	URL string
	// Log receives warnings of the store and one line a failed attempt; nil discards them.
	Log *slog.Logger

	// Enter is asked before an item is begun; nil admits all.
	Enter Enter

	// AckWait is how long a worker may be silent before its item goes to another, and the life of a lease. It is
	// renewed three times in that span. 0 means 60 s; the store counts whole seconds, so the least is 1 s.
	AckWait time.Duration
	// MaxAttempts is how often an item is tried before it becomes a dead letter; 0 means 8.
	MaxAttempts int
	// Backoff is the wait after the first failed attempt, tripled after each further one up to 15 minutes; 0 means 5 s. An item whose
	// process died is tried again at once, and after a second death it waits in the same way.
	Backoff time.Duration
	// Grace is how long running work may go on when [Queue.Work] is told to stop; 0 means 20 s.
	Grace time.Duration

	maxStore int64         // bytes an embedded store may take; 0: three quarters of the free disk
	replicas int           // of every stream; 0: three in a cluster, else one
	patience time.Duration // how long a store at a URL is waited for; 0: half a minute
	held     int           // deliveries that may be held; 0: maxHeld
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.AckWait = orDefault(o.AckWait, 60*time.Second)
	o.MaxAttempts = orDefault(o.MaxAttempts, 8)
	o.Backoff = orDefault(o.Backoff, 5*time.Second)
	o.Grace = orDefault(o.Grace, 20*time.Second)
	o.patience = orDefault(o.patience, startTimeout)
	o.held = orDefault(o.held, maxHeld)
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
	name     string    // of this one among the replicas
	embedded *embedded // nil with an external store
	conn     *nats.Conn
	js       jetstream.JetStream
	store
	restoring sync.Mutex
	running   running
}

// Open starts the embedded store in opts.Dir, or connects to opts.URL, and creates what is missing there. It fails when
// another process holds the directory. A store at a URL that is not there yet, or not complete, is waited for half a minute.
func Open(ctx context.Context, opts Options) (*Queue, error) {
	opts = opts.withDefaults()
	if opts.AckWait < time.Second {
		return nil, fmt.Errorf("open the queue: AckWait is %s, but the store counts whole seconds: use 1s or more", opts.AckWait)
	}
	if opts.URL != "" {
		return openExternal(ctx, opts)
	}
	server, err := startEmbedded(ctx, opts)
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect("", append(connectOptions(opts), nats.InProcessServer(server.server))...)
	if err != nil {
		return nil, errors.Join(unavailable("connect to the embedded store", err), server.stop())
	}
	return build(ctx, opts, conn, server)
}

// build makes a Queue of a connection, which it owns from here on.
func build(ctx context.Context, opts Options, conn *nats.Conn, server *embedded) (*Queue, error) {
	q := &Queue{opts: opts, name: rand.Text(), conn: conn, embedded: server}
	if err := q.prepare(ctx); err != nil {
		return nil, errors.Join(err, q.Close())
	}
	return q, nil
}

func connectOptions(opts Options) []nats.Option {
	return []nats.Option{
		nats.Name("podcheck"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectBufSize(-1), // a publish while disconnected fails at once instead of waiting in memory
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(pingsOutstanding),
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

// Put stores that item needs looking at, replacing an older item of the same subject, and returns once that is synced.
// An error is [ErrInvalid] for an item that names nothing, else [ErrUnavailable]. While a cluster elects a leader it tries again, for 8 s
// at most.
func (q *Queue) Put(ctx context.Context, item Item) error {
	data, err := encode(item)
	if err != nil {
		return err
	}
	return q.publish(ctx, item.Subject(), data)
}

func (q *Queue) publish(ctx context.Context, subject string, data []byte) error {
	err := q.persist(ctx, func(ctx context.Context) error {
		_, err := q.js.Publish(ctx, subject, data)
		return err
	})
	if err != nil {
		return unavailable("store "+subject, err)
	}
	return nil
}

// encode checks an item and makes the message of it.
func encode(item Item) ([]byte, error) {
	if err := item.Validate(); err != nil {
		return nil, err
	}
	if item.Received.IsZero() {
		item.Received = time.Now().UTC()
	}
	data, err := json.Marshal(item)
	if err != nil {
		return nil, fmt.Errorf("encode the item %s: %w", item.Key(), err)
	}
	return data, nil
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
