package bot_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
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
	"github.com/podcheck/podcheck/fixtures/cluster"
	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/rendering"
	"github.com/podcheck/podcheck/fixtures/stage"
)

// serveVariable holds the configuration of a child process that is the server.
const serveVariable = "PODCHECK_TEST_SERVE"

func TestMain(m *testing.M) {
	rendering.Serve()
	cluster.Serve()
	if text := os.Getenv(serveVariable); text != "" {
		serve(text)
		return
	}
	// These tests wait more than they work.
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(builtIn)
	os.Exit(code)
}

// served is the configuration of a child process that is the server.
type served struct {
	config.Server
	AckWait time.Duration
	Minute  time.Duration // as GitHub's limits count it
}

// serve runs the server as `podcheck serve` does, until somebody kills it. It prints its addresses when it is ready.
func serve(text string) {
	var c served
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fail(json.Unmarshal([]byte(text), &c))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	b, err := bot.New(ctx, c.Server, slog.New(slog.NewTextHandler(os.Stderr, nil)), bot.WithAckWait(c.AckWait), bot.WithLimits(c.Minute, c.Minute))
	fail(err)
	fmt.Println(b.Addr(), b.AdminAddr())
	fail(b.Run(ctx))
}

// child is a server in a process of its own.
type child struct {
	command *exec.Cmd
	address string
	admin   string // address
}

func (w *world) startChild(c config.Server) *child {
	w.Helper()
	started := value(w.startServed(served{Server: c}))(w.T)
	w.github.SetWebhook(github.Webhook{URL: "http://" + started.address + "/webhook", Secret: secret})
	return started
}

// startServed starts a server and returns when it is ready. The error says that it ended before.
func (w *world) startServed(c served) (*child, error) {
	w.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), serveVariable+"="+string(value(json.Marshal(c))(w.T)))
	command.Stderr = w.log
	out := value(command.StdoutPipe())(w.T)
	w.ok(command.Start())
	started := &child{command: command}
	w.Cleanup(started.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		started.kill()
		return nil, fmt.Errorf("the server did not start: %w", err)
	}
	_, err = fmt.Sscan(line, &started.address, &started.admin)
	return started, err
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
	t.Parallel()
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
	t.Parallel()
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

// TestRunsOfLostHeadsAreClosed: twice the server dies while a check run is in progress, and a push by force takes the commit away, so that
// nothing on GitHub leads from the pull request to the runs.
func TestRunsOfLostHeadsAreClosed(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	base := value(w.repo.Commit(t.Context(), "main", github.Commit{Message: "Start", Files: tree(map[string]string{"README.md": "shop"})}))(t)
	c := settings(w.github, t.TempDir())
	var p *github.Pull
	var lost []string
	for n := range 2 {
		server := w.startChild(c)
		release := make(chan struct{})
		w.github.Inject(github.Match{Kind: github.KindGit}, github.Hold(release), 1) // so that it takes long
		if p == nil {
			p = w.newPull(f.Before, f.After, "lost")
		}
		w.deliver()
		lost = append(lost, p.HeadSHA())
		w.until("the check run in progress", func() bool { return len(w.repo.CheckRuns(p.HeadSHA())) == 1 })
		server.kill()
		close(release)
		change := github.Commit{Message: fmt.Sprint("Again ", n), From: base, Force: true, Files: stage.Change(f.Before, f.After)}
		value(w.repo.Commit(t.Context(), "lost", change))(t)
	}
	w.startChild(c)
	w.deliver()
	w.reviewedAs(p, len(f.Want.Comments))
	for _, sha := range lost {
		if runs := w.repo.CheckRuns(sha); len(runs) != 1 || runs[0].Conclusion != "cancelled" {
			t.Errorf("check runs of a lost head: %+v", runs)
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
	t.Parallel()
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
