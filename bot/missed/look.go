package missed

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/podcheck/podcheck/bot/github"
)

// walkers is how many installations are walked at once, so that a slow one does not hold up the others.
const walkers = 4

// look is one look for what was missed.
type look struct {
	*Reconciler
	limits    limits
	memory    *memory
	began     time.Time
	installed map[int64]bool // by id: it may be asked; nil when that is not known
	tally     tally
}

// tally is what the look's line in the log says.
type tally struct {
	mu         sync.Mutex
	deliveries int // failed ones that were read
	pulls      int // without a check run
	queued     int
	requests   int
}

func (t *tally) add(deliveries, pulls, queued, requests int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deliveries += deliveries
	t.pulls += pulls
	t.queued += queued
	t.requests += requests
}

// id names the look in the log, and as the delivery of what it queues.
func (l *look) id() string { return "look-" + l.began.Format("20060102T150405.000Z") }

// make returns the errors of what concerns the App as a whole; those of an installation are in the log, and it is walked on
// at the next look.
func (l *look) make(ctx context.Context) error {
	installations, listErr := l.installations(ctx)
	deliveriesErr := l.deliveries(ctx)
	walks := pool.New().WithMaxGoroutines(walkers)
	for _, i := range installations {
		if !i.Suspended {
			walks.Go(func() { l.tell(ctx, i, l.walk(ctx, i)) })
		}
	}
	walks.Wait()
	l.Log.Info("looked for what was missed", "look", l.id(), "installations", len(installations), "deliveries", l.tally.deliveries,
		"pulls", l.tally.pulls, "queued", l.tally.queued, "requests", l.tally.requests, "took", time.Since(l.began))
	return errors.Join(listErr, deliveriesErr)
}

// tell logs how a walk ended.
func (l *look) tell(ctx context.Context, i github.Installation, err error) {
	log := l.Log.With("look", l.id(), "installation", i.ID, "account", i.Account)
	switch {
	case err == nil, ctx.Err() != nil:
	case errors.Is(err, errSpent):
		log.Info("the walk goes on at the next look")
	case waiting(err):
		log.Info("the installation is left for this look", "reason", err.Error())
	default:
		log.Warn("the walk stopped, it goes on at the next look", "error", err)
	}
}

// installations lists all of them, and forgets those that are no more. What was read before an error counts.
func (l *look) installations(ctx context.Context) ([]github.Installation, error) {
	var all []github.Installation
	for page := 1; page != 0; {
		part, next, err := l.App.Installations(ctx, page)
		l.tally.add(0, 0, 0, 1)
		if err != nil {
			return all, err
		}
		all, page = append(all, part...), next
	}
	here, active := map[int64]bool{}, map[int64]bool{}
	for _, i := range all {
		here[i.ID], active[i.ID] = true, !i.Suspended
	}
	l.installed = active
	return all, l.memory.forget(ctx, here)
}
