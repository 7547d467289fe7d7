package work

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/fixtures"
	double "github.com/podcheck/podcheck/fixtures/github"
)

const (
	allOff  = "version: 1\nrules: {split-sidecar: off, log-replay: off, invalid-manifest: off}\n"
	misread = "version: 1\nreview:\n  coments: 3\n"
)

// commit leaves files on a branch, and returns the commit. Nil removes a file.
func (w *world) commit(branch string, files map[string][]byte) string {
	w.Helper()
	return value(w.repo.Commit(w.Context(), branch, double.Commit{Message: "Change", Files: files}))(w.T)
}

// configure leaves versions of .podcheck.yml on main, "-" for none, and returns their commits.
func (w *world) configure(versions ...string) (commits []string) {
	w.Helper()
	for _, v := range versions {
		text := []byte(v)
		if v == "-" {
			text = nil
		}
		commits = append(commits, w.commit("main", map[string][]byte{".podcheck.yml": text}))
	}
	return commits
}

// push puts the change of the fixture, and more, on top of main.
func (w *world) push(more map[string][]byte) {
	w.Helper()
	files := maps.Clone(value(fixtures.Load("shipper-one-file"))(w.T).After)
	maps.Copy(files, more)
	main := value(w.repo.Commit(w.Context(), "main", double.Commit{Message: "Tip", Files: map[string][]byte{"TIP": []byte("1")}}))(w.T)
	value(w.repo.Commit(w.Context(), "feature", double.Commit{Message: "Over", Force: true, From: main, Files: files}))(w.T)
}

func (w *world) organisation(versions ...string) (repo *double.Repo, commits []string) {
	w.Helper()
	repo = value(w.github.CreateRepo(w.Context(), double.NewRepo{Name: "acme/.github", Files: map[string][]byte{"README.md": []byte("x")}}))(w.T)
	for _, v := range versions {
		commits = append(commits, value(repo.Commit(w.Context(), "main", double.Commit{Message: "Change", Files: map[string][]byte{"podcheck.yml": []byte(v)}}))(w.T))
	}
	return repo, commits
}

// reviewed is the check run of the head after one look.
func (w *world) reviewed() double.PostedCheck {
	w.Helper()
	w.github.ResetRequests()
	w.work()
	w.putPull()
	w.verdicts(w.pull.HeadSHA())
	runs := w.repo.CheckRuns(w.pull.HeadSHA())
	return runs[len(runs)-1]
}

// marks are the annotations of the configuration.
func marks(run double.PostedCheck) (all []string) {
	for _, a := range run.Annotations {
		if a.Title == "Configuration" {
			all = append(all, a.Path+":"+strconv.Itoa(a.StartLine)+" "+a.Level+" "+a.Message)
		}
	}
	return all
}

func (w *world) budget(reads, writes int) {
	w.Helper()
	if got := w.github.Counts(); got.Reads > reads || got.Writes > writes {
		w.Errorf("took %+v, more than %d reads and %d writes", got, reads, writes)
	}
}

