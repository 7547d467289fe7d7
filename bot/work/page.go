package work

import (
	"context"
	"fmt"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/page"
	"github.com/podcheck/podcheck/review"
	layout "github.com/podcheck/podcheck/review/page"
)

// keep keeps the page of a review before that is posted, so that its link never leads nowhere, and returns its address. The note is
// what there is to say where there are no findings.
func (t *task) keep(ctx context.Context, s *github.Snapshot, result review.Result, note string) string {
	if t.Pages == nil {
		return ""
	}
	where := fmt.Sprintf("%s/%s #%d", t.repo.Owner, t.repo.Name, s.Number)
	if s.Number == 0 {
		where = fmt.Sprintf("%s/%s, merge queue", t.repo.Owner, t.repo.Name)
	}
	subject := where + " · " + s.HeadSHA[:min(len(s.HeadSHA), 7)]
	return t.Pages.Keep(ctx, t.head(s), layout.Page{Subject: subject, About: s.Title, Note: note, Result: result})
}

func (t *task) head(s *github.Snapshot) page.Head {
	return page.Head{Repository: t.item.RepoID, Number: s.Number, SHA: s.HeadSHA}
}

// posted adds to what the pages of the pull request say was posted.
func (t *task) posted(ctx context.Context, s *github.Snapshot, events ...layout.Event) {
	if t.Pages != nil {
		t.Pages.Posted(ctx, t.head(s), events...)
	}
}

// said is posted with one event without a place.
func (t *task) said(ctx context.Context, s *github.Snapshot, format string, args ...any) {
	t.posted(ctx, s, layout.Event{What: fmt.Sprintf(format, args...)})
}

// reconciled says what a reconciliation wrote, in the order in which it did.
func reconciled(r github.Report, check review.Check) []layout.Event {
	var events []layout.Event
	if r.Posted == 1 && len(r.Places) == 1 {
		events = append(events, layout.Event{What: "1 comment is posted on", Where: r.Places[0]})
	} else if r.Posted > 0 {
		events = append(events, layout.Event{What: fmt.Sprintf("%d comments are posted", r.Posted)})
	}
	for _, part := range []struct {
		n            int
		thing, final string
	}{{r.Changed, "comment", "brought up to date"}, {r.Reopened, "thread", "opened again"}, {r.Resolved, "thread", "resolved"}} {
		switch {
		case part.n == 1:
			events = append(events, layout.Event{What: fmt.Sprintf("1 %s is %s", part.thing, part.final)})
		case part.n > 1:
			events = append(events, layout.Event{What: fmt.Sprintf("%d %ss are %s", part.n, part.thing, part.final)})
		}
	}
	if r.Check {
		events = append(events, layout.Event{What: completed(check)})
	}
	return events
}

func completed(check review.Check) string {
	return fmt.Sprintf("The check run is completed: %s, “%s”", check.Conclusion, check.Title)
}

func fixesOf(findings int) string {
	if findings == 1 {
		return "The fix of 1 finding is"
	}
	return fmt.Sprintf("The fixes of %d findings are", findings)
}

func (t *task) startCheck(ctx context.Context, s *github.Snapshot, externalID string) error {
	before := len(s.Runs)
	err := t.client.StartCheck(ctx, s, externalID, t.fence)
	if len(s.Runs) > before {
		t.said(ctx, s, "The check run is in progress")
	}
	return err
}

// failCheck makes visible why there is no review.
func (t *task) failCheck(ctx context.Context, s *github.Snapshot, externalID string, cause error) error {
	result := review.Result{Check: explanation(t.item, cause)}
	want := github.Desired{Review: result, ExternalID: externalID, DetailsURL: t.keep(ctx, s, result, reason(cause)+" "+again)}
	err := t.client.FailCheck(ctx, s, want, t.fence)
	if err == nil {
		t.said(ctx, s, "%s", completed(result.Check))
	}
	return err
}

func (t *task) cancelRuns(ctx context.Context, s *github.Snapshot, fence github.Fence) error {
	open := openRuns(s)
	err := t.client.CancelRuns(ctx, s, fence)
	if openRuns(s) < open {
		t.said(ctx, s, "The check run is cancelled")
	}
	return err
}

func openRuns(s *github.Snapshot) (n int) {
	for _, run := range s.Runs {
		if !run.Completed {
			n++
		}
	}
	return n
}
