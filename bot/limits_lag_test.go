package bot_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/podcheck/podcheck/bot"
	"github.com/podcheck/podcheck/fixtures/github"
)

// TestReadsThatLagBehindOurOwnWrites: who looks again at once is answered from before the review, and it is not posted again.
func TestReadsThatLagBehindOurOwnWrites(t *testing.T) {
	for name, again := range map[string]func(*world, *github.Pull){
		"asked again": func(w *world, p *github.Pull) { value(p.Comment("ann", "/podcheck review"))(w.T) },
		"pushed": func(w *world, p *github.Pull) {
			value(p.Push(w.Context(), github.Commit{Message: "More", Files: tree(map[string]string{"more.yaml": plain("more")})}))(w.T)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := limited(t, tree(map[string]string{"apps/a.yaml": plain("a")}), github.Limits{})
			w.start(bot.WithLimits(0, 0))
			w.github.Chaos(3, github.Chaos{Rate: 1, Weights: map[github.Trouble]int{github.Stale: 1}, Lag: 1500 * time.Millisecond})
			p := w.many(1)[0]
			w.deliver()
			w.checked(p.HeadSHA())
			again(w, p)
			w.deliver()
			w.settled("reviewed", 2)
			if got := p.ReviewComments(); len(got) != 1 || len(p.Reviews()) != 1 {
				t.Errorf("%d reviews, comments %+v", len(p.Reviews()), got)
			}
			if w.github.ChaosReport().Met[github.Stale] == 0 {
				t.Error("nothing was stale")
			}
		})
	}
}

// TestThingsThatAReplicaDoesNotKnowYet: 404 of what was made just now is no reason to give up.
func TestThingsThatAReplicaDoesNotKnowYet(t *testing.T) {
	t.Parallel()
	for name, match := range map[string]github.Match{
		"comment":             {Method: http.MethodGet, Route: "/repos/{owner}/{repo}/issues/comments/{comment_id}"},
		"comment to react to": {Method: http.MethodPost, Route: "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions"},
		"check run":           {Method: http.MethodPost, Route: "/repos/{owner}/{repo}/check-runs"},
		"commit":              {Kind: github.KindGit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p := conversing(t)
			if match.Kind == github.KindGit {
				w.github.Inject(match, github.Fault{Status: http.StatusNotFound, Body: "Not Found"}, 1)
				value(p.Push(t.Context(), github.Commit{Message: "More", Files: tree(map[string]string{"more.yaml": plain("more")})}))(t)
				w.deliver()
				w.checked(p.HeadSHA())
				return
			}
			w.github.Inject(match, github.NotYet(), 1)
			value(p.Push(t.Context(), github.Commit{Message: "More", Files: tree(map[string]string{"more.yaml": plain("more")})}))(t)
			w.deliver()
			w.checked(p.HeadSHA())
			if _, reply := w.say(p, "rita", "/podcheck help"); reply == "" {
				t.Error("no reply")
			}
			w.oneRun(p)
		})
	}
}

// TestTokenThatIsRevokedInTheMiddle: it is replaced at once, and costs no attempt.
func TestTokenThatIsRevokedInTheMiddle(t *testing.T) {
	t.Parallel()
	refused := github.Fault{Status: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {`Basic realm="GitHub"`}}, Body: "Invalid username or token.\n"}
	for name, end := range map[string]func(*world){
		"before the read":      func(w *world) { w.revokeAt("graphql", "") },
		"before the review":    func(w *world) { w.revokeAt(http.MethodPost, reviews) },
		"before the check run": func(w *world) { w.revokeAt(http.MethodPost, "/repos/{owner}/{repo}/check-runs") },
		"before git":           func(w *world) { w.github.Inject(github.Match{Kind: github.KindGit}, refused, 1) },
		"in the middle of git": func(w *world) {
			w.github.Inject(github.Match{Kind: github.KindGit, Method: http.MethodPost}, refused, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := load(t, "shipper-one-file")
			w := newWorld(t, f.Before)
			w.start()
			end(w)
			p := w.open(f.Before, f.After, github.NewPull{})
			w.deliver()
			w.settled("reviewed", 1)
			w.onlyReview(p, len(f.Want.Comments))
			if strings.Contains(w.log.String(), "attempt failed") {
				t.Error("an attempt failed")
			}
		})
	}
}

// revokeAt revokes all tokens just before a request is sent with one.
func (w *world) revokeAt(method, route string) {
	if method == "graphql" {
		var once sync.Once
		meet := func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/graphql") {
				once.Do(w.github.RevokeTokens)
			}
		}
		w.meet.Store(&meet)
		return
	}
	w.meetOnce(method, route, w.github.RevokeTokens)
}

// TestSuspendedInstallation: it is as if it were gone, and what was under way goes on when it is back soon.
func TestSuspendedInstallation(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	value(p.Push(t.Context(), github.Commit{Message: "More", Files: tree(map[string]string{"more.yaml": plain("more")})}))(t)
	w.github.ResetRequests()
	w.github.Suspend("acme", true)
	w.deliver()
	w.until("a refusal", func() bool {
		return slices.ContainsFunc(w.github.Requests(), func(r github.Request) bool { return r.Status == http.StatusForbidden })
	})
	w.github.Suspend("acme", false)
	w.checked(p.HeadSHA())
	if strings.Contains(w.log.String(), "attempt failed") {
		t.Error("an attempt failed")
	}
}

// TestMissingPermission: it is said where it can be said, and not tried again.
func TestMissingPermission(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	w.start()
	w.github.SetPermission("pull_requests", "read")
	p := w.open(f.Before, f.After, github.NewPull{})
	w.deliver()
	if check := w.checked(p.HeadSHA()); check.Conclusion != "failure" || !strings.Contains(check.Summary, "GitHub does not let Podcheck write here") {
		t.Errorf("check run %+v", check)
	}
	if strings.Contains(w.log.String(), "attempt failed") {
		t.Error("it was tried again")
	}
}
