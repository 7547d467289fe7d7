package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	// markTTL is how long the mark of a removed key stays.
	markTTL = time.Hour

	// clusterReplicas is how many servers of a cluster have everything: one may be lost.
	clusterReplicas = 3
	// codeNotClustered is the store's JSStreamReplicasNotSupportedErr.
	codeNotClustered jetstream.ErrorCode = 10074
	// apiLevel is the store's since NATS 2.11, which leases need.
	apiLevel = 1
)

// store is what the queue has in the store.
type store struct {
	stream   jetstream.Stream
	consumer jetstream.Consumer
	leases   jetstream.KeyValue
	attempts jetstream.KeyValue
	dead     jetstream.KeyValue
}

// prepare creates what is missing in the store and brings the rest up to date.
func (q *Queue) prepare(ctx context.Context) (err error) {
	if q.js, err = jetstream.New(q.conn); err != nil {
		return unavailable("open JetStream", err)
	}
	if err := q.suits(ctx); err != nil {
		return err
	}
	q.store, err = q.create(ctx)
	return err
}

// errUnsuitable: waiting does not help.
var errUnsuitable = errors.New("the NATS server does not do")

// suits looks whether the store can do what is needed.
func (q *Queue) suits(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	info, err := q.js.AccountInfo(ctx)
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("open the queue: %w: JetStream is off; add a `jetstream` block to the servers' configuration, and enable it for the account: %w", errUnsuitable, err)
	case err != nil:
		return unavailable("ask for the state of JetStream", err)
	case info.API.Level < apiLevel:
		return fmt.Errorf("open the queue: %w: it is version %s, use 2.11 or later", errUnsuitable, q.conn.ConnectedServerVersion())
	}
	return nil
}

// create makes everything that is not there. What is there and the same stays as it is.
func (q *Queue) create(ctx context.Context) (s store, err error) {
	if s.stream, err = q.createStream(ctx); err != nil {
		return s, err
	}
	if s.leases, err = q.bucket(ctx, q.leaseConfig()); err != nil {
		return s, err
	}
	if s.attempts, err = q.bucket(ctx, jetstream.KeyValueConfig{Bucket: bucketPrefix + attemptBucket, TTL: attemptTTL}); err != nil {
		return s, err
	}
	if s.dead, err = q.bucket(ctx, jetstream.KeyValueConfig{Bucket: bucketPrefix + deadBucket, LimitMarkerTTL: markTTL}); err != nil {
		return s, err
	}
	s.consumer, err = q.createConsumer(ctx, s.stream)
	return s, err
}

// createStream also finds out how many replicas there can be. A cluster that has not enough servers is not ready: fewer replicas would
// be lost with one server, and nobody would know.
func (q *Queue) createStream(ctx context.Context) (jetstream.Stream, error) {
	config := streamConfig()
	if config.Replicas = q.replicas(); config.Replicas == 0 {
		config.Replicas = clusterReplicas
	}
	stream, err := q.ensureStream(ctx, config)
	var refused *jetstream.APIError
	if q.replicas() == 0 && errors.As(err, &refused) && refused.ErrorCode == codeNotClustered {
		config.Replicas = 1
		stream, err = q.ensureStream(ctx, config)
	}
	if err != nil {
		return nil, unavailable(fmt.Sprintf("create the stream of work with %d replicas", config.Replicas), err)
	}
	if q.replicas() == 0 {
		q.opts.replicas = config.Replicas
	}
	return stream, nil
}

// ensureStream creates a stream or brings it up to date. Of two bots that begin together on a new cluster, one may get no answer.
func (q *Queue) ensureStream(ctx context.Context, config jetstream.StreamConfig) (jetstream.Stream, error) {
	return persistently(ctx, q, func(ctx context.Context) (jetstream.Stream, error) { return q.js.CreateOrUpdateStream(ctx, config) })
}

// replicas is how many everything has; 0: not known yet.
func (q *Queue) replicas() int {
	if q.embedded != nil {
		return 1
	}
	return q.opts.replicas
}

// streamConfig: no limit of size or age, because DiscardOld would answer it by dropping queued pull requests.
// RePublish tells running workers of a newer item once it is stored.
func streamConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              streamName,
		Subjects:          []string{subjectPrefix + ">"},
		Retention:         jetstream.WorkQueuePolicy,
		Storage:           jetstream.FileStorage,
		MaxMsgsPerSubject: 1,
		Discard:           jetstream.DiscardOld,
		RePublish:         &jetstream.RePublish{Source: subjectPrefix + ">", Destination: storedPrefix + ">", HeadersOnly: true},
	}
}

func (q *Queue) leaseConfig() jetstream.KeyValueConfig {
	config := jetstream.KeyValueConfig{Bucket: bucketPrefix + leaseBucket, History: 1, LimitMarkerTTL: time.Second}
	if q.embedded != nil {
		// The leases of a single process end with it, so they need no disk and none outlives a kill.
		config.Storage = jetstream.MemoryStorage
	}
	return config
}

func (q *Queue) bucket(ctx context.Context, config jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	config.Replicas = q.replicas()
	kv, err := persistently(ctx, q, func(ctx context.Context) (jetstream.KeyValue, error) { return q.js.CreateOrUpdateKeyValue(ctx, config) })
	if err != nil {
		return nil, unavailable("create the bucket "+config.Bucket, err)
	}
	return kv, nil
}

// createConsumer makes the durable consumer. In an embedded store it is made anew: whatever a killed process had
// taken is then delivered at once, not after AckWait. The messages stay in the stream and the attempts in their bucket.
func (q *Queue) createConsumer(ctx context.Context, stream jetstream.Stream) (jetstream.Consumer, error) {
	if q.embedded != nil {
		err := stream.DeleteConsumer(ctx, consumerName)
		if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return nil, unavailable("renew the consumer of work", err)
		}
	}
	config := jetstream.ConsumerConfig{
		Durable:       consumerName,
		AckPolicy:     jetstream.AckExplicitPolicy,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckWait:       q.opts.AckWait,
		MaxDeliver:    -1,
		// Items that wait for a rate limit count as pending; they must not keep others from being delivered.
		MaxAckPending: -1,
	}
	consumer, err := persistently(ctx, q, func(ctx context.Context) (jetstream.Consumer, error) {
		return stream.CreateOrUpdateConsumer(ctx, config)
	})
	if err != nil {
		return nil, unavailable("create the consumer of work", err)
	}
	return consumer, nil
}
