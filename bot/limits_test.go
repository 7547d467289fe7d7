package bot_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/podcheck/podcheck/bot"
	"github.com/podcheck/podcheck/fixtures/github"
)

// many opens pull requests with one finding each.
func (w *world) many(n int) []*github.Pull {
	w.Helper()
	var all []*github.Pull
	for i := range n {
		branch := fmt.Sprintf("change-%d", i)
		value(w.repo.Commit(w.Context(), branch, github.Commit{Message: branch, Files: tree(map[string]string{fmt.Sprintf("apps/%d.yaml", i): unbounded("web", "")})}))(w.T)
		all = append(all, value(w.repo.OpenPull(w.Context(), github.NewPull{Head: branch, Author: "ann"}))(w.T))
	}
	return all
}

// TestEveryLimitIsKept: with everything that GitHub counts counted, none of the bot's requests is refused, all is reviewed, and none is
// read much more often than once.
func TestEveryLimitIsKept(t *testing.T) {
	n, minute := 60, 1500*time.Millisecond
	limits := github.GitHubLimits()
	limits.Minute = minute
	w := limited(t, tree(map[string]string{"apps/a.yaml": plain("a")}), limits)
	w.start(bot.WithLimits(0, minute))
	pulls := w.many(n)
	w.github.ResetRequests()
	began := time.Now()
	w.deliver()
	w.within(2*time.Minute, "all reviews", func() bool {
		for _, p := range pulls {
			runs := w.repo.CheckRuns(p.HeadSHA())
			if len(runs) == 0 || runs[len(runs)-1].Status != "completed" {
				return false
			}
		}
		return true
	})
	for _, p := range pulls {
		w.onlyReview(p, 1)
	}
	refused, counts := 0, w.github.Counts()
	for _, r := range w.github.Requests() {
		if r.Status == http.StatusForbidden || r.Status == http.StatusTooManyRequests {
			refused++
		}
	}
	t.Logf("%s: %+v, %d refused", time.Since(began), counts, refused)
	if refused > 0 || counts.Reads > n*5/4 {
		t.Errorf("%d requests were refused, %d reads", refused, counts.Reads)
	}
}
