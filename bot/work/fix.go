package work

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/podcheck/podcheck/bot/command"
	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review"
)

// order is somebody's wish for a commit.
type order struct {
	choice choice
	name   string // of the command or the press, unique within the repository
	by     github.Actor
	head   string // of the check run whose button was pressed; "" for a command, which is about the head as it is
}

// fixes is what an order comes to.
type fixes struct {
	choice     choice
	chosen     chosen
	mended     review.Mended
	introduced int
	files      []github.CommitFile
	shown      bool // as a patch that people read, for a fork
	patch      string
	noFile     bool // in the place of a file to change is something else
}

// fix carries out `/podcheck fix`.
func (t *task) fix(ctx context.Context, s *github.Snapshot, asked request) (reply, error) {
	var thread []string
	if ours := s.ThreadOf(asked.comment); ours != nil {
		thread = []string{aboutFinding(ours)}
	}
	c, ok := choose(asked.Arguments, thread)
	if !ok {
		return reply{text: asked.HowWritten()}, nil
	}
	source := queue.SourceIssueComment
	if asked.in.InReview {
		source = queue.SourceReviewComment
	}
	return t.carryOut(ctx, s, order{choice: c, name: fmt.Sprintf("%s-%d", source, asked.comment.ID), by: asked.comment.Author})
}

// pressFix carries out a button that applies fixes. A commit is its own answer; whatever was not done is said in the conversation.
func (t *task) pressFix(ctx context.Context, s *github.Snapshot) error {
	given := t.item.Command
	press := github.Press{Run: given.ID, Action: given.Action, By: given.AuthorID}
	r, err := t.pressed(ctx, s, given)
	if err != nil {
		if !t.finally(err) {
			return err
		}
		r = reply{text: reason(err)}
	}
	if r.text != "" {
		answered, answerErr := t.client.Answer(ctx, s, press, r.text, t.fence)
		if answered {
			t.said(ctx, s, "The button that `%s` pressed is answered", command.Shown(given.Author))
		}
		if answerErr != nil || err != nil {
			err = tellingOf(err, answerErr)
		}
	}
	t.log.Info("button answered", "run", given.ID, "action", given.Action, "done", r.done)
	return err
}

func (t *task) pressed(ctx context.Context, s *github.Snapshot, given *queue.Command) (reply, error) {
	allowed, err := t.client.CanWrite(ctx, t.repo, given.Author)
	if err != nil {
		return reply{}, err
	}
	if !allowed {
		return reply{text: fmt.Sprintf("The buttons that commit fixes are for people with write access, which `%s` does not have.", command.Shown(given.Author))}, nil
	}
	return t.carryOut(ctx, s, order{
		choice: choice{all: given.Action == github.FixAll}, name: fmt.Sprintf("%s-%d-%s", given.Source, given.ID, given.Action),
		by: github.Actor{ID: given.AuthorID, Login: given.Author}, head: t.item.HeadSHA,
	})
}

// carryOut makes the commit of an order, once: a commit names its order, and one that is there already is not made again, only
// told of.
func (t *task) carryOut(ctx context.Context, s *github.Snapshot, o order) (reply, error) {
	if !s.Open {
		return reply{text: notOpenText}, nil
	}
	branch := &github.Branch{}
	if !s.Fork { // of which we may not even read
		var err error
		if branch, err = t.client.ReadBranch(ctx, s); err != nil {
			return reply{}, err
		}
	}
	revision := revisionOf(s)
	parent, made := branch.Made(o.name)
	switch {
	case made:
		revision.Head = repo.OID(parent)
	case o.head != "" && o.head != s.HeadSHA:
		return reply{text: olderText}, nil
	}
	f, err := t.fixes(ctx, s, revision, o.choice)
	if final := (*finalError)(nil); errors.As(err, &final) {
		return reply{text: reason(err)}, nil
	}
	switch {
	case err != nil:
		return reply{}, err
	case made:
		return reply{text: f.rest(), done: true}, nil
	case f.chosen.wrong != "":
		return reply{text: f.chosen.wrong}, nil
	case len(f.mended.Changed) == 0:
		return reply{text: f.nothing()}, nil
	case s.Fork:
		return reply{text: f.patchText(), done: true}, nil
	case f.noFile:
		return reply{text: noFileText}, nil
	}
	err = t.client.AddCommit(ctx, s, branch, github.Commit{
		Message: commitMessage(f.mended.Applied), Command: o.name, For: o.by, Files: f.files,
	}, t.fence)
	if err == nil {
		t.said(ctx, s, "%s committed", fixesOf(len(f.mended.Applied)))
	}
	return f.answer(err)
}

