package github

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review"
)

var (
	finding = review.Ignore{Key: "k/1", ID: "a1bc", Rule: "r", Reason: "one", By: "wendy"}
	again   = review.Ignore{Key: "k/1", ID: "a1bc", Rule: "r", Reason: "two", By: "will"}
	rule    = review.Ignore{Rule: "r", Reason: "three", By: "wendy"}
)

func TestIgnoresAreTheLastDecisions(t *testing.T) {
	do := func(i review.Ignore) Decision { return Decision{Ignore: i} }
	undo := func(i review.Ignore) Decision { return Decision{Ignore: i, Undo: true} }
	for name, c := range map[string]struct {
		made  []Decision
		want  []review.Ignore
		floor int64 // the decisions have the ids 1, 2, 3…; the newest comment has 9
	}{
		"none":                          {nil, nil, 9},
		"one":                           {[]Decision{do(finding)}, []review.Ignore{finding}, 1},
		"two":                           {[]Decision{do(finding), do(rule)}, []review.Ignore{finding, rule}, 1},
		"the same with another reason":  {[]Decision{do(finding), do(again)}, []review.Ignore{again}, 2},
		"taken back":                    {[]Decision{do(finding), undo(finding)}, nil, 9},
		"taken back and made again":     {[]Decision{do(finding), undo(finding), do(again)}, []review.Ignore{again}, 3},
		"a finding apart from its rule": {[]Decision{do(finding), do(rule), undo(finding)}, []review.Ignore{rule}, 2},
		"a rule apart from its finding": {[]Decision{do(rule), do(finding), undo(rule)}, []review.Ignore{finding}, 2},
		"taken back what never was":     {[]Decision{undo(rule), do(finding)}, []review.Ignore{finding}, 2},
	} {
		s := &Snapshot{Comments: []Comment{{ID: 9}}}
		for i := range c.made {
			c.made[i].Comment = int64(i + 1)
		}
		s.Remember(c.made)
		s.Remember(c.made)
		if got := s.Ignores(); !slices.Equal(got, c.want) || s.floor() != c.floor || len(s.Decisions) != len(c.made) {
			t.Errorf("%s: %+v, floor %d", name, got, s.floor())
		}
	}
}

func TestDecisionsAreReadBack(t *testing.T) {
	w := newWorld(t)
	in := Conversation{Repo: name, Number: w.pull.Number()}
	command := value(w.pull.Comment("wendy", "/podcheck ignore a1bc one"))(t)
	s := w.read()
	if err := w.client.Decide(t.Context(), s, in, command, "it is ignored", Decision{Ignore: finding}, allow); err != nil {
		t.Fatal(err)
	}
	forged := strings.ReplaceAll(w.pull.Comments()[1].Body, "it is", "ha ha")
	value(w.pull.Comment("wendy", forged))(t)
	read := w.read()
	if !slices.Equal(read.Decisions, s.Decisions) || !slices.Equal(read.Ignores(), []review.Ignore{finding}) || !read.Replied(in, command) {
		t.Errorf("%+v after %+v", read.Decisions, s.Decisions)
	}
	if !read.Decided(in, command) || read.Decided(Conversation{InReview: true}, command) || read.Decided(in, command+1) {
		t.Errorf("%+v", read.Decisions)
	}
	merge := value(w.client.ReadMerge(t.Context(), name, "main", w.pull.HeadSHA(), w.pull.Number()))(t)
	if !slices.Equal(merge.Ignores(), []review.Ignore{finding}) || merge.Number != 0 {
		t.Errorf("%+v", merge)
	}
}

func TestDecisionsFarBack(t *testing.T) {
	w := newWorld(t)
	in := Conversation{Repo: name, Number: w.pull.Number()}
	decide := func(d Decision) {
		if err := w.client.Decide(t.Context(), w.read(), in, 1, "text", d, allow); err != nil {
			t.Fatal(err)
		}
	}
	chatter := func(n int) {
		for i := range n {
			value(w.pull.Comment("ann", fmt.Sprint(i)))(t)
		}
	}
	expect := func(what string, reads int, want ...review.Ignore) {
		t.Helper()
		w.github.ResetRequests()
		if got := w.read().Ignores(); !slices.Equal(got, want) || w.github.Counts().Reads != reads {
			t.Errorf("%s: %+v in %d reads, want %d", what, got, w.github.Counts().Reads, reads)
		}
	}
	chatter(120)
	decide(Decision{Ignore: finding})
	chatter(120)
	decide(Decision{Ignore: rule})
	expect("nothing known", 3, finding, rule)
	w.reconcile(desired(comment(2, "text", "a")))
	expect("known how far back", 2, finding, rule)
	decide(Decision{Ignore: finding, Undo: true})
	w.reconcile(desired(comment(2, "another text", "a")))
	expect("known that the older ones are taken back", 1, rule)
	chatter(99)
	expect("beyond the newest hundred", 2, rule)
	merge := value(w.client.ReadMerge(t.Context(), name, "main", w.pull.HeadSHA(), w.pull.Number()))(t)
	if got := merge.Ignores(); !slices.Equal(got, []review.Ignore{rule}) {
		t.Errorf("in a merge group: %+v", got)
	}
}

func TestFloorIsNoChangeOfTheReview(t *testing.T) {
	w := newWorld(t)
	want := desired(comment(2, "text", "a"))
	value(w.pull.Comment("ann", "hello"))(t)
	w.reconcile(want)
	value(w.pull.Comment("ann", "hello again"))(t)
	if _, counts := w.reconcile(want); counts.Writes != 0 {
		t.Errorf("took %+v", counts)
	}
}

func TestThreadOf(t *testing.T) {
	w := newWorld(t)
	w.reconcile(desired(comment(2, "text", "a")))
	first := w.pull.ReviewComments()[0].ID
	value(w.pull.Reply("ann", first, "a reply"))(t)
	id := value(w.pull.Reply("ann", first, "/podcheck unignore"))(t)
	s := w.read()
	c := value(w.client.Comment(t.Context(), Conversation{Repo: name, Number: w.pull.Number(), InReview: true}, id, s.Viewer))(t)
	if thread := s.ThreadOf(c); thread == nil || thread.Marker.Keys[0] != "a" {
		t.Errorf("thread %+v of %+v", thread, c)
	}
	if thread := s.ThreadOf(Comment{ID: id}); thread != nil {
		t.Errorf("thread %+v of a comment in the conversation", thread)
	}
}
