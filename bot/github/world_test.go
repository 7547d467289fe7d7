package github

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	double "github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/review"
)

// world is a GitHub with one open pull request, which changes lines 2 and 14 of app.yaml.
type world struct {
	*testing.T
	github *double.Server
	repo   *double.Repo
	pull   *double.Pull
	client *Client
}

var name = Repo{Owner: "acme", Name: "shop"}

// lines is a file of twenty lines, some of them changed.
func lines(changed ...int) []byte {
	var b strings.Builder
	for n := 1; n <= 20; n++ {
		if slices.Contains(changed, n) {
			fmt.Fprintf(&b, "changed%d: true\n", n)
		} else {
			fmt.Fprintf(&b, "line%d: 1\n", n)
		}
	}
	return []byte(b.String())
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t}
	w.github = value(double.New(double.Options{}))(t)
	t.Cleanup(func() {
		if err := w.github.Close(); err != nil {
			t.Error(err)
		}
	})
	w.repo = value(w.github.CreateRepo(t.Context(), double.NewRepo{Name: "acme/shop",
		Files: map[string][]byte{"app.yaml": lines(), "other.yaml": lines()}}))(t)
	w.push("feature", map[string][]byte{"app.yaml": lines(2, 14)})
	w.pull = value(w.repo.OpenPull(t.Context(), double.NewPull{Title: "Change", Head: "feature", Author: "ann"}))(t)
	w.client = w.app().Client(w.github.InstallationID("acme"))
	return w
}

func (w *world) app() *App {
	return value(New(Options{AppID: w.github.AppID(), Key: w.github.PrivateKeyPEM(),
		API: strings.TrimSuffix(w.github.APIURL(), "/"), GraphQL: w.github.GraphQLURL(), Transport: checked(w.T)}))(w.T)
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

func (w *world) push(branch string, files map[string][]byte) {
	w.Helper()
	value(w.repo.Commit(w.Context(), branch, double.Commit{Message: "Change", Files: files}))(w.T)
}

func (w *world) read() *Snapshot {
	w.Helper()
	return value(w.client.Read(w.Context(), name, w.pull.Number()))(w.T)
}

// reconcile reads and reconciles, and returns the report with the number of reads and writes that it took.
func (w *world) reconcile(want Desired) (Report, double.Counts) {
	w.Helper()
	w.github.ResetRequests()
	report := value(w.client.Reconcile(w.Context(), w.read(), want, allow))(w.T)
	return report, w.github.Counts()
}

func (w *world) runs() []double.PostedCheck { return w.repo.CheckRuns(w.pull.HeadSHA()) }

// desired is a review with comments and annotations for their findings.
func desired(comments ...review.Comment) Desired {
	want := wanted(comments)
	want.ExternalID = ExternalID(1, "main", "default")
	want.Review.Body = "Podcheck found something."
	want.Review.Check = review.Check{Conclusion: review.Failure, Title: fmt.Sprintf("%d introduced", len(comments)), Summary: "Summary", Text: "Text"}
	for _, c := range comments {
		want.Review.Check.Annotations = append(want.Review.Check.Annotations, review.Annotation{
			Path: c.Path, StartLine: max(c.Line, 1), EndLine: max(c.Line, 1), Level: "failure", Title: "Title", Message: c.Body})
	}
	if len(comments) == 0 {
		want.Review.Check.Conclusion = review.Success
	}
	return want
}
