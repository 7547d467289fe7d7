package bot_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/podcheck/podcheck/bot"
	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/rendering"
	"github.com/podcheck/podcheck/fixtures/stage"
)

// serveVariable holds the configuration of a child process that is the server.
const serveVariable = "PODCHECK_TEST_SERVE"

func TestMain(m *testing.M) {
	rendering.Serve()
	if text := os.Getenv(serveVariable); text != "" {
		serve(text)
		return
	}
	os.Exit(m.Run())
}

// serve runs the server as `podcheck serve` does, until somebody kills it. It prints its address when it is ready.
func serve(text string) {
	var c config.Server
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fail(json.Unmarshal([]byte(text), &c))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	b, err := bot.New(ctx, c, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	fail(err)
	fmt.Println(b.Addr())
	fail(b.Run(ctx))
}

// child is a server in a process of its own.
type child struct {
	command *exec.Cmd
	address string
}

func (w *world) startChild(c config.Server) *child {
	w.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), serveVariable+"="+string(value(json.Marshal(c))(w.T)))
	command.Stderr = w.log
	out := value(command.StdoutPipe())(w.T)
	if err := command.Start(); err != nil {
		w.Fatal(err)
	}
	started := &child{command: command}
	w.Cleanup(started.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		w.Fatalf("the server did not start: %v", err)
	}
	started.address = line[:len(line)-1]
	w.github.SetWebhook(github.Webhook{URL: "http://" + started.address + "/webhook", Secret: secret})
	return started
}

// kill sends SIGKILL and waits for the end.
func (c *child) kill() {
	if c.command.ProcessState == nil {
		_ = c.command.Process.Kill()
		_ = c.command.Wait()
	}
}

const kills = 20

// TestKilledServerReviewsOnce kills the server at random points between the 202 and the end of the review, and starts it
// again on the same data.
func TestKilledServerReviewsOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	c := settings(w.github, t.TempDir())
	random := rand.New(rand.NewPCG(1, 2))

	server := w.startChild(c)
	w.reviewedAs(w.newPull(f.Before, f.After, "cold"), len(f.Want.Comments))
	measured := w.newPull(f.Before, f.After, "warm")
	began := time.Now()
	w.reviewedAs(measured, len(f.Want.Comments))
	whole := time.Since(began)

	unfinished := 0
	for i := range kills {
		p := w.newPull(f.Before, f.After, fmt.Sprint("kill", i))
		time.Sleep(time.Duration(random.Int64N(int64(whole)))) // the random point, not a synchronisation
		server.kill()
		if runs := w.repo.CheckRuns(p.HeadSHA()); len(runs) == 0 || runs[0].Status != "completed" {
			unfinished++
		}
		server = w.startChild(c)
		w.reviewedAs(p, len(f.Want.Comments))
	}
	t.Logf("a review takes %s; %d of %d kills came before its end", whole, unfinished, kills)
	if unfinished < kills/4 {
		t.Errorf("only %d of %d kills came before the end of the review", unfinished, kills)
	}
}

// gate is a proxy in front of GitHub that stops at one request, before or after it took effect, until the process that asked is killed.
type gate struct {
	proxy  *httputil.ReverseProxy
	method string
	path   string // the end of it
	after  bool
	armed  atomic.Bool
	met    chan struct{}
	killed chan struct{}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != g.method || !strings.HasSuffix(r.URL.Path, g.path) || !g.armed.CompareAndSwap(true, false) {
		g.proxy.ServeHTTP(w, r)
		return
	}
	if g.after {
		g.proxy.ServeHTTP(httptest.NewRecorder(), r)
	}
	close(g.met)
	<-g.killed
}

// TestKilledAtEachRequest kills the server while a certain request to GitHub is under way, before and after it took effect.
func TestKilledAtEachRequest(t *testing.T) {
	f := load(t, "shipper-one-file")
	for _, path := range []string{"/graphql", "/reviews", "/check-runs"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, took effect: %v", path, after), func(t *testing.T) {
				w := newWorld(t, f.Before)
				target := value(url.Parse(w.github.URL()))(t)
				g := &gate{proxy: httputil.NewSingleHostReverseProxy(target), method: http.MethodPost, path: path, after: after,
					met: make(chan struct{}), killed: make(chan struct{})}
				g.armed.Store(true)
				front := httptest.NewServer(g)
				t.Cleanup(front.Close)
				c := settings(w.github, t.TempDir())
				c.GitHub.Web = front.URL
				server := w.startChild(c)
				p := w.newPull(f.Before, f.After, "gate")
				<-g.met
				server.kill()
				close(g.killed)
				w.startChild(c)
				w.reviewedAs(p, len(f.Want.Comments))
			})
		}
	}
}

// newPull opens a pull request on a branch of its own and delivers it.
func (w *world) newPull(before, after map[string][]byte, branch string) *github.Pull {
	w.Helper()
	value(w.repo.Commit(w.Context(), branch, github.Commit{Message: branch, Files: stage.Change(before, after)}))(w.T)
	p := value(w.repo.OpenPull(w.Context(), github.NewPull{Head: branch}))(w.T)
	w.deliver()
	return p
}

// reviewedAs waits for the completed check run and expects one review beside it.
func (w *world) reviewedAs(p *github.Pull, comments int) {
	w.Helper()
	w.checked(p.HeadSHA())
	w.onlyReview(p, comments)
}

func TestStoppedServerHandsBack(t *testing.T) {
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	c := settings(w.github, t.TempDir())
	server := w.startChild(c)
	p := w.newPull(f.Before, f.After, "stopped")
	began := time.Now()
	if err := server.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = server.command.Wait()
	if took := time.Since(began); took > 25*time.Second {
		t.Errorf("stopping took %s", took)
	}
	w.startChild(c)
	w.reviewedAs(p, len(f.Want.Comments))
}
