package github

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	double "github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/review"
)

func TestAnnotationsGoInBatches(t *testing.T) {
	w := newWorld(t)
	want := desired(comment(2, "text", "a"))
	want.Review.Check.Annotations = nil
	for i := range 120 {
		want.Review.Check.Annotations = append(want.Review.Check.Annotations, review.Annotation{
			Path: "app.yaml", StartLine: i%20 + 1, EndLine: i%20 + 1, StartColumn: 1, EndColumn: 5, Level: "warning", Message: fmt.Sprint(i)})
	}
	if _, took := w.reconcile(want); took.Writes != 1+3 {
		t.Errorf("took %+v", took)
	}
	if runs := w.runs(); len(runs) != 1 || len(runs[0].Annotations) != 120 || runs[0].Status != "completed" {
		t.Errorf("%d runs with %d annotations", len(runs), len(runs[0].Annotations))
	}
	if _, took := w.reconcile(want); took.Writes != 0 {
		t.Errorf("second time took %+v", took)
	}
}

func TestRunIsUpdatedWhileItsAnnotationsStay(t *testing.T) {
	w := newWorld(t)
	want := desired(comment(2, "text", "a"))
	w.reconcile(want)
	want.Review.Check.Title = "Another title"
	w.reconcile(want)
	if runs := w.runs(); len(runs) != 1 || runs[0].Title != "Another title" || len(runs[0].Annotations) != 1 {
		t.Errorf("runs %+v", runs)
	}
	w.reconcile(desired())
	if runs := w.runs(); len(runs) != 2 || len(runs[1].Annotations) != 0 || runs[1].Conclusion != "success" {
		t.Errorf("annotations must disappear with a new run: %+v", runs)
	}
}

func TestSlowReviewShowsItself(t *testing.T) {
	w := newWorld(t)
	want := desired(comment(2, "text", "a"))
	s := w.read()
	if err := w.client.StartCheck(t.Context(), s, want.ExternalID, allow); err != nil {
		t.Fatal(err)
	}
	if runs := w.runs(); len(runs) != 1 || runs[0].Status != "in_progress" {
		t.Fatalf("runs %+v", runs)
	}
	value(w.client.Reconcile(t.Context(), s, want, allow))(t)
	if runs := w.runs(); len(runs) != 1 || runs[0].Status != "completed" || len(runs[0].Annotations) != 1 {
		t.Errorf("runs %+v", runs)
	}
}

func TestRunLeftByACrashIsTakenOver(t *testing.T) {
	w := newWorld(t)
	want := desired(comment(2, "text", "a"))
	if err := w.client.StartCheck(t.Context(), w.read(), want.ExternalID, allow); err != nil {
		t.Fatal(err)
	}
	s := w.read()
	if s.Reviewed(want.ExternalID, true) {
		t.Error("a run in progress counts as reviewed")
	}
	w.github.ResetRequests()
	if err := w.client.StartCheck(t.Context(), s, want.ExternalID, allow); err != nil || w.github.Counts().Writes != 0 {
		t.Errorf("started again: %v", err)
	}
	w.reconcile(want)
	if runs := w.runs(); len(runs) != 1 || runs[0].Status != "completed" {
		t.Errorf("runs %+v", runs)
	}
}

func TestRunLeftAmongItsAnnotations(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Desired)
		runs   []string
	}{
		{"is continued", func(*Desired) {}, []string{"failure 61"}},
		{"is replaced when they differ", func(d *Desired) { d.Review.Check.Annotations[3].Message = "other" }, []string{"cancelled 50", "failure 61"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			want := desired(comment(2, "text", "a"))
			for i := range 60 {
				want.Review.Check.Annotations = append(want.Review.Check.Annotations, review.Annotation{
					Path: "app.yaml", StartLine: 1, EndLine: 1, Level: "notice", Message: fmt.Sprint(i)})
			}
			w.github.Inject(double.Match{Method: http.MethodPatch}, double.HTMLError(http.StatusBadGateway), 1)
			var down *Unavailable
			if _, err := w.client.Reconcile(t.Context(), w.read(), want, allow); !errors.As(err, &down) {
				t.Fatal(err)
			}
			c.change(&want)
			w.reconcile(want)
			var got []string
			for _, run := range w.runs() {
				got = append(got, fmt.Sprintf("%s %d", run.Conclusion, len(run.Annotations)))
			}
			if !slices.Equal(got, c.runs) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestOlderHeadsRunIsCancelled(t *testing.T) {
	w := newWorld(t)
	old := w.pull.HeadSHA()
	if err := w.client.StartCheck(t.Context(), w.read(), ExternalID(1, "main", "default"), allow); err != nil {
		t.Fatal(err)
	}
	w.push("feature", map[string][]byte{"app.yaml": lines(2)})
	w.reconcile(desired())
	if runs := w.repo.CheckRuns(old); len(runs) != 1 || runs[0].Conclusion != "cancelled" {
		t.Errorf("runs of the older head %+v", runs)
	}
	if runs := w.runs(); len(runs) != 1 || runs[0].Conclusion != "success" {
		t.Errorf("runs %+v", runs)
	}
}

func TestTwoPullRequestsWithOneHeadHaveARunEach(t *testing.T) {
	w := newWorld(t)
	w.push("release", map[string][]byte{"other.yaml": lines(3)})
	w.reconcile(desired())
	second := value(w.repo.OpenPull(t.Context(), double.NewPull{Title: "Again", Head: "feature", Base: "release"}))(t)
	s := value(w.client.Read(t.Context(), name, second.Number()))(t)
	if s.Run() != nil {
		t.Fatalf("the second pull request took the run %+v", s.Run())
	}
	want := desired()
	want.ExternalID = ExternalID(second.Number(), "release", "default")
	value(w.client.Reconcile(t.Context(), s, want, allow))(t)
	if runs := w.runs(); len(runs) != 2 {
		t.Errorf("runs %+v", runs)
	}
}

func TestButtons(t *testing.T) {
	for _, c := range []struct {
		name     string
		snapshot Snapshot
		check    review.Check
		want     string
	}{
		{"nothing to fix", Snapshot{Number: 1}, review.Check{}, "review"},
		{"safe fixes only", Snapshot{Number: 1}, review.Check{Fixable: 2, SafeFixable: 2}, "fix-safe review"},
		{"others only", Snapshot{Number: 1}, review.Check{Fixable: 2}, "fix-all review"},
		{"both", Snapshot{Number: 1}, review.Check{Fixable: 2, SafeFixable: 1}, "fix-safe fix-all review"},
		{"fork", Snapshot{Number: 1, Fork: true}, review.Check{Fixable: 2, SafeFixable: 1}, "review"},
		{"merge group", Snapshot{}, review.Check{Fixable: 2, SafeFixable: 1}, "review"},
	} {
		var got []string
		for _, a := range actions(&c.snapshot, c.check) {
			got = append(got, a.Identifier)
			if len(a.Label) > 20 || len(a.Description) > 40 || len(a.Identifier) > 20 {
				t.Errorf("GitHub refuses %+v", a)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
