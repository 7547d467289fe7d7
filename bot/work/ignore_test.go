package work

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
	double "github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules/analysis"
)

func TestWhatIsIgnoredStaysSoInTheMergeQueue(t *testing.T) {
	w := newWorld(t, 1)
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	w.work()
	w.putPull()
	w.verdicts(w.pull.HeadSHA())
	id := value(w.pull.Comment("wendy", "/podcheck ignore split-sidecar moves in March"))(t)
	w.put(queue.Item{Kind: queue.KindCommand, Number: 1, Command: &queue.Command{Source: queue.SourceIssueComment, ID: id, Author: "wendy"}})
	w.until("the result", func() bool { return len(w.pull.Comments()[0].Reactions) == 2 })
	head := value(w.pull.MergeGroup(t.Context()))(t)
	w.put(queue.Item{Kind: queue.KindMerge, Merge: &queue.Merge{HeadSHA: head, BaseSHA: w.pull.BaseSHA(), BaseRef: "refs/heads/main", Number: 1}})
	w.verdicts(head)
	if run := w.repo.CheckRuns(head)[0]; run.Title != "Nothing introduced, 1 ignored" || run.Conclusion != "success" || !strings.HasPrefix(run.ExternalID, "0:main:default+") {
		t.Errorf("check run %+v", run)
	}
}

func TestWanted(t *testing.T) {
	finding := func(id string, status review.Status) review.Finding {
		return review.Finding{Finding: analysis.Finding{Rule: "log-replay"}, ID: id, Key: "key/" + id, Status: status}
	}
	long := finding("l0ng", review.Introduced)
	long.Key = strings.Repeat("k", maxKey+1)
	seen := inspection{
		findings: []review.Finding{finding("a1bcd", review.Introduced), finding("a1bce", review.Introduced), finding("b2cd", review.Ignored),
			finding("c3de", review.Unchanged), long},
		own: []*analysis.Rule{{Name: "team-label"}},
	}
	s := &github.Snapshot{Threads: []github.Thread{{FirstID: 7, Marker: github.Marker{Keys: []string{"key/b2cd#2"}}}}}
	for _, c := range []struct {
		words   string
		inReply int64
		want    review.Ignore
		refused string // what the reply holds
	}{
		{words: "a1bcd one two", want: review.Ignore{Key: "key/a1bcd", ID: "a1bcd", Rule: "log-replay", Reason: "one two"}},
		{words: "A1BCD one", want: review.Ignore{Key: "key/a1bcd", ID: "a1bcd", Rule: "log-replay", Reason: "one"}},
		{words: "b2cdxy was longer", want: review.Ignore{Key: "key/b2cd", ID: "b2cd", Rule: "log-replay", Reason: "was longer"}},
		{words: "a1bc could be two", refused: "`a1bc` is no rule and no finding"},
		{words: "Team-Label one", want: review.Ignore{Rule: "team-label", Reason: "one"}},
		{words: "split-sidecar one", inReply: 7, want: review.Ignore{Rule: "split-sidecar", Reason: "one"}},
		{words: "it is fine", inReply: 7, want: review.Ignore{Key: "key/b2cd", ID: "b2cd", Rule: "log-replay", Reason: "it is fine"}},
		{words: "it is fine", inReply: 8, refused: "`it` is no rule and no finding"},
		{words: "team-labl is fine", inReply: 7, refused: "Did you mean `team-label`?"},
		{words: "z9zz is fine", inReply: 7, refused: "`z9zz` is no rule and no finding"},
		{words: "c3de old", refused: "`c3de` is not introduced by this pull request"},
		{words: "l0ng name", refused: "too long to keep. Ignore the rule, `log-replay`"},
		{words: "a1bcd", refused: "is written"},
		{words: "a1bcd " + strings.Repeat("é", 2*maxReason), want: review.Ignore{Key: "key/a1bcd", ID: "a1bcd", Rule: "log-replay", Reason: strings.Repeat("é", maxReason)}},
	} {
		asked := request{comment: github.Comment{InReplyTo: c.inReply, Author: github.Actor{Login: "wendy"}}}
		asked.Name, asked.Arguments = "ignore", strings.Fields(c.words)
		got, refused := seen.wanted(s, asked)
		c.want.By = "wendy"
		if c.refused == "" && (got != c.want || refused != "") || c.refused != "" && !strings.Contains(refused, c.refused) {
			t.Errorf("%s in a reply to %d: %+v, %q", c.words, c.inReply, got, refused)
		}
	}
}

