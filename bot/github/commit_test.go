package github

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	double "github.com/podcheck/podcheck/fixtures/github"
)

const (
	treesRoute   = "/repos/{owner}/{repo}/git/trees"
	commitsRoute = "/repos/{owner}/{repo}/git/commits"
	refRoute     = "/repos/{owner}/{repo}/git/refs/{ref}"
	tipRoute     = "/repos/{owner}/{repo}/git/ref/{ref}"
)

var ann = Actor{ID: 7, Login: "ann"}

// change is a commit of one file.
func change(command string) Commit {
	return Commit{Message: "Fix a finding\n\n- rule Kind/name (k3v9)\n", Command: command, For: ann,
		Files: []CommitFile{{Path: "app.yaml", Mode: "100644", Data: lines(2)}}}
}

// add reads and commits.
func (w *world) add(c Commit, fence Fence) error {
	w.Helper()
	s := w.read()
	return w.client.AddCommit(w.Context(), s, value(w.client.ReadBranch(w.Context(), s))(w.T), c, fence)
}

func (w *world) file(path string) string {
	w.Helper()
	content, _, err := w.repo.ReadFile(w.Context(), w.pull.HeadSHA(), path)
	if err != nil {
		w.Fatal(err)
	}
	return string(content)
}

func TestCommitIsTheAppsAndSigned(t *testing.T) {
	w := newWorld(t)
	value(w.repo.Commit(t.Context(), "feature", double.Commit{Message: "Run", Files: map[string][]byte{"run.yaml": lines()}, Modes: map[string]string{"run.yaml": "100755"}}))(t)
	parent := w.pull.HeadSHA()
	c := change("issue-5")
	latin := []byte("a: \xe9\n")
	c.Files = append(c.Files, CommitFile{Path: "dir/new é.yaml", Mode: "100644", Data: latin}, CommitFile{Path: "run.yaml", Mode: "100755", Data: []byte("x: 1\r\n")},
		CommitFile{Path: "other.yaml", Mode: "100644"}, CommitFile{Path: "empty.yaml", Mode: "100644", Data: []byte{}})
	w.github.ResetRequests()
	if err := w.add(c, allow); err != nil {
		t.Fatal(err)
	}
	if got := w.github.Counts(); got.Writes != 4 { // one blob that is no text, tree, commit, ref
		t.Errorf("took %+v", got)
	}
	all := value(w.pull.Commits())(t)
	made := all[len(all)-1]
	bot := w.github.BotLogin()
	if made.SHA != w.pull.HeadSHA() || !slices.Equal(made.Parents, []string{parent}) || !made.Verified || !strings.HasPrefix(made.Author, bot+" <") {
		t.Errorf("commit %+v", made)
	}
	want := "Fix a finding\n\n- rule Kind/name (k3v9)\n\nPodcheck-Command: issue-5\nCo-authored-by: ann <7+ann@users.noreply.127.0.0.1>"
	if strings.TrimSpace(made.Message) != want {
		t.Errorf("message %q", made.Message)
	}
	got := value(w.repo.Files(t.Context(), made.SHA))(t)
	if len(got) != 4 || !bytes.Equal(got["app.yaml"], lines(2)) || !bytes.Equal(got["dir/new é.yaml"], latin) || string(got["run.yaml"]) != "x: 1\r\n" {
		t.Errorf("tree %q", got)
	}
	if modes := value(w.repo.Modes(t.Context(), made.SHA))(t); modes["run.yaml"] != "100755" || modes["app.yaml"] != "100644" {
		t.Errorf("modes %v", modes)
	}
}

func TestCommitIsFoundAgain(t *testing.T) {
	w := newWorld(t)
	before := w.pull.HeadSHA()
	if err := w.add(change("issue-5"), allow); err != nil {
		t.Fatal(err)
	}
	w.push("feature", map[string][]byte{"x.yaml": lines()})
	branch := value(w.client.ReadBranch(t.Context(), w.read()))(t)
	if parent, made := branch.Made("issue-5"); !made || parent != before {
		t.Errorf("made %v on %s", made, parent)
	}
	for _, other := range []string{"issue-51", "issue-", "review-5", "", "Fix a finding"} {
		if _, made := branch.Made(other); made {
			t.Errorf("%q is taken for made", other)
		}
	}
}

