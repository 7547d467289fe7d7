package bot_test

import (
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
)

var hint = regexp.MustCompile("/podcheck ignore ([a-z][0-9][0-9a-z]+) reason")

// idOf is the ID in the hint of the comment on a rule.
func (w *world) idOf(p *github.Pull, rule string) string {
	w.Helper()
	for _, c := range p.ReviewComments() {
		if found := hint.FindStringSubmatch(c.Body); found != nil && strings.Contains(c.Body, "`"+rule+"`") {
			return found[1]
		}
	}
	w.Fatalf("no comment on %s tells how to ignore it", rule)
	return ""
}

// open threads are those that a reader sees.
func openThreads(p *github.Pull) (places []string) {
	for _, c := range p.ReviewComments() {
		if c.ResolvedBy == "" && !c.Minimized {
			places = append(places, fmt.Sprintf("%s:%d", c.Path, c.Line))
		}
	}
	return places
}

// verdict waits for the newest check run of the head to have a title, and returns it.
func (w *world) verdict(p *github.Pull, title string) github.PostedCheck {
	w.Helper()
	var last github.PostedCheck
	w.until(fmt.Sprintf("the verdict %q", title), func() bool {
		runs := w.repo.CheckRuns(p.HeadSHA())
		if len(runs) > 0 {
			last = runs[len(runs)-1]
		}
		return last.Status == "completed" && last.Title == title
	})
	return last
}

func (w *world) push(p *github.Pull, name string) {
	w.Helper()
	value(p.Push(w.Context(), github.Commit{Message: "More", Files: map[string][]byte{name: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + strings.TrimSuffix(name, ".yaml") + "}\n")}}))(w.T)
	w.deliver()
}

const sharing = "3 errors, 1 warning, 1 notice introduced"

