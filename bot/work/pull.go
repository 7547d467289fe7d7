package work

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/panics"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review"
)

// GitHub's answers can lag behind its deliveries. For so long after one, a head that it didn't tell of may be an older one, and
// is read again; after that it is taken for a newer one, whose delivery is on its way or was late.
const (
	lag   = 10 * time.Second
	pause = 2 * time.Second
)

// pull looks at a pull request and then at commands in its conversation whose delivery was lost.
func (t *task) pull(ctx context.Context) error {
	s, err := t.client.Read(ctx, t.repo, t.item.Number)
	if err != nil {
		return err
	}
	if told := t.item.HeadSHA; told != "" && told != s.HeadSHA && time.Since(t.item.Received) < lag {
		return &queue.RetryAfter{Delay: pause, Err: fmt.Errorf("the delivery told of head %s, and GitHub still answers with %s", told, s.HeadSHA)}
	}
	if err := t.look(ctx, s, false); err != nil {
		return err
	}
	return t.answerLost(ctx, s)
}

// look reviews the pull request as it was read. What is reviewed already is left alone unless again is asked for.
func (t *task) look(ctx context.Context, s *github.Snapshot, again bool) error {
	if err := t.findOpened(ctx, s); err != nil {
		return err
	}
	if err := t.see(ctx, s, again); err != nil {
		return err
	}
	return t.closed(ctx, s)
}

func (t *task) see(ctx context.Context, s *github.Snapshot, again bool) error {
	if !s.Open {
		t.log.Info("closed", "head", s.HeadSHA)
		return t.cancelRuns(ctx, s, t.fence)
	}
	err := t.review(ctx, s, revisionOf(s), again)
	if err == nil && t.item.Kind == queue.KindCommand {
		t.forgetPull(ctx)
	}
	return err
}

func (t *task) review(ctx context.Context, s *github.Snapshot, revision repo.Revision, again bool) error {
	t.log = t.log.With("head", s.HeadSHA)
	c, err := settingsOf(s)
	if err != nil {
		return t.failed(ctx, s, github.ExternalID(s.Number, s.BaseRef, "unread"), err)
	}
	externalID := github.ExternalID(s.Number, s.BaseRef, c.hash)
	if !again && s.Reviewed(externalID, c.comments(s)) {
		t.log.Info("reviewed already")
		return t.client.CancelOlder(ctx, s, t.fence)
	}
	result, err := t.visibly(ctx, s, externalID, func() (review.Result, error) { return t.analyse(ctx, revision, c) })
	if err != nil {
		return t.failed(ctx, s, externalID, err)
	}
	note := ""
	if result.Check.Conclusion == review.Skipped {
		note = skippedText
	}
	want := github.Desired{Review: result, ExternalID: externalID, DetailsURL: t.keep(ctx, s, result, note), Comments: c.comments(s)}
	report, err := t.client.Reconcile(ctx, s, want, t.fence)
	t.posted(ctx, s, reconciled(report, result.Check)...)
	if err != nil {
		return t.failed(ctx, s, externalID, err)
	}
	t.log.Info("reviewed", "introduced", result.Counts.Introduced, "fixed", result.Counts.Fixed, "conclusion", result.Check.Conclusion,
		"posted", report.Posted, "edits", report.Edits, "refused", report.Refused, "took", time.Since(t.began))
	return nil
}

// visibly runs analyse, and shows on the head that it goes on when it takes long.
func (t *task) visibly(ctx context.Context, s *github.Snapshot, externalID string, analyse func() (review.Result, error)) (review.Result, error) {
	var result review.Result
	var err, showErr error
	var group conc.WaitGroup
	done := make(chan struct{})
	group.Go(func() {
		defer close(done)
		if recovered := panics.Try(func() { result, err = analyse() }); recovered != nil {
			err = fmt.Errorf("defect, please report it: %w", recovered.AsError())
		}
	})
	slow := t.Slow
	if slow == 0 {
		slow = defaultSlow
	}
	timer := time.NewTimer(time.Until(t.began.Add(slow)))
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		showErr = t.startCheck(ctx, s, externalID)
	}
	group.Wait()
	return result, errors.Join(err, showErr)
}

// failed decides what becomes visible of an error, and returns what the queue should know.
func (t *task) failed(ctx context.Context, s *github.Snapshot, externalID string, err error) error {
	var final *finalError
	switch {
	case errors.Is(err, github.ErrHeadMoved):
		return errors.Join(err, t.cancelRuns(ctx, s, t.fence))
	case ctx.Err() != nil, errors.Is(err, queue.ErrSuperseded):
		t.abandon(ctx, s)
		return err
	case errors.As(err, &final), errors.Is(err, github.ErrForbidden):
		if postErr := t.failCheck(ctx, s, externalID, err); postErr != nil {
			return errors.Join(err, postErr)
		}
		return &saidError{err}
	case t.finally(err):
		return tellingOf(err, t.failCheck(ctx, s, externalID, err))
	default:
		return err
	}
}

// finally tells whether an error ends the item: no attempt is left, and the queue will not hand it back for a while.
func (t *task) finally(err error) bool {
	var later *queue.RetryAfter
	outcome := t.outcome(err)
	return t.last && outcome != nil && !errors.As(outcome, &later)
}

// abandonLimit bounds what is done for a head after the work on it was cancelled.
const abandonLimit = 5 * time.Second

// abandon closes the run in progress of a head that is no longer the head. If it still is, the next worker goes on with the
// run; and if this fails, the next worker closes it.
func (t *task) abandon(ctx context.Context, s *github.Snapshot) {
	if run := s.Run(); run == nil || run.Completed {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonLimit)
	defer cancel()
	moved, err := t.client.HeadMoved(ctx, s)
	if err == nil && moved {
		err = t.cancelRuns(ctx, s, t.superseded)
	}
	if err != nil {
		t.log.Info("check run of the older head left to the next worker", "reason", err.Error())
	}
}

// superseded is the fence for closing an older head's run: the lease must be ours, a newer item is why we are here.
func (t *task) superseded(ctx context.Context) (until time.Time, err error) {
	if until, err = t.fence(ctx); !errors.Is(err, queue.ErrSuperseded) {
		return until, err
	}
	return until, nil
}
