package github

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

const (
	// usualWrites are set aside for an item before it begins: no review takes more that has fewer than a hundred annotations.
	usualWrites = 3
	// maxTold bounds the items that are known to come again.
	maxTold = 1 << 14
)

// turns share the writes of one installation among the items that need them. An item begins, and so reads, only when the bucket holds the
// writes that it is likely to make; one that can't begin is told a time of its own to come again, so a thousand that were opened at once
// neither read in vain nor all come back together. Its gate's lock guards it.
type turns struct {
	bucket *rate.Limiter
	aside  int     // writes of the bucket that are promised to items at work
	mean   float64 // writes an item, of late

	told      map[string]bool // items that were told to come again
	newcomers lane
	returning lane
}

func newTurns(bucket *rate.Limiter) turns {
	return turns{bucket: bucket, mean: usualWrites - 1, told: map[string]bool{}}
}

// lane gives out times one after the other.
type lane struct{ next time.Time }

func (l *lane) turn(from time.Time, spacing time.Duration) time.Time {
	at := from
	if l.next.After(at) {
		at = l.next
	}
	l.next = at.Add(spacing)
	return at
}

// free is what the bucket holds that is promised to nobody.
func (t *turns) free(now time.Time) float64 { return t.bucket.TokensAt(now) - float64(t.aside) }

// lasting is how long the bucket takes to gain so many writes.
func (t *turns) lasting(writes float64) time.Duration {
	return time.Duration(max(writes, 0) / float64(t.bucket.Limit()) * float64(time.Second))
}

// visit is one item at work.
type visit struct {
	aside  int // writes still promised to it
	writes int // that it made
}

type visitKey struct{}

// Enter asks whether it is the turn of an item, named by a key that is its own within the installation, before anything is read for it. It
// fails with *RetryAfter. The context is for the work on the item; leave ends it, and is told whether the item will come again.
func (c *Client) Enter(ctx context.Context, key string) (_ context.Context, leave func(again bool), err error) {
	v, err := c.transport.gate.enter(key)
	if err != nil {
		return nil, nil, err
	}
	return context.WithValue(ctx, visitKey{}, v), func(again bool) { c.transport.gate.leave(key, v, again) }, nil
}

func (g *gate) enter(key string) (*visit, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, t := time.Now(), &g.turns
	short := usualWrites - t.free(now)
	again := t.told[key]
	switch {
	case now.Before(g.blocked):
		return nil, t.tell(key, g.blocked, g.reason)
	case short > 0, !again && t.newcomers.next.After(now): // nobody overtakes those who wait
		return nil, t.tell(key, now.Add(t.lasting(short)), "our own pace of writes")
	}
	delete(t.told, key)
	t.aside += usualWrites
	return &visit{aside: usualWrites}, nil
}

// tell gives an item a time to come again: behind those that wait, or among the few that have waited already.
func (t *turns) tell(key string, from time.Time, reason string) error {
	line := &t.newcomers
	if t.told[key] {
		line = &t.returning
	}
	t.remember(key)
	at := line.turn(from, t.lasting(t.mean))
	if earliest := time.Now().Add(time.Millisecond); at.Before(earliest) {
		at = earliest
	}
	return &RetryAfter{At: at, Reason: reason}
}

// remember keeps who was told to come again. Those that never do, because they went to another replica, must not pile up.
func (t *turns) remember(key string) {
	if len(t.told) >= maxTold {
		clear(t.told)
	}
	t.told[key] = true
}

// leave takes back what was promised and not used. An item that was handed back in the middle need not stand behind all others again.
func (g *gate) leave(key string, v *visit, again bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := &g.turns
	t.aside -= v.aside
	v.aside = 0
	if again {
		t.remember(key)
		return
	}
	t.mean += (max(float64(v.writes), 1) - t.mean) / 8
}

// paceWrite takes one write of the bucket: one that was promised to the item, or one that nobody was.
func (g *gate) paceWrite(ctx context.Context) error {
	for {
		delay := g.takeWrite(ctx)
		switch {
		case delay == 0:
			return nil
		case delay > g.patience:
			return &RetryAfter{At: time.Now().Add(delay), Reason: "our own pace of writes"}
		}
		if err := pauseFor(ctx, delay); err != nil {
			return err
		}
	}
}

// takeWrite returns 0, or how long to wait before asking again.
func (g *gate) takeWrite(ctx context.Context) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, t := time.Now(), &g.turns
	v, _ := ctx.Value(visitKey{}).(*visit)
	promised := v != nil && v.aside > 0
	have := t.free(now)
	if promised {
		have = t.bucket.TokensAt(now)
	}
	if have < 1 || !t.bucket.AllowN(now, 1) {
		return max(t.lasting(1-have), time.Millisecond)
	}
	if promised {
		v.aside--
		t.aside--
	}
	if v != nil {
		v.writes++
	}
	return 0
}
