package bot_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
)

// turnstile is a proxy in front of GitHub that stops at the request of a certain number, before or after it took effect, until
// the process that asked is killed.
type turnstile struct {
	proxy http.Handler

	mu     sync.Mutex
	left   int // requests until it stops; 0 for never
	after  bool
	met    chan string
	killed chan struct{}
}

func (g *turnstile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.left--
	stops, after, killed := g.left == 0, g.after, g.killed
	g.mu.Unlock()
	if !stops {
		g.proxy.ServeHTTP(w, r)
		return
	}
	if after {
		g.proxy.ServeHTTP(httptest.NewRecorder(), r)
	}
	g.met <- r.Method + " " + r.URL.Path
	<-killed
}

// arm makes it stop at the n-th request from here.
func (g *turnstile) arm(n int, after bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left, g.after, g.met, g.killed = n, after, make(chan string, 1), make(chan struct{})
}

// isWrite: the answer of a read that is lost is as if it had not been asked.
func isWrite(request string) bool {
	return !strings.HasPrefix(request, "GET ") && !strings.HasSuffix(request, "/graphql") && strings.Contains(request, "/repos/")
}

// TestServerKilledAtEachRequestOfAFixCommitsOnce kills the server before every request that a fix takes, and after each that writes.
func TestServerKilledAtEachRequestOfAFixCommitsOnce(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts many processes")
	}
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	target := value(url.Parse(w.github.URL()))(t)
	g := &turnstile{proxy: httputil.NewSingleHostReverseProxy(target)}
	front := httptest.NewServer(g)
	t.Cleanup(front.Close)
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	c := settings(w.github, t.TempDir())
	c.GitHub.Web = front.URL
	server := w.startChild(c)

	// kill gives the command, kills the server at the n-th request, and returns that request; "" when there was none.
	kill := func(n int, after bool) (request string) {
		p := w.newPull(f.Before, f.After, fmt.Sprintf("kill/%d-%v", n, after))
		w.reviewedAs(p, len(f.Want.Comments))
		id := value(p.Comment("wendy", "/podcheck fix all"))(t)
		g.arm(n, after)
		w.deliver()
		w.until("the request or the result", func() bool {
			select {
			case request = <-g.met:
				return true
			default:
				return answered(p, id)
			}
		})
		if request != "" {
			server.kill()
			close(g.killed)
			server = w.startChild(c)
		}
		g.arm(0, false)
		reactions, reply := w.result(p, id)
		if !strings.HasSuffix(reactions[len(reactions)-1], ":rocket") || reply != "" {
			t.Errorf("killed at %s (%v): reactions %q, reply %q", request, after, reactions, reply)
		}
		if made := w.commits(p); len(made) != 1 {
			t.Errorf("killed at %s (%v): commits %+v", request, after, made)
		}
		w.tree(p, f.Fixed)
		w.deliver()
		w.checked(p.HeadSHA())
		return request
	}
	var requests []string
	for n := 1; ; n++ {
		request := kill(n, false)
		if request == "" {
			break
		}
		requests = append(requests, request)
		if isWrite(request) {
			kill(n, true)
		}
	}
	t.Logf("killed at %s", strings.Join(requests, "\n"))
	for _, want := range []string{"/git/trees", "/git/commits", "/git/refs/heads/"} {
		if !slices.ContainsFunc(requests, func(r string) bool { return strings.Contains(r, want) }) {
			t.Errorf("never killed at %s", want)
		}
	}
}

// answered tells whether a command has its result.
func answered(p *github.Pull, id int64) bool {
	return slices.ContainsFunc(p.Comments(), func(c github.PostedIssueComment) bool {
		return c.ID == id && slices.ContainsFunc(c.Reactions, func(r string) bool { return strings.HasSuffix(r, ":rocket") || strings.HasSuffix(r, ":confused") })
	})
}
