package work

import (
	"bytes"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/page"
	"github.com/podcheck/podcheck/bot/queue"
	double "github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/review"
	layout "github.com/podcheck/podcheck/review/page"
)

const root = "https://podcheck.example.com/reviews/"

// keepPages has the worker keep pages in a queue's store.
func (w *world) keepPages(q *queue.Queue, log *slog.Logger) {
	w.Helper()
	w.worker.Pages = value(page.Open(w.Context(), q, root, log))(w.T)
}

// page waits until what a check run leads to has a text.
func (w *world) page(run double.PostedCheck, text string) (html string) {
	w.Helper()
	token, ok := strings.CutPrefix(run.DetailsURL, root)
	if !ok {
		w.Fatalf("the check run leads to %q", run.DetailsURL)
	}
	w.until(text, func() bool {
		got, _, err := w.worker.Pages.Open(w.Context(), token)
		html = string(got)
		return err == nil && strings.Contains(html, text)
	})
	return html
}

func TestReviewGoesOnWithoutItsPage(t *testing.T) {
	w := newWorld(t, 1)
	gone := value(queue.Open(t.Context(), queue.Options{Dir: t.TempDir()}))(t)
	var log bytes.Buffer
	w.keepPages(gone, slog.New(slog.NewTextHandler(&log, nil)))
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	w.work()
	w.putPull()
	w.verdicts(w.pull.HeadSHA())
	if run := w.repo.CheckRuns(w.pull.HeadSHA())[0]; run.DetailsURL != "" || run.Conclusion != "neutral" || len(w.pull.Reviews()) != 1 {
		t.Errorf("check run %+v, %d reviews", run, len(w.pull.Reviews()))
	}
	w.until("the last use of the pages", func() bool { return w.github.Counts().Writes >= 2 })
	if n := len(value(w.queue.DeadLetters(t.Context()))(t)); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

func TestPageOfAFailure(t *testing.T) {
	w := newWorld(t, 1)
	w.worker.Slow = time.Hour // a run in progress would be another one
	w.keepPages(w.queue, w.worker.Log)
	w.github.Inject(double.Match{Kind: double.KindGit}, double.Fault{Status: http.StatusForbidden, Body: "secret detail"}, 2)
	w.work()
	w.putPull()
	w.verdicts(w.pull.HeadSHA())
	failed := w.repo.CheckRuns(w.pull.HeadSHA())[0]
	html := w.page(failed, "The check run is completed: failure, “Could not be analysed”")
	if !strings.Contains(html, `<h1 class="bad">Could not be analysed</h1>`) || !strings.Contains(html, "The App needs read access") || strings.Contains(html, "secret detail") {
		t.Errorf("the page is %s", html)
	}
	w.putPull()
	w.until("the review", func() bool {
		return w.repo.CheckRuns(w.pull.HeadSHA())[0].Title != failed.Title || len(w.repo.CheckRuns(w.pull.HeadSHA())) > 1
	})
	html = w.page(failed, "The check run is completed: neutral")
	if strings.Contains(html, "<h1 class=\"bad\">") || !strings.Contains(html, "The check run is completed: failure") {
		t.Errorf("after a review the page is %s", html)
	}
}

func TestPageOfAMergeGroup(t *testing.T) {
	w := newWorld(t, 1)
	w.keepPages(w.queue, w.worker.Log)
	w.work()
	w.put(queue.Item{Kind: queue.KindMerge, Merge: &queue.Merge{HeadSHA: w.pull.HeadSHA(), BaseSHA: w.pull.BaseSHA(), BaseRef: "refs/heads/main"}})
	w.verdicts(w.pull.HeadSHA())
	html := w.page(w.repo.CheckRuns(w.pull.HeadSHA())[0], "The check run is completed: neutral")
	if !strings.Contains(html, "acme/shop, merge queue") || !strings.Contains(html, "split-sidecar") {
		t.Errorf("the page is %s", html)
	}
	if got := w.github.Counts(); got != (double.Counts{Reads: 1, Writes: 1}) {
		t.Errorf("took %+v", got)
	}
}

func TestSlowReviewIsOnTheTimeline(t *testing.T) {
	w := newWorld(t, 1)
	w.worker.Slow = time.Nanosecond
	w.keepPages(w.queue, w.worker.Log)
	w.work()
	w.putPull()
	w.verdicts(w.pull.HeadSHA())
	html := w.page(w.repo.CheckRuns(w.pull.HeadSHA())[0], "The check run is completed: neutral")
	if progress, done := strings.Index(html, "The check run is in progress"), strings.Index(html, "The check run is completed"); progress < 0 || done < progress {
		t.Errorf("the page is %s", html)
	}
}

func TestReconciledInPlainWords(t *testing.T) {
	check := review.Check{Conclusion: review.Failure, Title: "1 error introduced"}
	for name, c := range map[string]struct {
		report github.Report
		want   []layout.Event
	}{
		"nothing":     {github.Report{Refused: []string{"a"}}, nil},
		"one comment": {github.Report{Posted: 1, Places: []string{"a.yaml:3"}}, []layout.Event{{What: "1 comment is posted on", Where: "a.yaml:3"}}},
		"everything": {github.Report{Posted: 3, Places: []string{"a", "b", "c"}, Edits: 9, Resolved: 1, Reopened: 2, Changed: 1, Check: true}, []layout.Event{
			{What: "3 comments are posted"}, {What: "1 comment is brought up to date"}, {What: "2 threads are opened again"}, {What: "1 thread is resolved"},
			{What: "The check run is completed: failure, “1 error introduced”"},
		}},
	} {
		if got := reconciled(c.report, check); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
