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

	gogithub "github.com/google/go-github/v60/github"

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
		_, err := w.client.Reconcile(t.Context(), w.read(), desired(comment(14, "text", "b")), func(context.Context) error {
			if left == 0 {
				return lost
			}
			left--
			return nil
		})
		if !errors.Is(err, lost) && allowed < 1 {
			t.Errorf("%d writes allowed: %v", allowed, err)
		}
		if got := w.github.Counts().Writes; got > allowed {
			t.Errorf("%d writes, %d allowed", got, allowed)
		}
	}
}

func TestConversation(t *testing.T) {
	w := newWorld(t)
	id := value(w.pull.Comment("ann", "/podcheck help"))(t)
	in := Conversation{Repo: name, Number: w.pull.Number()}
	for _, r := range []Reaction{Eyes, Rocket, Rocket} {
		if err := w.client.React(t.Context(), in, id, r, allow); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.client.Reply(t.Context(), in, id, "the table", allow); err != nil {
		t.Fatal(err)
	}
	s := w.read()
	if !s.Comments[0].Seen || !s.Comments[0].Done || !s.Replied(in, id) || s.Replied(in, id+1) {
		t.Errorf("comments %+v", s.Comments)
	}
	if c := value(w.client.Comment(t.Context(), in, id, s.Viewer))(t); !c.Done || c.Author.Login != "ann" || c.Body != "/podcheck help" {
		t.Errorf("comment %+v", c)
	}
	if _, err := w.client.Comment(t.Context(), in, 424242, s.Viewer); !errors.Is(err, ErrGone) {
		t.Errorf("got %v", err)
	}
}

func TestCommandInAThreadOfTheDiff(t *testing.T) {
	w := newWorld(t)
	w.reconcile(desired(comment(2, "text", "a")))
	id := value(w.pull.Reply("ann", w.pull.ReviewComments()[0].ID, "/podcheck"))(t)
	in := Conversation{Repo: name, Number: w.pull.Number(), InReview: true}
	if err := w.client.React(t.Context(), in, id, Confused, allow); err != nil {
		t.Fatal(err)
	}
	if c := value(w.client.Comment(t.Context(), in, id, w.read().Viewer))(t); !c.Done || c.Seen || c.Body != "/podcheck" {
		t.Errorf("comment %+v", c)
	}
}

func TestCanWrite(t *testing.T) {
	w := newWorld(t)
	for login, right := range map[string]string{"wendy": "write", "adam": "admin", "rita": "read"} {
		if err := w.repo.SetCollaborator(login, right); err != nil {
			t.Fatal(err)
		}
		if can := value(w.client.CanWrite(t.Context(), name, login))(t); can != (right != "read") {
			t.Errorf("%s with %s: %v", login, right, can)
		}
	}
	if can := value(w.client.CanWrite(t.Context(), name, "nobody-at-all"))(t); can {
		t.Error("a stranger may write")
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

func TestRevokedTokenInTheMiddle(t *testing.T) {
	w := newWorld(t)
	s := w.read()
	w.github.RevokeTokens()
	if report := value(w.client.Reconcile(t.Context(), s, desired(comment(2, "text", "a")), allow))(t); report.Posted != 1 || len(w.runs()) != 1 {
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
