package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
)

// Heads with a check run in progress are remembered: when the process dies, and a push by force takes the commit away, nothing on GitHub
// leads from the pull request to the run, which would go on for ever.

// opened is a head for which a run in progress was, or was about to be, created.
type opened struct {
	SHA string    `json:"sha"`
	At  time.Time `json:"at"`
}

const (
	// maxOpened bounds the heads that are remembered of a pull request.
	maxOpened = 8
	// unseenFor is how long a run is looked for that GitHub does not show: its request may have been under way when the process died.
	unseenFor = time.Minute
)

func (t *task) openedKey() string { return fmt.Sprintf("%d.%d", t.item.RepoID, t.item.Number) }

// findOpened closes what was left in progress on older heads, and has what will be in progress remembered.
func (t *task) findOpened(ctx context.Context, s *github.Snapshot) error {
	if t.Opened == nil {
		return nil
	}
	s.Opening = func(ctx context.Context) error {
		return t.remember(ctx, append(t.opened, opened{s.HeadSHA, time.Now()}))
	}
	data, err := t.Opened.Get(ctx, t.openedKey())
	if errors.Is(err, queue.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_ = json.Unmarshal(data, &t.opened) // what can't be read is nothing to go by
	for _, o := range t.opened {
		if o.SHA != s.HeadSHA && !shown(s, o.SHA) {
			if err := t.client.AddRuns(ctx, s, o.SHA); err != nil {
				return err
			}
		}
	}
	return t.client.CancelOlder(ctx, s, t.fence)
}

func shown(s *github.Snapshot, sha string) bool {
	return slices.ContainsFunc(s.Runs, func(r github.Run) bool { return r.SHA == sha })
}

// closed forgets the heads whose runs are completed.
func (t *task) closed(ctx context.Context, s *github.Snapshot) error {
	if len(t.opened) == 0 {
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(t.opened), func(o opened) bool {
		open := slices.ContainsFunc(s.Runs, func(r github.Run) bool { return r.SHA == o.SHA && !r.Completed })
		return !open && (shown(s, o.SHA) || time.Since(o.At) > unseenFor)
	})
	if len(left) == 0 {
		t.opened = nil
		return t.Opened.Delete(ctx, t.openedKey())
	}
	return t.remember(ctx, left)
}

func (t *task) remember(ctx context.Context, heads []opened) error {
	heads = heads[max(0, len(heads)-maxOpened):]
	data, err := json.Marshal(heads)
	if err != nil {
		return err
	}
	t.opened = heads
	return t.Opened.Put(ctx, t.openedKey(), data)
}