func TestIgnoredAs(t *testing.T) {
	one := review.Ignore{Key: "k/1", ID: "a1bc", Rule: "log-replay"}
	two := review.Ignore{Rule: "log-replay"}
	thread := &github.Thread{Marker: github.Marker{Keys: []string{"k/1#2"}}}
	for _, c := range []struct {
		words   string
		ignores []review.Ignore
		thread  *github.Thread
		want    review.Ignore
	}{
		{"a1bc", []review.Ignore{two, one}, nil, one},
		{"A1BCD", []review.Ignore{two, one}, nil, one},
		{"LOG-replay", []review.Ignore{one, two}, nil, two},
		{"log-replay", []review.Ignore{one}, nil, review.Ignore{}},
		{"", []review.Ignore{two, one}, thread, one},
		{"", []review.Ignore{two}, thread, review.Ignore{}},
	} {
		got, ok := ignoredAs(c.ignores, strings.Fields(c.words), c.thread)
		if got != c.want || ok != (c.want != review.Ignore{}) {
			t.Errorf("%q of %+v: %+v", c.words, c.ignores, got)
		}
	}
	if text := notIgnored([]review.Ignore{one, two}, []string{"`@x`"}); text != "`@x` is not ignored in this pull request. What is:\n\n- `a1bc`\n- `log-replay`\n" {
		t.Errorf("%s", text)
	}
}

func TestTheConfigurationHashKnowsTheIgnores(t *testing.T) {
	hashes := []string{}
	for _, ignores := range [][]review.Ignore{nil, {{Rule: "a", Reason: "b"}}, {{Rule: "a", Reason: "c"}}, {{Rule: "ab"}}, {{Rule: "a", By: "b"}}} {
		s := &github.Snapshot{}
		for _, i := range ignores {
			s.Decisions = append(s.Decisions, github.Decision{Ignore: i})
		}
		c := value(settingsOf(s))(t)
		if slices.Contains(hashes, c.hash) {
			t.Errorf("%+v has the hash of others", ignores)
		}
		hashes = append(hashes, c.hash)
	}
}

// do works on a command without the queue.
func (w *world) do(id int64) error {
	t := &task{
		Worker: w.worker, client: w.worker.App.Client(w.github.InstallationID("acme")), repo: github.Repo{Owner: "acme", Name: "shop"},
		item: queue.Item{Kind: queue.KindCommand, Installation: w.github.InstallationID("acme"), RepoID: w.repo.ID(), Number: 1,
			Command: &queue.Command{Source: queue.SourceIssueComment, ID: id, Author: "wendy"}},
		forget: func(context.Context) error { return nil },
		fence:  func(context.Context) (time.Time, error) { return time.Now().Add(time.Minute), nil }, began: time.Now(), log: w.worker.Log,
	}
	return t.do(w.Context())
}

func TestIgnoreThatWasTakenBackIsNotDecidedAgain(t *testing.T) {
	w := newWorld(t, 1)
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	first := value(w.pull.Comment("wendy", "/podcheck ignore split-sidecar moves in March"))(t)
	w.github.Inject(double.Match{Method: "POST", Contains: "rocket"}, double.ServerError(503), 1)
	if err := w.do(first); err == nil {
		t.Fatal("the result was posted")
	}
	second := value(w.pull.Comment("wendy", "/podcheck unignore split-sidecar"))(t)
	for _, id := range []int64{second, first} {
		if err := w.do(id); err != nil {
			t.Fatal(err)
		}
	}
	runs := w.repo.CheckRuns(w.pull.HeadSHA())
	if last := runs[len(runs)-1]; last.Title != "1 warning introduced" || len(w.pull.Comments()) != 4 {
		t.Errorf("check run says %q, %d comments", last.Title, len(w.pull.Comments()))
	}
}
