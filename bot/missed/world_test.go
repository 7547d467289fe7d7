package missed

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gogithub "github.com/google/go-github/v60/github"
	"github.com/sourcegraph/conc"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
	double "github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/github/contract"
	"github.com/podcheck/podcheck/fixtures/journal"
)

// world is a GitHub, and a store in which a look queues what it finds. No worker runs.
type world struct {
	*testing.T
	github *double.Server
	app    *github.App
	queue  *queue.Queue
	log    *journal.Journal
	*Reconciler
	owners []string // of the repositories

	mu     sync.Mutex
	answer int // of the webhook
}

func newWorld(t *testing.T, options double.Options) *world {
	t.Helper()
	w := &world{T: t, log: &journal.Journal{}, answer: http.StatusServiceUnavailable}
	w.github = value(double.New(options))(t)
	t.Cleanup(func() {
		if err := w.github.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(w.log.String())
		}
	})
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		rw.WriteHeader(w.answer)
	}))
	t.Cleanup(receiver.Close)
	w.github.SetWebhook(double.Webhook{URL: receiver.URL})
	w.app = value(github.New(github.Options{AppID: w.github.AppID(), Key: w.github.PrivateKeyPEM(),
		API: strings.TrimSuffix(w.github.APIURL(), "/"), GraphQL: w.github.GraphQLURL(), Transport: contract.Transport(t, http.DefaultTransport)}))(t)
	w.openQueue(t.TempDir())
	return w
}

