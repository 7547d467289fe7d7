package missed

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/bot/queue"
	double "github.com/podcheck/podcheck/fixtures/github"
)

func TestPullRequestsWithoutACheckRun(t *testing.T) {
	for name, test := range map[string]struct {
		have   func(w *world, r *double.Repo, p *double.Pull)
		queued bool
	}{
		"none":      {func(*world, *double.Repo, *double.Pull) {}, true},
		"completed": {func(w *world, r *double.Repo, p *double.Pull) { w.reviewed(r, p) }, false},
		"left by a crash": {func(w *world, r *double.Repo, p *double.Pull) {
			w.review(r, p, "", time.Now().Add(-youth-time.Minute))
		}, true},
		"in progress": {func(w *world, r *double.Repo, p *double.Pull) { w.review(r, p, "", time.Now()) }, false},
		"cancelled":   {func(w *world, r *double.Repo, p *double.Pull) { w.review(r, p, "cancelled", time.Now()) }, true},
		"of the head before": {func(w *world, r *double.Repo, p *double.Pull) {
			w.reviewed(r, p)
			w.push(r, "feature")
		}, true},
		"closed": {func(w *world, _ *double.Repo, p *double.Pull) {
			if err := p.Merge(w.Context(), "ann"); err != nil {
				w.Fatal(err)
			}
		}, false},
		"of an older base": {func(w *world, r *double.Repo, p *double.Pull) {
			w.reviewed(r, p)
			w.push(r, "release")
			if err := p.ChangeBase(w.Context(), "ann", "release"); err != nil {
				w.Fatal(err)
			}
		}, true},
		"in an archived repository": {func(_ *world, r *double.Repo, _ *double.Pull) { r.Archive() }, false},
		"suspended":                 {func(w *world, _ *double.Repo, _ *double.Pull) { w.github.Suspend("acme", true) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, double.Options{})
			r := w.setRepo("acme/shop")
			p := w.open(r, "feature")
			test.have(w, r, p)
			w.drop()
			if err := w.once(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			items := w.items(nil)
			if (len(items) == 1) != test.queued || len(items) > 1 {
				t.Fatalf("queued %+v", items)
			}
			if name == "suspended" && w.asked(0) != len(w.github.Requests()) {
				t.Error("it was asked for a token")
			}
			if test.queued {
				got := items[0]
				if got.Key() != pullKey(r, p) || got.HeadSHA != p.HeadSHA() || got.Installation != w.github.InstallationID("acme") ||
					got.Owner != "acme" || got.Repo != "shop" || !strings.HasPrefix(got.Delivery, "look-") || time.Since(got.Received) > time.Minute {
					t.Errorf("queued %+v", got)
				}
			}
		})
	}
}

// TestForkedPullRequest: its head is in another repository.
func TestForkedPullRequest(t *testing.T) {
	w := newWorld(t, double.Options{})
	r := w.setRepo("acme/shop")
	fork := value(r.Fork(t.Context(), "ann"))(t)
	w.push(fork, "feature")
	p := value(r.OpenPull(t.Context(), double.NewPull{Head: "feature", HeadRepo: fork, Author: "ann"}))(t)
	w.drop()
	w.want("the fork's", w.look(), pullKey(r, p))
	w.reviewed(r, p)
	w.want("then", w.look())
}

// TestWalkedOnce: later looks ask for what was updated since, of repositories that were walked whole.
func TestWalkedOnce(t *testing.T) {
	now := time.Now().Add(-24 * time.Hour)
	w := newWorld(t, double.Options{Now: func() time.Time { return now }})
	shop := w.setRepo("acme/shop")
	old := w.open(shop, "old")
	w.drop()
	now = time.Now()
	w.want("a new installation", w.look(), pullKey(shop, old))
	w.want("what no review came of", w.look())

	fresh := w.open(shop, "fresh")
	w.drop()
	w.want("what was opened since", w.look(), pullKey(shop, fresh))
	w.reviewed(shop, fresh)

	added := w.setRepo("acme/added")
	now = time.Now().Add(-24 * time.Hour)
	there := w.open(added, "there")
	w.drop()
	now = time.Now()
	w.want("a new repository", w.look(), pullKey(added, there))
	w.want("walked too", w.look())

	w.lose()
	w.want("a store that was lost", w.look(), pullKey(shop, old), pullKey(added, there))
}

