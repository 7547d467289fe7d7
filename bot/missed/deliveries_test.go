package missed

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/podcheck/podcheck/bot/queue"
	double "github.com/podcheck/podcheck/fixtures/github"
)

// settledWorld has a pull request that is reviewed, and has been looked at: what is queued then comes from deliveries.
func settledWorld(t *testing.T, options double.Options) (*world, *double.Repo, *double.Pull) {
	w := newWorld(t, options)
	r := w.setRepo("acme/shop")
	p := w.open(r, "feature")
	w.reviewed(r, p)
	w.drop()
	w.want("before", w.look())
	return w, r, p
}

func TestFailedDeliveries(t *testing.T) {
	for _, test := range []struct {
		status int
		queued bool
	}{{0, true}, {503, true}, {500, true}, {302, true}, {401, true}, {408, true}, {413, true}, {404, true}, {202, false}, {200, false}, {400, false}} {
		t.Run(fmt.Sprint(test.status), func(t *testing.T) {
			w, r, p := settledWorld(t, double.Options{})
			if err := p.ConvertToDraft("ann"); err != nil { // nothing but its delivery tells of it
				t.Fatal(err)
			}
			sent := w.deliver(test.status)
			if len(sent) != 1 || sent[0].Status != test.status {
				t.Fatalf("sent %+v", sent)
			}
			var want []string
			if test.queued {
				want = append(want, pullKey(r, p))
			}
			w.want("at the first look", w.look(), want...)
			w.want("at the second", w.look())
		})
	}
}

// TestWhatDeliveriesAskFor: commands, buttons and merge groups are found by their deliveries alone.
func TestWhatDeliveriesAskFor(t *testing.T) {
	w, r, p := settledWorld(t, double.Options{})
	comment := value(p.Comment("ann", "/podcheck help"))(t)
	value(p.Comment("ann", "nice"))(t)
	run := r.CheckRuns(p.HeadSHA())[0]
	if err := r.SetCollaborator("ann", "write"); err != nil {
		t.Fatal(err)
	}
	if err := r.RequestAction("ann", run.ID, "fix-safe"); err != nil {
		t.Fatal(err)
	}
	group := value(p.MergeGroup(t.Context()))(t)
	sent := w.deliver(0)
	author := int64(0)
	for _, d := range sent {
		if d.Event == "check_run" {
			author = senderOf(t, d)
		}
	}
	w.github.ResetRequests()
	w.want("at the first look", w.look(), fmt.Sprintf("command.%d.1.issue-%d", r.ID(), comment), fmt.Sprintf("merge.%d.%s", r.ID(), group),
		actionKey(r, p, run.ID, author, "fix-safe"))
	if n := payloads(w); n != 4 {
		t.Errorf("read %d payloads", n)
	}
	w.want("at the second", w.look())
	if n := payloads(w); n != 4 {
		t.Errorf("read %d payloads in two looks", n)
	}
	w.lose()
	w.want("with another store", w.look(), fmt.Sprintf("command.%d.1.issue-%d", r.ID(), comment), fmt.Sprintf("merge.%d.%s", r.ID(), group),
		actionKey(r, p, run.ID, author, "fix-safe"))
}

// payloads counts what was read of single deliveries.
func payloads(w *world) int {
	n := 0
	for _, r := range w.github.Requests() {
		if r.Route == "/app/hook/deliveries/{delivery_id}" {
			n++
		}
	}
	return n
}

func TestDeliveredInTheEnd(t *testing.T) {
	w, _, p := settledWorld(t, double.Options{})
	value(p.Comment("ann", "/podcheck help"))(t)
	failed := w.github.Pending()
	w.mu.Lock()
	w.answer = http.StatusServiceUnavailable
	w.mu.Unlock()
	w.github.Send(t.Context(), failed[0])
	w.mu.Lock()
	w.answer = http.StatusAccepted
	w.mu.Unlock()
	if again := w.github.Send(t.Context(), failed[0]); !again.Redelivery || again.Status != http.StatusAccepted {
		t.Fatalf("sent again: %+v", again)
	}
	w.want("what a person had delivered again", w.look())
}

// TestOldDeliveries: a command is not run a day later, and what GitHub does not keep is not asked for.
func TestOldDeliveries(t *testing.T) {
	for name, test := range map[string]struct {
		age           time.Duration
		pull, command bool
	}{
		"hours":      {23 * time.Hour, true, true},
		"a day":      {25 * time.Hour, true, false},
		"three days": {73 * time.Hour, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Now().Add(-test.age)
			w := newWorld(t, double.Options{Now: func() time.Time { return now }})
			r := w.setRepo("acme/shop")
			p := w.open(r, "feature")
			comment := value(p.Comment("ann", "/podcheck help"))(t)
			w.deliver(503)
			now = time.Now()
			w.reviewed(r, p)
			var want []string
			if test.pull {
				want = append(want, pullKey(r, p))
			}
			if test.command {
				want = append(want, fmt.Sprintf("command.%d.1.issue-%d", r.ID(), comment))
			}
			w.want("", w.look(), want...)
		})
	}
}

