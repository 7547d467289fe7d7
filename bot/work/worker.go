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
	last   bool // a failure is the last one
	began  time.Time
	log    *slog.Logger
}

// Handle is the queue's handler.
func (w *Worker) Handle(ctx context.Context, job queue.Job) error {
	item := job.Item
	t := &task{
		Worker: w, item: item, client: w.App.Client(item.Installation), repo: github.Repo{Owner: item.Owner, Name: item.Repo},
		fence: job.Lease.Fence, last: job.Last, began: time.Now(),
		log: w.Log.With("delivery", item.Delivery, "installation", item.Installation,
			"repository", item.Owner+"/"+item.Repo, "pull", item.Number, "item", item.Key()),
	}
	return t.outcome(t.do(ctx))
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
