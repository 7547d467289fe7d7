package queue

import (
	"context"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// running holds the jobs of this process, so that a newer item cancels the older work at once. The announcement may get
// lost; then the heartbeat and the fence find out.
type running struct {
	mu   sync.Mutex
	jobs map[*Lease]context.CancelCauseFunc
}

// add registers a job and returns what unregisters it.
func (r *running) add(lease *Lease, cancel context.CancelCauseFunc) (remove func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.jobs == nil {
		r.jobs = map[*Lease]context.CancelCauseFunc{}
	}
	r.jobs[lease] = cancel
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.jobs, lease)
	}
}

// stored takes the store's announcement of a message and cancels the work on an older one of its subject.
func (r *running) stored(message *nats.Msg) {
	subject := message.Header.Get(jetstream.SubjectHeader)
	seq, err := strconv.ParseUint(message.Header.Get(jetstream.SequenceHeader), 10, 64)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for lease, cancel := range r.jobs {
		if lease.subject == subject && lease.seq < seq {
			cancel(ErrSuperseded)
		}
	}
}
