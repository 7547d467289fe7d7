package queue

import (
	"testing"
	"time"
)

// TestUnreadableMessageEndsAsADeadLetter: a newer version may read it, so it is tried again, and kept.
func TestUnreadableMessageEndsAsADeadLetter(t *testing.T) {
	q := openDir(t, Options{MaxAttempts: 2, Backoff: time.Millisecond})
	bodies := map[string]string{"work.pr.1.1": "{", "work.command.1.1.issue-1": `{"kind":"command"}`, "work.later.1": `{"kind":"later","repoID":1}`}
	for subject, body := range bodies {
		if _, err := q.js.Publish(t.Context(), subject, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, q, pull(1, "a"))
	started := make(chan Job, 1)
	stop := work(t, q, 1, holdUntil(started, closed()))
	next(t, started)
	emptied(t, q)
	stop()
	letters, err := q.DeadLetters(t.Context())
	if err != nil || len(letters) != len(bodies) {
		t.Fatalf("dead letters %v, %v; want %d", letters, err, len(bodies))
	}
	for _, letter := range letters {
		if letter.Attempts != 2 || string(letter.Message) != bodies[letter.Subject] || letter.Reason == "" {
			t.Errorf("dead letter %+v", letter)
		}
		if err := q.Retry(t.Context(), letter.Item.Key()); err != nil {
			t.Error(err)
		}
	}
	if again := stored(t, q); len(again) != len(bodies) {
		t.Errorf("stored again: %v", again)
	}
	if letters, err := q.DeadLetters(t.Context()); err != nil || len(letters) != 0 {
		t.Errorf("dead letters %v, %v; want none", letters, err)
	}
}
