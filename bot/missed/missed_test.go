package missed

import (
	"context"
	"strings"
	"testing"
	"time"

	double "github.com/podcheck/podcheck/fixtures/github"
)

const lookedMessage = "looked for what was missed"

// logged waits until a message is in the log so many times.
func (w *world) logged(message string, times int) {
	w.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for strings.Count(w.log.String(), message) < times {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.Fatalf("not %d times %q in the log", times, message)
		}
	}
}

func TestRunLooksAtOnceAndAgain(t *testing.T) {
	w := newWorld(t, double.Options{})
	r := w.setRepo("acme/shop")
	p := w.open(r, "feature")
	w.drop()
	w.Every = 100 * time.Millisecond
	w.running(w.Reconciler)
	w.logged(lookedMessage, 1)
	w.want("at once", w.taken(), pullKey(r, p))
	w.logged(lookedMessage, 3)
}

// TestOthersLookWillDo: on the timer one replica looks for all; at start each one looks.
func TestOthersLookWillDo(t *testing.T) {
	w := newWorld(t, double.Options{})
	w.setRepo("acme/shop")
	w.look()
	w.github.ResetRequests()
	if err := w.once(t.Context(), true); err != nil || len(w.github.Requests()) != 0 {
		t.Errorf("after another's look it asked %d times, %v", len(w.github.Requests()), err)
	}
	m := value(openMemory(t.Context(), w.queue))(t)
	for _, age := range []time.Duration{w.Every, -time.Minute} { // one is due, or of a clock that is ahead
		if err := m.save(t.Context(), lastKey, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
		w.github.ResetRequests()
		if err := w.once(t.Context(), true); err != nil || len(w.github.Requests()) == 0 {
			t.Errorf("a look of %s ago: it asked %d times, %v", age, len(w.github.Requests()), err)
		}
	}
}

// TestOneReplicaLooks: while one looks the other asks for nothing.
func TestOneReplicaLooks(t *testing.T) {
	w := newWorld(t, double.Options{})
	err := w.queue.Exclusive(t.Context(), exclusiveName, func(context.Context) error { // as the other one does
		w.running(w.Reconciler)
		w.logged("another replica is looking", 1)
		return nil
	})
	if n := len(w.github.Requests()); err != nil || n != 0 {
		t.Errorf("it asked %d times, %v", n, err)
	}
}

// TestUnreadableMemory: what another version wrote is as good as lost.
func TestUnreadableMemory(t *testing.T) {
	w := newWorld(t, double.Options{})
	r := w.setRepo("acme/shop")
	p := w.open(r, "feature")
	w.drop()
	m := value(openMemory(t.Context(), w.queue))(t)
	for _, key := range []string{lastKey, deliveriesKey, walkKey(w.github.InstallationID("acme"))} {
		if err := m.state.Put(t.Context(), key, []byte("{not JSON")); err != nil {
			t.Fatal(err)
		}
	}
	w.want("", w.look(), pullKey(r, p))
}

// TestPanicEndsTheLook and nothing else.
func TestPanicEndsTheLook(t *testing.T) {
	w := newWorld(t, double.Options{})
	w.App = nil
	if err := w.once(t.Context(), false); err == nil || !strings.Contains(err.Error(), "defect") {
		t.Errorf("once = %v", err)
	}
	ran := false
	if err := w.queue.Exclusive(t.Context(), exclusiveName, func(context.Context) error { ran = true; return nil }); err != nil || !ran {
		t.Errorf("afterwards a look could be made: %v, %v", ran, err)
	}
}
