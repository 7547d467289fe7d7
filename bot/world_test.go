package bot_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sourcegraph/conc"
	"sigs.k8s.io/yaml"

	"github.com/podcheck/podcheck/bot"
	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/fixtures"
	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/github/contract"
	"github.com/podcheck/podcheck/fixtures/journal"
	"github.com/podcheck/podcheck/fixtures/rendering"
	"github.com/podcheck/podcheck/fixtures/stage"
)

const secret = "the webhook's secret"

// world is a GitHub with one repository, and the bot beside it.
type world struct {
	*testing.T
	github *github.Server
	repo   *github.Repo
	log    *journal.Journal
	meet   atomic.Pointer[func(*http.Request)] // is called before each request to GitHub's API
}

// newWorld makes a repository with files on its default branch. The bot is started with start.
func newWorld(t *testing.T, files map[string][]byte) *world {
	t.Helper()
	return limited(t, files, github.Limits{})
}

// limited is newWorld with a GitHub that keeps limits.
func limited(t *testing.T, files map[string][]byte, limits github.Limits) *world {
	t.Helper()
	w := &world{T: t, log: &journal.Journal{}}
	w.github = value(github.New(github.Options{App: registered(t), Webhook: github.Webhook{Secret: secret}, Limits: limits}))(t)
	t.Cleanup(func() {
		if err := w.github.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(w.log.String())
		}
	})
	w.repo = value(w.github.CreateRepo(t.Context(), github.NewRepo{Name: "acme/shop", Files: files}))(t)
	return w
}

// registered is the App as app.yml registers it: what needs more than it asks for fails here.
func registered(t *testing.T) github.App {
	t.Helper()
	var manifest struct {
		Permissions map[string]string `json:"default_permissions"`
		Events      []string          `json:"default_events"`
	}
	if err := yaml.Unmarshal(value(os.ReadFile("../app.yml"))(t), &manifest); err != nil {
		t.Fatal(err)
	}
	return github.App{Permissions: manifest.Permissions, Events: manifest.Events}
}

func value[V any](v V, err error) func(*testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func settings(g *github.Server, dir string) config.Server {
	return config.Server{
		AppID: g.AppID(), PrivateKey: g.PrivateKeyPEM(), Secrets: [][]byte{[]byte(secret)},
		GitHub: config.GitHub{Web: g.URL()}, DataDir: dir, Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0",
	}
}

// start runs the bot until the test ends, and has deliveries sent to it.
func (w *world) start(options ...bot.Option) *bot.Bot {
	w.Helper()
	b := w.held(settings(w.github, w.TempDir()), options...)
	w.deliverTo(b)
	return b.Bot
}

// running is a bot in this process. The end of the test ends it, if nobody does before.
type running struct {
	*bot.Bot
	end func()
}

func (r running) webhook() string { return "http://" + r.Addr().String() + "/webhook" }

// held launches a bot with every request and answer held against GitHub's documents.
func (w *world) held(c config.Server, options ...bot.Option) running {
	w.Helper()
	return w.launch(c, slog.New(slog.NewTextHandler(w.log, nil)),
		append(options, bot.WithTransport(contract.Transport(w.T, roundTripper(w.send))), bot.WithRenderer(rendering.Renderer()))...)
}

// launch runs a bot until it is ended.
func (w *world) launch(c config.Server, log *slog.Logger, options ...bot.Option) running {
	w.Helper()
	b := value(bot.New(w.Context(), c, log, options...))(w.T)
	ctx, stop := context.WithCancel(context.Background())
	var group conc.WaitGroup
	group.Go(func() {
		if err := b.Run(ctx); err != nil {
			w.Errorf("the bot ended with %v", err)
		}
	})
	r := running{b, sync.OnceFunc(func() {
		stop()
		group.Wait()
	})}
	w.Cleanup(r.end)
	return r
}

func (w *world) deliverTo(r running) {
	w.github.SetWebhook(github.Webhook{URL: r.webhook(), Secret: secret})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (w *world) send(r *http.Request) (*http.Response, error) {
	if meet := w.meet.Load(); meet != nil {
		(*meet)(r)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// open opens a pull request that turns the files of the default branch into after.
func (w *world) open(before, after map[string][]byte, in github.NewPull) *github.Pull {
	w.Helper()
	value(w.repo.Commit(w.Context(), "feature", github.Commit{Message: "Change", Files: stage.Change(before, after)}))(w.T)
	in.Head = "feature"
	return value(w.repo.OpenPull(w.Context(), in))(w.T)
}

func load(t *testing.T, name string) fixtures.Pull {
	t.Helper()
	return value(fixtures.Load(name))(t)
}

// deliver sends what waits and expects every delivery to be accepted.
func (w *world) deliver() []github.Delivery {
	w.Helper()
	sent := w.github.Deliver(w.Context())
	for _, d := range sent {
		if d.Status != http.StatusAccepted {
			w.Errorf("%s.%s was answered %d %s", d.Event, d.Action, d.Status, d.Err)
		}
	}
	return sent
}

const patience = time.Minute

// until waits for a condition of GitHub, which the bot brings about in its own time.
func (w *world) until(what string, met func() bool) {
	w.Helper()
	w.within(patience, what, met)
}

// within is until with a patience of its own.
func (w *world) within(patience time.Duration, what string, met func() bool) {
	w.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// settled waits until the bot has logged so many lines with a message.
func (w *world) settled(message string, times int) {
	w.Helper()
	w.until(fmt.Sprintf("%d times %q in the log", times, message), func() bool {
		return strings.Count(w.log.String(), fmt.Sprintf("msg=%q", message))+strings.Count(w.log.String(), "msg="+message+" ") >= times
	})
}

// checked waits for the completed check run of a head and returns it.
func (w *world) checked(sha string) github.PostedCheck {
	w.Helper()
	completed := func() []github.PostedCheck {
		return slices.DeleteFunc(w.repo.CheckRuns(sha), func(c github.PostedCheck) bool { return c.Status != "completed" })
	}
	w.until("the check run of "+sha, func() bool { return len(completed()) > 0 })
	runs := completed()
	return runs[len(runs)-1]
}

func (w *world) budget(reads, writes int) {
	w.Helper()
	if got := w.github.Counts(); got.Reads > reads || got.Writes > writes {
		w.Errorf("took %d reads and %d writes, more than %d and %d", got.Reads, got.Writes, reads, writes)
		for _, r := range w.github.Requests() {
			w.Logf("%s %s %s %d", r.Kind, r.Method, r.Path, r.Status)
		}
	}
}
