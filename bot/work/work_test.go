package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/fixtures"
	double "github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/github/contract"
	"github.com/podcheck/podcheck/review"
)

// world is a GitHub with one pull request, a queue and a worker on it.
type world struct {
	*testing.T
	github *double.Server
	repo   *double.Repo
	pull   *double.Pull
	queue  *queue.Queue
	worker *Worker
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

func newWorld(t *testing.T, attempts int) *world {
	t.Helper()
	w := &world{T: t, github: value(double.New(double.Options{}))(t)}
	t.Cleanup(func() {
		if err := w.github.Close(); err != nil {
			t.Error(err)
		}
	})
	f := value(fixtures.Load("shipper-one-file"))(t)
	w.repo = value(w.github.CreateRepo(t.Context(), double.NewRepo{Name: "acme/shop", Files: f.Before}))(t)
	value(w.repo.Commit(t.Context(), "feature", double.Commit{Message: "Change", Files: f.After}))(t)
	w.pull = value(w.repo.OpenPull(t.Context(), double.NewPull{Head: "feature"}))(t)
	web := config.GitHub{Web: w.github.URL()}
	app := value(github.New(github.Options{AppID: w.github.AppID(), Key: w.github.PrivateKeyPEM(), API: web.API(), GraphQL: web.GraphQL(),
		Transport: contract.Transport(t, http.DefaultTransport)}))(t)
	w.worker = &Worker{App: app, Loader: load.New(1<<20, nil), Mirrors: t.TempDir(), GitURL: web.Git, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	w.queue = value(queue.Open(t.Context(), queue.Options{Dir: t.TempDir(), MaxAttempts: attempts, Backoff: time.Millisecond}))(t)
	return w
}

// work starts the workers, until the test ends.
func (w *world) work() {
	ctx, stop := context.WithCancel(context.Background())
	var group conc.WaitGroup
	group.Go(func() {
		if err := w.queue.Work(ctx, 2, w.worker.Handle); err != nil {
			w.Error(err)
		}
	})
	w.Cleanup(func() {
		stop()
		group.Wait()
		if err := w.queue.Close(); err != nil {
			w.Error(err)
		}
	})
}

func (w *world) put(item queue.Item) {
	w.Helper()
	item.Installation, item.Owner, item.Repo, item.RepoID = w.github.InstallationID("acme"), "acme", "shop", w.repo.ID()
	item.Delivery = "a-delivery"
	if err := w.queue.Put(w.Context(), item); err != nil {
		w.Fatal(err)
	}
}

func (w *world) putPull() {
	w.Helper()
	w.put(queue.Item{Kind: queue.KindPull, Number: w.pull.Number()})
}

func (w *world) until(what string, met func() bool) {
	w.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.Fatalf("waited too long for %s", what)
		}
	}
}

// verdicts are the conclusions of a commit's check runs once all are completed.
func (w *world) verdicts(sha string) (all []string) {
	w.Helper()
	w.until("the check runs of "+sha, func() bool {
		all = nil
		for _, run := range w.repo.CheckRuns(sha) {
			if run.Status != "completed" {
				return false
			}
			all = append(all, run.Conclusion)
		}
		return len(all) > 0
	})
	return all
}

func TestSlowReviewIsShownWhileItGoesOn(t *testing.T) {
	w := newWorld(t, 1)
	w.worker.Slow = time.Nanosecond
	release := make(chan struct{})
	w.github.Inject(double.Match{Kind: double.KindGit}, double.Hold(release), 1)
	w.work()
	w.putPull()
	w.until("the run in progress", func() bool {
		runs := w.repo.CheckRuns(w.pull.HeadSHA())
		return len(runs) == 1 && runs[0].Status == "in_progress"
	})
	close(release)
	if got := w.verdicts(w.pull.HeadSHA()); len(got) != 1 || len(w.pull.Reviews()) != 1 {
		t.Errorf("check runs %q, %d reviews", got, len(w.pull.Reviews()))
	}
	if got := w.github.Counts(); got.Reads != 1 || got.Writes > 3 {
		t.Errorf("took %+v", got)
	}
}

