package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	double "github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/review"
)

func TestReconcilePostsOnce(t *testing.T) {
	w := newWorld(t)
	want := desired(comment(2, "first", "a"), review.Comment{Keys: []string{"b"}, Path: "app.yaml", StartLine: 13, Line: 14, Body: "second"})
	report, took := w.reconcile(want)
	if report.Posted != 2 || took != (double.Counts{Reads: 1, Writes: 2}) {
		t.Errorf("report %+v took %+v", report, took)
	}
	if reviews := w.pull.Reviews(); len(reviews) != 1 || reviews[0].State != "COMMENTED" || reviews[0].Commit != w.pull.HeadSHA() {
		t.Errorf("reviews %+v", reviews)
	}
	if got := w.pull.ReviewComments(); len(got) != 2 || got[0].Line != 2 || got[1].StartLine != 13 || got[1].Line != 14 {
		t.Errorf("comments %+v", got)
	}
	runs := w.runs()
	if len(runs) != 1 || runs[0].Status != "completed" || runs[0].Conclusion != "failure" || len(runs[0].Annotations) != 2 ||
		runs[0].ExternalID != "1:main:default" || !strings.HasPrefix(runs[0].Summary, "Summary\n") || runs[0].Text != "Text" {
		t.Errorf("runs %+v", runs)
	}
	report, took = w.reconcile(want)
	if report.Posted != 0 || report.Edits != 0 || report.Refused != nil || took != (double.Counts{Reads: 1}) {
		t.Errorf("second time: report %+v took %+v", report, took)
	}
	if s := w.read(); !s.Reviewed(want.ExternalID, true) {
		t.Errorf("not known as reviewed: %+v", s.Runs)
	}
}

func TestFixedFindingClosesItsThread(t *testing.T) {
	w := newWorld(t)
	w.reconcile(desired(comment(2, "quiet", "a"), comment(14, "discussed", "b"), comment(13, "stays", "c")))
	discussed := w.pull.ReviewComments()[1]
	value(w.pull.Reply("ann", discussed.ID, "why?"))(t)
	w.push("feature", map[string][]byte{"app.yaml": lines(14)})
	report, took := w.reconcile(desired(comment(13, "stays, with another text", "c")))
	if report.Edits != 4 || took != (double.Counts{Reads: 1, Writes: 2}) {
		t.Errorf("report %+v took %+v", report, took)
	}
	state := map[string]string{}
	for _, c := range w.pull.ReviewComments() {
		text, _, _ := strings.Cut(c.Body, "\n")
		state[text] = fmt.Sprintf("%s %v", c.ResolvedBy, c.Minimized)
	}
	bot := w.github.BotLogin()
	if state["quiet"] != bot+" true" || state["discussed"] != bot+" false" || state["stays, with another text"] != " false" {
		t.Errorf("threads %v", state)
	}
	if _, took := w.reconcile(desired(comment(13, "stays, with another text", "c"))); took.Writes != 0 {
		t.Errorf("second time took %+v", took)
	}

	w.reconcile(desired(comment(2, "quiet", "a"), comment(13, "stays, with another text", "c")))
	if got := w.pull.ReviewComments()[0]; got.ResolvedBy != "" || got.Minimized {
		t.Errorf("the finding returned, its thread is %+v", got)
	}
}

func TestThreadResolvedByAPersonStaysResolved(t *testing.T) {
	w := newWorld(t)
	w.reconcile(desired(comment(2, "text", "a")))
	if err := w.pull.Resolve("ann", w.pull.ReviewComments()[0].ID); err != nil {
		t.Fatal(err)
	}
	w.push("feature", map[string][]byte{"other.yaml": lines(3)})
	report, took := w.reconcile(desired(comment(2, "another text", "a")))
	if report.Posted+report.Edits != 0 || took.Writes != 1 { // the check run of the other head
		t.Errorf("report %+v took %+v", report, took)
	}
}

func TestRefusedCommentLosesNoOther(t *testing.T) {
	w := newWorld(t)
	want := desired(
		comment(2, "good", "a"), comment(9, "between the hunks", "b"), comment(13, "good too", "c"),
		review.Comment{Keys: []string{"d"}, Path: "nowhere.yaml", Line: 1, Body: "outside the diff"},
		comment(14, "good as well", "e"), comment(0, "on the file", "f"),
	)
	report, _ := w.reconcile(want)
	if report.Posted != 5 || !slices.Equal(report.Refused, []string{"nowhere.yaml"}) {
		t.Errorf("report %+v", report)
	}
	kinds := map[string]int{}
	for _, c := range w.pull.ReviewComments() {
		kinds[c.Subject]++
	}
	if kinds["line"] != 3 || kinds["file"] != 2 {
		t.Errorf("comments on %v", kinds)
	}
	withBody := 0
	for _, r := range w.pull.Reviews() {
		if strings.HasPrefix(r.Body, want.Review.Body) {
			withBody++
		}
	}
	if withBody != 1 {
		t.Errorf("%d reviews: %+v", withBody, w.pull.Reviews())
	}
	if len(w.runs()[0].Annotations) != 6 {
		t.Errorf("annotations %+v", w.runs()[0].Annotations)
	}
	if report, took := w.reconcile(want); report.Posted != 0 || took.Writes != 0 {
		t.Errorf("second time: report %+v took %+v", report, took)
	}
}

