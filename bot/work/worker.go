// Package work does what a queued item asks: it reads a pull request from GitHub, loads both sides from git, reviews them and
// reconciles what is posted; it answers the commands of the conversation; it reports on merge groups.
//
// Invariants: everything is decided from what was just read, so an item may be worked on any number of times; every write is
// fenced by the item's lease; configuration comes from the base branch alone; an item that can't be done ends in a check run
// that says so.
//
// It knows no HTTP and no YAML: GitHub's API is bot/github's, manifests are read by bot/load, and what to say is the review's.
package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sourcegraph/conc/panics"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/bot/page"
	"github.com/podcheck/podcheck/bot/queue"
)

// Worker works on items. Its fields are set before the first one; it is safe for concurrent use.
type Worker struct {
	App     *github.App
	Loader  *load.Loader
	Mirrors string                          // folder of the git mirrors
	GitURL  func(owner, name string) string // of a repository
	Pages   *page.Store                     // nil keeps none
	Opened  *queue.Bucket                   // heads with a check run in progress, by pull request; nil remembers none
	Log     *slog.Logger
	// Slow is how long a review may take before the check run shows that it is going on; 0 means 2 s.
	Slow time.Duration
}

const defaultSlow = 2 * time.Second

// task is one item being worked on.
type task struct {
	*Worker
	item   queue.Item
	client *github.Client
	repo   github.Repo
	fence  github.Fence
	forget func(ctx context.Context) error // the dead letter of the pull request
	last   bool                            // a failure is the last one
	opened []opened                        // heads that are remembered to have a check run in progress
	began  time.Time
	log    *slog.Logger
}

// Enter tells the queue whether it is the turn of an item within its installation, before anything is read for it.
func (w *Worker) Enter(ctx context.Context, item queue.Item) (_ context.Context, leave func(outcome error), err error) {
	entered, leaves, err := w.App.Client(item.Installation).Enter(ctx, item.Key())
	var limit *github.RetryAfter
	switch {
	case errors.As(err, &limit):
		return nil, nil, &queue.RetryAfter{Delay: time.Until(limit.At), Err: err}
	case err != nil:
		return nil, nil, err
	}
	return entered, func(outcome error) { leaves(outcome != nil) }, nil
}

// Handle is the queue's handler.
func (w *Worker) Handle(ctx context.Context, job queue.Job) error {
	item := job.Item
	t := &task{
		Worker: w, item: item, client: w.App.Client(item.Installation), repo: github.Repo{Owner: item.Owner, Name: item.Repo},
		fence: job.Lease.Fence, forget: job.Lease.ForgetPull, last: job.Last, began: time.Now(),
		log: w.Log.With("delivery", item.Delivery, "installation", item.Installation,
			"repository", item.Owner+"/"+item.Repo, "pull", item.Number, "item", item.Key()),
	}
	if job.Died {
		return t.outcome(t.tell(ctx, &diedError{attempts: job.Attempt - 1}))
	}
	err := t.try(ctx)
	if ctx.Err() == nil && t.finally(err) && !told(err) {
		err = errors.Join(err, t.tell(ctx, err))
	}
	err = t.outcome(err)
	if later := (*queue.RetryAfter)(nil); errors.As(err, &later) {
		t.log.Info("handed back", "for", later.Delay.Round(time.Millisecond), "reason", later.Err.Error())
	}
	return err
}

// try does the work; a defect is an error like any other, so that the last one is told.
func (t *task) try(ctx context.Context) (err error) {
	recovered := panics.Try(func() { err = t.do(ctx) })
	if recovered == nil {
		return err
	}
	t.log.Error("panic while working", "panic", recovered.Value, "stack", string(recovered.Stack))
	return fmt.Errorf("defect, please report it: panic: %v", recovered.Value)
}

func (t *task) do(ctx context.Context) error {
	switch t.item.Kind {
	case queue.KindPull:
		return t.pull(ctx)
	case queue.KindCommand:
		return t.command(ctx)
	case queue.KindMerge:
		return t.merge(ctx)
	default:
		return fmt.Errorf("an item of kind %q: %w", t.item.Kind, errors.ErrUnsupported)
	}
}
