package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
)

// conversing is a reviewed pull request of ann's.
func conversing(t *testing.T) (*world, *github.Pull) {
	t.Helper()
	return conversingOn(t, "shipper-one-file")
}

func conversingOn(t *testing.T, fixture string) (*world, *github.Pull) {
	t.Helper()
	f := load(t, fixture)
	w := newWorld(t, f.Before)
	w.start()
	p := w.open(f.Before, f.After, github.NewPull{Author: "ann"})
	w.deliver()
	w.checked(p.HeadSHA())
	w.settled("reviewed", 1)
	for login, right := range map[string]string{"wendy": "write", "rita": "read"} {
		if err := w.repo.SetCollaborator(login, right); err != nil {
			t.Fatal(err)
		}
	}
	return w, p
}

// say gives a command and waits for its result: our reactions, and the reply without its marker.
func (w *world) say(p *github.Pull, login, body string) (reactions []string, reply string) {
	w.Helper()
	id := value(p.Comment(login, body))(w.T)
	w.deliver()
	return w.result(p, id)
}

func (w *world) result(p *github.Pull, id int64) (reactions []string, reply string) {
	w.Helper()
	find := func() github.PostedIssueComment {
		all := p.Comments()
		return all[slices.IndexFunc(all, func(c github.PostedIssueComment) bool { return c.ID == id })]
	}
	w.until("the result of the command", func() bool {
		return slices.ContainsFunc(find().Reactions, func(r string) bool { return strings.HasSuffix(r, ":rocket") || strings.HasSuffix(r, ":confused") })
	})
	for _, c := range p.Comments() {
		if c.ID > id && c.Author == w.github.BotLogin() {
			reply, _, _ = strings.Cut(c.Body, "\n\n<!--")
		}
	}
	return find().Reactions, reply
}

func TestCommands(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	bot := w.github.BotLogin()
	done, refused := []string{bot + ":eyes", bot + ":rocket"}, []string{bot + ":eyes", bot + ":confused"}
	for _, c := range []struct {
		login, body string
		reactions   []string
		reply       string // begins with; "" for none
	}{
		{"rita", "/podcheck help", done, "| command | who | does |"},
		{"ann", "/podcheck", done, ""},
		{"wendy", "Please look again.\n\n/podcheck review\n", done, ""},
		{"rita", "/podcheck review", refused, "`/podcheck review` is for the author"},
		{"stranger", "/podcheck", refused, "`/podcheck review` is for the author"},
		{"rita", "/podcheck explain log-replay", done, "#"},
		{"rita", "/podcheck explain nothing", refused, "`nothing` is no rule and no finding of this pull request."},
		{"ann", "/podcheck reveiw", refused, "`reveiw` is no command of Podcheck. Did you mean `/podcheck review`?"},
	} {
		t.Run(c.login+" "+c.body, func(t *testing.T) {
			w.T = t
			reactions, reply := w.say(p, c.login, c.body)
			if !slices.Equal(reactions, c.reactions) || !strings.HasPrefix(reply, c.reply) || (c.reply == "") != (reply == "") {
				t.Errorf("reactions %q, reply %q", reactions, reply)
			}
		})
	}
	w.T = t
	if n := len(p.Reviews()); n != 1 {
		t.Errorf("%d reviews", n)
	}
}

func TestWhatIsNoCommandIsLeftAlone(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	w.github.ResetRequests()
	id := value(p.Comment("ann", "> /podcheck help\n\nWhat does this do?"))(t)
	value(p.Comment("ann", "no slash: podcheck help"))(t)
	w.deliver()
	if err := p.EditComment(id, "/podcheck help"); err != nil { // an edited comment is not a command either
		t.Fatal(err)
	}
	w.deliver()
	reactions, _ := w.say(p, "ann", "/podcheck help")
	if len(reactions) != 2 {
		t.Errorf("reactions %q", reactions)
	}
	if n := len(w.github.Pending()); n != 0 {
		t.Logf("%d events wait", n)
	}
}

