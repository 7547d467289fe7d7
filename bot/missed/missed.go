// Package missed finds what the webhook did not bring, and queues it: at start and on a timer, on one replica at a time. A look
// has two halves, and an error of one part loses nothing of the others.
//
// Deliveries: GitHub lists every attempt to deliver an event. Those that were not answered with 2xx since the last look are read,
// and [hook] says what they ask for. 400 is our own "can't be read, and never will", so it stays. Nothing is asked to be
// delivered again, and each event is dealt with once. This half brings back commands, buttons and merge groups too.
//
// Pull requests: a walk over every installation's repositories finds open pull requests whose head has no completed check run of
// ours. A repository that was never walked (of a new installation, or after the store was lost) is walked whole, which ends although it
// may take several looks. After that only what was updated since its last walk is looked at: GitHub lists the most recently
// updated first, in one request and one point for a hundred repositories. So an idle look at an installation takes two requests
// for each hundred repositories, and one that has more of them than a look may spend takes turns.
//
// Invariants:
//   - A look asks at most so many requests of an installation, and of the App itself; it goes on there at the next one.
//   - An installation that has to wait (a rate limit) waits alone.
//   - What is queued or being worked on is never replaced, unless by an event that came after it: a look cancels no work.
//   - What failed for good on a head is not tried again on that head; that is for people to ask.
//   - Losing all that is remembered here costs requests, and nothing else.
//
// It must not import the review or git, and writes nothing to GitHub.
package missed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/sourcegraph/conc/panics"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
)

const (
	// retryPause is the wait after a look that failed, or that another replica was just making: it may have died over it.
	retryPause = 20 * time.Second
	// exclusiveName is that of the lease of a look.
	exclusiveName = "missed"
)

// Reconciler looks for what was missed. Its fields are set before Run.
type Reconciler struct {
	App   *github.App
	Queue *queue.Queue
	Every time.Duration // between two looks, give or take a tenth
	Log   *slog.Logger

	limits limits // the zero value is for production
}

// Run looks at once and then every so often until ctx ends. A look that fails is made again soon, and then less and less soon.
func (r *Reconciler) Run(ctx context.Context) error {
	looked := false // by this process: until then it does not leave that to others
	retry := retryPause
	for {
		ran := false
		err := r.Queue.Exclusive(ctx, exclusiveName, func(ctx context.Context) error {
			ran = true
			return r.once(ctx, looked)
		})
		if ctx.Err() != nil {
			return nil
		}
		pause := r.Every - r.Every/10 + rand.N(r.Every/5+1)
		switch {
		case err != nil:
			r.Log.Warn("the look for what was missed is not whole, it will be made again", "error", err)
			pause = min(pause, retry)
			retry *= 2
		case !ran:
			r.Log.Debug("another replica is looking for what was missed")
			pause = min(pause, retryPause)
		default:
			looked, retry = true, retryPause
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// once makes a look, unless another replica's is recent and will do.
func (r *Reconciler) once(ctx context.Context, others bool) (err error) {
	m, err := openMemory(ctx, r.Queue)
	if err != nil {
		return err
	}
	l := &look{Reconciler: r, limits: r.limits.withDefaults(), memory: m, began: time.Now().UTC()}
	if others {
		var last time.Time
		if err := m.load(ctx, lastKey, &last); err != nil {
			return err
		}
		if age := l.began.Sub(last); age >= 0 && age < r.Every*3/4 {
			return nil
		}
	}
	if recovered := panics.Try(func() { err = l.make(ctx) }); recovered != nil {
		return fmt.Errorf("defect, please report it: %w", recovered.AsError())
	}
	if err != nil {
		return err
	}
	return m.save(ctx, lastKey, l.began)
}

// waiting tells whether an error only asks to come back later.
func waiting(err error) bool {
	var limit *github.RetryAfter
	return errors.As(err, &limit) || errors.Is(err, github.ErrGone)
}
