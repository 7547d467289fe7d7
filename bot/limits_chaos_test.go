package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/bot"
	"github.com/podcheck/podcheck/fixtures/github"
)

// TestEveryTroubleAtOnce: GitHub refuses, cuts, loses and lags at random while pull requests are opened and pushed to, and in the end each has
// exactly the review that it should have.
func TestEveryTroubleAtOnce(t *testing.T) {
	t.Parallel()
	w := limited(t, tree(map[string]string{"apps/a.yaml": plain("a")}), github.Limits{})
	w.start(bot.WithLimits(500*time.Millisecond, time.Second))
	w.github.Chaos(1, github.Chaos{Rate: 0.4, Lag: 300 * time.Millisecond, Hang: time.Second})
	pulls := w.many(12)
	w.deliver()
	for i, p := range pulls {
		file := fmt.Sprintf("apps/%d.yaml", i)
		if i%2 == 0 { // moved, so that the comment is the same one
			value(p.Push(t.Context(), github.Commit{Message: "Move", Files: tree(map[string]string{file: lower(unbounded("web", ""))})}))(t)
		}
		if i%3 == 0 { // repaired, so that its thread is resolved
			value(p.Push(t.Context(), github.Commit{Message: "Repair", Files: tree(map[string]string{file: unbounded("web", "1Gi")})}))(t)
		}
		w.deliver()
	}
	w.within(2*time.Minute, "all check runs", func() bool {
		for _, p := range pulls {
			if !w.reviewedIn(p) {
				return false
			}
		}
		return true
	})
	report := w.github.ChaosReport()
	t.Log(report)
	for i, p := range pulls {
		w.desired(i, p)
	}
	if report.Impatient > report.Requests/20 { // some are on their way for long on a machine with much else to do
		t.Errorf("%d requests came before the time that was told", report.Impatient)
	}
	if dead := strings.Count(w.log.String(), "item failed for good"); dead > 0 {
		t.Errorf("%d dead letters", dead)
	}
}

// reviewedIn tells whether the last run of the head is completed.
func (w *world) reviewedIn(p *github.Pull) bool {
	runs := w.repo.CheckRuns(p.HeadSHA())
	return len(runs) > 0 && runs[len(runs)-1].Status == "completed"
}

// desired expects one comment of the one finding, resolved when that is repaired, and nothing left open.
func (w *world) desired(i int, p *github.Pull) {
	w.Helper()
	comments := p.ReviewComments()
	conclusion, resolved := "neutral", ""
	if i%3 == 0 {
		conclusion, resolved = "success", w.github.BotLogin()
	}
	for n, c := range comments {
		if c.ResolvedBy != resolved || n > 0 {
			w.Errorf("#%d has %d comments, one on %s:%d resolved by %q", p.Number(), len(comments), c.Path, c.Line, c.ResolvedBy)
		}
	}
	if len(comments) == 0 && i%3 != 0 {
		w.Errorf("#%d has no comment", p.Number())
	}
	runs := w.repo.CheckRuns(p.HeadSHA())
	for n, r := range runs {
		if r.Status != "completed" || r.Conclusion != conclusion && n == len(runs)-1 {
			w.Errorf("#%d has %d check runs, one %s %s", p.Number(), len(runs), r.Status, r.Conclusion)
		}
	}
}
