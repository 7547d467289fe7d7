package work

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sourcegraph/conc"

	"github.com/podcheck/podcheck/bot/queue"
	double "github.com/podcheck/podcheck/fixtures/github"
)

// workAfterDeath works as if every process that worked on the items had died, twice.
func (w *world) workAfterDeath() {
	ctx, stop := context.WithCancel(context.Background())
	var group conc.WaitGroup
	group.Go(func() {
		err := w.queue.Work(ctx, 1, func(ctx context.Context, job queue.Job) error {
			job.Died, job.Last, job.Attempt = true, true, 3
			return w.worker.Handle(ctx, job)
		})
		if err != nil {
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

func TestDeathOfTheProcessIsSaidInTheCheckRun(t *testing.T) {
	for name, merge := range map[string]bool{"pull request": false, "merge group": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 2)
			w.workAfterDeath()
			if merge {
				w.put(queue.Item{Kind: queue.KindMerge, Merge: &queue.Merge{HeadSHA: w.pull.HeadSHA(), BaseSHA: w.pull.BaseSHA(), BaseRef: "refs/heads/main"}})
			} else {
				w.putPull()
			}
			if got := w.verdicts(w.pull.HeadSHA()); !slices.Equal(got, []string{"failure"}) {
				t.Errorf("check runs %q", got)
			}
			run := w.repo.CheckRuns(w.pull.HeadSHA())[0]
			for _, part := range []string{"died or was stopped each of the 2 times", "comment `/podcheck review` or press *Re-run*", "a-delivery"} {
				if !strings.Contains(run.Summary, part) {
					t.Errorf("the check run does not say %q: %s", part, run.Summary)
				}
			}
			if n := len(w.pull.Reviews()); n != 0 {
				t.Errorf("%d reviews, but what kills the process must not be done again", n)
			}
			for _, r := range w.github.Requests() {
				if r.Kind == double.KindGit {
					t.Errorf("asked git for %s", r.Path)
				}
			}
		})
	}
}

func TestDeathOfTheProcessLeavesAVerdict(t *testing.T) {
	w := newWorld(t, 2)
	var dead atomic.Bool
	looked := make(chan struct{}, 2)
	ctx, stop := context.WithCancel(context.Background())
	var group conc.WaitGroup
	group.Go(func() {
		_ = w.queue.Work(ctx, 1, func(ctx context.Context, job queue.Job) error {
			job.Died = dead.Load()
			defer func() { looked <- struct{}{} }()
			return w.worker.Handle(ctx, job)
		})
	})
	t.Cleanup(func() { stop(); group.Wait(); _ = w.queue.Close() })
	w.putPull()
	<-looked
	before := w.verdicts(w.pull.HeadSHA())
	dead.Store(true)
	w.github.ResetRequests()
	w.putPull()
	<-looked
	if after := w.verdicts(w.pull.HeadSHA()); !slices.Equal(before, after) || w.github.Counts().Writes != 0 {
		t.Errorf("check runs %q, were %q; %+v", after, before, w.github.Counts())
	}
}

func TestDeathOfTheProcessIsSaidToWhoGaveTheCommand(t *testing.T) {
	w := newWorld(t, 2)
	w.workAfterDeath()
	id := value(w.pull.Comment("person", "/podcheck"))(t)
	w.put(queue.Item{Kind: queue.KindCommand, Number: 1, Command: &queue.Command{Source: queue.SourceIssueComment, ID: id, Author: "person"}})
	w.until("the result", func() bool { return len(w.pull.Comments()[0].Reactions) == 1 })
	if got := w.pull.Comments(); len(got) != 2 || !strings.HasSuffix(got[0].Reactions[0], ":confused") ||
		!strings.HasPrefix(got[1].Body, "Podcheck's process died") || !strings.Contains(got[1].Body, "a-delivery") {
		t.Errorf("comments %+v", got)
	}
	if runs := w.repo.CheckRuns(w.pull.HeadSHA()); len(runs) != 0 {
		t.Errorf("check runs %+v", runs)
	}
}

// panicking panics at a message, a number of times.
type panicking struct {
	slog.Handler
	message string
	left    *atomic.Int32
}

func (p panicking) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == p.message && p.left.Add(-1) >= 0 {
		panic("boom")
	}
	return p.Handler.Handle(ctx, r)
}

func (p panicking) WithAttrs(attrs []slog.Attr) slog.Handler {
	return panicking{p.Handler.WithAttrs(attrs), p.message, p.left}
}

func TestLastPanicIsTold(t *testing.T) {
	w := newWorld(t, 2)
	var left atomic.Int32
	left.Store(2)
	w.worker.Log = slog.New(panicking{slog.NewTextHandler(t.Output(), nil), "command answered", &left})
	w.work()
	id := value(w.pull.Comment("person", "/podcheck help"))(t)
	w.put(queue.Item{Kind: queue.KindCommand, Number: 1, Command: &queue.Command{Source: queue.SourceIssueComment, ID: id, Author: "person"}})
	w.until("the dead letter", func() bool { return len(value(w.queue.DeadLetters(t.Context()))(t)) == 1 })
	if letter := value(w.queue.DeadLetters(t.Context()))(t)[0]; !strings.Contains(letter.Reason, "boom") || strings.Contains(letter.Reason, "goroutine") {
		t.Errorf("dead letter %+v", letter)
	}
	if got := w.pull.Comments()[0].Reactions; len(got) != 2 || !strings.HasSuffix(got[1], ":confused") {
		t.Errorf("reactions %q", got)
	}
}

func TestCommandThatReviewsForgetsTheDeadLetter(t *testing.T) {
	w := newWorld(t, 1)
	w.github.Inject(double.Match{Kind: double.KindGit}, double.Fault{Status: http.StatusForbidden}, 2)
	w.work()
	w.putPull()
	w.until("the dead letter", func() bool { return len(value(w.queue.DeadLetters(t.Context()))(t)) == 1 })
	id := value(w.pull.Comment("person", "/podcheck review"))(t)
	w.put(queue.Item{Kind: queue.KindCommand, Number: 1, Command: &queue.Command{Source: queue.SourceIssueComment, ID: id, Author: "person"}})
	w.until("the review", func() bool { return len(w.pull.Reviews()) == 1 })
	w.until("no dead letter", func() bool { return len(value(w.queue.DeadLetters(t.Context()))(t)) == 0 })
}
