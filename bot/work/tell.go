package work

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
)

// tell says that the item failed for good where whoever waits for it looks, and that is all: nothing is analysed. The dead letter is for
// whoever runs Podcheck.
func (t *task) tell(ctx context.Context, cause error) error {
	switch t.item.Kind {
	case queue.KindMerge:
		group := t.item.Merge
		s, err := t.client.ReadMerge(ctx, t.repo, strings.TrimPrefix(group.BaseRef, "refs/heads/"), group.HeadSHA, group.Number)
		if err != nil {
			return err
		}
		return t.tellHead(ctx, s, cause)
	case queue.KindCommand:
		return t.tellCommand(ctx, cause)
	default:
		s, err := t.client.Read(ctx, t.repo, t.item.Number)
		if err != nil {
			return err
		}
		return t.tellHead(ctx, s, cause)
	}
}

// tellHead completes the check run of the head as failed. A head that is reviewed keeps its verdict.
func (t *task) tellHead(ctx context.Context, s *github.Snapshot, cause error) error {
	c, err := settingsOf(s)
	externalID := github.ExternalID(s.Number, s.BaseRef, c.hash)
	if err != nil {
		externalID = github.ExternalID(s.Number, s.BaseRef, "unread")
	}
	if !s.Open || err == nil && s.Reviewed(externalID, c.comments(s)) {
		return nil
	}
	return t.failCheck(ctx, s, externalID, cause)
}

// tellCommand answers the command, and ends a check run that it left in progress.
func (t *task) tellCommand(ctx context.Context, cause error) error {
	s, err := t.client.Read(ctx, t.repo, t.item.Number)
	if err != nil {
		return err
	}
	given := t.item.Command
	if openRuns(s) > 0 || given.Action == github.Rerun {
		if err := t.tellHead(ctx, s, cause); err != nil {
			return err
		}
	}
	if given.Source == queue.SourceAction {
		return t.tellPress(ctx, s, cause)
	}
	in := t.conversation(given.Source == queue.SourceReviewComment)
	comment, err := t.client.Comment(ctx, in, given.ID, s.Viewer)
	if err != nil {
		return gone(err)
	}
	if comment.Done {
		return nil
	}
	return t.result(ctx, s, in, comment, reply{text: t.failedText(cause)})
}

func (t *task) tellPress(ctx context.Context, s *github.Snapshot, cause error) error {
	given := t.item.Command
	if given.Action == github.Rerun {
		return nil // its answer is the check run
	}
	_, err := t.client.Answer(ctx, s, github.Press{Run: given.ID, Action: given.Action, By: given.AuthorID}, t.failedText(cause), t.fence)
	return err
}

func (t *task) failedText(cause error) string {
	return fmt.Sprintf("%s To try again, ask again.\n\nFor whoever runs Podcheck: the log has the details under delivery `%s`.", reason(cause), t.item.Delivery)
}

// forgetPull: a command has reviewed the head, so it does not matter any more that a delivery's review failed.
func (t *task) forgetPull(ctx context.Context) {
	if err := t.forget(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.log.Warn("the dead letter of the pull request is left", "error", err)
	}
}
