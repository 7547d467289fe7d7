package bot_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures"
	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/stage"
)

const git = "/repos/{owner}/{repo}/git"

// commits are those of the App on the pull request.
func (w *world) commits(p *github.Pull) []github.PostedCommit {
	w.Helper()
	return slices.DeleteFunc(value(p.Commits())(w.T), func(c github.PostedCommit) bool { return !strings.HasPrefix(c.Author, w.github.BotLogin()) })
}

// tree compares the files of the head.
func (w *world) tree(p *github.Pull, want map[string][]byte) {
	w.Helper()
	got := value(w.repo.Files(w.Context(), p.HeadSHA()))(w.T)
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if string(got[path]) != string(want[path]) {
			w.Errorf("%s is\n%s\nwant\n%s", path, got[path], want[path])
		}
	}
	for path := range got {
		if _, ok := want[path]; !ok {
			w.Errorf("%s is there still", path)
		}
	}
}

// untouched expects that nothing was committed.
func (w *world) untouched(p *github.Pull) {
	w.Helper()
	if all := w.commits(p); len(all) != 0 {
		w.Errorf("commits %+v", all)
	}
}

func TestFixGivesTheFixedTree(t *testing.T) {
	t.Parallel()
	for _, name := range some(2) {
		f := load(t, name)
		if f.Fixed == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p := conversingOn(t, name)
			parent := p.HeadSHA()
			w.github.ResetRequests()
			reactions, reply := w.say(p, "wendy", "/podcheck fix all")
			if len(reactions) != 2 || !strings.HasSuffix(reactions[1], ":rocket") || reply != "" {
				t.Errorf("reactions %q, reply %q", reactions, reply)
			}
			w.budget(5, 5) // eyes, tree, commit, ref, rocket
			made := w.commits(p)
			if len(made) != 1 || made[0].SHA != p.HeadSHA() || !slices.Equal(made[0].Parents, []string{parent}) || !made[0].Verified {
				t.Fatalf("commits %+v", made)
			}
			for _, want := range f.Want.Findings {
				offered := want.Fix != fixtures.NoOffer && want.Fix != fixtures.Obstacle
				if want.Status == "introduced" && offered && !strings.Contains(made[0].Message, "- "+want.Rule+" ") {
					t.Errorf("message %q does not name %s", made[0].Message, want.Rule)
				}
			}
			if !strings.Contains(made[0].Message, "\nCo-authored-by: wendy <") {
				t.Errorf("message %q", made[0].Message)
			}
			w.tree(p, f.Fixed)
			w.deliver() // the push of our own commit
			check := w.checked(p.HeadSHA())
			if slices.ContainsFunc(check.Actions, func(a string) bool { return a != "review" }) {
				t.Errorf("the fixed head still has fixes: %q, %v", check.Title, check.Actions)
			}
			w.settled("reviewed", 2)
			for _, want := range f.Want.Findings {
				for _, c := range p.ReviewComments() {
					if want.Status == "introduced" && want.Fix != fixtures.NoOffer && want.Fix != fixtures.Obstacle && strings.Contains(c.Body, "`"+want.Rule+"`") && c.ResolvedBy == "" {
						t.Errorf("the thread at %s:%d is open still", c.Path, c.OriginalLine)
					}
				}
			}
			if n := len(w.commits(p)); n != 1 {
				t.Errorf("%d commits after the review", n)
			}
		})
	}
}

func TestFixWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fixture, body string
		rocket        bool
		commits       int
		reply         []string // parts; none for no reply
	}{
		{"seed-sidecar-example", "/podcheck fix", false, 0, []string{"no fix here is safe", "`/podcheck fix all`", "`native-sidecar`", "`split-sidecar`"}},
		{"seed-cat-loop", "/podcheck fix", true, 1, nil},
		{"seed-cat-loop", "/podcheck FIX Safe", true, 1, nil},
		{"seed-sidecar-example", "/podcheck fix safe", false, 0, []string{"no fix here is safe"}},
		{"seed-cat-loop", "/podcheck fix all safe", false, 0, []string{"`fix` is written `/podcheck fix [ID…|safe|all]`."}},
		{"seed-cat-loop", "/podcheck fix x9zz", false, 0, []string{"`x9zz` is not the ID of a finding", "`log-replay`", "`reader-writable`"}},
		{"exporter-elsewhere", "/podcheck fix all", false, 0, []string{"nothing that has a fix"}},
		{"fault-removed", "/podcheck fix", false, 0, []string{"nothing that Podcheck finds"}},
	} {
		t.Run(c.fixture+" "+c.body, func(t *testing.T) {
			w, p := conversingOn(t, c.fixture)
			reactions, reply := w.say(p, "wendy", c.body)
			if strings.HasSuffix(reactions[1], ":rocket") != c.rocket || (reply == "") != (c.reply == nil) {
				t.Errorf("reactions %q, reply %q", reactions, reply)
			}
			for _, part := range c.reply {
				if !strings.Contains(reply, part) {
					t.Errorf("reply %q lacks %q", reply, part)
				}
			}
			if n := len(w.commits(p)); n != c.commits {
				t.Errorf("%d commits", n)
			}
		})
	}
}

