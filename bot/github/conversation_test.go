package github

import (
	"errors"
	"testing"
)

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