func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestLastGoodConfigurationStaysInForce(t *testing.T) {
	for _, c := range []struct {
		name         string
		versions     []string
		organisation []string
		conclusion   string
		said         string // with the commits of the versions for %0, %1
	}{
		{"the one before", []string{allOff, misread}, nil, "success", "In force is the configuration of commit `%0`, the last good one of `main`."},
		{"two before", []string{"version: 1\n", allOff, "rules: 3\n", misread}, nil, "success", "of commit `%1`"},
		{"with a part that is right", []string{"version: 1\n", allOff + "ruls: {}\n"}, nil, "neutral", "of commit `%0`"},
		{"not text", []string{allOff, "\x00\x01"}, nil, "success", "of commit `%0`"},
		{"never a good one", []string{allOff + "ruls: {}\n"}, nil, "neutral", "In force are the defaults"},
		{"never a good one, and the organisation's", []string{misread}, []string{allOff}, "success", "In force is the organisation's configuration"},
		{"deleted since", []string{allOff, "-", misread}, nil, "neutral", "In force are the defaults"},
		{"of the organisation", nil, []string{allOff, misread}, "success", "In force is the configuration of commit `%0`, the last good one of the organisation's `.github` repository."},
		{"none of the organisation", nil, []string{misread}, "neutral", "In force are the defaults"},
		{"of the organisation, behind none of its own", []string{misread}, []string{allOff, misread}, "success", "In force is the configuration of commit `%0`"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			commits := w.configure(c.versions...)
			if c.organisation != nil {
				_, commits = w.organisation(c.organisation...)
			}
			w.push(nil)
			run := w.reviewed()
			for i, commit := range commits {
				c.said = strings.ReplaceAll(c.said, "%"+strconv.Itoa(i), commit)
			}
			if run.Conclusion != c.conclusion {
				t.Errorf("concluded %s with %q", run.Conclusion, run.Title)
			}
			contains(t, run.Summary, "### Configuration", c.said)
			reads := 2
			if len(c.versions) > 0 && len(c.organisation) > 1 {
				reads = 3
			}
			w.budget(reads, 3)
		})
	}
}

func TestMistakesOfTheConfigurationStandOnTheirLines(t *testing.T) {
	mark := ".podcheck.yml:3 warning unknown field review.coments: did you mean review.comments?"
	rule := ".podcheck/rules/own.yaml:3 warning"
	broken := map[string][]byte{".podcheck/rules/own.yaml": []byte("name: own\nmessage: m\nexpression: has(pod.spek)\n")}
	for _, c := range []struct {
		name  string
		main  map[string][]byte // before the push
		later map[string][]byte // on main after it
		marks []string
	}{
		{"as the head has it", map[string][]byte{".podcheck.yml": []byte(misread)}, nil, []string{mark}},
		{"not in the head", nil, map[string][]byte{".podcheck.yml": []byte(misread)}, nil},
		{"another line of the head", map[string][]byte{".podcheck.yml": []byte("version: 1\n\nreview: {}\n")}, map[string][]byte{".podcheck.yml": []byte(misread)}, nil},
		{"another line above it in the head", map[string][]byte{".podcheck.yml": []byte("version: \"1\"\nreview:\n  coments: 3\n")},
			map[string][]byte{".podcheck.yml": []byte(misread)}, []string{mark}},
		{"of a rule", broken, nil, []string{rule}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			if c.main != nil {
				w.commit("main", c.main)
			}
			w.push(nil)
			if c.later != nil {
				w.commit("main", c.later)
			}
			run := w.reviewed()
			got := marks(run)
			if !slices.EqualFunc(got, c.marks, strings.HasPrefix) {
				t.Errorf("annotations %q, want %q", got, c.marks)
			}
			if run.Conclusion != "neutral" { // that of the fixture
				t.Errorf("concluded %s", run.Conclusion)
			}
			contains(t, run.Summary, "line 3: ")
		})
	}
}

func TestMistakesOfTheOrganisationAreASentence(t *testing.T) {
	w := newWorld(t, 1)
	w.organisation(misread)
	w.push(map[string][]byte{"podcheck.yml": []byte(misread)})
	run := w.reviewed()
	if got := marks(run); got != nil {
		t.Errorf("annotations %q", got)
	}
	contains(t, run.Summary, "The organisation's configuration (`podcheck.yml` of its `.github` repository) has mistakes.", "line 3: ")
}