func TestAnOlderHeadIsNotReviewedWhileGitHubLags(t *testing.T) {
	w := newWorld(t, 1)
	newer := strings.Repeat("ab", 20)
	job := queue.Job{Item: queue.Item{
		Kind: queue.KindPull, Installation: w.github.InstallationID("acme"), Owner: "acme", Repo: "shop", RepoID: w.repo.ID(),
		Number: w.pull.Number(), HeadSHA: newer, Received: time.Now(),
	}}
	var later *queue.RetryAfter
	if err := w.worker.Handle(t.Context(), job); !errors.As(err, &later) || later.Delay <= 0 {
		t.Errorf("handled with %v, and should be handed back", err)
	}
	if got := w.github.Counts(); got.Writes != 0 {
		t.Errorf("took %+v", got)
	}
}

func TestALateDeliveryOfAnOlderHeadReviewsTheNewerOne(t *testing.T) {
	w := newWorld(t, 1)
	w.work()
	w.put(queue.Item{Kind: queue.KindPull, Number: w.pull.Number(), HeadSHA: strings.Repeat("ab", 20), Received: time.Now().Add(-time.Minute)})
	w.verdicts(w.pull.HeadSHA())
}

func TestSupersededWorkClosesTheRunOfAHeadThatIsGone(t *testing.T) {
	w := newWorld(t, 1)
	w.worker.Slow = time.Nanosecond
	release := make(chan struct{})
	defer close(release)
	w.github.Inject(double.Match{Kind: double.KindGit}, double.Hold(release), 1)
	w.work()
	w.putPull()
	old := w.pull.HeadSHA()
	w.until("the run in progress", func() bool { return len(w.repo.CheckRuns(old)) == 1 })
	value(w.repo.Commit(t.Context(), "feature", double.Commit{Message: "Over", Force: true, From: w.pull.BaseSHA(),
		Files: map[string][]byte{"b.yaml": []byte("b: 1\n")}}))(t)
	w.putPull()
	w.verdicts(w.pull.HeadSHA())
	if got := w.verdicts(old); !slices.Equal(got, []string{"cancelled"}) {
		t.Errorf("check runs of the older head %q", got)
	}
	if n := len(w.pull.Reviews()); n != 0 {
		t.Errorf("%d reviews", n)
	}
}

func TestLastFailureIsSaidInTheCheckRun(t *testing.T) {
	w := newWorld(t, 2)
	w.github.Inject(double.Match{Kind: double.KindGit}, double.Fault{Status: http.StatusForbidden, Body: "secret detail"}, 100)
	w.work()
	w.putPull()
	if got := w.verdicts(w.pull.HeadSHA()); !slices.Equal(got, []string{"failure"}) {
		t.Errorf("check runs %q", got)
	}
	run := w.repo.CheckRuns(w.pull.HeadSHA())[0]
	if run.Title != "Could not be analysed" || !strings.Contains(run.Summary, "/podcheck review") || !strings.Contains(run.Summary, "a-delivery") ||
		!strings.Contains(run.Summary, "read access") || strings.Contains(run.Summary, "secret detail") || strings.Contains(run.Summary, w.github.URL()) {
		t.Errorf("check run %+v", run)
	}
	w.until("the dead letter", func() bool { return len(value(w.queue.DeadLetters(t.Context()))(t)) == 1 })
}

func TestFailedHeadIsReviewedWhenTriedAgain(t *testing.T) {
	w := newWorld(t, 1)
	w.worker.Slow = time.Hour // a run in progress would be another one
	w.github.Inject(double.Match{Kind: double.KindGit}, double.Fault{Status: http.StatusForbidden}, 2)
	w.work()
	w.putPull()
	w.verdicts(w.pull.HeadSHA())
	w.putPull()
	w.until("the review", func() bool { return len(w.pull.Reviews()) == 1 })
	w.until("the verdict", func() bool { return w.repo.CheckRuns(w.pull.HeadSHA())[0].Title != "Could not be analysed" })
}

