package queue

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func of(installation int64, number int) Item {
	item := pull(number, fmt.Sprintf("%d/%d", installation, number))
	item.Installation, item.RepoID = installation, 100*installation
	return item
}

// queued is a message that was never stored.
type queued struct {
	jetstream.Msg
	about string
}

func (m queued) Subject() string { return m.about }

func heldOf(item Item, seq uint64) *delivery {
	return &delivery{message: queued{about: item.Subject()}, seq: seq, received: time.Now(), job: Job{Item: item}}
}

// fill holds n pull requests of an installation.
func fill(b *backlog, installation int64, n int) {
	for i := range n {
		b.add(heldOf(of(installation, i+1), uint64(i+1)))
	}
}

// picked takes up to n deliveries without giving a worker back, and names them.
func picked(b *backlog, n int) (names []string) {
	for range n {
		d, _ := b.pick()
		if d == nil {
			break
		}
		names = append(names, d.job.Item.Delivery)
	}
	return names
}

func TestBacklogGivesTurns(t *testing.T) {
	for name, test := range map[string]struct {
		workers int
		held    func(b *backlog)
		want    []string
	}{
		"alone it has all workers": {3, func(b *backlog) { fill(b, 7, 9) }, []string{"7/1", "7/2", "7/3"}},
		"two share, and the last worker takes who has least": {4, func(b *backlog) { fill(b, 7, 9); fill(b, 8, 9) }, []string{
			"7/1", "8/1", "7/2", "8/2", "7/3", "8/3",
		}},
		"one of two leaves a worker free": {4, func(b *backlog) {
			fill(b, 8, 1)
			d, _ := b.pick()
			b.done(d)
			fill(b, 7, 9)
		}, []string{"7/1", "7/2", "7/3"}},
		"a newer item takes the place of the older": {2, func(b *backlog) {
			fill(b, 7, 3)
			newer := of(7, 1)
			newer.Delivery = "newer"
			b.add(heldOf(newer, 4))
		}, []string{"newer", "7/2"}},
		"a repository that changed its installation waits in the line of that": {3, func(b *backlog) {
			fill(b, 7, 2)
			moved := of(7, 1)
			moved.Installation, moved.Delivery = 8, "moved"
			b.add(heldOf(moved, 4))
		}, []string{"7/2", "moved"}},
		"what was held for too long is forgotten": {2, func(b *backlog) {
			fill(b, 7, 2)
			b.held[of(7, 1).Subject()].received = time.Now().Add(-2 * b.keep)
		}, []string{"7/2"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBacklog(100, test.workers, time.Hour)
			test.held(b)
			got := picked(b, 6)
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("took %v, want %v", got, test.want)
			}
		})
	}
}

func TestBacklogTellsWhatItDoesNotHold(t *testing.T) {
	b := newBacklog(3, 1, time.Hour)
	fill(b, 7, 3)
	old := b.held[of(7, 2).Subject()]
	again := heldOf(of(7, 2), 2)
	if replaced, excess := b.add(again); replaced != nil || excess != nil || b.held[of(7, 2).Subject()] != again {
		t.Error("a message that is delivered again does not take its own place")
	}
	if replaced, _ := b.add(heldOf(of(7, 2), 9)); replaced != again {
		t.Error("the older message of the subject is not returned")
	}
	if replaced, _ := b.add(old); replaced != old {
		t.Error("a message that is older than the one held is held")
	}
	if _, excess := b.add(heldOf(of(8, 1), 10)); excess == nil || excess.job.Item.Delivery != "7/3" {
		t.Errorf("excess %v, want the last of the longest line", excess)
	}
	if given := b.giveUp(5); len(given) != 3 || len(b.held) != 0 || len(b.lines) != 0 {
		t.Errorf("gave up %d and holds %d in %d lines, want all 3 given up", len(given), len(b.held), len(b.lines))
	}
	fill(b, 8, 2)
	fill(b, 7, 1)
	if all := b.drain(); len(all) != 3 || all[2].seq != 2 || len(b.held) != 0 || len(b.lines) != 0 {
		t.Errorf("drained %d and holds %d in %d lines, want all 3 in order", len(all), len(b.held), len(b.lines))
	}
}

// delivered waits until the store has sent everything.
func delivered(t *testing.T, q *Queue) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		info, err := q.consumer.Info(t.Context())
		if err == nil && info.NumPending == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v, %v", info, err)
		}
	}
}

