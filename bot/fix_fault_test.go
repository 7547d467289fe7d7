package bot_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
)

func TestPushBesideAFix(t *testing.T) {
	t.Parallel()
	for _, at := range []struct{ method, route string }{
		{http.MethodPost, git + "/trees"}, {http.MethodPost, git + "/commits"}, {http.MethodGet, git + "/ref/{ref}"}, {http.MethodPatch, git + "/refs/{ref}"},
	} {
		t.Run(at.method+" "+at.route, func(t *testing.T) {
			w, p := conversing(t)
			pushed := ""
			w.meetOnce(at.method, at.route, func() {
				pushed = value(p.Push(t.Context(), github.Commit{Message: "Race", Files: map[string][]byte{"race.yaml": []byte("a: 1\n")}}))(t)
			})
			reactions, reply := w.say(p, "wendy", "/podcheck fix all")
			if !strings.HasSuffix(reactions[1], ":confused") || !strings.HasPrefix(reply, "The branch moved while") || pushed == "" || p.HeadSHA() != pushed {
				t.Errorf("reactions %q, reply %q, head %s, pushed %s", reactions, reply, p.HeadSHA(), pushed)
			}
			w.deliver()
			w.checked(pushed)
			w.untouched(p)
			if reactions, _ := w.say(p, "wendy", "/podcheck fix all"); !strings.HasSuffix(reactions[1], ":rocket") || len(w.commits(p)) != 1 {
				t.Errorf("after that: reactions %q", reactions)
			}
		})
	}
}

// meetOnce acts before the bot's next request of a kind.
func (w *world) meetOnce(method, route string, act func()) {
	var once sync.Once
	meet := func(r *http.Request) {
		o, _, ok := github.MatchOperation(r.Method, strings.TrimPrefix(r.URL.EscapedPath(), "/api/v3"))
		if ok && o.Method == method && o.Path == route {
			once.Do(act)
		}
	}
	w.meet.Store(&meet)
}

func TestFixThatGitHubRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		act   func(*world, *github.Pull)
		reply string
	}{
		{"protected branch", func(w *world, _ *github.Pull) {
			w.repo.Protect("feature", "Repository rule violations found\n\nChanges must be made through a `pull request`.\n\n")
		}, "Nothing was committed, because GitHub refused it: `Repository rule violations found Changes must be made through a pull request.`"},
		{"permission not accepted", func(w *world, _ *github.Pull) {
			w.github.SetPermission("contents", "read")
			w.github.RevokeTokens()
		}, "Nothing was committed, because GitHub refused it: `Resource not accessible by integration`\n\nThe App needs write access"},
		{"deleted branch", func(w *world, p *github.Pull) {
			w.meetOnce(http.MethodPatch, git+"/refs/{ref}", func() {
				if err := w.repo.DeleteBranch(w.Context(), "feature"); err != nil {
					w.Error(err)
				}
			})
		}, "The branch of this pull request was deleted"},
		{"closed", func(w *world, p *github.Pull) {
			if err := p.Close("ann"); err != nil {
				w.Error(err)
			}
		}, "The pull request is closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, p := conversing(t)
			c.act(w, p)
			reactions, reply := w.say(p, "wendy", "/podcheck fix all")
			if !strings.HasSuffix(reactions[1], ":confused") || !strings.HasPrefix(reply, c.reply) {
				t.Errorf("reactions %q, reply %q", reactions, reply)
			}
			w.untouched(p)
		})
	}
}

func TestFixIsMadeOnceWhateverIsLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		match github.Match
		fault github.Fault
	}{
		{"answer of the tree", github.Match{Method: "POST", Route: git + "/trees"}, github.LostAnswer()},
		{"answer of the commit", github.Match{Method: "POST", Route: git + "/commits"}, github.LostBehindProxy()},
		{"answer of the ref", github.Match{Method: "PATCH", Route: git + "/refs/{ref}"}, github.LostAnswer()},
		{"answer of the ref behind a proxy", github.Match{Method: "PATCH", Route: git + "/refs/{ref}"}, github.LostBehindProxy()},
		{"ref", github.Match{Method: "PATCH", Route: git + "/refs/{ref}"}, github.HTMLError(502)},
		{"reaction", github.Match{Method: "POST", Contains: "rocket"}, github.HTMLError(502)},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, p := conversing(t)
			w.github.Inject(c.match, c.fault, 1)
			reactions, reply := w.say(p, "wendy", "/podcheck fix all")
			if !strings.HasSuffix(reactions[1], ":rocket") || reply != "" || len(w.commits(p)) != 1 {
				t.Errorf("reactions %q, reply %q, commits %+v", reactions, reply, w.commits(p))
			}
			w.tree(p, load(t, "shipper-one-file").Fixed)
		})
	}
}

func TestFixCommandWhoseDeliveryWasLostIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	id := value(p.Comment("wendy", "/podcheck fix all"))(t)
	w.github.Pending() // lost
	w.push(p, "more.yaml")
	if reactions, _ := w.result(p, id); !strings.HasSuffix(reactions[1], ":rocket") {
		t.Errorf("reactions %q", reactions)
	}
	w.deliver() // the push of our own commit
	w.checked(p.HeadSHA())
	w.settled("reviewed", 3)
	if n := len(w.commits(p)); n != 1 {
		t.Errorf("%d commits", n)
	}
}

func TestFixCommandThatIsDeliveredTwiceCommitsOnce(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	id := value(p.Comment("wendy", "/podcheck fix all"))(t)
	sent := w.deliver()
	at := slices.IndexFunc(sent, func(d github.Delivery) bool { return d.Event == "issue_comment" })
	w.github.Send(t.Context(), &sent[at])
	w.result(p, id)
	w.github.ResetRequests()
	w.github.Send(t.Context(), &sent[at])
	w.until("the second look", func() bool { return w.github.Counts().Reads > 0 })
	if reactions, _ := w.say(p, "wendy", "/podcheck help"); len(reactions) != 2 || len(w.commits(p)) != 1 {
		t.Errorf("%d commits", len(w.commits(p)))
	}
}