func TestCommandThatFailsSaysSo(t *testing.T) {
	w := newWorld(t, 1)
	w.github.Inject(double.Match{Kind: double.KindGit}, double.Fault{Status: http.StatusForbidden}, 2)
	w.work()
	id := value(w.pull.Comment("person", "/podcheck"))(t)
	w.put(queue.Item{Kind: queue.KindCommand, Number: 1, Command: &queue.Command{Source: queue.SourceIssueComment, ID: id, Author: "person"}})
	w.until("the result", func() bool { return len(w.pull.Comments()[0].Reactions) == 2 })
	if got := w.pull.Comments(); len(got) != 2 || !strings.HasSuffix(got[0].Reactions[1], ":confused") || !strings.HasPrefix(got[1].Body, "GitHub refused") {
		t.Errorf("comments %+v", got)
	}
	w.until("the dead letter", func() bool { return len(value(w.queue.DeadLetters(t.Context()))(t)) == 1 })
}

func TestDefectInTheAnalysisIsAnError(t *testing.T) {
	w := &task{Worker: &Worker{}, began: time.Now()}
	_, err := w.visibly(t.Context(), &github.Snapshot{}, "", func() (review.Result, error) { panic("boom") })
	if err == nil || !strings.Contains(err.Error(), "boom") || strings.Contains(reason(err), "boom") {
		t.Errorf("got %v", err)
	}
}

func TestMergeGroupGetsItsCheckRun(t *testing.T) {
	w := newWorld(t, 1)
	w.work()
	item := queue.Item{Kind: queue.KindMerge, Merge: &queue.Merge{HeadSHA: w.pull.HeadSHA(), BaseSHA: w.pull.BaseSHA(), BaseRef: "refs/heads/main"}}
	w.put(item)
	w.verdicts(w.pull.HeadSHA())
	run := w.repo.CheckRuns(w.pull.HeadSHA())[0]
	if run.Name != "podcheck" || run.ExternalID != "0:main:default" || len(run.Annotations) == 0 || len(w.pull.ReviewComments()) != 0 {
		t.Errorf("check run %+v, %d comments", run, len(w.pull.ReviewComments()))
	}
	if got := w.github.Counts(); got != (double.Counts{Reads: 1, Writes: 1}) {
		t.Errorf("took %+v", got)
	}
	w.github.ResetRequests()
	w.put(item)
	w.until("the second look", func() bool { return w.github.Counts().Reads > 0 })
	if got := w.github.Counts(); got.Writes != 0 {
		t.Errorf("second time took %+v", got)
	}
}

