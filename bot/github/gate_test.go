package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sourcegraph/conc"
)

// wait is how long err asks to wait; it fails the test when err is no *RetryAfter.
func wait(t *testing.T, err error) time.Duration {
	t.Helper()
	var limit *RetryAfter
	if !errors.As(err, &limit) {
		t.Fatalf("got %v, want a wait", err)
	}
	return time.Until(limit.At)
}

// within runs f with a clock that moves when everybody waits.
func within(t *testing.T, f func(t *testing.T, g *gate)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newGate(0, 0)) })
}

// TestOneBurstIsOneLimit: what was under way when a limit without a time was met tells the same limit.
func TestOneBurstIsOneLimit(t *testing.T) {
	within(t, func(t *testing.T, g *gate) {
		for _, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
			began := time.Now()
			time.Sleep(time.Second)
			for range 10 {
				if got := wait(t, g.limited(began, time.Time{}, "")); got != want {
					t.Fatalf("waits %s, want %s", got, want)
				}
			}
			time.Sleep(want)
		}
	})
}

// TestSuccessEndsASeries: but not the success of a request that was begun before the limit.
func TestSuccessEndsASeries(t *testing.T) {
	within(t, func(t *testing.T, g *gate) {
		fine := &http.Response{StatusCode: http.StatusOK}
		early := time.Now()
		time.Sleep(time.Second)
		_ = g.limited(time.Now(), time.Time{}, "")
		g.answered(early, fine)
		time.Sleep(time.Minute)
		if got := wait(t, g.limited(time.Now(), time.Time{}, "")); got != 2*time.Minute {
			t.Errorf("after an early success: %s", got)
		}
		time.Sleep(2 * time.Minute)
		g.answered(time.Now(), fine)
		if got := wait(t, g.limited(time.Now(), time.Time{}, "")); got != time.Minute {
			t.Errorf("after a success: %s", got)
		}
	})
}

func TestSeriesOfLimitsEndsAtAnHour(t *testing.T) {
	within(t, func(t *testing.T, g *gate) {
		var got time.Duration
		for range 80 {
			got = wait(t, g.limited(time.Now(), time.Time{}, ""))
			time.Sleep(got)
		}
		if got != time.Hour {
			t.Errorf("waits %s", got)
		}
	})
}

// item plays one item of the queue: it begins when it may, reads, and writes so often. It returns the times at which it was told to wait and
// at which it wrote.
type item struct {
	waits  int
	reads  int
	writes []time.Time
	done   time.Time
}

func (g *gate) play(t *testing.T, key string, writes int) (it item) {
	t.Helper()
	left := writes
	for left > 0 {
		v, err := g.enter(key)
		if err != nil {
			it.waits++
			time.Sleep(wait(t, err))
			continue
		}
		it.reads++
		ctx := context.WithValue(t.Context(), visitKey{}, v)
		for ; left > 0 && err == nil; left-- {
			if err = g.paceWrite(ctx); err != nil {
				break
			}
			it.writes = append(it.writes, time.Now())
		}
		g.leave(key, v, err != nil)
		if err != nil {
			time.Sleep(wait(t, err))
		}
	}
	it.done = time.Now()
	return it
}

func (g *gate) playAll(t *testing.T, n int, writes func(i int) int) []item {
	t.Helper()
	all := make([]item, n)
	var group conc.WaitGroup
	for i := range all {
		group.Go(func() { all[i] = g.play(t, fmt.Sprint(i), writes(i)) })
	}
	group.Wait()
	return all
}

// TestThousandItemsAtOnce: none reads before it can write, none comes back often, the pace is kept, and little of it is left unused.
func TestThousandItemsAtOnce(t *testing.T) {
	for name, writes := range map[string]func(int) int{
		"one write":    func(int) int { return 1 },
		"two writes":   func(int) int { return 2 },
		"three writes": func(int) int { return 3 },
		"mixed":        func(i int) int { return []int{1, 1, 2, 3, 6}[i%5] },
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T, g *gate) {
				began := time.Now()
				all := g.playAll(t, 1000, writes)
				reads, waits, total, last := 0, 0, 0, began
				var times []time.Time
				for _, it := range all {
					reads, waits, total = reads+it.reads, waits+it.waits, total+len(it.writes)
					times = append(times, it.writes...)
					if it.done.After(last) {
						last = it.done
					}
				}
				checkPace(t, times)
				least := time.Duration(float64(total-writeBurst) / writesPerMinute * float64(time.Minute))
				t.Logf("%d writes took %s, at least %s; %d reads, %d waits", total, last.Sub(began), least, reads, waits)
				if took := last.Sub(began); took > 2*least {
					t.Errorf("took %s, the pace allows %s", took, least)
				}
				if reads > 1300 || waits > 4000 {
					t.Errorf("%d reads, %d waits", reads, waits)
				}
			})
		})
	}
}