func TestIgnoreByIDAndBack(t *testing.T) {
	t.Parallel()
	w, p := conversingOn(t, "seed-storage-sharing")
	all, id := openThreads(p), w.idOf(p, "log-replay")
	before := w.checked(p.HeadSHA())
	reactions, reply := w.say(p, "wendy", "/podcheck ignore "+strings.ToUpper(id)+" the log is tiny, says @team")
	if !strings.HasSuffix(reactions[1], ":rocket") || !strings.HasPrefix(reply, "`"+id+"` is ignored in this pull request: the log is tiny, says `@team`.") {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
	check := w.verdict(p, "3 errors, 1 notice introduced, 1 ignored")
	if check.ID == before.ID || len(check.Annotations) != len(before.Annotations)-1 {
		t.Errorf("check run %d with %d annotations after %d with %d", check.ID, len(check.Annotations), before.ID, len(before.Annotations))
	}
	if !strings.Contains(check.Summary, "### Ignored\n\n- `"+id+"` `log-replay`") || !strings.Contains(check.Summary, "says `@team` (`wendy`)") {
		t.Errorf("summary %s", check.Summary)
	}
	if got := openThreads(p); len(got) != len(all)-1 {
		t.Errorf("open threads %q after %q", got, all)
	}
	if reactions, reply = w.say(p, "wendy", "/podcheck unignore "+id); !strings.HasSuffix(reactions[1], ":rocket") || !strings.Contains(reply, "no longer ignored") {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
	w.verdict(p, sharing)
	if got := openThreads(p); !slices.Equal(got, all) || len(p.Reviews()) != 1 {
		t.Errorf("open threads %q after %q, %d reviews", got, all, len(p.Reviews()))
	}
}

func TestIgnoreByRuleDecidesTheConclusion(t *testing.T) {
	t.Parallel()
	w, p := conversingOn(t, "seed-storage-sharing")
	if check := w.checked(p.HeadSHA()); check.Conclusion != "failure" {
		t.Fatalf("the conclusion is %s", check.Conclusion)
	}
	w.say(p, "wendy", "/podcheck ignore Invalid-Manifest from a tutorial")
	if check := w.verdict(p, "1 warning, 1 notice introduced, 3 ignored"); check.Conclusion != "neutral" {
		t.Errorf("conclusion %s", check.Conclusion)
	}
	// The same again changes nothing, another reason does.
	posted := len(p.Comments())
	w.github.ResetRequests()
	if reactions, _ := w.say(p, "wendy", "/podcheck ignore invalid-manifest from a tutorial"); !strings.HasSuffix(reactions[1], ":rocket") || len(p.Comments()) != posted+1 {
		t.Errorf("reactions %q, %d comments", reactions, len(p.Comments()))
	}
	if n := w.github.Counts().Writes; n != 2 {
		t.Errorf("%d writes: two reactions are enough", n)
	}
	w.say(p, "wendy", "/podcheck ignore invalid-manifest it is being rewritten")
	if check := w.verdict(p, "1 warning, 1 notice introduced, 3 ignored"); !strings.Contains(check.Summary, "being rewritten") || strings.Contains(check.Summary, "tutorial") {
		t.Errorf("summary %s", check.Summary)
	}
}

func TestIgnoreStaysAfterPushesAndTheLossOfTheStore(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	w.say(p, "wendy", "/podcheck ignore "+w.idOf(p, "split-sidecar")+" moves in March")
	w.verdict(p, "Nothing introduced, 1 ignored")
	w.settled("reviewed", 2)
	w.github.ResetRequests()
	w.push(p, "one.yaml")
	w.verdict(p, "Nothing introduced, 1 ignored")
	w.settled("reviewed", 3)
	w.budget(1, 3)
	w.start() // another server, with nothing on its disk
	w.push(p, "two.yaml")
	w.verdict(p, "Nothing introduced, 1 ignored")
	if got := openThreads(p); len(got) != 0 || len(p.Reviews()) != 1 {
		t.Errorf("open threads %q, %d reviews", got, len(p.Reviews()))
	}
	w.say(p, "wendy", "/podcheck unignore "+w.idOf(p, "split-sidecar"))
	w.verdict(p, "1 warning introduced")
	if got := openThreads(p); len(got) != 1 || len(p.Reviews()) != 1 {
		t.Errorf("open threads %q, %d reviews", got, len(p.Reviews()))
	}
}

func TestIgnoreThatIsRefused(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	id := w.idOf(p, "split-sidecar")
	for _, c := range []struct{ login, body, reply string }{
		{"rita", "/podcheck ignore " + id + " because", "`/podcheck ignore` is for people with write access."},
		{"ann", "/podcheck ignore " + id + " because", "`/podcheck ignore` is for people with write access."},
		{"rita", "/podcheck unignore " + id, "`/podcheck unignore` is for people with write access."},
		{"wendy", "/podcheck ignore", "`ignore` is written `/podcheck ignore ID|RULE reason…`."},
		{"wendy", "/podcheck ignore " + id, "`ignore` is written `/podcheck ignore ID|RULE reason…`."},
		{"wendy", "/podcheck ignore split-sidecr because", "`split-sidecr` is no rule and no finding of this pull request. Did you mean `split-sidecar`?"},
		{"wendy", "/podcheck ignore z9zz because", "`z9zz` is no rule and no finding of this pull request. Its findings are:\n\n- `" + id + "` `split-sidecar` of `Deployment/log-shipper`"},
		{"wendy", "/podcheck ignore `@team <b>` because", "`@team` is no rule"},
		{"wendy", "/podcheck unignore split-sidecar", "`split-sidecar` is not ignored in this pull request, and nothing else is."},
		{"wendy", "/podcheck unignore", "`unignore` is written `/podcheck unignore ID|RULE`."},
	} {
		t.Run(c.login+" "+c.body, func(t *testing.T) {
			w.T = t
			reactions, reply := w.say(p, c.login, c.body)
			if !strings.HasSuffix(reactions[1], ":confused") || !strings.HasPrefix(reply, c.reply) {
				t.Errorf("reactions %q, reply %q", reactions, reply)
			}
		})
	}
	w.T = t
	w.verdict(p, "1 warning introduced")
}

func TestIgnoreOutlivesItsComment(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p *github.Pull, id int64) error{
		"edited":  func(p *github.Pull, id int64) error { return p.EditComment(id, "/podcheck ignore log-replay another") },
		"deleted": func(p *github.Pull, id int64) error { return p.DeleteComment("wendy", id) },
	} {
		t.Run(name, func(t *testing.T) {
			w, p := conversing(t)
			w.say(p, "wendy", "/podcheck ignore split-sidecar moves in March")
			w.verdict(p, "Nothing introduced, 1 ignored")
			if err := change(p, p.Comments()[0].ID); err != nil {
				t.Fatal(err)
			}
			w.deliver()
			w.push(p, "one.yaml")
			if check := w.verdict(p, "Nothing introduced, 1 ignored"); !strings.Contains(check.Summary, "moves in March") {
				t.Errorf("summary %s", check.Summary)
			}
		})
	}
}

func TestDeletedReplyTakesTheIgnoreBack(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	w.say(p, "wendy", "/podcheck ignore split-sidecar moves in March")
	if err := p.DeleteComment("wendy", p.Comments()[1].ID); err != nil {
		t.Fatal(err)
	}
	w.push(p, "one.yaml")
	w.verdict(p, "1 warning introduced")
}

func TestForgedDecisionsDoNotCount(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	w.say(p, "wendy", "/podcheck ignore split-sidecar moves in March")
	record := p.Comments()[1].Body
	w.say(p, "wendy", "/podcheck unignore split-sidecar")
	value(p.Comment("rita", record))(t)
	w.push(p, "one.yaml")
	w.verdict(p, "1 warning introduced")
	// Nor can a reason carry a record into a reply of ours.
	_, marker, _ := strings.Cut(record, "<!--")
	w.say(p, "wendy", "/podcheck ignore log-replay <!--"+marker)
	w.push(p, "two.yaml")
	w.verdict(p, "1 warning introduced")
}

func TestIgnoreRunsOnceHoweverOftenItIsDelivered(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	id := value(p.Comment("wendy", "/podcheck ignore split-sidecar moves in March"))(t)
	events := w.github.Pending()
	for range 3 {
		for _, e := range slices.Backward(events) {
			w.github.Send(t.Context(), e)
		}
	}
	w.result(p, id)
	w.verdict(p, "Nothing introduced, 1 ignored")
	w.say(p, "wendy", "/podcheck unignore split-sidecar")
	for _, e := range events { // late
		w.github.Send(t.Context(), e)
	}
	w.push(p, "one.yaml")
	w.verdict(p, "1 warning introduced")
	if n := len(p.Comments()); n != 4 {
		t.Errorf("%d comments: two commands and two replies are 4", n)
	}
}

func TestTwoIgnoresAtOnce(t *testing.T) {
	t.Parallel()
	w, p := conversingOn(t, "seed-storage-sharing")
	one := value(p.Comment("wendy", "/podcheck ignore log-replay tiny"))(t)
	two := value(p.Comment("wendy", "/podcheck ignore invalid-manifest from a tutorial"))(t)
	w.deliver()
	w.result(p, one)
	w.result(p, two)
	w.verdict(p, "1 notice introduced, 4 ignored")
}

func TestIgnoreWhoseDeliveryWasLost(t *testing.T) {
	t.Parallel()
	w, p := conversingOn(t, "seed-storage-sharing")
	one := value(p.Comment("wendy", "/podcheck ignore log-replay tiny"))(t)
	two := value(p.Comment("wendy", "/podcheck ignore invalid-manifest from a tutorial"))(t)
	w.github.Pending() // lost
	comments := len(p.ReviewComments())
	w.push(p, "one.yaml")
	w.result(p, one)
	w.result(p, two)
	w.verdict(p, "1 notice introduced, 4 ignored")
	if n := len(p.ReviewComments()); n != comments || len(p.Reviews()) != 1 {
		t.Errorf("%d comments after %d, in %d reviews", n, comments, len(p.Reviews()))
	}
}

// TestIgnoreFoundBeforeTheFirstReview: the review that the push brings and the one that the command brings know of each other.
func TestIgnoreFoundBeforeTheFirstReview(t *testing.T) {
	t.Parallel()
	f := load(t, "seed-storage-sharing")
	w := newWorld(t, f.Before)
	w.start()
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	p := w.open(f.Before, f.After, github.NewPull{Author: "ann"})
	opened := w.github.Pending()
	id := value(p.Comment("wendy", "/podcheck ignore log-replay tiny"))(t)
	w.github.Pending() // lost
	for _, e := range opened {
		w.github.Send(t.Context(), e)
	}
	w.result(p, id)
	w.verdict(p, "3 errors, 1 notice introduced, 1 ignored")
	if n := len(p.ReviewComments()); n != len(f.Want.Comments) || len(p.Reviews()) != 1 {
		t.Errorf("%d comments in %d reviews", n, len(p.Reviews()))
	}
}

func TestIgnoreInALongConversation(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	w.say(p, "wendy", "/podcheck ignore split-sidecar moves in March")
	w.verdict(p, "Nothing introduced, 1 ignored")
	chatter := func(n int) {
		for i := range n {
			value(p.Comment("ann", fmt.Sprint("comment ", i)))(t)
		}
		w.deliver()
	}
	chatter(230)
	w.push(p, "one.yaml")
	w.verdict(p, "Nothing introduced, 1 ignored")
	w.say(p, "wendy", "/podcheck unignore split-sidecar")
	w.verdict(p, "1 warning introduced")
	w.push(p, "two.yaml")
	w.verdict(p, "1 warning introduced")
	w.settled("reviewed", 5)
	chatter(50)
	w.github.ResetRequests()
	w.push(p, "three.yaml") // the check run of the push before tells that nothing older is in force
	w.verdict(p, "1 warning introduced")
	w.settled("reviewed", 6)
	w.budget(1, 3)
}

func TestCommandsInTheThreadOfAFinding(t *testing.T) {
	t.Parallel()
	w, p := conversingOn(t, "seed-storage-sharing")
	i := slices.IndexFunc(p.ReviewComments(), func(c github.PostedComment) bool { return strings.Contains(c.Body, "`log-replay`") })
	first := p.ReviewComments()[i].ID
	value(p.Reply("wendy", first, "/podcheck ignore the log is tiny"))(t)
	w.deliver()
	check := w.verdict(p, "3 errors, 1 notice introduced, 1 ignored")
	if !strings.Contains(check.Summary, "the log is tiny (`wendy`)") {
		t.Errorf("summary %s", check.Summary)
	}
	value(p.Reply("wendy", first, "/podcheck ignore invalid-manifest from a tutorial"))(t)
	w.deliver()
	w.verdict(p, "1 notice introduced, 4 ignored")
	value(p.Reply("wendy", first, "/podcheck unignore"))(t)
	w.deliver()
	w.verdict(p, "1 warning, 1 notice introduced, 3 ignored")
}

func TestExplainAFinding(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	id := w.idOf(p, "split-sidecar")
	reactions, reply := w.say(p, "rita", "/podcheck explain "+id)
	if !strings.HasSuffix(reactions[1], ":rocket") || !strings.HasPrefix(reply, "### Warning `split-sidecar` `Deployment/log-shipper`") || !strings.Contains(reply, "```diff") {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
	if reactions, reply = w.say(p, "rita", "/podcheck explain split-sidcar"); !strings.HasSuffix(reactions[1], ":confused") || !strings.HasSuffix(reply, "Did you mean `split-sidecar`?") {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
	w.say(p, "wendy", "/podcheck ignore "+id+" moves in March")
	if _, reply = w.say(p, "rita", "/podcheck explain "+id); !strings.HasSuffix(reply, "It is ignored: moves in March.") {
		t.Errorf("reply %q", reply)
	}
}

func TestExplainARuleOfTheRepository(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	f.Before[".podcheck/rules/team.yaml"] = []byte("name: team-label\nmessage: m\nexpression: has(pod.spec)\ndocumentation: Ask @platform, <b>now</b>.\n")
	w := newWorld(t, f.Before)
	w.start()
	p := w.open(f.Before, f.After, github.NewPull{Author: "ann"})
	w.deliver()
	w.checked(p.HeadSHA())
	_, reply := w.say(p, "ann", "/podcheck explain team-label")
	if !strings.HasPrefix(reply, "````markdown\n# team-label\n") || !strings.HasSuffix(reply, "\n````") {
		t.Errorf("reply %q", reply)
	}
	if _, reply = w.say(p, "ann", "/podcheck explain team-labels"); !strings.HasSuffix(reply, "Did you mean `team-label`?") {
		t.Errorf("reply %q", reply)
	}
}

// TestKilledWhileIgnoring kills the server while a request of the command is under way, before and after it took effect.
func TestKilledWhileIgnoring(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	for _, path := range []string{"/issues/1/comments", "/check-runs", "/reactions"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, took effect: %v", path, after), func(t *testing.T) {
				w := newWorld(t, f.Before)
				if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
					t.Fatal(err)
				}
				target := value(url.Parse(w.github.URL()))(t)
				g := &gate{proxy: httputil.NewSingleHostReverseProxy(target), method: "POST", path: path, after: after,
					met: make(chan struct{}), killed: make(chan struct{})}
				front := httptest.NewServer(g)
				t.Cleanup(front.Close)
				c := settings(w.github, t.TempDir())
				c.GitHub.Web = front.URL
				server := w.startChild(c)
				p := w.newPull(f.Before, f.After, "gate")
				w.verdict(p, "1 warning introduced")
				g.armed.Store(true)
				id := value(p.Comment("wendy", "/podcheck ignore split-sidecar moves in March"))(t)
				w.deliver()
				<-g.met
				server.kill()
				close(g.killed)
				w.startChild(c)
				w.result(p, id)
				w.verdict(p, "Nothing introduced, 1 ignored")
				if n := len(p.Comments()); n != 2 {
					t.Errorf("%d comments: the command and its answer are 2", n)
				}
			})
		}
	}
}