func TestOutcome(t *testing.T) {
	limit := &github.RetryAfter{At: time.Now().Add(time.Hour)}
	down := &github.Unavailable{Err: errors.New("502")}
	for _, c := range []struct {
		name string
		err  error
		age  time.Duration
		want string
	}{
		{"done", nil, 0, "done"},
		{"rate limit", fmt.Errorf("read: %w", limit), 0, "later 1h0m0s"},
		{"outage", fmt.Errorf("read: %w", down), 0, "later 2s"},
		{"longer outage", down, time.Hour, "later 10m0s"},
		{"outage without end", down, 25 * time.Hour, "failed"},
		{"git is down", fmt.Errorf("fetch: %w", repo.ErrUnavailable), 40 * time.Second, "later 10s"},
		{"not known yet", github.ErrGone, 0, "later 2s"},
		{"gone", github.ErrGone, time.Hour, "done"},
		{"head moved", errors.Join(github.ErrHeadMoved), 0, "later 1s"},
		{"in the check run already", fmt.Errorf("look: %w", &saidError{repo.ErrTooLarge}), 0, "done"},
		{"anything else", errors.New("defect"), 0, "failed"},
	} {
		w := &task{Worker: &Worker{}, item: queue.Item{Received: time.Now().Add(-c.age)}, log: slog.New(slog.DiscardHandler)}
		got := "failed"
		var later *queue.RetryAfter
		switch err := w.outcome(c.err); {
		case err == nil:
			got = "done"
		case errors.As(err, &later):
			got = "later " + later.Delay.Round(time.Second).String()
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSettings(t *testing.T) {
	some := github.File{Text: "version: 1\nrules: {log-replay: off}\n", Found: true}
	broken := github.File{Err: errors.New("FORBIDDEN")}
	for _, c := range []struct {
		name          string
		repository    github.File
		organisation  github.File
		rules         int
		fail, problem bool
	}{
		{name: "defaults"},
		{name: "of the repository", repository: some, rules: 1},
		{name: "of the organisation", organisation: some, rules: 1},
		{name: "of the repository before the organisation", repository: github.File{Text: "version: 1\n", Found: true}, organisation: some},
		{name: "organisation unreadable", organisation: broken, fail: true},
		{name: "organisation unreadable but not needed", repository: some, organisation: broken, rules: 1},
		{name: "repository unreadable", repository: broken, organisation: some, fail: true},
		{name: "repository not text", repository: github.File{Found: true, Err: errors.New("not text")}, organisation: some, problem: true},
		{name: "mistakes", repository: github.File{Text: "version: 1\nruls: {}\n", Found: true}, problem: true},
	} {
		got, err := settingsOf(&github.Snapshot{Config: c.repository, Organisation: c.organisation})
		if (err != nil) != c.fail || len(got.Rules) != c.rules || got.broken != c.problem || (len(got.problems) > 0) != c.problem {
			t.Errorf("%s: %+v, %v", c.name, got.Repository, err)
		}
		var unread *unreadError
		if c.fail && !errors.As(err, &unread) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestRulesOfTheRepositoryCanBeConfigured(t *testing.T) {
	rule := func(expression string) map[string][]byte {
		return map[string][]byte{".podcheck/rules/a.yaml": []byte("name: own\nmessage: m\nexpression: " + expression + "\n")}
	}
	for _, c := range []struct {
		name, text string
		files      map[string][]byte
		user       int
		notes      []string
	}{
		{"configured", "version: 1\nrules: {own: error}\n", rule("has(pod.spec)"), 1, nil},
		{"misspelt", "version: 1\nrules: {owm: error}\n", rule("has(pod.spec)"), 1, []string{"owm"}},
		{"without its rule", "version: 1\nrules: {own: error}\n", nil, 0, []string{"own"}},
		{"broken", "version: 1\nrules: {own: error}\n", rule("has(pod.spek)"), 0, []string{"`.podcheck/rules/a.yaml`, line 3:", `did you mean "spec"?`}},
		{"defaults", "", rule("has(pod.spec)"), 1, nil},
	} {
		before, err := settingsOf(&github.Snapshot{Config: github.File{Text: c.text, Found: c.text != ""}})
		if err != nil {
			t.Fatal(err)
		}
		got := before.with(c.files)
		note := strings.Join(said(got.problems), "\n")
		if len(got.user) != c.user || len(got.analysis(time.Now()).User) != c.user || (note != "") != (len(c.notes) > 0) {
			t.Errorf("%s: %d rules, %s", c.name, len(got.user), note)
		}
		for _, want := range c.notes {
			if !strings.Contains(note, want) {
				t.Errorf("%s: the note lacks %s:\n%s", c.name, want, note)
			}
		}
	}
}

func TestExplanationsShowNoInnerErrors(t *testing.T) {
	for _, err := range []error{
		errors.New("open /var/lib/podcheck/x"), &unreadError{"podcheck.yml", errors.New("10.0.0.1")}, final(fmt.Errorf("host: %w", repo.ErrTooLarge)),
		final(repo.ErrNoMergeBase), repo.ErrMissing, &github.Unavailable{Err: errors.New("dial tcp 10.0.0.1")},
	} {
		c := explanation(queue.Item{Delivery: "guid"}, err)
		if c.Conclusion != review.Failure || strings.Contains(c.Summary, "10.0.0.1") || strings.Contains(c.Summary, "/var/lib") || !strings.Contains(c.Summary, "guid") {
			t.Errorf("%v: %+v", err, c)
		}
	}
}