// TestWhatLeftIsForgotten: a repository or an installation that comes back is new.
func TestWhatLeftIsForgotten(t *testing.T) {
	now := time.Now().Add(-24 * time.Hour)
	w := newWorld(t, double.Options{Now: func() time.Time { return now }})
	r := w.setRepo("acme/shop")
	p := w.open(r, "old")
	w.drop()
	now = time.Now()
	w.want("at first", w.look(), pullKey(r, p))
	m := value(openMemory(t.Context(), w.queue))(t)
	walked := w.memory()
	walked.Walked[7] = time.Now().Add(-time.Hour).Unix()
	for _, installation := range []int64{w.github.InstallationID("acme"), 7} {
		if err := m.save(t.Context(), walkKey(installation), walked); err != nil {
			t.Fatal(err)
		}
	}
	w.want("then", w.look())
	if got := w.memory().Walked; len(got) != 1 || got[r.ID()] == 0 {
		t.Errorf("remembered repositories are %v", got)
	}
	var other progress
	if err := m.load(t.Context(), walkKey(7), &other); err != nil || other.Walked != nil {
		t.Errorf("remembered of an installation that left: %+v, %v", other, err)
	}
}

func TestIdleLookIsCheap(t *testing.T) {
	w := newWorld(t, double.Options{})
	r := w.setRepo("acme/shop")
	for i := range 3 {
		w.reviewed(r, w.open(r, fmt.Sprint("feature", i)))
	}
	w.setRepo("acme/empty")
	w.drop()
	w.look()
	now := w.began(r)
	w.github.ResetRequests()
	w.look()
	if n := w.asked(w.github.InstallationID("acme")); n != 3 { // repositories, pull requests, and heads within the overlap
		t.Errorf("asked %d times", n)
	}
	w.age(now.Add(time.Hour))
	w.github.ResetRequests()
	w.limits.pulls = 1 // that there are more makes no difference
	w.look()
	if n := w.asked(w.github.InstallationID("acme")); n != 2 {
		t.Errorf("asked %d times when nothing was updated", n)
	}
}

// began is when a repository was walked last.
func (w *world) began(r *double.Repo) time.Time {
	w.Helper()
	return time.Unix(w.memory().Walked[r.ID()], 0)
}

// memory is the walk over acme as it is remembered.
func (w *world) memory() (p progress) {
	w.Helper()
	m := value(openMemory(w.Context(), w.queue))(w.T)
	if err := m.load(w.Context(), walkKey(w.github.InstallationID("acme")), &p); err != nil {
		w.Fatal(err)
	}
	return p
}

// age makes all repositories walked at a time.
func (w *world) age(at time.Time) {
	w.Helper()
	p := w.memory()
	for id := range p.Walked {
		p.Walked[id] = at.Unix()
	}
	m := value(openMemory(w.Context(), w.queue))(w.T)
	if err := m.save(w.Context(), walkKey(w.github.InstallationID("acme")), p); err != nil {
		w.Fatal(err)
	}
}

