package github

import (
	"context"
	"slices"
	"time"

	gogithub "github.com/google/go-github/v60/github"

	"github.com/podcheck/podcheck/review"
)

// maxAnnotations is how many GitHub takes in one request.
const maxAnnotations = 50

// The identifiers of the buttons: another look, and the fixes as a commit.
const (
	Rerun   = "review"
	FixSafe = "fix-safe"
	FixAll  = "fix-all"
)

// StartCheck shows on the head that work is going on. A run that a crash left open is taken over without a write.
func (c *Client) StartCheck(ctx context.Context, s *Snapshot, externalID string, fence Fence) error {
	if run := s.Run(); run != nil && !run.Completed && run.ExternalID == externalID {
		return nil
	}
	options := gogithub.CreateCheckRunOptions{
		Name: CheckName, HeadSHA: s.HeadSHA, ExternalID: &externalID,
		Status: gogithub.String("in_progress"), StartedAt: &gogithub.Timestamp{Time: time.Now()},
	}
	return c.createRun(ctx, s, options, fence)
}

func (c *Client) createRun(ctx context.Context, s *Snapshot, options gogithub.CreateCheckRunOptions, fence Fence) error {
	if options.Conclusion == nil && s.Opening != nil {
		if err := s.Opening(ctx); err != nil {
			return explain(ctx, err, "remember the check run of %s", s.HeadSHA)
		}
	}
	shown := showsNewRun(s)
	err := c.write(ctx, fence, func(ctx context.Context) error {
		run, _, err := c.rest.Checks.CreateCheckRun(ctx, s.Repo.Owner, s.Repo.Name, options)
		if err == nil {
			s.Runs = append(s.Runs, Run{ID: run.GetID(), SHA: s.HeadSHA, ExternalID: *options.ExternalID,
				Completed: options.Conclusion != nil, Annotations: annotationCount(options.Output)})
			shown = showsRun(run.GetID(), s.HeadSHA, options.Conclusion != nil)
		}
		c.trace(s.place(), err, shown)
		return err
	})
	return explain(ctx, err, "create the check run of %s", s.HeadSHA)
}

func (c *Client) updateRun(ctx context.Context, s *Snapshot, run *Run, options gogithub.UpdateCheckRunOptions, fence Fence) error {
	options.Name = CheckName
	err := c.write(ctx, fence, func(ctx context.Context) error {
		_, _, err := c.rest.Checks.UpdateCheckRun(ctx, s.Repo.Owner, s.Repo.Name, run.ID, options)
		if err == nil {
			run.Completed = run.Completed || options.Conclusion != nil
			run.Annotations += annotationCount(options.Output)
			c.trace(s.place(), nil, showsRun(run.ID, run.SHA, options.Conclusion != nil))
		}
		return err
	})
	return explain(ctx, err, "update the check run %d", run.ID)
}

func annotationCount(output *gogithub.CheckRunOutput) int {
	if output == nil {
		return 0
	}
	return len(output.Annotations)
}

// CancelRuns closes every run in progress: the pull request is closed, or its head is no longer the one that was read. It is
// the one write that is allowed for a head that is no longer the head.
func (c *Client) CancelRuns(ctx context.Context, s *Snapshot, fence Fence) error {
	return c.cancelWhere(ctx, s, fence, func(Run) bool { return true })
}

// CancelOlder closes what was left open on commits that are no longer the head.
func (c *Client) CancelOlder(ctx context.Context, s *Snapshot, fence Fence) error {
	return c.cancelWhere(ctx, s, fence, func(r Run) bool { return r.SHA != s.HeadSHA })
}

func (c *Client) cancelWhere(ctx context.Context, s *Snapshot, fence Fence, which func(Run) bool) error {
	for i := range s.Runs {
		if run := &s.Runs[i]; !run.Completed && which(*run) {
			if err := c.cancel(ctx, s, run, fence); err != nil {
				return err
			}
		}
	}
	return nil
}

// FailCheck says on the head why there is no review: of what is wanted it takes the check run alone, without annotations. Such a run
// does not count as reviewed.
func (c *Client) FailCheck(ctx context.Context, s *Snapshot, want Desired, fence Fence) error {
	check := want.Review.Check
	output := &gogithub.CheckRunOutput{
		Title:   gogithub.String(cutRunes(check.Title, maxTitle)),
		Summary: gogithub.String(shorten(check.Summary, maxCheckText)),
	}
	status := closing(check.Conclusion, true)
	if run := s.Run(); run != nil && !run.Completed {
		return c.updateRun(ctx, s, run, gogithub.UpdateCheckRunOptions{
			ExternalID: &want.ExternalID, DetailsURL: optional(want.DetailsURL), Output: output, Actions: actions(s, check),
			Status: status.status, Conclusion: status.conclusion, CompletedAt: status.at,
		}, fence)
	}
	return c.createRun(ctx, s, gogithub.CreateCheckRunOptions{
		Name: CheckName, HeadSHA: s.HeadSHA, ExternalID: &want.ExternalID, DetailsURL: optional(want.DetailsURL), Output: output, Actions: actions(s, check),
		Status: status.status, Conclusion: status.conclusion, CompletedAt: status.at,
	}, fence)
}

func (c *Client) cancel(ctx context.Context, s *Snapshot, run *Run, fence Fence) error {
	return c.updateRun(ctx, s, run, gogithub.UpdateCheckRunOptions{
		Status: gogithub.String("completed"), Conclusion: gogithub.String("cancelled"),
		CompletedAt: &gogithub.Timestamp{Time: time.Now()},
	}, fence)
}

