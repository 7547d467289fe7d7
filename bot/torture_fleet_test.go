package bot_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/fixtures/cluster"
	"github.com/podcheck/podcheck/fixtures/github"
)

// fleet is the bots that serve one App, behind one address, with the people and the GitHub around them.
type fleet struct {
	*world
	people  *people
	random  *rand.Rand // of what is done in order; what happens at once has its own
	mail    mail
	bots    []*station
	cluster *cluster.Cluster // nil: the bot has a store of its own
	down    *cluster.Server  // of the cluster
	front   *httptest.Server
	missed  atomic.Bool // deliveries are lost, and the reconciler looks for them

	mu         sync.Mutex
	doomed     int                  // kills at the moment of a 202 that are left to do
	certain    bool                 // at the next 202, not at one of the next
	told       map[string]time.Time // heads by when a delivery of them was accepted
	deliveries int
	dropped    int
	kills      int
	violations []string
}

func newFleet(t *testing.T, shape func(*fleet), random *rand.Rand) *fleet {
	t.Helper()
	w := newWorld(t, nil)
	f := &fleet{world: w, people: newPeople(w, random), random: random, mail: mail{random: random}, told: map[string]time.Time{}}
	f.front = httptest.NewServer(f)
	t.Cleanup(f.front.Close)
	shape(f)
	w.github.SetWebhook(github.Webhook{URL: f.front.URL, Secret: secret})
	w.github.Pending() // nothing is installed yet
	return f
}

// alone is the small shape: one bot with a store of its own.
func (f *fleet) alone() {
	f.bots = []*station{{serving: served{Server: settings(f.github, f.TempDir()), Minute: minute}}}
}

const (
	replicas = 3
	// ackWait is short, so that a bot is paused beyond its lease many times.
	ackWait = 2 * time.Second
	pausing = ackWait * 3 / 2
	// minute is what GitHub's limits count as one, so that the bot waits for them many times.
	minute = time.Second
)

// together is the large shape: several bots and a cluster of NATS.
func (f *fleet) together() {
	f.cluster = value(cluster.Start(f.TempDir(), replicas))(f.T)
	f.Cleanup(f.cluster.Close)
	for range replicas {
		s := &station{serving: served{Server: settings(f.github, f.TempDir()), AckWait: ackWait, Minute: minute}}
		s.serving.NATSURL = f.cluster.URL()
		f.bots = append(f.bots, s)
	}
}

// balancing is how long the load balancer waits for a bot, which may be paused.
const balancing = 3 * time.Second

// ServeHTTP is the load balancer: it hands a delivery to any of the bots. Some of them die in the moment in which they have answered.
func (f *fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s := f.bots[rand.IntN(len(f.bots))]
	address := s.address()
	if address == "" {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "http://"+address+"/webhook", bytes.NewReader(body))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	request.Header = r.Header
	ctx, cancel := context.WithTimeout(r.Context(), balancing)
	defer cancel()
	answer, err := http.DefaultClient.Do(request.WithContext(ctx))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_ = answer.Body.Close()
	if answer.StatusCode == http.StatusAccepted && f.takeDoom() {
		s.kill()
	}
	w.WriteHeader(answer.StatusCode)
}

func (f *fleet) takeDoom() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.doomed == 0 || !f.certain && rand.IntN(4) > 0 {
		return false
	}
	f.doomed--
	f.kills++
	return true
}

// run lets people work and delivers what happens, until so many deliveries were sent and so many bots killed.
func (f *fleet) run(p plan, missed bool) {
	f.Helper()
	f.missed.Store(missed)
	for _, s := range f.bots {
		s.kill()
		s.serving.Reconcile = 0
		if missed {
			s.serving.Reconcile = 2 * time.Second
		}
		s.start(f.world)
	}
	f.storm(true)
	sent, killed := f.counts()
	until, kills := sent+p.deliveries, killed+p.kills
	for ; sent < until || killed < kills; sent, killed = f.counts() {
		for range 1 + f.random.IntN(4) {
			f.people.act()
		}
		f.maybeKill(kills, float64(until-sent))
		f.disturb(f.github.Pending())
		f.repair(pausing)
		time.Sleep(time.Duration(f.random.Int64N(int64(breath)))) // people are slower than bots
	}
	f.repairAll()
	if !missed {
		f.silence()
		f.lastWords()
	}
}

func (f *fleet) repairAll() {
	f.Helper()
	for f.repair(0); !f.complete(); f.repair(0) {
		time.Sleep(100 * time.Millisecond)
	}
}

// silence pauses the whole store: no delivery may be accepted then, for nothing can be kept.
func (f *fleet) silence() {
	f.Helper()
	if f.cluster == nil {
		return
	}
	for _, s := range f.cluster.Servers() {
		f.ok(s.Pause())
	}
	f.people.push(f.people.branches[0])
	events := f.github.Pending()
	for _, d := range events {
		if d.Event != "pull_request" {
			continue // it may ask for nothing, and is answered then without a store
		}
		if got := f.github.Send(f.Context(), d); got.Status == http.StatusAccepted {
			f.violations = append(f.violations, fmt.Sprintf("%s.%s was accepted while there was no store", d.Event, d.Action))
		}
	}
	for _, s := range f.cluster.Servers() {
		f.ok(s.Resume())
	}
	f.deliver(events)
}