// openQueue begins with the store of a folder.
func (w *world) openQueue(dir string) {
	w.Helper()
	w.queue = value(queue.Open(w.Context(), queue.Options{Dir: dir, MaxAttempts: 1}))(w.T)
	w.Cleanup(func() { _ = w.queue.Close() })
	old := w.Reconciler
	w.Reconciler = &Reconciler{App: w.app, Queue: w.queue, Every: time.Hour, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if old != nil {
		w.limits = old.limits
	}
}

// lose wipes the store.
func (w *world) lose() {
	w.Helper()
	if err := w.queue.Close(); err != nil {
		w.Fatal(err)
	}
	w.openQueue(w.TempDir())
}

func value[V any](v V, err error) func(testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) setRepo(name string) *double.Repo {
	w.Helper()
	if owner, _, _ := strings.Cut(name, "/"); !slices.Contains(w.owners, owner) {
		w.owners = append(w.owners, owner)
	}
	return value(w.github.CreateRepo(w.Context(), double.NewRepo{Name: name, Files: map[string][]byte{"a.yaml": []byte("a: 1\n")}}))(w.T)
}

// open opens a pull request, whose delivery waits.
func (w *world) open(r *double.Repo, branch string) *double.Pull {
	w.Helper()
	w.push(r, branch)
	return value(r.OpenPull(w.Context(), double.NewPull{Head: branch, Author: "ann"}))(w.T)
}

func (w *world) push(r *double.Repo, branch string) {
	w.Helper()
	text := fmt.Sprintf("%s: %d\n", branch, time.Now().UnixNano())
	value(r.Commit(w.Context(), branch, double.Commit{Message: "Change", Files: map[string][]byte{"a.yaml": []byte(text)}}))(w.T)
}

// deliver sends what waits to a webhook that answers with a status; 0 is no answer.
func (w *world) deliver(status int) []double.Delivery {
	w.Helper()
	w.mu.Lock()
	w.answer = status
	w.mu.Unlock()
	if status != 0 {
		return w.github.Deliver(w.Context())
	}
	ctx, cancel := context.WithCancel(w.Context())
	cancel()
	return w.github.Deliver(ctx)
}

// drop loses the events that wait, as if GitHub had never sent them.
func (w *world) drop() { w.github.Pending() }

// look makes one look, which must succeed, and returns the items it queued, by key, in order; they are taken out of the queue.
func (w *world) look() []string {
	w.Helper()
	if err := w.once(w.Context(), false); err != nil {
		w.Errorf("look: %v", err)
	}
	return w.taken()
}

func keys(items []queue.Item) []string {
	var all []string
	for _, item := range items {
		all = append(all, item.Key())
	}
	slices.Sort(all)
	return all
}

func (w *world) taken() []string { w.Helper(); return keys(w.items(nil)) }

// items works on all that is queued, with an outcome. The last item of an installation is a mark, as their order is kept.
func (w *world) items(outcome error) []queue.Item {
	w.Helper()
	marks := len(w.owners)
	for i, owner := range w.owners {
		mark := queue.Item{Kind: queue.KindPull, Installation: w.github.InstallationID(owner), Owner: "mark", Repo: "mark", RepoID: 1, Number: i + 1}
		if err := w.queue.Put(w.Context(), mark); err != nil {
			w.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(w.Context())
	defer stop()
	var all []queue.Item
	err := w.queue.Work(ctx, 1, func(_ context.Context, job queue.Job) error {
		if job.Item.Owner != "mark" {
			all = append(all, job.Item)
			return outcome
		}
		if marks--; marks == 0 {
			stop()
		}
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// review leaves a check run on the head of a pull request, as a worker does. An empty conclusion leaves it in progress.
func (w *world) review(r *double.Repo, p *double.Pull, conclusion string, began time.Time) {
	w.Helper()
	owner, name, _ := strings.Cut(r.Name(), "/")
	id := w.github.InstallationID(owner)
	token := value(w.app.Client(id).Token(w.Context()))(w.T)
	client := value(gogithub.NewClient(nil).WithAuthToken(token).WithEnterpriseURLs(w.github.URL(), w.github.URL()))(w.T)
	options := gogithub.CreateCheckRunOptions{Name: github.CheckName, HeadSHA: p.HeadSHA(), ExternalID: gogithub.String(github.ExternalID(p.Number(), "main", "h")),
		Status: gogithub.String("in_progress"), StartedAt: &gogithub.Timestamp{Time: began},
		Actions: []*gogithub.CheckRunAction{{Label: "Fix", Description: "Fix it", Identifier: "fix-safe"}}}
	if conclusion != "" {
		options.Status, options.Conclusion = gogithub.String("completed"), &conclusion
	}
	if _, _, err := client.Checks.CreateCheckRun(w.Context(), owner, name, options); err != nil {
		w.Fatal(err)
	}
}

func (w *world) reviewed(r *double.Repo, p *double.Pull) {
	w.Helper()
	w.review(r, p, "success", time.Now())
}

func pullKey(r *double.Repo, p *double.Pull) string {
	return fmt.Sprintf("pr.%d.%d", r.ID(), p.Number())
}

// want compares what a look queued.
func (w *world) want(what string, got []string, want ...string) {
	w.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.Errorf("%s: queued %q, want %q", what, got, want)
	}
}

// asked counts requests of an installation, 0 for the App itself, without those for tokens.
func (w *world) asked(installation int64) int {
	n := 0
	for _, r := range w.github.Requests() {
		if r.Installation == installation && !strings.HasSuffix(r.Path, "/access_tokens") {
			n++
		}
	}
	return n
}

var errFails = errors.New("it fails")

func actionKey(r *double.Repo, p *double.Pull, run, author int64, action string) string {
	return fmt.Sprintf("command.%d.%d.action-%d-%s-%d", r.ID(), p.Number(), run, base64.RawURLEncoding.EncodeToString([]byte(action)), author)
}

// running runs the timer until the test ends.
func (w *world) running(r *Reconciler) {
	ctx, stop := context.WithCancel(context.Background())
	var group conc.WaitGroup
	group.Go(func() {
		if err := r.Run(ctx); err != nil {
			w.Errorf("Run ended with %v", err)
		}
	})
	w.Cleanup(func() { stop(); group.Wait() })
}

func sorted(all []string) []string { slices.Sort(all); return all }

func senderOf(t *testing.T, d double.Delivery) int64 {
	t.Helper()
	var body struct{ Sender struct{ ID int64 } }
	if err := json.Unmarshal(d.Payload, &body); err != nil {
		t.Fatal(err)
	}
	return body.Sender.ID
}