func TestCommandRunsOnceHoweverOftenItIsDelivered(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	id := value(p.Comment("ann", "/podcheck help"))(t)
	events := w.github.Pending()
	event := events[slices.IndexFunc(events, func(d *github.Delivery) bool { return d.Event == "issue_comment" })]
	w.github.Send(t.Context(), event)
	w.result(p, id)
	w.settled("command answered", 1)
	w.github.ResetRequests()
	w.github.Send(t.Context(), event)
	w.until("the second look", func() bool { return w.github.Counts().Reads > 0 })
	if reactions, _ := w.say(p, "ann", "/podcheck help"); len(reactions) != 2 {
		t.Errorf("reactions %q", reactions)
	}
	if n := w.github.Counts().Writes; n != 3 {
		t.Errorf("%d writes: two reactions and a reply to the second command are 3", n)
	}
	if n := len(p.Comments()); n != 4 {
		t.Errorf("%d comments: two commands and two replies are 4", n)
	}
}

func TestReplyIsNotWrittenTwiceAfterACrash(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	// The reply goes out, the result reaction is lost.
	w.github.Inject(github.Match{Method: "POST", Contains: "rocket"}, github.HTMLError(502), 1)
	if reactions, _ := w.say(p, "ann", "/podcheck help"); len(reactions) != 2 {
		t.Errorf("reactions %q", reactions)
	}
	if n := len(p.Comments()); n != 2 {
		t.Errorf("%d comments", n)
	}
}

func TestCommandWhoseDeliveryWasLostIsFoundWithTheNextPush(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	id := value(p.Comment("ann", "/podcheck help"))(t)
	w.github.Pending() // lost
	value(w.repo.Commit(t.Context(), "feature", github.Commit{Message: "More", Files: map[string][]byte{"x.yaml": []byte("x: 1\n")}}))(t)
	w.deliver()
	if reactions, reply := w.result(p, id); len(reactions) != 2 || reply == "" {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
}

func TestCommandInAThreadOfTheDiff(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	value(p.Reply("ann", p.ReviewComments()[0].ID, "/podcheck help"))(t)
	w.deliver()
	w.until("the reply", func() bool { return len(p.Comments()) == 1 })
}

func TestExplainInAThreadOfTheDiffIsAboutItsRule(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	first := p.ReviewComments()[0].ID
	value(p.Reply("rita", first, "/podcheck explain"))(t)
	w.deliver()
	w.until("the reply", func() bool { return len(p.Comments()) == 1 })
	if got := p.Comments()[0].Body; !strings.HasPrefix(got, "# split-sidecar\n") {
		t.Errorf("reply %q", got)
	}
	if reactions, reply := w.say(p, "rita", "/podcheck explain"); !strings.HasSuffix(reactions[1], ":confused") || !strings.HasPrefix(reply, "`explain` is written") {
		t.Errorf("outside of a thread: reactions %q, reply %q", reactions, reply)
	}
}

func TestButtonLooksAgain(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	check := w.checked(p.HeadSHA())
	if fmt.Sprint(check.Actions) != "[fix-all review]" {
		t.Fatalf("buttons are %v", check.Actions)
	}
	if err := w.repo.RequestAction("wendy", check.ID, "review"); err != nil {
		t.Fatal(err)
	}
	w.github.ResetRequests()
	w.deliver()
	w.settled("reviewed", 2)
	w.budget(1, 0)
	if n := len(p.Reviews()); n != 1 {
		t.Errorf("%d reviews", n)
	}
}

func TestCommandOnAClosedPullRequest(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	if err := p.Close("ann"); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	if reactions, reply := w.say(p, "ann", "/podcheck review"); !strings.HasSuffix(reactions[1], ":confused") || reply != "The pull request is closed, so it is not reviewed." {
		t.Errorf("reactions %q, reply %q", reactions, reply)
	}
}