// answer tells what became of a commit.
func (f *fixes) answer(err error) (reply, error) {
	var refused *github.Refused
	switch {
	case err == nil:
		return reply{text: f.rest(), done: true}, nil
	case errors.Is(err, github.ErrHeadMoved):
		return reply{text: movedText}, nil
	case errors.Is(err, github.ErrBranchGone):
		return reply{text: branchText}, nil
	case errors.Is(err, github.ErrPath):
		return reply{text: pathText}, nil
	case errors.As(err, &refused):
		return reply{text: refusedText(refused)}, nil
	}
	return reply{}, err
}

// fixes reviews a revision and applies what is chosen of it, in memory.
func (t *task) fixes(ctx context.Context, s *github.Snapshot, revision repo.Revision, c choice) (*fixes, error) {
	configured, err := settingsOf(s)
	if err != nil {
		return nil, err
	}
	f := &fixes{choice: c, shown: s.Fork}
	err = t.withRepository(ctx, revision, func(r repo.Repository) error {
		in, _, err := t.input(ctx, r, revision, configured)
		if err != nil || in == nil {
			return err
		}
		if err := f.mend(ctx, *in); err != nil || len(f.mended.Changed) == 0 {
			return err
		}
		return f.read(ctx, r, revision.Head)
	})
	return f, err
}

func (f *fixes) mend(ctx context.Context, in review.Input) error {
	findings := review.Review(in).Findings
	f.chosen = f.choice.among(findings)
	byKey := map[string]review.Finding{}
	for _, one := range findings {
		byKey[one.Key] = one
		if one.Status == review.Introduced {
			f.introduced++
		}
	}
	if f.chosen.wrong != "" {
		return nil
	}
	mend := review.Mend
	if f.shown {
		mend = review.MendShown
	}
	var err error
	if f.mended, err = mend(ctx, in.After, in.Config, func(one *review.Finding) bool { return f.chosen.wanted[one.Key] }); err != nil {
		return err
	}
	if f.shown {
		if f.patch, err = f.mended.Patch(in.After, nil); err != nil {
			return err
		}
	}
	for i, one := range f.mended.Applied { // the IDs of a review and of a scan can differ in length
		if known, ok := byKey[one.Key]; ok {
			f.mended.Applied[i] = known
		}
	}
	for i, one := range f.mended.Left {
		if known, ok := byKey[one.Finding.Key]; ok {
			f.mended.Left[i].Finding = known
		}
	}
	f.mended.Left = append(f.mended.Left, f.chosen.left...)
	return nil
}

// read makes the files of the commit, with the modes that they have in the head's tree.
func (f *fixes) read(ctx context.Context, r repo.Repository, head repo.OID) error {
	entries, err := r.Tree(ctx, head)
	if err != nil {
		return fmt.Errorf("read the modes of the files of %s: %w", head, err)
	}
	modes := map[string]repo.Mode{}
	for _, e := range entries {
		modes[e.Path] = e.Mode
	}
	for _, path := range slices.Sorted(maps.Keys(f.mended.Changed)) {
		mode, present := modes[path]
		if !present {
			mode = repo.Regular
		}
		f.noFile = f.noFile || !mode.IsFile()
		f.files = append(f.files, github.CommitFile{Path: path, Mode: mode.String(), Data: f.mended.Changed[path]})
	}
	return nil
}
