package work

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/podcheck/podcheck/bot/command"
	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
)

// lostFor is how old a command may be whose delivery was lost. An older one would surprise whoever gave it.
const lostFor = 24 * time.Hour

// command does what a comment or a button asks.
func (t *task) command(ctx context.Context) error {
	s, err := t.client.Read(ctx, t.repo, t.item.Number)
	if err != nil {
		return err
	}
	given := t.item.Command
	if given.Source == queue.SourceAction {
		return t.press(ctx, s)
	}
	in := t.conversation(given.Source == queue.SourceReviewComment)
	at := slices.IndexFunc(s.Comments, func(c github.Comment) bool { return c.ID == given.ID })
	if !in.InReview && at >= 0 {
		return t.answer(ctx, s, in, s.Comments[at])
	}
	comment, err := t.client.Comment(ctx, in, given.ID, s.Viewer)
	if err != nil {
		return err
	}
	return t.answer(ctx, s, in, comment)
}

// press does what a button of the check run asks.
func (t *task) press(ctx context.Context, s *github.Snapshot) error {
	switch action := t.item.Command.Action; action {
	case github.Rerun:
		return t.look(ctx, s, true)
	case github.FixSafe, github.FixAll:
		return t.pressFix(ctx, s)
	default:
		t.log.Info("unknown button", "action", action)
		return nil
	}
}

func (t *task) conversation(inReview bool) github.Conversation {
	return github.Conversation{Repo: t.repo, Number: t.item.Number, InReview: inReview}
}

// answerLost answers commands that were read along with the pull request and have no result of ours.
func (t *task) answerLost(ctx context.Context, s *github.Snapshot) error {
	for _, c := range s.Comments {
		if time.Since(c.Created) < lostFor {
			if err := t.answer(ctx, s, t.conversation(false), c); err != nil {
				return err
			}
		}
	}
	return nil
}

// reply is the answer to a command.
type reply struct {
	text string // "" for a reaction alone
	done bool   // rocket, else confused
}

// answer runs the command of a comment once: a result reaction of ours says that it is done, and a reply of ours is not
// written twice. Bots are not answered, which keeps two of them from talking to each other for ever.
func (t *task) answer(ctx context.Context, s *github.Snapshot, in github.Conversation, comment github.Comment) error {
	if comment.Done || comment.Author.Bot || comment.Author.ID == s.Viewer {
		return nil
	}
	asked, ok, bad := command.Parse(comment.Body)
	if !ok {
		return nil
	}
	if !comment.Seen {
		if err := t.client.React(ctx, in, comment.ID, github.Eyes, t.fence); err != nil {
			return err // also of one that is gone: a replica may not know of it yet
		}
	}
	var r reply
	var failure error
	if bad != nil {
		r.text = fmt.Sprintf("%s\n\n%s", bad, command.Markdown())
	} else if r, failure = t.run(ctx, s, request{asked, in, comment}); failure != nil {
		if !t.finally(failure) {
			return failure
		}
		r = reply{text: reason(failure)}
	}
	answered := t.result(ctx, s, in, comment, r)
	if failure != nil {
		return tellingOf(failure, answered)
	}
	return answered
}

// result posts the reply and then the reaction that says that the command is done.
func (t *task) result(ctx context.Context, s *github.Snapshot, in github.Conversation, comment github.Comment, r reply) error {
	if r.text != "" && !s.Replied(in, comment.ID) {
		if err := t.client.Reply(ctx, in, comment.ID, r.text, t.fence); err != nil {
			return err
		}
		t.said(ctx, s, "Reply to `%s`", command.Shown(comment.Author.Login))
	}
	result := github.Confused
	if r.done {
		result = github.Rocket
	}
	t.log.Info("command answered", "comment", comment.ID, "result", result)
	return gone(t.client.React(ctx, in, comment.ID, result, t.fence))
}

// gone: a comment that was deleted needs no answer.
func gone(err error) error {
	if errors.Is(err, github.ErrGone) {
		return nil
	}
	return err
}

// request is a command with where it was given.
type request struct {
	command.Command
	in      github.Conversation
	comment github.Comment
}

func (t *task) run(ctx context.Context, s *github.Snapshot, asked request) (reply, error) {
	allowed, err := t.allowed(ctx, s, asked.Right, asked.comment.Author)
	if err != nil {
		return reply{}, err
	}
	if !allowed {
		return reply{text: refusal(asked.Entry)}, nil
	}
	switch asked.Name {
	case command.Review:
		return t.runReview(ctx, s)
	case command.Fix:
		return t.fix(ctx, s, asked)
	case command.Ignore:
		return t.runIgnore(ctx, s, asked)
	case command.Unignore:
		return t.runUnignore(ctx, s, asked)
	case command.Explain:
		return t.runExplain(ctx, s, asked)
	case command.Help:
		return reply{text: command.Markdown(), done: true}, nil
	default:
		return reply{}, fmt.Errorf("command %q: %w", asked.Name, errors.ErrUnsupported)
	}
}

func refusal(e command.Entry) string {
	who := "people with write access"
	if e.Right == command.AuthorOrWrite {
		who = "the author of the pull request and for " + who
	}
	return fmt.Sprintf("`%s %s` is for %s.", command.Prefix, e.Name, who)
}

func (t *task) allowed(ctx context.Context, s *github.Snapshot, right command.Right, who github.Actor) (bool, error) {
	author := who.ID != 0 && who.ID == s.Author.ID
	if right == command.Anyone || right == command.AuthorOrWrite && author {
		return true, nil
	}
	return t.client.CanWrite(ctx, t.repo, who.Login)
}

const unreviewedText = "The pull request is closed, so it is not reviewed."

func (t *task) runReview(ctx context.Context, s *github.Snapshot) (reply, error) {
	if !s.Open {
		return reply{text: unreviewedText}, nil
	}
	err := t.look(ctx, s, true)
	if said := (*saidError)(nil); errors.As(err, &said) {
		return reply{text: reason(err)}, nil
	}
	return reply{done: err == nil}, err
}