func TestBrokenConfigurationOfASkippedChange(t *testing.T) {
	w := newWorld(t, 1)
	w.configure("version: 1\nruls: {}\n")
	main := w.commit("main", map[string][]byte{"TIP": []byte("1")})
	value(w.repo.Commit(t.Context(), "feature", double.Commit{Message: "Over", Force: true, From: main, Files: map[string][]byte{"README.md": []byte("x")}}))(t)
	run := w.reviewed()
	if run.Conclusion != "skipped" || len(marks(run)) != 1 {
		t.Errorf("concluded %s, annotations %q", run.Conclusion, marks(run))
	}
	contains(t, run.Summary, "No YAML or JSON file", "did you mean rules?")
	w.budget(2, 1)
}

func TestForeignTextInMistakesMeansNothing(t *testing.T) {
	w := newWorld(t, 1)
	w.configure("version: 1\n\"@mallory <img src=x> [a](http://evil.example)\": 1\n")
	w.push(nil)
	run := w.reviewed()
	for _, line := range strings.Split(run.Summary, "\n") {
		if strings.Contains(line, "mallory") && (!strings.Contains(line, "`@mallory`") || !strings.Contains(line, "`<img`") || !strings.Contains(line, "`[a](http://evil.example`")) {
			t.Errorf("line %s", line)
		}
	}
	contains(t, run.Summary, "mallory")
}

func TestRuleOfTheRepositoryInTheConfigurationIsNoMistake(t *testing.T) {
	w := newWorld(t, 1)
	w.commit("main", map[string][]byte{
		".podcheck.yml":            []byte("version: 1\nrules: {own: error}\n"),
		".podcheck/rules/own.yaml": []byte("name: own\nmessage: m\nexpression: has(pod.spec)\n"),
	})
	w.push(nil)
	if run := w.reviewed(); strings.Contains(run.Summary, "### Configuration") {
		t.Errorf("summary %s", run.Summary)
	}
	w.budget(1, 3)
}

func TestEndedIgnoresAreSaid(t *testing.T) {
	w := newWorld(t, 1)
	w.configure("version: 1\nignore:\n" +
		"- {rule: split-sidecar, paths: [\"**\"], object: Deployment/*, reason: \"leaves with @mallory\", until: 2020-03-31}\n" +
		"- {rule: log-replay, reason: later, until: 2999-01-01}\n")
	w.push(nil)
	run := w.reviewed()
	contains(t, run.Summary, "### Ended", "`split-sidecar` of `Deployment/*` in `**` ended on 2020-03-31: leaves with `@mallory`.")
	if run.Conclusion != "neutral" || strings.Contains(run.Summary, "log-replay` ended") {
		t.Errorf("concluded %s\n%s", run.Conclusion, run.Summary)
	}
	w.budget(1, 3)
}

func TestHistoryThatGitHubDoesNotTell(t *testing.T) {
	for _, c := range []struct {
		name    string
		age     time.Duration
		retried bool
	}{{"yet", time.Second, true}, {"for ever", time.Hour, false}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.configure(allOff, allOff+"ruls: {}\n")
			w.push(nil)
			w.github.Inject(double.Match{Contains: "query Configuration"}, double.ServerError(http.StatusBadGateway), 100)
			w.work()
			w.put(queue.Item{Kind: queue.KindPull, Number: w.pull.Number(), Received: time.Now().Add(-c.age)})
			if c.retried {
				w.until("the second try", func() bool {
					n := 0
					for _, r := range w.github.Requests() {
						if strings.Contains(string(r.Body), "query Configuration") {
							n++
						}
					}
					return n > 3
				})
				if runs := w.repo.CheckRuns(w.pull.HeadSHA()); slices.ContainsFunc(runs, func(r double.PostedCheck) bool { return r.Status == "completed" }) {
					t.Errorf("check runs %+v", runs)
				}
				return
			}
			w.verdicts(w.pull.HeadSHA())
			run := w.repo.CheckRuns(w.pull.HeadSHA())[0]
			contains(t, run.Summary, "GitHub did not tell the last good one in time")
			if run.Conclusion != "success" { // the lines that are right count
				t.Errorf("concluded %s", run.Conclusion)
			}
		})
	}
}
