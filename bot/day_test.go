package bot_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/sourcegraph/conc/pool"

	"github.com/podcheck/podcheck/fixtures/github"
)

// dayVariable asks for a longer day: "repositories=1000 rounds=3".
const dayVariable = "PODCHECK_TEST_DAY"

// TestDay compresses a day: every repository has a pull request that is pushed to, again and again. Once all repositories were seen, a bot
// must not take more than it takes then: no goroutine, no file descriptor and no memory more.
func TestDay(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	t.Parallel()
	count, rounds := 8, 3
	if text := os.Getenv(dayVariable); text != "" {
		if _, err := fmt.Sscanf(text, "repositories=%d rounds=%d", &count, &rounds); err != nil {
			t.Fatalf("%s is %q: write repositories=1000 rounds=3", dayVariable, text)
		}
	}
	d := newDay(t, count)
	began := time.Now()
	d.round(d.open)
	first := d.measure()
	for range rounds - 1 {
		d.round(func(b *branch) { d.people.push(b) })
	}
	took := time.Since(began) - quiet // of the first measure
	last := d.measure()
	requests := d.github.Counts()
	t.Logf("%d repositories, %d pushes in %s: %.1f a second, %.2f reads and %.2f writes each; %d deliveries",
		count, count*rounds, took.Round(time.Second), float64(count*rounds)/took.Seconds(),
		float64(requests.Reads)/float64(count*rounds), float64(requests.Writes)/float64(count*rounds), len(d.github.Deliveries()))
	t.Logf("after the first round: %s", first)
	t.Logf("after the last round:  %s", last)
	if last.goroutines > first.goroutines+slackCount {
		t.Error("goroutines have grown")
	}
	if last.files > first.files+slackCount {
		t.Error("open files have grown")
	}
	if last.heap > first.heap*5/4+slackHeap {
		t.Error("memory has grown")
	}
}

const (
	// slackCount is how many connections more may be open by chance.
	slackCount = 8
	slackHeap  = 4 << 20
	// underWay bounds the pull requests that wait for the bot.
	underWay = 8
)

// day is a bot with many repositories.
type day struct {
	*world
	people *people
	bot    *child
}

func newDay(t *testing.T, count int) *day {
	t.Helper()
	w := newWorld(t, nil)
	d := &day{world: w, people: &people{world: w, tips: map[*github.Repo]string{}}}
	for n := range count {
		name := fmt.Sprintf("org%d/shop%d", n%50, n)
		repo := value(w.github.CreateRepo(t.Context(), github.NewRepo{Name: name, Files: tree(mainFiles)}))(t)
		d.people.branches = append(d.people.branches, &branch{repo: repo, name: "feature", wrong: map[string]bool{}, open: true})
	}
	d.bot = value(w.startServed(served{Server: settings(w.github, t.TempDir()), Minute: minute}))(t)
	w.github.SetWebhook(github.Webhook{URL: "http://" + d.bot.address + "/webhook", Secret: secret})
	return d
}

func (d *day) open(b *branch) {
	d.Helper()
	d.people.commit(b, "")
	b.pull = value(b.repo.OpenPull(d.Context(), github.NewPull{Head: b.name, Author: "ann"}))(d.T)
}

// round has something happen in every repository, and waits for what the bot says of it.
func (d *day) round(do func(*branch)) {
	d.Helper()
	p := pool.New().WithMaxGoroutines(underWay)
	for n, b := range d.people.branches {
		// The same file in each round, so that each repository has the same history.
		b.turn = n
		do(b)
		for _, delivery := range d.github.Pending() {
			d.github.Send(d.Context(), delivery)
		}
		p.Go(func() {
			if !d.soon(func() bool { return len(b.wrongVerdict(d.world)) == 0 && len(b.wrongThreads()) == 0 }) {
				d.Errorf("%s is not reviewed: %q", b.repo.Name(), slices.Concat(b.wrongVerdict(d.world), b.wrongThreads()))
			}
		})
	}
	p.Wait()
}

// soon waits for a condition.
func (d *day) soon(met func() bool) bool {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if met() {
			return true
		}
	}
	return false
}

// usage is what a bot takes.
type usage struct{ goroutines, files, heap, resident int }

func (u usage) String() string {
	return fmt.Sprintf("%d goroutines, %d open files, %d MiB of heap, %d MiB resident", u.goroutines, u.files, u.heap>>20, u.resident>>20)
}

// measure asks the bot for its metrics when it is idle.
func (d *day) measure() usage {
	d.Helper()
	time.Sleep(quiet)
	_ = d.get("/debug/pprof/heap?gc=1").Body.Close()
	answer := d.get("/metrics")
	defer answer.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	all := value(parser.TextToMetricFamilies(answer.Body))(d.T)
	gauge := func(name string) int { return int(all[name].GetMetric()[0].GetGauge().GetValue()) }
	return usage{gauge("go_goroutines"), gauge("process_open_fds"), gauge("go_memstats_heap_inuse_bytes"), gauge("process_resident_memory_bytes")}
}

func (d *day) get(path string) *http.Response {
	d.Helper()
	request := value(http.NewRequestWithContext(d.Context(), http.MethodGet, "http://"+d.bot.admin+path, nil))(d.T)
	return value(http.DefaultClient.Do(request))(d.T)
}
