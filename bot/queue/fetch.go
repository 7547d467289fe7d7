package queue

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// maxHeld bounds what a process holds of the store; a few hundred bytes each. Workers see that far.
	maxHeld = 4096
	// pullBatch is what is asked of the store at a time.
	pullBatch = 256
	// excessPause is how long the store keeps what is beyond that, longer each time it comes again.
	excessPause    = 2 * time.Second
	excessPauseMax = 30 * time.Second
	// silence is how often the store says that there is nothing; after twice that it is asked again, as its leader may have died. An
	// embedded store does not die alone.
	silence         = 2 * time.Second
	silenceEmbedded = 15 * time.Second
	// drainLimit bounds the wait for what was on its way when the work ended.
	drainLimit = time.Second
)

// fetch fills the backlog from the store until ctx ends, and then hands back what is held.
func (q *Queue) fetch(ctx context.Context, b *backlog) {
	for ctx.Err() == nil {
		if err := q.receive(ctx, b); err != nil && ctx.Err() == nil {
			q.opts.Log.Warn("no work from the store", "error", err)
			wait(storePause, ctx.Done()) // a server may break when a stream is created while it is being deleted
			q.restore(ctx)
		}
	}
	for _, d := range b.drain() {
		q.logOutcome(d.message.Nak(), d.subject())
	}
}

// receive holds one delivery after the other. An error means that the store has to be looked after.
func (q *Queue) receive(ctx context.Context, b *backlog) error {
	heartbeat := silence
	if q.embedded != nil {
		heartbeat = silenceEmbedded
	}
	messages, err := q.consumer.Messages(jetstream.PullMaxMessages(pullBatch), jetstream.PullHeartbeat(heartbeat),
		jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return err
	}
	defer q.handBackRest(messages)
	for {
		message, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		q.hold(ctx, b, message)
	}
}

// handBackRest ends the iteration and hands back what was on its way.
func (q *Queue) handBackRest(messages jetstream.MessagesContext) {
	messages.Drain()
	for {
		message, err := messages.Next(jetstream.NextMaxWait(drainLimit))
		if err != nil {
			messages.Stop()
			return
		}
		q.logOutcome(message.Nak(), message.Subject())
	}
}

func (q *Queue) hold(ctx context.Context, b *backlog, message jetstream.Msg) {
	d, err := open(message)
	if err != nil {
		q.logOutcome(q.refuse(ctx, message, err), message.Subject())
		return
	}
	replaced, excess := b.add(d)
	if replaced != nil { // the store has removed it already
		q.logOutcome(replaced.message.Ack(), replaced.subject())
	}
	if excess != nil {
		q.logOutcome(excess.message.NakWithDelay(min(excessPause*time.Duration(min(excess.times, 100)), excessPauseMax)), excess.subject())
	}
}

func open(message jetstream.Msg) (*delivery, error) {
	meta, err := message.Metadata()
	if err != nil {
		return nil, err
	}
	d := &delivery{message: message, seq: meta.Sequence.Stream, times: meta.NumDelivered, received: time.Now()}
	if err := json.Unmarshal(message.Data(), &d.job.Item); err != nil {
		return nil, err
	}
	return d, d.job.Item.Validate()
}