// TestBusyOrganisationDoesNotStarveAnother: jobs end one by one, as the test lets them.
func TestBusyOrganisationDoesNotStarveAnother(t *testing.T) {
	const workers, items = 4, 1000
	q := openDir(t, Options{Grace: time.Millisecond})
	for n := range items {
		put(t, q, of(7, n+1))
	}
	started, end := make(chan Job, items), make(chan struct{})
	newcomers := make(chan Job)
	work(t, q, workers, func(ctx context.Context, job Job) error {
		if job.Item.Installation != 7 {
			newcomers <- job
			return nil
		}
		started <- job
		select {
		case <-end:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	for range workers {
		next(t, started)
	}
	put(t, q, of(8, 1))
	delivered(t, q)
	for ended := 0; ; ended++ {
		if ended > 10*workers { // one would do, but what is delivered may still be on its way when the first ends
			t.Fatalf("%d jobs ended, and the other organisation's did not begin", ended)
		}
		select {
		case end <- struct{}{}:
			select {
			case <-started:
				continue
			case <-newcomers:
			case <-time.After(patience):
				t.Fatal("nothing was begun")
			}
		case <-newcomers:
		}
		break
	}
	select {
	case <-started:
		t.Error("one of several organisations has all workers")
	case <-time.After(100 * time.Millisecond): // a worker that is kept free does nothing
	}
	put(t, q, of(9, 1))
	next(t, newcomers) // no job has to end for it: a worker is kept free
}

// TestItemsBeyondWhatIsHeldAreSeenToo: the store keeps the rest of the longest line, and nothing is lost.
func TestItemsBeyondWhatIsHeldAreSeenToo(t *testing.T) {
	const items = 10
	q := openDir(t, Options{held: 5, Grace: time.Millisecond})
	for n := range items {
		put(t, q, of(7, n+1))
	}
	put(t, q, of(8, 1))
	started, release := make(chan Job, items+1), make(chan struct{})
	stop := work(t, q, 2, holdUntil(started, release))
	seen := map[int64]int{}
	for range 2 {
		seen[next(t, started).Item.Installation]++
	}
	delivered(t, q)
	close(release)
	for seen[8] == 0 {
		seen[next(t, started).Item.Installation]++
		if seen[7] > items-3 {
			t.Fatalf("%d of the busy organisation were begun before the other's", seen[7])
		}
	}
	emptied(t, q)
	stop()
	if begun := seen[7] + seen[8] + len(started); begun != items+1 {
		t.Errorf("%d were begun, want %d", begun, items+1)
	}
}

func TestHeldItemsAreFreeForOthersWhenWorkEnds(t *testing.T) {
	a, b := replicas(t, Options{AckWait: time.Hour, Grace: time.Millisecond})
	for n := range 10 {
		put(t, a, pull(n+1, "a"))
	}
	started := make(chan Job, 10)
	stop := work(t, a, 1, holdUntil(started, nil))
	next(t, started)
	stop()
	stop = work(t, b, 1, holdUntil(started, closed()))
	for range 10 {
		next(t, started)
	}
	stop()
	emptied(t, b)
}

// TestItemsHeldByAKilledReplicaComeAgain: nobody hands them back.
func TestItemsHeldByAKilledReplicaComeAgain(t *testing.T) {
	a, b := replicas(t, Options{AckWait: time.Second, Grace: time.Millisecond})
	put(t, a, pull(1, "begun"), pull(2, "held"), pull(3, "held"))
	started, ended := make(chan Job, 1), make(chan error, 1)
	work(t, a, 1, recordEnd(started, ended))
	next(t, started)
	delivered(t, a)
	a.conn.Close()
	done := make(chan Job, 10)
	stop := work(t, b, 1, holdUntil(done, closed()))
	attempts := map[int]int{}
	for len(attempts) < 3 {
		job := next(t, done)
		attempts[job.Item.Number] = job.Attempt
	}
	if attempts[1] != 2 || attempts[2] != 1 || attempts[3] != 1 {
		t.Errorf("attempts %v: only what was begun counts", attempts)
	}
	stop()
}

func TestIdleReplicaGetsWhatABusyOneHolds(t *testing.T) {
	a, b := replicas(t, Options{AckWait: time.Hour})
	for n := range 20 {
		put(t, a, pull(n+1, "a"))
	}
	busy, release := make(chan Job, 20), make(chan struct{})
	stopA := work(t, a, 1, holdUntil(busy, release))
	next(t, busy)
	done := make(chan Job, 20)
	stopB := work(t, b, 1, holdUntil(done, closed()))
	for range 19 {
		next(t, done)
	}
	close(release)
	stopA()
	stopB()
	emptied(t, a)
}