func TestTrailerCountsInTheLastParagraphOnly(t *testing.T) {
	for message, want := range map[string]bool{
		"Fix\n\nPodcheck-Command: issue-5\nCo-authored-by: a <b>": true,
		"Fix\r\n\r\nPodcheck-Command: issue-5\r\n":                true,
		"Podcheck-Command: issue-5\n\nSigned-off-by: a <b>":       false,
		"Fix\n\n> Podcheck-Command: issue-5":                      false,
		"":                                                        false,
	} {
		if leadsBack(message, "issue-5") != want {
			t.Errorf("%q: %v", message, !want)
		}
	}
}

func TestPushBesideACommitIsSeen(t *testing.T) {
	for _, route := range []double.Match{
		{Method: http.MethodPost, Route: treesRoute}, {Method: http.MethodPost, Route: commitsRoute},
		{Method: http.MethodGet, Route: tipRoute}, {Method: http.MethodPatch, Route: refRoute},
	} {
		t.Run(route.Method+" "+route.Route, func(t *testing.T) {
			w := newWorld(t)
			pushed := ""
			w.before(route, func() {
				w.push("feature", map[string][]byte{"race.yaml": lines()})
				pushed = w.pull.HeadSHA()
			})
			if err := w.add(change("issue-5"), allow); !errors.Is(err, ErrHeadMoved) {
				t.Errorf("got %v", err)
			}
			if pushed == "" || w.pull.HeadSHA() != pushed {
				t.Errorf("the head is %s, pushed was %s", w.pull.HeadSHA(), pushed)
			}
		})
	}
}

// before runs an action while the first request of a kind is on its way.
func (w *world) before(m double.Match, act func()) {
	base, done := checked(w.T), false
	w.client = value(New(Options{AppID: w.github.AppID(), Key: w.github.PrivateKeyPEM(),
		API: strings.TrimSuffix(w.github.APIURL(), "/"), GraphQL: w.github.GraphQLURL(), Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if o, _, ok := double.MatchOperation(r.Method, strings.TrimPrefix(r.URL.EscapedPath(), "/api/v3")); ok && o.Method == m.Method && o.Path == m.Route && !done {
				done = true
				act()
			}
			return base.RoundTrip(r)
		})}))(w.T).Client(w.github.InstallationID("acme"))
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestHeadThatIsTakenAwayIsNotBroughtBack(t *testing.T) {
	w := newWorld(t)
	before := w.pull.HeadSHA()
	w.push("feature", map[string][]byte{"mistake.yaml": lines()})
	w.before(double.Match{Method: http.MethodGet, Route: tipRoute}, func() { // a commit on top of the mistake would be a fast forward
		if err := w.repo.Reset(t.Context(), "feature", before); err != nil {
			t.Error(err)
		}
	})
	if err := w.add(change("issue-5"), allow); !errors.Is(err, ErrHeadMoved) || w.pull.HeadSHA() != before {
		t.Errorf("got %v, head %s", err, w.pull.HeadSHA())
	}
}

func TestLostAnswersEndInOneCommit(t *testing.T) {
	for _, fault := range []double.Fault{double.LostAnswer(), double.LostBehindProxy(), double.HTMLError(502)} {
		for _, match := range []double.Match{
			{Method: http.MethodPost, Route: treesRoute}, {Method: http.MethodPost, Route: commitsRoute}, {Method: http.MethodPatch, Route: refRoute},
		} {
			t.Run(fmt.Sprintf("%s %d", match.Route, fault.Status), func(t *testing.T) {
				w := newWorld(t)
				s := w.read()
				branch := value(w.client.ReadBranch(t.Context(), s))(t)
				w.github.Inject(match, fault, 1)
				var down *Unavailable
				if err := w.client.AddCommit(t.Context(), s, branch, change("issue-5"), allow); !errors.As(err, &down) {
					t.Errorf("got %v", err)
				}
				// The next read may know nothing of it yet, so it is the same.
				if err := w.client.AddCommit(t.Context(), s, branch, change("issue-5"), allow); err != nil {
					t.Error(err)
				}
				if all := value(w.pull.Commits())(t); len(all) != 2 {
					t.Errorf("%d commits: %+v", len(all), all)
				}
			})
		}
	}
}

func TestCommitOfTheSameCommandBelowAPushIsFound(t *testing.T) {
	w := newWorld(t)
	s := w.read()
	branch := value(w.client.ReadBranch(t.Context(), s))(t)
	if err := w.client.AddCommit(t.Context(), s, branch, change("issue-5"), allow); err != nil {
		t.Fatal(err)
	}
	w.push("feature", map[string][]byte{"later.yaml": lines()})
	if err := w.client.AddCommit(t.Context(), s, branch, change("issue-5"), allow); err != nil {
		t.Error(err)
	}
	if err := w.client.AddCommit(t.Context(), s, branch, change("issue-6"), allow); !errors.Is(err, ErrHeadMoved) {
		t.Errorf("another command: %v", err)
	}
}

