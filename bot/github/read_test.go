package github

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	gogithub "github.com/google/go-github/v60/github"

	double "github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/review"
)

func TestReadTellsAllAboutAPullRequest(t *testing.T) {
	w := newWorld(t)
	w.push("main", map[string][]byte{".podcheck.yml": []byte("version: 1\n")})
	value(w.github.CreateRepo(t.Context(), double.NewRepo{Name: "acme/.github", Files: map[string][]byte{"podcheck.yml": []byte("version: 1 # ours\n")}}))(t)
	value(w.pull.Comment("bob", "/podcheck help"))(t)
	w.github.ResetRequests()
	s := w.read()
	if got := w.github.Counts(); got != (double.Counts{Reads: 1}) {
		t.Errorf("took %+v", got)
	}
	if !s.Open || s.Draft || s.Fork || s.Author.Login != "ann" || s.BaseRef != "main" || s.HeadSHA != w.pull.HeadSHA() || s.Viewer == 0 {
		t.Errorf("read %+v", s)
	}
	if s.BaseSHA == w.pull.BaseSHA() || s.Config != (File{Text: "version: 1\n", Found: true}) || s.Organisation != (File{Text: "version: 1 # ours\n", Found: true}) {
		t.Errorf("base %s, configuration %+v, of the organisation %+v", s.BaseSHA, s.Config, s.Organisation)
	}
	if len(s.Comments) != 1 || s.Comments[0].Author.Login != "bob" || s.Comments[0].Done || s.Comments[0].Created.IsZero() {
		t.Errorf("comments %+v", s.Comments)
	}
}

func TestAbsentConfigurationIsAbsent(t *testing.T) {
	if s := newWorld(t).read(); s.Config != (File{}) || s.Organisation != (File{}) {
		t.Errorf("read %+v and %+v", s.Config, s.Organisation)
	}
}

func TestUnknownPullRequestIsGone(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		repo   Repo
		number int
	}{{name, 99}, {Repo{"acme", "nothing"}, 1}} {
		if _, err := w.client.Read(t.Context(), c.repo, c.number); !errors.Is(err, ErrGone) {
			t.Errorf("%v#%d: %v", c.repo, c.number, err)
		}
	}
}

// TestCommentsOfOthersAreNotOurs: the marker is no secret, so a copied one must not keep us from posting.
func TestCommentsOfOthersAreNotOurs(t *testing.T) {
	w := newWorld(t)
	want := desired(comment(2, "text", "a"))
	p := makePlan(w.read(), want)
	person := value(gogithub.NewClient(&http.Client{Transport: checked(t)}).
		WithAuthToken(w.github.PersonToken("mallory")).WithEnterpriseURLs(w.github.URL(), w.github.URL()))(t)
	_, _, err := person.PullRequests.CreateComment(t.Context(), name.Owner, name.Name, w.pull.Number(), &gogithub.PullRequestComment{
		Body: &p.lines[0].body, Path: gogithub.String("app.yaml"), Line: gogithub.Int(2), Side: gogithub.String("RIGHT"),
		CommitID: gogithub.String(w.pull.HeadSHA()),
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := w.read(); len(s.Threads) != 0 {
		t.Errorf("threads %+v", s.Threads)
	}
	if report, _ := w.reconcile(want); report.Posted != 1 {
		t.Errorf("report %+v", report)
	}
}

func TestManyThreadsAreReadInPages(t *testing.T) {
	w := newWorld(t)
	var comments []review.Comment
	for i := range 130 {
		comments = append(comments, comment(2, "text", fmt.Sprint("key", i)))
	}
	w.reconcile(desired(comments...))
	w.github.ResetRequests()
	if s := w.read(); len(s.Threads) != 130 || w.github.Counts().Reads != 2 {
		t.Errorf("%d threads in %+v", len(s.Threads), w.github.Counts())
	}
	if report, _ := w.reconcile(desired(comments...)); report.Posted != 0 {
		t.Errorf("report %+v", report)
	}
}

func TestUnreadableOrganisationConfigurationIsNotAbsent(t *testing.T) {
	answer := readAnswer{}
	for problem, absent := range map[string]bool{"NOT_FOUND": true, "FORBIDDEN": false, "": false} {
		errs := []graphError{{Type: problem, Path: []any{"organisation"}}}
		if got := answer.organisation(errs); (got.Err == nil) != absent {
			t.Errorf("%q: %+v", problem, got)
		}
	}
}
