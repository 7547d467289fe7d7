package work

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
)

// The head of a check run in progress is remembered: when the process dies, and a push by force takes the commit away, nothing on GitHub
// leads from the pull request to the run, which would go on for ever.

func (t *task) openedKey() string { return fmt.Sprintf("%d.%d", t.item.RepoID, t.item.Number) }

// findOpened adds to s what was left in progress on a commit that was taken away, and has what will be in progress remembered.
func (t *task) findOpened(ctx context.Context, s *github.Snapshot) error {
	if t.Opened == nil {
		return nil
	}
	s.Opening = func(ctx context.Context) error {
		t.opened = s.HeadSHA
		return t.Opened.Put(ctx, t.openedKey(), []byte(s.HeadSHA))
	}
	head, err := t.Opened.Get(ctx, t.openedKey())
	if errors.Is(err, queue.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	t.opened = string(head)
	if slices.ContainsFunc(s.Runs, func(r github.Run) bool { return r.SHA == t.opened }) {
		return nil // as every older run
	}
	return t.client.AddRuns(ctx, s, t.opened)
}

// closed forgets the head: whatever was in progress is not any more.
func (t *task) closed(ctx context.Context, s *github.Snapshot) error {
	if t.opened == "" || openRuns(s) > 0 {
		return nil
	}
	t.opened = ""
	return t.Opened.Delete(ctx, t.openedKey())
}