// reconcileCheck makes the head's run say what is wanted, and tells whether it did not before. It is the last write of a review.
func (c *Client) reconcileCheck(ctx context.Context, s *Snapshot, want Desired, fence Fence) (written bool, err error) {
	marker := checkMarker(want)
	run := s.Run()
	if carriedOut(s, want) {
		return false, nil
	}
	annotations := want.Review.Check.Annotations
	switch {
	case run == nil || run.Annotations == 0:
	case run.Marker.Annotations == marker.Annotations && run.Annotations <= len(annotations):
		annotations = annotations[run.Annotations:] // they are written in order, and again would be twice
	default: // annotations never disappear from a run, so it takes a new one
		if !run.Completed {
			if err := c.cancel(ctx, s, run, fence); err != nil {
				return false, err
			}
		}
		run = nil
	}
	err = c.complete(ctx, s, run, want, annotations, fence)
	return err == nil, err
}

// complete writes the annotations in batches and, with the last one, the verdict.
func (c *Client) complete(ctx context.Context, s *Snapshot, run *Run, want Desired, annotations []review.Annotation, fence Fence) error {
	output := checkOutput(s, want)
	batches := slices.Collect(slices.Chunk(annotations, maxAnnotations))
	if len(batches) == 0 {
		batches = [][]review.Annotation{nil}
	}
	for i, batch := range batches {
		part := *output
		part.Annotations = convert(batch)
		status := closing(want.Review.Check.Conclusion, i == len(batches)-1)
		if run == nil {
			err := c.createRun(ctx, s, gogithub.CreateCheckRunOptions{
				Name: CheckName, HeadSHA: s.HeadSHA, ExternalID: &want.ExternalID, DetailsURL: optional(want.DetailsURL),
				Output: &part, Actions: actions(s, want.Review.Check),
				Status: status.status, Conclusion: status.conclusion, CompletedAt: status.at,
			}, fence)
			if err != nil {
				return err
			}
			run = s.Run()
			continue
		}
		err := c.updateRun(ctx, s, run, gogithub.UpdateCheckRunOptions{
			ExternalID: &want.ExternalID, DetailsURL: optional(want.DetailsURL), Output: &part, Actions: actions(s, want.Review.Check),
			Status: status.status, Conclusion: status.conclusion, CompletedAt: status.at,
		}, fence)
		if err != nil {
			return err
		}
	}
	run.ExternalID, run.Marker = want.ExternalID, checkMarker(want)
	run.Marker.Threads = s.threads()
	return nil
}

// optional is a field that is left out when there is nothing in it.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

type runStatus struct {
	status, conclusion *string
	at                 *gogithub.Timestamp
}

func closing(conclusion review.Conclusion, last bool) runStatus {
	if !last {
		return runStatus{status: gogithub.String("in_progress")}
	}
	return runStatus{gogithub.String("completed"), gogithub.String(string(conclusion)), &gogithub.Timestamp{Time: time.Now()}}
}

// actions are the buttons that the bot answers. Fixes are offered where there are some and the App can commit them: not on a
// fork, where it isn't installed.
func actions(s *Snapshot, check review.Check) []*gogithub.CheckRunAction {
	var out []*gogithub.CheckRunAction
	here := s.Number != 0 && !s.Fork
	if here && check.SafeFixable > 0 {
		out = append(out, &gogithub.CheckRunAction{Label: "Apply safe fixes", Description: "Commit those that change no behaviour", Identifier: FixSafe})
	}
	if here && check.Fixable > check.SafeFixable {
		out = append(out, &gogithub.CheckRunAction{Label: "Apply all fixes", Description: "Commit them, and read the commit", Identifier: FixAll})
	}
	return append(out, &gogithub.CheckRunAction{Label: "Re-run", Description: "Look at this pull request again", Identifier: Rerun})
}

func checkMarker(want Desired) CheckMarker {
	r := want.Review
	return CheckMarker{
		Version: markerVersion, Hash: fingerprint([]any{r.Check, r.Comments, r.Body}),
		Annotations: fingerprint(r.Check.Annotations), Comments: want.Comments,
	}
}

// carriedOut tells whether exactly this was written for the head before. What is missing since then was refused by GitHub or
// deleted by people, and is not written again.
func carriedOut(s *Snapshot, want Desired) bool {
	run := s.Run()
	return run != nil && run.Completed && run.ExternalID == want.ExternalID && run.Marker.says(checkMarker(want))
}

func checkOutput(s *Snapshot, want Desired) *gogithub.CheckRunOutput {
	check, marker := want.Review.Check, checkMarker(want)
	marker.Floor, marker.Threads = s.floor(), s.threads()
	output := &gogithub.CheckRunOutput{
		Title:   gogithub.String(cutRunes(check.Title, maxTitle)),
		Summary: gogithub.String(mark(shorten(check.Summary, maxCheckText-markerRoom), marker)),
	}
	if check.Text != "" {
		output.Text = gogithub.String(shorten(check.Text, maxCheckText))
	}
	return output
}

func convert(annotations []review.Annotation) []*gogithub.CheckRunAnnotation {
	var out []*gogithub.CheckRunAnnotation
	for _, a := range annotations {
		start := max(a.StartLine, 1) // a finding on a whole file
		end := max(a.EndLine, start)
		converted := &gogithub.CheckRunAnnotation{
			Path: gogithub.String(a.Path), StartLine: &start, EndLine: &end, AnnotationLevel: gogithub.String(a.Level),
			Message: gogithub.String(cutRunes(a.Message, maxAnnotation)),
		}
		if a.Title != "" {
			converted.Title = gogithub.String(cutRunes(a.Title, maxTitle))
		}
		if start == end && a.StartColumn > 0 && a.EndColumn >= a.StartColumn { // GitHub takes columns on single lines only
			converted.StartColumn, converted.EndColumn = &a.StartColumn, &a.EndColumn
		}
		out = append(out, converted)
	}
	return out
}