// finalPushes are deliveries after each of which the bot dies, and nothing else tells of them.
const finalPushes = 6

// lastWords has a bot die in the moment in which it has accepted the last delivery of a pull request.
func (f *fleet) lastWords() {
	f.Helper()
	for n := range finalPushes {
		b := f.people.branches[n%len(f.people.branches)]
		if !b.open {
			continue
		}
		f.people.push(b)
		f.mu.Lock()
		f.doomed, f.certain = 1, true
		f.mu.Unlock()
		f.deliver(f.github.Pending())
		f.repairAll()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.doomed, f.certain = 0, false
}

// complete tells whether all bots run.
func (f *fleet) complete() bool {
	return !slices.ContainsFunc(f.bots, func(s *station) bool { return s.address() == "" })
}

func (f *fleet) counts() (deliveries, kills int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.deliveries, f.kills
}

// repair starts what was killed, and wakes what was paused for that long.
func (f *fleet) repair(after time.Duration) {
	f.Helper()
	for _, s := range f.bots {
		s.start(f.world)
		s.wake(f.world, after)
	}
	if f.down != nil {
		f.ok(f.down.Restart())
		f.down = nil
	}
}

// maybeKill kills a bot while it works, or lets it die at one of its next answers.
func (f *fleet) maybeKill(until int, left float64) {
	f.mu.Lock()
	missing := until - f.kills - f.doomed
	f.mu.Unlock()
	if missing <= 0 || f.random.Float64() > 8*float64(missing)/max(left, 1) {
		return
	}
	if f.random.IntN(2) == 0 {
		f.mu.Lock()
		f.doomed++
		f.mu.Unlock()
		return
	}
	time.Sleep(time.Duration(f.random.Int64N(int64(300 * time.Millisecond)))) // the random point, not a synchronisation
	victim := f.bots[f.random.IntN(len(f.bots))]
	switch what := f.random.IntN(4); {
	case f.cluster != nil && what == 0:
		f.down = f.cluster.Servers()[f.random.IntN(replicas)]
		f.down.Kill()
	case f.cluster != nil && what <= 2:
		victim.pause(f.world)
	default:
		victim.kill()
	}
	f.mu.Lock()
	f.kills++
	f.mu.Unlock()
}

// disturb delivers events in disorder.
func (f *fleet) disturb(events []*github.Delivery) {
	f.Helper()
	f.deliver(f.mail.disturb(events, func(d *github.Delivery) bool { return f.missed.Load() && f.lose(d) }))
}

// lose leaves out a delivery for good: what tells of a head is not even sent, and everything else GitHub could not deliver.
func (f *fleet) lose(d *github.Delivery) bool {
	f.dropped++
	if d.Event == "pull_request" && (d.Action == "opened" || d.Action == "synchronize") && f.random.IntN(2) == 0 {
		return true
	}
	f.github.SetWebhook(github.Webhook{URL: "http://127.0.0.1:1", Secret: secret})
	defer f.github.SetWebhook(github.Webhook{URL: f.front.URL, Secret: secret})
	f.github.Send(f.Context(), d)
	return true
}

const (
	senders = 4
	// breath is the longest time between two things that people do.
	breath = 300 * time.Millisecond
)

func (f *fleet) deliver(all []*github.Delivery) {
	p := pool.New().WithMaxGoroutines(senders)
	for _, d := range all {
		p.Go(func() { f.send(d) })
	}
	p.Wait()
}

// send delivers one event. As long as nobody looks for what was missed, a delivery that was not accepted is sent again, as somebody who
// presses Redeliver does.
func (f *fleet) send(d *github.Delivery) {
	for {
		f.mu.Lock()
		f.deliveries++
		f.mu.Unlock()
		got := f.github.Send(f.Context(), d)
		if got.Status == http.StatusAccepted {
			f.accepted(d)
			return
		}
		if f.missed.Load() || f.Context().Err() != nil {
			return
		}
		for _, s := range f.bots {
			s.start(f.world)
			s.wake(f.world, pausing)
		}
	}
}

// accepted remembers since when the bot knew of a head.
func (f *fleet) accepted(d *github.Delivery) {
	if d.Event != "pull_request" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if head := headOf(d); f.told[head].IsZero() {
		f.told[head] = time.Now()
	}
}

func (f *fleet) figures() string {
	weather := f.weather()
	return fmt.Sprintf("%d deliveries, %d events lost, %d kills, %d requests to GitHub, %d in trouble, %d while told to wait",
		f.deliveries, f.dropped, f.kills, weather.Requests, weather.Troubles(), weather.Impatient)
}

// complaints are the lines of the bots' logs that no fault of GitHub may cause: an attempt that counts, a dead letter, a panic, a race.
// A bot that was paused for too long has lost its leases, and one whose cluster was killed has no store; they say so.
func (f *fleet) complaints() []string {
	var bad []string
	for line := range strings.Lines(f.log.String()) {
		if f.cluster != nil && (strings.Contains(line, queue.ErrLeaseLost.Error()) || strings.Contains(line, queue.ErrUnavailable.Error())) {
			continue
		}
		for _, text := range []string{`msg="attempt failed"`, `msg="item failed for good"`, "panic", "DATA RACE", "goroutine "} {
			if strings.Contains(line, text) {
				bad = append(bad, strings.TrimSpace(line))
				break
			}
		}
	}
	return bad
}