// TestQueuedIsLeftAlone: what is queued keeps its place, and is seen to once it has gone without a review.
func TestQueuedIsLeftAlone(t *testing.T) {
	w := newWorld(t, double.Options{})
	r := w.setRepo("acme/shop")
	p := w.open(r, "feature")
	w.drop()
	queued := queue.Item{Kind: queue.KindPull, Installation: w.github.InstallationID("acme"), Owner: "acme", Repo: "shop", RepoID: r.ID(), Number: 1, Delivery: "webhook"}
	if err := w.queue.Put(t.Context(), queued); err != nil {
		t.Fatal(err)
	}
	if err := w.once(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if items := w.items(nil); len(items) != 1 || items[0].Delivery != "webhook" {
		t.Errorf("queued %+v", items)
	}
	w.age(time.Now().Add(time.Hour)) // by its time of update it would not be looked at
	w.want("at the next look", w.look(), pullKey(r, p))
	w.age(time.Now().Add(time.Hour))
	w.want("and then", w.look())
}

// TestDeadLetterIsLeftAlone: a head that failed for good is for people, and the next head is another matter.
func TestDeadLetterIsLeftAlone(t *testing.T) {
	w := newWorld(t, double.Options{})
	r := w.setRepo("acme/shop")
	p := w.open(r, "feature")
	w.drop()
	if err := w.once(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	w.want("at first", keys(w.items(errFails)), pullKey(r, p))
	if _, err := w.queue.DeadLetter(t.Context(), pullKey(r, p)); err != nil {
		t.Fatal(err)
	}
	w.want("after it failed", w.look())
	w.push(r, "feature")
	w.drop()
	w.want("after a push", w.look(), pullKey(r, p))
}

// TestBudget: no look asks more than it may, and the walk ends all the same, with every pull request queued.
func TestBudget(t *testing.T) {
	now := time.Now().Add(-24 * time.Hour)
	w := newWorld(t, double.Options{Now: func() time.Time { return now }})
	w.limits = limits{ofInstallation: 4, pulls: 2}
	var want []string
	for i := range 5 {
		r := w.setRepo(fmt.Sprintf("acme/repo%d", i))
		for j := range i {
			p := w.open(r, fmt.Sprint("feature", j))
			want = append(want, pullKey(r, p))
		}
	}
	w.drop()
	now = time.Now()
	var got []string
	looks := 0
	for ; looks < 10; looks++ {
		w.github.ResetRequests()
		got = append(got, w.look()...)
		if n := w.asked(w.github.InstallationID("acme")); n > 4 {
			t.Errorf("look %d asked %d times", looks, n)
		}
		if p := w.memory(); p.Page == 0 && len(p.Rest) == 0 {
			break
		}
	}
	w.want(fmt.Sprintf("in %d looks", looks+1), sorted(got), want...)
	if looks < 1 || looks > 4 {
		t.Errorf("it took %d looks", looks+1)
	}
	w.want("walked whole", w.look())
}

// TestManyRepositories: more than GitHub lists in one request, within the budget of production.
func TestManyRepositories(t *testing.T) {
	if testing.Short() {
		t.Skip("makes many repositories")
	}
	w := newWorld(t, double.Options{})
	var want []string
	for i := range 103 {
		r := w.setRepo(fmt.Sprintf("acme/repo%d", i))
		if i%10 == 0 {
			want = append(want, pullKey(r, w.open(r, "feature")))
		}
	}
	w.drop()
	w.github.ResetRequests()
	w.want("of 103 repositories", w.look(), want...)
	if n := w.asked(w.github.InstallationID("acme")); n != 2*3 {
		t.Errorf("asked %d times", n)
	}
}

// TestOneWaitsAlone: a rate limit, an outage or the end of one installation leaves the others as they are.
func TestOneWaitsAlone(t *testing.T) {
	for name, test := range map[string]struct {
		fault  double.Fault
		times  int
		queued int // in two looks; whichever of the two it hits
	}{
		"a rate limit": {double.SecondaryLimit(time.Hour), 1, 1},
		"an outage":    {double.HTMLError(502), 3, 2},
		"it is gone":   {double.NotYet(), 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, double.Options{})
			a, b := w.setRepo("acme/shop"), w.setRepo("other/shop")
			p, q := w.open(a, "feature"), w.open(b, "feature")
			w.drop()
			w.github.Inject(double.Match{Route: "/installation/repositories"}, test.fault, test.times)
			for range 2 {
				if err := w.once(t.Context(), false); err != nil {
					t.Fatal(err)
				}
			}
			got := w.taken()
			if len(got) != test.queued || !slices.Contains(got, pullKey(a, p)) && !slices.Contains(got, pullKey(b, q)) {
				t.Errorf("queued %q", got)
			}
		})
	}
}
