package bot_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/fixtures/github"
)

const reviews = "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"

func TestFaultsOfGitHubEndInOneReview(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		match github.Match
		fault github.Fault
		times int
	}{
		{"read answers 502 with HTML", github.Match{Kind: github.KindQuery}, github.HTMLError(502), 4},
		{"read is cut", github.Match{Kind: github.KindQuery}, github.Cut(), 4},
		{"read meets a secondary limit", github.Match{Kind: github.KindQuery}, github.SecondaryLimit(time.Second), 1},
		{"review meets 429", github.Match{Method: "POST", Route: reviews}, github.TooManyRequests(time.Second), 1},
		{"answer of the review is lost", github.Match{Method: "POST", Route: reviews}, github.LostAnswer(), 1},
		{"answer of the review is lost behind a proxy", github.Match{Method: "POST", Route: reviews}, github.LostBehindProxy(), 1},
		{"check run answers 503", github.Match{Method: "POST", Route: "/repos/{owner}/{repo}/check-runs"}, github.ServerError(503), 1},
		{"answer of the check run is lost", github.Match{Method: "POST", Route: "/repos/{owner}/{repo}/check-runs"}, github.LostAnswer(), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := load(t, "shipper-one-file")
			w := newWorld(t, f.Before)
			w.start()
			w.github.Inject(c.match, c.fault, c.times)
			p := w.open(f.Before, f.After, github.NewPull{})
			w.deliver()
			w.until("the review", func() bool {
				return strings.Contains(w.log.String(), "msg=reviewed ") || strings.Contains(w.log.String(), `msg="reviewed already"`)
			})
			w.onlyReview(p, len(f.Want.Comments))
		})
	}
}

// onlyReview expects one review with so many comments, and one completed check run.
func (w *world) onlyReview(p *github.Pull, comments int) {
	w.Helper()
	runs := w.repo.CheckRuns(p.HeadSHA())
	if len(p.Reviews()) != 1 || len(p.ReviewComments()) != comments || len(runs) != 1 || runs[0].Status != "completed" {
		w.Errorf("%d reviews, %d comments, check runs %+v", len(p.Reviews()), len(p.ReviewComments()), runs)
	}
}

func TestPullRequestThatTheAPIDoesNotKnowYet(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	w.start()
	notYet := github.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"data": {"viewer": {"login": "podcheck[bot]", "databaseId": 1},
		"repository": {"sshUrl": "git@github.com:acme/shop.git", "pullRequest": null}, "organisation": null}, "errors": [
		{"type": "NOT_FOUND", "path": ["repository", "pullRequest"], "message": "Could not resolve to a PullRequest with the number of 1.", "locations": [{"line": 1, "column": 1}]},
		{"type": "NOT_FOUND", "path": ["organisation"], "message": "Could not resolve to a Repository", "locations": [{"line": 1, "column": 1}]}]}`}
	w.github.Inject(github.Match{Kind: github.KindQuery}, notYet, 1)
	p := w.open(f.Before, f.After, github.NewPull{})
	w.deliver()
	w.settled("reviewed", 1)
	w.onlyReview(p, len(f.Want.Comments))
}

func TestPushDuringTheWork(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	w.start()
	release := make(chan struct{})
	w.github.Inject(github.Match{Kind: github.KindQuery}, github.Hold(release), 1)
	p := w.open(f.Before, f.After, github.NewPull{})
	first := p.HeadSHA()
	w.deliver()
	w.github.Inject(github.Match{Kind: github.KindQuery}, github.Hold(release), 0)
	value(w.repo.Commit(t.Context(), "feature", github.Commit{Message: "More", Files: map[string][]byte{"x.yaml": []byte("x: 1\n")}}))(t)
	w.deliver()
	close(release)
	w.checked(p.HeadSHA())
	for _, r := range p.Reviews() {
		if r.Commit == first {
			t.Errorf("the older head was reviewed: %+v", r)
		}
	}
	if runs := w.repo.CheckRuns(first); len(runs) != 0 {
		t.Errorf("check runs of the older head %+v", runs)
	}
	w.onlyReview(p, len(f.Want.Comments))
}

func TestHealthAndMetrics(t *testing.T) {
	w := newWorld(t, map[string][]byte{"a.yaml": []byte("a: 1\n")})
	b := w.start()
	p := w.open(nil, map[string][]byte{"a.yaml": []byte("a: 2\n")}, github.NewPull{})
	w.deliver()
	w.checked(p.HeadSHA())
	public, admin := "http://"+b.Addr().String(), "http://"+b.AdminAddr().String()
	for url, want := range map[string]int{
		public + "/healthz": 200, public + "/readyz": 200, public + "/metrics": 404, public + "/debug/pprof/": 404, public + "/": 404,
		admin + "/healthz": 200, admin + "/readyz": 200, admin + "/metrics": 200, admin + "/debug/pprof/": 200, admin + "/webhook": 404,
	} {
		if code, _ := get(t, url); code != want {
			t.Errorf("%s: %d, want %d", url, code, want)
		}
	}
	w.until("the metrics of the job", func() bool {
		_, text := get(t, admin+"/metrics")
		return strings.Contains(text, `podcheck_job_seconds_count{kind="pr",outcome="done"} 1`)
	})
	_, text := get(t, admin+"/metrics")
	for _, want := range []string{`podcheck_deliveries_total{code="202"}`, `podcheck_github_requests_total{code="201",method="post"}`} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer := value(http.Get(url))(t)
	defer answer.Body.Close()
	return answer.StatusCode, string(value(io.ReadAll(answer.Body))(t))
}

func TestLogsAndCommentsHoldNoSecrets(t *testing.T) {
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	w.start()
	w.github.Inject(github.Match{Kind: github.KindGit}, github.ServerError(500), 1)
	p := w.open(f.Before, f.After, github.NewPull{})
	w.deliver()
	w.checked(p.HeadSHA())
	text := w.log.String() + fmt.Sprint(w.repo.CheckRuns(p.HeadSHA()), p.Reviews(), p.ReviewComments())
	for _, bad := range []string{secret, "PRIVATE KEY", "ghs_", "Bearer", "Authorization"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q is in the log or in a comment", bad)
		}
	}
}
