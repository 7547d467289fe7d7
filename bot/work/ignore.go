package work

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/podcheck/podcheck/bot/command"
	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/review"
)

const (
	// maxReason is how much of a reason is kept, in characters.
	maxReason = 500
	// maxKey bounds a finding's identity, which is kept in a comment. Only absurd names make a longer one.
	maxKey = 4 << 10
)

// runIgnore keeps the decision first, as a reply, and then brings what is posted in line with it.
func (t *task) runIgnore(ctx context.Context, s *github.Snapshot, asked request) (reply, error) {
	if !s.Open {
		return reply{text: unreviewedText}, nil
	}
	if s.Decided(asked.in, asked.comment.ID) { // before a crash
		return t.follow(ctx, s)
	}
	seen, err := t.inspect(ctx, s)
	if err != nil {
		return unseen(err)
	}
	wanted, refused := seen.wanted(s, asked)
	if refused != "" {
		return reply{text: refused}, nil
	}
	if !slices.Contains(s.Ignores(), wanted) {
		text := fmt.Sprintf("%s\n\n`%s %s %s` takes that back.", wanted.Said(), command.Prefix, command.Unignore, command.Shown(wanted.Named()))
		if err := t.decide(ctx, s, asked, text, github.Decision{Ignore: wanted}); err != nil {
			return reply{}, err
		}
	}
	return t.follow(ctx, s)
}

// runUnignore takes a decision back. It needs no analysis, so what is ignored can be named after the finding has gone.
func (t *task) runUnignore(ctx context.Context, s *github.Snapshot, asked request) (reply, error) {
	if !s.Open {
		return reply{text: unreviewedText}, nil
	}
	if s.Decided(asked.in, asked.comment.ID) {
		return t.follow(ctx, s)
	}
	thread := s.ThreadOf(asked.comment)
	if len(asked.Arguments) == 0 && thread == nil {
		return reply{text: asked.HowWritten()}, nil
	}
	found, ok := ignoredAs(s.Ignores(), asked.Arguments, thread)
	if !ok {
		return reply{text: notIgnored(s.Ignores(), asked.Arguments)}, nil
	}
	text := fmt.Sprintf("`%s` is no longer ignored in this pull request.", command.Shown(found.Named()))
	if err := t.decide(ctx, s, asked, text, github.Decision{Undo: true, Ignore: found}); err != nil {
		return reply{}, err
	}
	return t.follow(ctx, s)
}

// ignoredAs finds the ignore that somebody means: by its name, or in a thread by the thread's finding.
func ignoredAs(ignores []review.Ignore, arguments []string, thread *github.Thread) (review.Ignore, bool) {
	at := slices.IndexFunc(ignores, func(i review.Ignore) bool {
		if len(arguments) == 0 {
			return i.Key != "" && i.Key == aboutFinding(thread)
		}
		return i.Key != "" && sameID(i.ID, arguments[0]) || i.Key == "" && strings.EqualFold(i.Rule, arguments[0])
	})
	if at < 0 {
		return review.Ignore{}, false
	}
	return ignores[at], true
}

func notIgnored(ignores []review.Ignore, arguments []string) string {
	what := "The finding of this thread"
	if len(arguments) > 0 {
		what = fmt.Sprintf("`%s`", command.Shown(arguments[0]))
	}
	if len(ignores) == 0 {
		return what + " is not ignored in this pull request, and nothing else is."
	}
	text := what + " is not ignored in this pull request. What is:\n\n"
	for _, i := range ignores[:min(len(ignores), maxProblems)] {
		text += fmt.Sprintf("- `%s`\n", command.Shown(i.Named()))
	}
	return text
}

// wanted is what a command asks to ignore, or the sentence that says why it can't be.
func (seen inspection) wanted(s *github.Snapshot, asked request) (wanted review.Ignore, refused string) {
	name, words := asked.Arguments[0], asked.Arguments[1:]
	finding, rule := seen.finding(name), seen.rule(name)
	if thread := s.ThreadOf(asked.comment); finding == nil && rule == nil && thread != nil && seen.nearest(name) == "" && !idShape.MatchString(name) {
		finding, words = seen.of(thread), asked.Arguments // all words are the reason
	}
	switch {
	case finding != nil:
		wanted = review.Ignore{Key: finding.Key, ID: finding.ID, Rule: finding.Rule}
	case rule != nil:
		wanted = review.Ignore{Rule: rule.Name}
	default:
		return wanted, seen.unknown(name)
	}
	switch {
	case len(words) == 0:
		return wanted, asked.HowWritten()
	case finding != nil && finding.Status != review.Introduced && finding.Status != review.Ignored:
		return wanted, fmt.Sprintf("`%s` is not introduced by this pull request, so it does not count here.", finding.ID)
	case len(wanted.Key) > maxKey:
		return wanted, fmt.Sprintf("The names around `%s` are too long to keep. Ignore the rule, `%s`, instead.", finding.ID, command.Shown(finding.Rule))
	}
	wanted.Reason, wanted.By = strings.Join(words, " "), asked.comment.Author.Login
	if runes := []rune(wanted.Reason); len(runes) > maxReason {
		wanted.Reason = string(runes[:maxReason])
	}
	return wanted, ""
}

func (t *task) decide(ctx context.Context, s *github.Snapshot, asked request, text string, d github.Decision) error {
	err := t.client.Decide(ctx, s, asked.in, asked.comment.ID, text, d, t.fence)
	switch {
	case err != nil:
	case d.Undo:
		t.said(ctx, s, "Reply to `%s`: `%s` is no longer ignored", command.Shown(asked.comment.Author.Login), command.Shown(d.Named()))
	default:
		t.said(ctx, s, "Reply to `%s`: `%s` is ignored", command.Shown(asked.comment.Author.Login), command.Shown(d.Named()))
	}
	return err
}

// follow brings the review in line with what was decided. Along with a pull request, whose review was just written, it is read
// again: s does not know the threads that are new.
func (t *task) follow(ctx context.Context, s *github.Snapshot) (reply, error) {
	if t.item.Kind == queue.KindPull {
		fresh, err := t.client.Read(ctx, t.repo, t.item.Number)
		if err != nil {
			return reply{}, err
		}
		fresh.Remember(s.Decisions)
		s = fresh
	}
	t.began = time.Now() // the wait for the command is no part of the review's time
	err := t.look(ctx, s, false)
	if said := (*saidError)(nil); errors.As(err, &said) { // the decision stands, and the check run says what is wrong
		return reply{done: true}, nil
	}
	return reply{done: err == nil}, err
}
