package bot_test

import (
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
)

var jobsDone = regexp.MustCompile(`podcheck_job_seconds_count\{kind="\w+",outcome="done"\} (\d+)`)

// done is how many items the bot has done.
func (w *world) done(b running) (n int) {
	_, text := get(w.T, "http://"+b.AdminAddr().String()+"/metrics")
	for _, found := range jobsDone.FindAllStringSubmatch(text, -1) {
		n += value(strconv.Atoi(found[1]))(w.T)
	}
	return n
}

// history is the life of a pull request with a command, and its deliveries.
func (w *world) history(b running) (*github.Pull, []*github.Delivery) {
	w.Helper()
	f := load(w.T, "shipper-one-file")
	p := w.open(f.Before, f.After, github.NewPull{Author: "ann"})
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		w.Fatal(err)
	}
	events := w.sendAll(b)
	w.checked(p.HeadSHA())
	value(p.Comment("wendy", "/podcheck explain log-replay"))(w.T)
	events = append(events, w.sendAll(b)...)
	if err := w.repo.RequestAction("wendy", w.checked(p.HeadSHA()).ID, "review"); err != nil {
		w.Fatal(err)
	}
	return p, append(events, w.sendAll(b)...)
}

// sendAll sends what waits, one after the other is done, and returns it.
func (w *world) sendAll(b running) []*github.Delivery {
	w.Helper()
	events := w.github.Pending()
	for _, d := range events {
		w.attemptDone(b, d, d.Event)
	}
	return events
}

// attemptDone makes a delivery as a certain event, and waits until what it leads to is done.
func (w *world) attemptDone(b running, d *github.Delivery, event string) (stored bool) {
	w.Helper()
	before := w.done(b)
	r := attempt(b.webhook(), d, signed(secret, d.Payload))
	r.Header.Set("X-GitHub-Event", event)
	code, text := answerTo(r)
	if code != http.StatusAccepted && code != http.StatusBadRequest {
		w.Fatalf("%s.%s as %s is answered with %d %s", d.Event, d.Action, event, code, text)
	}
	if stored = strings.Contains(text, `"stored"`); stored {
		w.until("the delivery "+d.Event+" to be worked on", func() bool { return w.done(b) > before })
	}
	return stored
}

// TestReplaysAreHarmless has somebody who recorded every delivery send them again, in any order. What was said stays as it is; a replay
// costs one read.
func TestReplaysAreHarmless(t *testing.T) {
	t.Parallel()
	w := newWorld(t, load(t, "shipper-one-file").Before)
	b := w.run(settings(w.github, t.TempDir()))
	p, events := w.history(b)
	want := seen(w, p)
	w.github.ResetRequests()
	random, replays := rand.New(rand.NewPCG(3, 7)), 0
	for range 5 {
		random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for _, d := range events {
			if strings.Contains(string(d.Payload), `"requested_action"`) {
				continue // the button asks to look again, and that is done each time
			}
			if w.attemptDone(b, d, d.Event) {
				replays++
			}
		}
	}
	if got := seen(w, p); got != want {
		t.Errorf("after replays:%s\nbefore:%s", got, want)
	}
	if replays < 10 {
		t.Fatalf("only %d replays are stored", replays)
	}
	w.budget(replays, 0)
}

// TestSignatureCountsForOneEventOnly: GitHub signs the body and not the headers, so that a body can be sent as another event, and under
// another delivery's name.
func TestSignatureCountsForOneEventOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, load(t, "shipper-one-file").Before)
	b := w.run(settings(w.github, t.TempDir()))
	p, events := w.history(b)
	want := seen(w, p)
	w.github.ResetRequests()
	kinds := []string{"pull_request", "issue_comment", "pull_request_review_comment", "check_run", "check_suite", "merge_group", "push", "installation", "ping", "../../x", ""}
	for i, d := range events {
		d.GUID = events[(i+1)%len(events)].GUID
		for _, event := range slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool { return kind == d.Event }) {
			if w.attemptDone(b, d, event) {
				t.Errorf("a %s.%s is taken as %s", d.Event, d.Action, event)
			}
		}
	}
	if got := seen(w, p); got != want {
		t.Errorf("afterwards:%s\nbefore:%s", got, want)
	}
	w.budget(0, 0)
}