func TestFixOfOneFinding(t *testing.T) {
	t.Parallel()
	w, p := conversingOn(t, "seed-cat-loop")
	id := w.idOf(p, "reader-writable")
	if reactions, reply := w.say(p, "wendy", "/podcheck fix "+strings.ToUpper(id)); !strings.HasSuffix(reactions[1], ":rocket") || reply != "" {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
	made := w.commits(p)
	if len(made) != 1 || !strings.HasPrefix(made[0].Message, "Fix reader-writable in Pod/ledger\n\n- reader-writable Pod/ledger ("+id+")\n\nPodcheck-Command: issue-") {
		t.Fatalf("commits %+v", made)
	}
	w.deliver()
	w.settled("reviewed", 2)
	if open := openThreads(p); len(open) != 1 {
		t.Errorf("open threads %q", open)
	}
	if reactions, reply := w.say(p, "wendy", "/podcheck fix "+id); !strings.HasSuffix(reactions[1], ":confused") || !strings.Contains(reply, "is not the ID") {
		t.Errorf("a second time: reactions %q, reply %q", reactions, reply)
	}
}

func TestFixInAThread(t *testing.T) {
	t.Parallel()
	w, p := conversingOn(t, "seed-cat-loop")
	first := p.ReviewComments()[0]
	value(p.Reply("wendy", first.ID, "/podcheck fix"))(t)
	w.deliver()
	w.settled("command answered", 1)
	made := w.commits(p)
	if len(made) != 1 || strings.Count(made[0].Message, "\n- ") != 1 || !strings.Contains(made[0].Message, "Podcheck-Command: review-") {
		t.Fatalf("commits %+v", made)
	}
	w.deliver()
	w.settled("reviewed", 2)
	for _, c := range p.ReviewComments() {
		if (c.ResolvedBy != "") != (c.Thread == first.Thread) {
			t.Errorf("comment %+v", c)
		}
	}
}

func TestFixNeedsWriteAccess(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	for _, login := range []string{"ann", "rita", "stranger"} { // ann is the author
		if reactions, reply := w.say(p, login, "/podcheck fix all"); !strings.HasSuffix(reactions[1], ":confused") || reply != "`/podcheck fix` is for people with write access." {
			t.Errorf("%s: reactions %q, reply %q", login, reactions, reply)
		}
	}
	w.untouched(p)
}

func TestFixOnAForkGivesThePatch(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-two-files")
	w := newWorld(t, f.Before)
	w.start()
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	fork := value(w.repo.Fork(t.Context(), "ann"))(t)
	value(fork.Commit(t.Context(), "feature", github.Commit{Message: "Change", Files: stage.Change(f.Before, f.After), Author: "ann"}))(t)
	p := value(w.repo.OpenPull(t.Context(), github.NewPull{Title: "From a fork", Head: "feature", HeadRepo: fork, Author: "ann"}))(t)
	w.deliver()
	if check := w.checked(p.HeadSHA()); fmt.Sprint(check.Actions) != "[review]" {
		t.Errorf("buttons on a fork: %v", check.Actions)
	}
	head := p.HeadSHA()
	reactions, reply := w.say(p, "wendy", "/podcheck fix all")
	if !strings.HasSuffix(reactions[1], ":rocket") || !strings.Contains(reply, "<details><summary>Patch</summary>") || !strings.Contains(reply, "git apply") || p.HeadSHA() != head {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
	tree, err := stage.ApplyPatches(t.Context(), reply, f.After)
	if err != nil || !maps.EqualFunc(tree, f.Fixed, slices.Equal) {
		t.Errorf("the patch gives %q, %v", tree, err)
	}
}

func TestFixKeepsModesAndBranchNames(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	w.start()
	modes := map[string]string{}
	for path := range f.After {
		modes[path] = "100755"
	}
	const branch = "logs/ship#1&50%25"
	value(w.repo.Commit(t.Context(), branch, github.Commit{Message: "Change", Files: stage.Change(f.Before, f.After), Modes: modes}))(t)
	p := value(w.repo.OpenPull(t.Context(), github.NewPull{Head: branch}))(t)
	w.deliver()
	w.checked(p.HeadSHA())
	if err := w.repo.SetCollaborator("wendy", "admin"); err != nil {
		t.Fatal(err)
	}
	if reactions, reply := w.say(p, "wendy", "/podcheck fix all"); !strings.HasSuffix(reactions[1], ":rocket") {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
	w.tree(p, f.Fixed)
	for path, mode := range value(w.repo.Modes(t.Context(), p.HeadSHA()))(t) {
		if mode != "100755" {
			t.Errorf("%s has mode %s", path, mode)
		}
	}
}

func TestFixLeavesOldFaultsAndIgnoredOnesAlone(t *testing.T) {
	t.Parallel()
	f := load(t, "seed-cat-loop")
	w := newWorld(t, f.After) // the faults are there already
	w.start()
	p := w.open(nil, map[string][]byte{"more.yaml": []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n")}, github.NewPull{})
	w.deliver()
	w.checked(p.HeadSHA())
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	if reactions, reply := w.say(p, "wendy", "/podcheck fix all"); !strings.HasSuffix(reactions[1], ":confused") || !strings.Contains(reply, "nothing that Podcheck finds") {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
	w.untouched(p)
}

// together is a pull request with a fix that is safe, one that is not, and one that has an obstacle.
func together(t *testing.T) (*world, *github.Pull, map[string][]byte) {
	t.Helper()
	before, after := map[string][]byte{}, map[string][]byte{}
	for _, name := range []string{"seed-cat-loop", "shipper-one-file", "exporter-elsewhere"} {
		f := load(t, name)
		maps.Copy(before, f.Before)
		maps.Copy(after, f.After)
	}
	w := newWorld(t, before)
	w.start()
	p := w.open(before, after, github.NewPull{Author: "ann"})
	w.deliver()
	w.checked(p.HeadSHA())
	w.settled("reviewed", 1)
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	return w, p, after
}

func TestBareFixNamesWhatItLeaves(t *testing.T) {
	t.Parallel()
	w, p, _ := together(t)
	if check := w.checked(p.HeadSHA()); fmt.Sprint(check.Actions) != "[fix-safe fix-all review]" {
		t.Errorf("buttons are %v", check.Actions)
	}
	reactions, reply := w.say(p, "wendy", "/podcheck fix")
	if !strings.HasSuffix(reactions[1], ":rocket") || !strings.HasPrefix(reply, "These change behaviour, so they wait for `/podcheck fix all` or for their ID:\n") ||
		strings.Count(reply, "\n- ") != 1 || !strings.Contains(reply, "`split-sidecar` of `Deployment/log-shipper`") {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
	made := w.commits(p)
	if len(made) != 1 || !strings.HasPrefix(made[0].Message, "Fix 2 findings of Podcheck\n\n- ") {
		t.Errorf("commits %+v", made)
	}
}

func TestFixSaysWhatCouldNotBeApplied(t *testing.T) {
	t.Parallel()
	w, p, _ := together(t)
	obstacle, good := w.idOn(p, "Deployment/mysqld-exporter"), w.idOf(p, "log-replay")
	reactions, reply := w.say(p, "wendy", "/podcheck fix "+obstacle+" "+good)
	if !strings.HasSuffix(reactions[1], ":rocket") || !strings.HasPrefix(reply, "Not applied:\n\n- `"+obstacle+"` `split-sidecar` of `Deployment/mysqld-exporter`: ") || strings.Count(reply, "\n- ") != 1 {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
	if made := w.commits(p); len(made) != 1 || strings.Contains(made[0].Message, obstacle) || !strings.Contains(made[0].Message, good) {
		t.Errorf("commits %+v", made)
	}
	w.deliver()
	w.settled("reviewed", 2)
	reactions, reply = w.say(p, "wendy", "/podcheck fix "+obstacle)
	if !strings.HasSuffix(reactions[1], ":confused") || !strings.HasPrefix(reply, "Nothing was committed.\n\nNot applied:\n\n- `"+obstacle+"`") {
		t.Errorf("alone: reactions %q, reply %q", reactions, reply)
	}
}

// idOn is the ID in the hint of the comment on an object.
func (w *world) idOn(p *github.Pull, object string) string {
	w.Helper()
	for _, c := range p.ReviewComments() {
		if found := hint.FindStringSubmatch(c.Body); found != nil && strings.Contains(c.Body, "`"+object+"`") {
			return found[1]
		}
	}
	w.Fatalf("no comment on %s", object)
	return ""
}

// TestPatchOnAForkShowsNoSecret: a Secret stands between what the fix changes.
func TestPatchOnAForkShowsNoSecret(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	const secret = "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData:\n  token: hunter2-hunter2\n"
	after := maps.Clone(f.After)
	for path, data := range after {
		if strings.Contains(string(data), "log-shipper") {
			if at := strings.LastIndex(string(data), "---\n"); at > 0 {
				after[path] = []byte(string(data[:at]) + secret + string(data[at:]))
			}
		}
	}
	w := newWorld(t, f.Before)
	w.start()
	fork := value(w.repo.Fork(t.Context(), "ann"))(t)
	value(fork.Commit(t.Context(), "feature", github.Commit{Message: "Change", Files: stage.Change(f.Before, after), Author: "ann"}))(t)
	p := value(w.repo.OpenPull(t.Context(), github.NewPull{Head: "feature", HeadRepo: fork, Author: "ann"}))(t)
	w.deliver()
	w.checked(p.HeadSHA())
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	reactions, reply := w.say(p, "wendy", "/podcheck fix all")
	text := fmt.Sprint(reply, w.log.String(), w.repo.CheckRuns(p.HeadSHA()))
	for _, c := range p.ReviewComments() {
		text += c.Body
	}
	if strings.Contains(text, "hunter2") {
		t.Errorf("a value of a Secret is shown: %s", text)
	}
	if !strings.HasSuffix(reactions[1], ":confused") || !strings.Contains(reply, "would show values of a Secret") {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
}
