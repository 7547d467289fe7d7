package queue

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// backlog holds the deliveries that wait for a worker of this process, a line for each installation, so that one with many items
// does not stand before the others:
//
//   - A free worker takes from the installation that has the fewest running, and of those from the one that was served longest ago.
//   - Once this process has seen several installations, none has all workers: the last one is free for whoever comes next.
//   - Within an installation the order is that of the store. A newer item takes the place of the older one of its subject.
//
// A delivery is held for as long as the store waits before it delivers it again, possibly to another replica; an older one is
// forgotten.
type backlog struct {
	limit   int           // deliveries; beyond it, the longest line has to give way
	keep    time.Duration // how long a delivery is held
	workers int

	mu      sync.Mutex
	lines   map[int64]*line
	held    map[string]*delivery // by subject
	seen    map[int64]struct{}   // installations that ever had a line
	turns   uint64
	changed chan struct{} // closed when a worker should look again
}

// askPause is the first wait between two askings for work.
const askPause = 100 * time.Millisecond

// line is what waits and runs of one installation. It goes when it has neither.
type line struct {
	waiting []*delivery
	running int
	turn    uint64 // when it was served last, or began
}

func newBacklog(limit, workers int, keep time.Duration) *backlog {
	return &backlog{
		limit: limit, keep: keep, workers: workers, lines: map[int64]*line{}, held: map[string]*delivery{}, seen: map[int64]struct{}{},
		changed: make(chan struct{}),
	}
}

// add holds a delivery and returns what is not held for it: the older message that it replaces, or, when too many are held, the last one
// of the longest line, which may be itself.
func (b *backlog) add(d *delivery) (replaced, excess *delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.held[d.subject()]
	if old != nil && old.seq > d.seq {
		return d, nil
	}
	b.put(d, old)
	if len(b.held) > b.limit {
		excess = b.last(b.longest())
	}
	b.wake()
	if old != nil && old.seq < d.seq { // else it is the same message, delivered again
		replaced = old
	}
	return replaced, excess
}

// put holds d in the place of old, or last in its line.
func (b *backlog) put(d, old *delivery) {
	b.held[d.subject()] = d
	l := b.line(d.installation())
	if old != nil {
		place := b.lines[old.installation()]
		i := slices.Index(place.waiting, old)
		if place == l {
			l.waiting[i] = d
			return
		}
		place.waiting = slices.Delete(place.waiting, i, i+1)
		b.tidy(old.installation(), place)
	}
	l.waiting = append(l.waiting, d)
}

// next returns what a worker is to do, as soon as there is something. Its done must be called afterwards. While nothing is held at all,
// ask is called now and then, ever more rarely. False: ctx has ended.
func (b *backlog) next(ctx context.Context, ask func()) (*delivery, bool) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	pause := askPause
	for ctx.Err() == nil {
		d, changed := b.pick()
		if d != nil {
			return d, true
		}
		select {
		case <-changed:
		case <-timer.C:
			if b.empty() {
				ask()
			}
			timer.Reset(pause)
			pause = min(2*pause, max(b.keep/2, askPause))
		case <-ctx.Done():
		}
	}
	return nil, false
}

func (b *backlog) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.held) == 0
}

// pick takes the delivery whose turn it is; without one, it tells what to wait for.
func (b *backlog) pick() (d *delivery, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire()
	l := b.turn()
	if l == nil {
		return nil, b.changed
	}
	d = l.waiting[0]
	l.waiting[0] = nil
	l.waiting = l.waiting[1:]
	delete(b.held, d.subject())
	b.turns++
	l.turn = b.turns
	l.running++
	return d, nil
}

// turn is the line to serve, nil when none may be.
func (b *backlog) turn() *line {
	limit := b.workers
	if len(b.seen) > 1 && b.workers > 1 {
		limit--
	}
	var best *line
	for _, l := range b.lines {
		if len(l.waiting) == 0 || l.running >= limit {
			continue
		}
		if best == nil || l.running < best.running || l.running == best.running && l.turn < best.turn {
			best = l
		}
	}
	return best
}

// expire forgets what stands first in its line and was held for too long: the store has delivered it again by now.
func (b *backlog) expire() {
	oldest := time.Now().Add(-b.keep)
	for installation, l := range b.lines {
		for len(l.waiting) > 0 && l.waiting[0].received.Before(oldest) {
			delete(b.held, l.waiting[0].subject())
			l.waiting = l.waiting[1:]
		}
		b.tidy(installation, l)
	}
}

// done frees the worker that had d.
func (b *backlog) done(d *delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lines[d.installation()]
	l.running--
	b.tidy(d.installation(), l)
	b.wake()
}

// giveUp returns up to n deliveries, from the ends of the longest lines, that are not held any more.
func (b *backlog) giveUp(n int) []*delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	var given []*delivery
	for range min(n, len(b.held)) {
		given = append(given, b.last(b.longest()))
	}
	return given
}

// drain returns all that are held, in the order of the store.
func (b *backlog) drain() []*delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*delivery
	for installation, l := range b.lines {
		all = append(all, l.waiting...)
		l.waiting = nil
		b.tidy(installation, l)
	}
	clear(b.held)
	slices.SortFunc(all, func(x, y *delivery) int { return cmp.Compare(x.seq, y.seq) })
	return all
}

func (b *backlog) line(installation int64) *line {
	l := b.lines[installation]
	if l == nil {
		b.turns++
		l = &line{turn: b.turns}
		b.lines[installation] = l
		b.seen[installation] = struct{}{}
	}
	return l
}

// longest is the installation with the most held deliveries.
func (b *backlog) longest() (installation int64) {
	most := 0
	for i, l := range b.lines {
		if len(l.waiting) > most {
			installation, most = i, len(l.waiting)
		}
	}
	return installation
}

// last takes the last delivery out of a line that has one.
func (b *backlog) last(installation int64) *delivery {
	l := b.lines[installation]
	end := len(l.waiting) - 1
	d := l.waiting[end]
	l.waiting[end] = nil
	l.waiting = l.waiting[:end]
	delete(b.held, d.subject())
	b.tidy(installation, l)
	return d
}

func (b *backlog) tidy(installation int64, l *line) {
	if len(l.waiting) == 0 && l.running == 0 {
		delete(b.lines, installation)
	}
}

func (b *backlog) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}