// checkPace holds times against GitHub's 80 a minute and 500 an hour.
func checkPace(t *testing.T, times []time.Time) {
	t.Helper()
	slices.SortFunc(times, time.Time.Compare)
	for _, limit := range []struct {
		n    int
		span time.Duration
	}{{80, time.Minute}, {500, time.Hour}} {
		for i := limit.n; i < len(times); i++ {
			if span := times[i].Sub(times[i-limit.n]); span < limit.span {
				t.Fatalf("%d writes in %s", limit.n+1, span)
			}
		}
	}
}

// TestReturnAfterABlock: those that were told to wait for the end of a limit do not come all at once.
func TestReturnAfterABlock(t *testing.T) {
	within(t, func(t *testing.T, g *gate) {
		_ = g.limited(time.Now(), time.Now().Add(30*time.Minute), "primary rate limit")
		var mu sync.Mutex
		at := map[time.Time]int{}
		for i := range 300 {
			_, err := g.enter(fmt.Sprint(i))
			mu.Lock()
			at[time.Now().Add(wait(t, err))]++
			mu.Unlock()
		}
		for when, n := range at {
			if n > 1 || time.Until(when) < 30*time.Minute {
				t.Errorf("%d come after %s", n, time.Until(when))
			}
		}
	})
}

// TestOldcomersFirst: what was handed back in the middle goes on before those that never began.
func TestOldcomersFirst(t *testing.T) {
	within(t, func(t *testing.T, g *gate) {
		v, err := g.enter("old")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 500 { // who come meanwhile
			_, _ = g.enter(fmt.Sprint(i))
		}
		g.leave("old", v, true)
		time.Sleep(time.Minute)
		began := time.Now()
		if it := g.play(t, "old", 1); it.done.Sub(began) > 5*time.Minute {
			t.Errorf("it took %s", it.done.Sub(began))
		}
		if it := g.play(t, "new", 1); it.done.Sub(began) < 30*time.Minute {
			t.Errorf("a newcomer overtook the others, it took %s", it.done.Sub(began))
		}
	})
}

func TestUnusedWritesAreGivenBack(t *testing.T) {
	within(t, func(t *testing.T, g *gate) {
		for range 1000 { // each reads, finds nothing to do, and leaves
			v, err := g.enter("idle")
			if err != nil {
				t.Fatal(err)
			}
			g.leave("idle", v, false)
		}
	})
}

func TestPaceOfReads(t *testing.T) {
	within(t, func(t *testing.T, g *gate) {
		var times []time.Time
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost", nil)
		for range 3000 {
			end, err := g.begin(request)
			if err != nil {
				time.Sleep(wait(t, err))
				continue
			}
			times = append(times, time.Now())
			end()
		}
		for i := 600; i < len(times); i++ {
			if span := times[i].Sub(times[i-600]); span < time.Minute {
				t.Fatalf("601 reads in %s", span)
			}
		}
		if len(times) < 2000 {
			t.Errorf("only %d reads", len(times))
		}
	})
}

// TestRequestsAtOnce: beyond the limit a request waits for a moment and is then handed back.
func TestRequestsAtOnce(t *testing.T) {
	within(t, func(t *testing.T, g *gate) {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost", nil)
		var ends []func()
		for range maxAtOnce {
			end, err := g.begin(request)
			if err != nil {
				t.Fatal(err)
			}
			ends = append(ends, end)
		}
		began := time.Now()
		_, err := g.begin(request)
		if wait(t, err); time.Since(began) > time.Second {
			t.Errorf("held for %s", time.Since(began))
		}
		ends[0]()
		if _, err := g.begin(request); err != nil {
			t.Errorf("after one ended: %v", err)
		}
	})
}

func TestToldItemsAreBounded(t *testing.T) {
	within(t, func(t *testing.T, g *gate) {
		_ = g.limited(time.Now(), time.Now().Add(time.Hour), "")
		for i := range 3 * maxTold {
			_, _ = g.enter(fmt.Sprint(i))
		}
		if n := len(g.turns.told); n > maxTold {
			t.Errorf("%d items are kept", n)
		}
	})
}
