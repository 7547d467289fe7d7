package missed

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
)

const (
	// youth is how old a check run in progress may be before it counts as left by a crash.
	youth = 5 * time.Minute
	// maxAgain bounds what is remembered as under way: a value of the store has a limit, and the queue remembers the rest.
	maxAgain = 1000
)

// underWay looks at a hundred of those that were queued or being worked on at the last look.
func (w *walk) underWay(ctx context.Context) error {
	pulls := map[string]github.Listed{}
	for id, r := range w.Again {
		if len(pulls) < github.MaxNodes {
			pulls[id] = r
		}
	}
	return w.judge(ctx, pulls)
}

// judge queues the pull requests, given by node id, whose head lacks a check run.
func (w *walk) judge(ctx context.Context, pulls map[string]github.Listed) error {
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(pulls)), github.MaxNodes) {
		if err := w.budget.take(); err != nil {
			return err
		}
		heads, err := w.client.Heads(ctx, ids)
		if err != nil {
			return err
		}
		for i, h := range heads {
			underWay, err := w.head(ctx, pulls[ids[i]], h)
			if err != nil {
				return err
			}
			w.remember(ids[i], pulls[ids[i]], underWay)
		}
	}
	return nil
}

func (w *walk) remember(id string, r github.Listed, underWay bool) {
	if !underWay {
		delete(w.Again, id)
		return
	}
	if w.Again == nil {
		w.Again = map[string]github.Listed{}
	}
	if len(w.Again) < maxAgain {
		w.Again[id] = r
	}
}

// head queues a pull request whose head lacks a check run, and tells whether it is being seen to already.
func (w *walk) head(ctx context.Context, r github.Listed, h github.Head) (underWay bool, err error) {
	if !h.Open || h.Checked {
		return false, nil
	}
	if !h.Started.IsZero() && w.look.began.Sub(h.Started) < youth {
		return true, nil
	}
	w.tally.add(0, 1, 0, 0)
	item := queue.Item{
		Kind: queue.KindPull, Installation: w.installation.ID, Owner: r.Owner, Repo: r.Name, RepoID: r.ID, Number: h.Number, HeadSHA: h.SHA,
		Delivery: w.id(), Reason: "missed",
	}
	switch letter, err := w.Queue.DeadLetter(ctx, item.Key()); {
	case err == nil && letter.Item.HeadSHA == h.SHA:
		return false, nil
	case errors.Is(err, queue.ErrUnavailable):
		return false, err
	}
	stored, err := w.Queue.PutAbsent(ctx, item, time.Time{})
	if err != nil || !stored {
		return err == nil, err
	}
	w.tally.add(0, 0, 1, 0)
	w.Log.Info("missed pull request queued", "look", w.id(), "installation", item.Installation, "repository", r.Owner+"/"+r.Name,
		"pull", item.Number, "head", item.HeadSHA, "item", item.Key())
	return false, nil
}