func TestRefusedCommits(t *testing.T) {
	const rules = "Repository rule violations found\n\nCannot update this protected ref.\n\n"
	for _, c := range []struct {
		name string
		act  func(*world)
		want error
		says string
	}{
		{"protected branch", func(w *world) { w.repo.Protect("feature", rules) }, &Refused{}, "Repository rule violations found Cannot update this protected ref."},
		{"contents read only", func(w *world) { w.github.SetPermission("contents", "read") }, &Refused{}, "403: Resource not accessible by integration"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			head := w.pull.HeadSHA()
			c.act(w)
			err := w.add(change("issue-5"), allow)
			var refused *Refused
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.says) || w.pull.HeadSHA() != head {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("deleted branch", func(t *testing.T) {
		w := newWorld(t)
		w.before(double.Match{Method: http.MethodPost, Route: treesRoute}, func() {
			if err := w.repo.DeleteBranch(t.Context(), "feature"); err != nil {
				t.Fatal(err)
			}
		})
		if err := w.add(change("issue-5"), allow); !errors.Is(err, ErrBranchGone) {
			t.Errorf("got %v", err)
		}
		if err := w.add(change("issue-5"), allow); !errors.Is(err, ErrBranchGone) {
			t.Errorf("read as deleted: %v", err)
		}
	})
	t.Run("deleted just before the end", func(t *testing.T) {
		w := newWorld(t)
		w.before(double.Match{Method: http.MethodPatch, Route: refRoute}, func() {
			if err := w.repo.DeleteBranch(t.Context(), "feature"); err != nil {
				t.Fatal(err)
			}
		})
		if err := w.add(change("issue-5"), allow); !errors.Is(err, ErrBranchGone) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("path that is no text", func(t *testing.T) {
		w := newWorld(t)
		c := change("issue-5")
		c.Files[0].Path = "caf\xe9.yaml"
		w.github.ResetRequests()
		if err := w.add(c, allow); !errors.Is(err, ErrPath) || w.github.Counts().Writes != 0 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("fence", func(t *testing.T) {
		w := newWorld(t)
		w.github.ResetRequests()
		no := errors.New("not ours")
		if err := w.add(change("issue-5"), refuse(no)); !errors.Is(err, no) || w.github.Counts().Writes != 0 {
			t.Errorf("got %v", err)
		}
	})
}

func TestOddBranchNames(t *testing.T) {
	for _, name := range []string{"fix/logs/deep", "ümlaut", "a#b", "50%25", "a+b&c=d", "é/%2F/x", "question'mark\"", "semi;colon,comma", "refs/heads/x"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.push(name, map[string][]byte{"app.yaml": lines(2, 14)})
			w.pull = value(w.repo.OpenPull(t.Context(), double.NewPull{Head: name, Author: "ann"}))(t)
			if err := w.add(change("issue-5"), allow); err != nil {
				t.Fatal(err)
			}
			if w.file("app.yaml") != string(lines(2)) {
				t.Error("the branch did not move")
			}
		})
	}
}

func TestNoreplyHost(t *testing.T) {
	for api, want := range map[string]string{
		"https://api.github.com/":             "github.com",
		"https://ghe.example.com/api/v3/":     "ghe.example.com",
		"https://api.example.com/api/v3/":     "api.example.com",
		"https://api.octocorp.ghe.com/":       "octocorp.ghe.com",
		"https://ghe.example.com:8443/api/v3": "ghe.example.com",
	} {
		a := &App{base: value(url.Parse(api))(t)}
		if got := a.noreplyHost(); got != want {
			t.Errorf("%s: %s, want %s", api, got, want)
		}
	}
}

func TestCommitOfADeletedAccountNamesNobody(t *testing.T) {
	if text := (Commit{Message: "Fix", Command: "issue-5"}).text("github.com"); strings.Contains(text, "Co-authored-by") {
		t.Error(text)
	}
}

func TestPressIsAnsweredOnceToEachPerson(t *testing.T) {
	w := newWorld(t)
	told := 0
	for _, p := range []Press{{1, FixAll, 7}, {1, FixAll, 7}, {1, FixSafe, 7}, {2, FixAll, 7}, {1, FixAll, 8}, {1, FixAll, 7}} {
		if value(w.client.Answer(t.Context(), w.read(), p, "text", allow))(t) {
			told++
		}
	}
	if n := len(w.pull.Comments()); n != 4 || told != n {
		t.Errorf("%d replies, and %d are told of", n, told)
	}
}