func TestEverySubsetOfBadCommentsIsSorted(t *testing.T) {
	w := newWorld(t)
	good := []int{1, 2, 3, 4}
	for bad := range 8 { // which of three places is bad
		key := fmt.Sprintf("case%d-", bad)
		var comments []review.Comment
		for i := range 3 {
			line := good[i]
			if bad&(1<<i) != 0 {
				line = 9
			}
			comments = append(comments, comment(line, "text", fmt.Sprint(key, i)))
		}
		s := w.read()
		poster := poster{client: w.app().Client(w.github.InstallationID("acme")), snapshot: s, body: "body", fence: allow}
		p := makePlan(s, wanted(comments))
		refused, err := poster.review(t.Context(), p.lines)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range refused {
			if r.line != 9 {
				t.Errorf("case %d: line %d was refused", bad, r.line)
			}
		}
		if want := (bad & 1) + (bad >> 1 & 1) + (bad >> 2 & 1); len(refused) != want {
			t.Errorf("case %d: %d refused", bad, len(refused))
		}
	}
}

func TestLostAnswersRepeatNothing(t *testing.T) {
	for _, c := range []struct {
		name  string
		match double.Match
		fault double.Fault
	}{
		{"review, cut", double.Match{Method: http.MethodPost, Route: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"}, double.LostAnswer()},
		{"review, 502", double.Match{Method: http.MethodPost, Route: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"}, double.LostBehindProxy()},
		{"check run", double.Match{Method: http.MethodPost, Route: "/repos/{owner}/{repo}/check-runs"}, double.LostAnswer()},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			want := desired(comment(2, "text", "a"))
			w.github.Inject(c.match, c.fault, 1)
			var down *Unavailable
			if _, err := w.client.Reconcile(t.Context(), w.read(), want, allow); !errors.As(err, &down) {
				t.Fatalf("got %v", err)
			}
			w.reconcile(want)
			if r, n, runs := w.pull.Reviews(), w.pull.ReviewComments(), w.runs(); len(r) != 1 || len(n) != 1 || len(runs) != 1 {
				t.Errorf("%d reviews, %d comments, %d runs", len(r), len(n), len(runs))
			}
		})
	}
}

func TestPendingReviewOfOursIsRemoved(t *testing.T) {
	w := newWorld(t)
	p := poster{client: w.client, snapshot: w.read(), fence: allow}
	value(p.create(t.Context(), p.request([]post{{path: "app.yaml", line: 2, body: "left by a crash"}})))(t)
	if report, _ := w.reconcile(desired(comment(2, "text", "a"))); report.Posted != 1 || len(w.pull.Reviews()) != 1 || len(w.pull.ReviewComments()) != 1 {
		t.Errorf("report %+v, comments %+v", report, w.pull.ReviewComments())
	}
}

func TestPendingReviewThatAppearsIsReadAgain(t *testing.T) {
	w := newWorld(t)
	s := w.read()
	p := poster{client: w.client, snapshot: s, fence: allow}
	value(p.create(t.Context(), p.request([]post{{path: "app.yaml", line: 2, body: "left by a crash"}})))(t)
	var down *Unavailable
	if _, err := w.client.Reconcile(t.Context(), s, desired(comment(2, "text", "a")), allow); !errors.As(err, &down) {
		t.Fatalf("got %v", err)
	}
	if report, _ := w.reconcile(desired(comment(2, "text", "a"))); report.Posted != 1 {
		t.Errorf("report %+v", report)
	}
}

func TestNothingIsPostedForAHeadThatMoved(t *testing.T) {
	for _, c := range []struct {
		name string
		age  time.Duration
	}{{"old read", time.Minute}, {"fresh read, force-pushed away", 0}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			s := w.read()
			s.ReadAt = s.ReadAt.Add(-c.age)
			value(w.repo.Commit(t.Context(), "feature", double.Commit{Message: "Over", From: w.pull.BaseSHA(), Force: true,
				Files: map[string][]byte{"app.yaml": lines(3)}}))(t)
			_, err := w.client.Reconcile(t.Context(), s, desired(comment(2, "text", "a")), allow)
			if c.age > 0 && !errors.Is(err, ErrHeadMoved) {
				t.Errorf("got %v", err)
			}
			if c.age > 0 && len(w.pull.Reviews()) != 0 {
				t.Errorf("posted %+v", w.pull.Reviews())
			}
		})
	}
}

func TestFenceIsAskedBeforeEachWrite(t *testing.T) {
	w := newWorld(t)
	w.reconcile(desired(comment(2, "gone soon", "a")))
	w.push("feature", map[string][]byte{"app.yaml": lines(2, 14, 15)})
	for allowed := range 3 {
		left := allowed
		lost := errors.New("lease lost")
		w.github.ResetRequests()
		_, err := w.client.Reconcile(t.Context(), w.read(), desired(comment(14, "text", "b")), func(ctx context.Context) (time.Time, error) {
			if left == 0 {
				return refuse(lost)(ctx)
			}
			left--
			return allow(ctx)
		})
		if !errors.Is(err, lost) && allowed < 1 {
			t.Errorf("%d writes allowed: %v", allowed, err)
		}
		if got := w.github.Counts().Writes; got > allowed {
			t.Errorf("%d writes, %d allowed", got, allowed)
		}
	}
}

func TestRevokedTokenInTheMiddle(t *testing.T) {
	w := newWorld(t)
	s := w.read()
	w.github.RevokeTokens()
	if report := value(w.client.Reconcile(t.Context(), s, desired(comment(2, "text", "a")), allow))(t); report.Posted != 1 || len(w.runs()) != 1 {
		t.Errorf("report %+v", report)
	}
}
