package queue

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

const idleSubject = "podcheck.idle"

// shareWork has other replicas told when this one has nothing to do, and gives them of what it holds when they have not: what was fetched
// ahead must not wait here while others are idle. That an announcement may be lost does no harm: the store delivers what is held for
// longer than AckWait again.
func (q *Queue) shareWork(b *backlog) (*nats.Subscription, error) {
	return q.conn.Subscribe(idleSubject, func(message *nats.Msg) {
		who, wanted, _ := strings.Cut(string(message.Data), " ")
		n, err := strconv.Atoi(wanted)
		if err != nil || n <= 0 || who == q.name {
			return
		}
		// The store offers them to all that ask, this process too.
		for _, d := range b.giveUp(2 * min(n, maxHeld)) {
			q.logOutcome(d.message.Nak(), d.subject())
		}
	})
}

// askForWork tells the other replicas that a worker of this one is idle. An embedded store has no other.
func (q *Queue) askForWork() {
	if q.embedded == nil {
		_ = q.conn.Publish(idleSubject, fmt.Appendf(nil, "%s %d", q.name, 1))
	}
}
