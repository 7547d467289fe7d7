package bot_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/stage"
)

// looking is a bot that looks for what was missed.
type looking struct {
	ready time.Time
	stop  func() // ends it and waits
}

// startLooking runs a bot on a folder, with all requests held against GitHub's documents. Nothing is delivered to it unless deliver is true.
func (w *world) startLooking(dir string, every time.Duration, deliver bool) *looking {
	w.Helper()
	c := settings(w.github, dir)
	c.Reconcile = every
	b := w.held(c)
	l := &looking{ready: time.Now(), stop: b.end}
	if deliver {
		w.deliverTo(b)
	}
	return l
}

// unreachable is where a webhook gets no answer.
func (w *world) unreachable() {
	w.github.SetWebhook(github.Webhook{URL: "http://127.0.0.1:1/webhook", Secret: secret})
}

// soon is within how long of readiness what was missed must be queued.
const soon = 30 * time.Second

func (w *world) queuedSoon(l *looking) {
	w.Helper()
	if took := time.Since(l.ready); took > soon {
		w.Errorf("it took %s", took)
	}
}

// looked waits for so many looks more.
func (w *world) looked(times int) {
	w.Helper()
	const message = "looked for what was missed"
	w.settled(message, strings.Count(w.log.String(), message)+times)
}

// long keeps the timer out of a test.
const long = time.Hour

// TestMissedWhileDown: pull requests whose delivery never came, came to nobody, or was refused, are reviewed without any other.
func TestMissedWhileDown(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	for name, lose := range map[string]func(w *world){
		"never sent": func(w *world) { w.github.Pending() },
		"no answer": func(w *world) {
			w.unreachable()
			w.github.Deliver(w.Context())
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, f.Before)
			dir := t.TempDir()
			first := w.startLooking(dir, long, true)
			before := w.newPull(f.Before, f.After, "before")
			w.reviewedAs(before, len(f.Want.Comments))
			first.stop()

			missed := w.open(f.Before, f.After, github.NewPull{})
			lose(w)
			w.unreachable()
			again := w.startLooking(dir, long, false)
			w.reviewedAs(missed, len(f.Want.Comments))
			w.queuedSoon(again)
			w.onlyReview(before, len(f.Want.Comments))
		})
	}
}

// TestMissedReadyForReview: the head has a check run already, so nothing but the failed delivery tells that comments are wanted.
func TestMissedReadyForReview(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	dir := t.TempDir()
	first := w.startLooking(dir, long, true)
	draft := w.open(f.Before, f.After, github.NewPull{Draft: true})
	w.deliver()
	w.checked(draft.HeadSHA())
	if n := len(draft.Reviews()); n != 0 {
		t.Fatalf("%d reviews of a draft", n)
	}
	first.stop()
	if err := draft.ReadyForReview("ann"); err != nil {
		t.Fatal(err)
	}
	w.refusing(http.StatusServiceUnavailable)
	again := w.startLooking(dir, long, false)
	w.until("the review", func() bool { return len(draft.Reviews()) == 1 })
	w.queuedSoon(again)
}

// refusing delivers what waits to a webhook that answers with an error.
func (w *world) refusing(status int) {
	w.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status) }))
	defer front.Close()
	w.github.SetWebhook(github.Webhook{URL: front.URL, Secret: secret})
	for _, d := range w.github.Deliver(w.Context()) {
		if d.Status != status {
			w.Errorf("%s.%s was answered %d", d.Event, d.Action, d.Status)
		}
	}
	w.unreachable()
}

// TestMissedCommand: a command whose delivery failed is run once, though the pull request is reviewed already.
func TestMissedCommand(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	dir := t.TempDir()
	first := w.startLooking(dir, long, true)
	p := w.newPull(f.Before, f.After, "feature")
	w.reviewedAs(p, len(f.Want.Comments))
	first.stop()
	value(p.Comment("ann", "/podcheck help"))(t)
	w.refusing(http.StatusBadGateway)
	again := w.startLooking(dir, 300*time.Millisecond, false)
	answers := func() int {
		n := 0
		for _, c := range p.Comments() {
			if strings.HasSuffix(c.Author, "[bot]") {
				n++
			}
		}
		return n
	}
	w.until("the answer", func() bool { return answers() > 0 })
	w.queuedSoon(again)
	w.looked(3)
	if n := answers(); n != 1 {
		t.Errorf("%d answers", n)
	}
}

// TestMissedUnreadable: what we answered with 400 is never read again.
func TestMissedUnreadable(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	p := w.open(f.Before, f.After, github.NewPull{})
	if err := p.Close("ann"); err != nil {
		t.Fatal(err)
	}
	w.refusing(http.StatusBadRequest)
	w.startLooking(t.TempDir(), 300*time.Millisecond, false)
	w.looked(3)
	if at := slices.IndexFunc(w.github.Requests(), func(r github.Request) bool { return r.Route == "/app/hook/deliveries/{delivery_id}" }); at >= 0 {
		t.Error("it was read")
	}
	if text := w.log.String(); strings.Contains(text, "queued=1") {
		t.Error("it was queued")
	}
}

// TestStoreThatWasLost: a queue that went with its disk costs nothing but another look at what is open.
func TestStoreThatWasLost(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	first := w.startLooking(t.TempDir(), long, true)
	reviewed := w.newPull(f.Before, f.After, "reviewed")
	w.reviewedAs(reviewed, len(f.Want.Comments))
	first.stop()
	var lost []*github.Pull
	for i := range 3 {
		branch := fmt.Sprint("lost", i)
		value(w.repo.Commit(t.Context(), branch, github.Commit{Message: branch, Files: stage.Change(f.Before, f.After)}))(t)
		lost = append(lost, value(w.repo.OpenPull(t.Context(), github.NewPull{Head: branch}))(t))
	}
	w.github.Pending()
	again := w.startLooking(t.TempDir(), long, false)
	for _, p := range lost {
		w.reviewedAs(p, len(f.Want.Comments))
	}
	w.queuedSoon(again)
	w.onlyReview(reviewed, len(f.Want.Comments))
}

// TestLookLeavesRunningWorkAlone: looks pass while a review is being posted, and it is posted once, by the same worker.
func TestLookLeavesRunningWorkAlone(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	met, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	meet := func(r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/reviews") {
			once.Do(func() { close(met) })
			<-release
		}
	}
	w.meet.Store(&meet)
	w.startLooking(t.TempDir(), 200*time.Millisecond, true)
	p := w.newPull(f.Before, f.After, "feature")
	<-met
	w.looked(3)
	close(release)
	w.reviewedAs(p, len(f.Want.Comments))
	if text := w.log.String(); strings.Contains(text, "superseded") || strings.Contains(text, "missed pull request queued") || strings.Contains(text, "missed delivery queued") {
		t.Error("a look did not leave it alone")
	}
}
