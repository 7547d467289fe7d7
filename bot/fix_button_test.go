package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
)

func TestButtonsThatFix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fixture, buttons, press string }{
		{"seed-cat-loop", "[fix-safe review]", "fix-safe"},
		{"shipper-one-file", "[fix-all review]", "fix-all"},
	} {
		t.Run(c.fixture, func(t *testing.T) {
			w, p := conversingOn(t, c.fixture)
			check := w.checked(p.HeadSHA())
			if fmt.Sprint(check.Actions) != c.buttons {
				t.Fatalf("buttons are %v", check.Actions)
			}
			if err := w.repo.RequestAction("wendy", check.ID, c.press); err != nil {
				t.Fatal(err)
			}
			sent := w.deliver()
			w.settled("button answered", 1)
			w.tree(p, load(t, c.fixture).Fixed)
			if made := w.commits(p); len(made) != 1 || !strings.Contains(made[0].Message, fmt.Sprintf("\nPodcheck-Command: action-%d-%s\nCo-authored-by: wendy <", check.ID, c.press)) {
				t.Errorf("commits %+v", made)
			}
			at := slices.IndexFunc(sent, func(d github.Delivery) bool { return d.Action == "requested_action" })
			w.github.Send(t.Context(), &sent[at]) // once more
			w.settled("button answered", 2)
			if n := len(w.commits(p)); n != 1 || len(p.Comments()) != 0 {
				t.Errorf("%d commits, comments %+v", n, p.Comments())
			}
		})
	}
}

func TestButtonOfSomebodyWithoutWriteAccess(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	check := w.checked(p.HeadSHA())
	for i, login := range []string{"rita", "rita", "ann"} {
		if err := w.repo.RequestAction(login, check.ID, "fix-all"); err != nil {
			t.Fatal(err)
		}
		w.deliver()
		w.settled("button answered", i+1)
	}
	w.untouched(p)
	comments := p.Comments()
	if len(comments) != 2 || !strings.Contains(comments[0].Body, "people with write access, which `rita` does not have") || !strings.Contains(comments[1].Body, "`ann`") {
		t.Errorf("comments %+v", comments)
	}
}

func TestButtonOfAnOlderHead(t *testing.T) {
	t.Parallel()
	w, p := conversing(t)
	check := w.checked(p.HeadSHA())
	w.push(p, "more.yaml")
	w.settled("reviewed", 2)
	if err := w.repo.RequestAction("wendy", check.ID, "fix-all"); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.settled("button answered", 1)
	w.untouched(p)
	if comments := p.Comments(); len(comments) != 1 || !strings.HasPrefix(comments[0].Body, "The branch has moved since that check run") {
		t.Errorf("comments %+v", comments)
	}
}