// TestManyDeliveriesTakeSeveralLooks: each look reads what it may, goes on where the last one stopped, and reads the newest then.
func TestManyDeliveriesTakeSeveralLooks(t *testing.T) {
	w, r, p := settledWorld(t, double.Options{})
	w.limits.ofApp = 50
	var want []string
	for range 130 {
		want = append(want, fmt.Sprintf("command.%d.1.issue-%d", r.ID(), value(p.Comment("ann", "/podcheck help"))(t)))
	}
	w.deliver(503)
	var got []string
	for i := range 3 {
		w.github.ResetRequests()
		got = append(got, w.look()...)
		if i == 0 { // this one fails in between, and must not be lost behind the others
			want = append(want, fmt.Sprintf("command.%d.1.issue-%d", r.ID(), value(p.Comment("ann", "/podcheck help"))(t)))
			w.deliver(503)
		}
		if n := w.asked(0); n > 50+1 { // and the list of installations
			t.Errorf("look %d asked %d times", i, n)
		}
	}
	w.want("in three looks", sorted(got), want...)
	w.want("then", w.look())
}

// TestLongListTakesSeveralLooks: of what asks for nothing, too, and a place in the list that GitHub forgot costs a look.
func TestLongListTakesSeveralLooks(t *testing.T) {
	for name, forgotten := range map[string]bool{"": false, "the place is forgotten": true} {
		t.Run(name, func(t *testing.T) {
			w, r, p := settledWorld(t, double.Options{})
			comment := value(p.Comment("ann", "/podcheck help"))(t)
			for i := range 250 {
				if err := p.EditComment(comment, fmt.Sprint("/podcheck help ", i)); err != nil {
					t.Fatal(err)
				}
			}
			w.deliver(503)
			w.limits.ofApp = 2
			w.want("at the first look", w.look())
			if forgotten {
				w.github.Inject(double.Match{Route: "/app/hook/deliveries"}, double.NotYet(), 1)
				w.limits.ofApp = 5
			}
			w.want("at the second", w.look(), fmt.Sprintf("command.%d.1.issue-%d", r.ID(), comment))
		})
	}
}

// TestDeliveriesOfSuspended are left: nothing may be asked there.
func TestDeliveriesOfSuspended(t *testing.T) {
	w, r, p := settledWorld(t, double.Options{})
	if err := p.ConvertToDraft("ann"); err != nil {
		t.Fatal(err)
	}
	w.deliver(503)
	w.github.Suspend("acme", true)
	w.want("while it is suspended", w.look())
	w.github.Suspend("acme", false)
	w.want("afterwards", w.look(), pullKey(r, p))
}

// TestDeliveriesBesideWork: an event replaces what was queued before it, and leaves what was queued after it.
func TestDeliveriesBesideWork(t *testing.T) {
	for name, test := range map[string]struct {
		age  time.Duration
		want string
	}{
		"older":   {time.Hour, "missed"},
		"at once": {0, "missed"},
		"younger": {-time.Hour, "webhook"},
	} {
		t.Run(name, func(t *testing.T) {
			w, r, p := settledWorld(t, double.Options{})
			queued := queue.Item{Kind: queue.KindPull, Installation: w.github.InstallationID("acme"), Owner: "acme", Repo: "shop", RepoID: r.ID(),
				Number: 1, Delivery: "webhook", Received: time.Now().Add(-test.age)}
			if err := w.queue.Put(t.Context(), queued); err != nil {
				t.Fatal(err)
			}
			if err := p.ConvertToDraft("ann"); err != nil {
				t.Fatal(err)
			}
			sent := w.deliver(503)
			if err := w.once(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			items := w.items(nil)
			want := test.want
			if want == "missed" {
				want = sent[0].GUID
			}
			if len(items) != 1 || items[0].Delivery != want {
				t.Errorf("queued is %+v, want %s", items, want)
			}
		})
	}
}

// TestDeliveriesInAnOutage: an error ends the reading, the pull requests are looked at all the same, and the next look goes on.
func TestDeliveriesInAnOutage(t *testing.T) {
	w, r, p := settledWorld(t, double.Options{})
	comment := value(p.Comment("ann", "/podcheck help"))(t)
	w.deliver(503)
	other := w.open(r, "other")
	w.drop()
	w.github.Inject(double.Match{Route: "/app/hook/deliveries/{delivery_id}"}, double.HTMLError(502), 3)
	if err := w.once(t.Context(), false); err == nil {
		t.Error("the look counts as whole")
	}
	w.want("in the outage", w.taken(), pullKey(r, other))
	w.reviewed(r, other)
	w.want("afterwards", w.look(), fmt.Sprintf("command.%d.1.issue-%d", r.ID(), comment))
}
