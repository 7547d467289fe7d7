package github

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The pace of one installation, in GitHub's minutes. GitHub allows 5,000 requests an hour, 900 points a minute (a read is one, a write
// five), 80 content-creating requests a minute and 500 an hour, and 100 requests at once. Of a full start, these admit at most 57 writes and
// 600 reads in any minute, which are 885 points, and 500 writes in any hour.
const (
	writesPerMinute = 7.5
	writeBurst      = 50
	readsPerMinute  = 300
	readBurst       = 300
	maxAtOnce       = 50

	// A sixtieth of a minute is how long a request waits in place for its pace; beyond that the work goes back to the queue.
	patiencePerMinute = 60
	// maxPauses is how many pauses a series of limits without a time leads to at most: an hour for a pause of a minute.
	maxPauses = 60
	// longestReset is the longest wait for the primary limit, which is counted by the hour.
	longestReset = time.Hour
	// longestRetry bounds what a Retry-After may ask for.
	longestRetry = 24 * time.Hour
	// shortestWait keeps what is handed back from coming again at once.
	shortestWait = time.Second
	// maxReserve of the hour's requests are left for those under way when the end of the hour's budget comes in sight.
	maxReserve = 100
)

// gate decides when an installation may be asked for something: until when it is blocked, how many requests and writes its pace admits, and
// whose turn it is. It never lets anybody wait for longer than a second; that is the queue's to do.
type gate struct {
	pause    time.Duration // after a limit without a time
	patience time.Duration // the longest wait in place
	reads    *rate.Limiter
	atOnce   chan struct{} // holds one value for each request under way

	mu        sync.Mutex
	blocked   time.Time // no request before
	reason    string
	blockedAt time.Time // when the last limit was met
	secondary int       // limits without a time in a row
	turns     turns
}

// newGate makes a gate; zero stands for GitHub's minute in both.
func newGate(pause, minute time.Duration) *gate {
	if pause == 0 {
		pause = time.Minute
	}
	if minute == 0 {
		minute = time.Minute
	}
	perSecond := rate.Limit(float64(time.Second) / float64(minute))
	return &gate{
		pause: pause, patience: minute / patiencePerMinute, reads: rate.NewLimiter(readsPerMinute*perSecond, readBurst), atOnce: make(chan struct{}, maxAtOnce),
		turns: newTurns(rate.NewLimiter(writesPerMinute*perSecond, writeBurst)),
	}
}

// begin admits one request, or fails with *RetryAfter. What it returns ends the request.
func (g *gate) begin(r *http.Request) (end func(), err error) {
	if isRead(r) {
		if err := g.paceRead(r.Context()); err != nil {
			return nil, err
		}
	}
	if err := g.open(); err != nil {
		return nil, err
	}
	timer := time.NewTimer(g.patience)
	defer timer.Stop()
	select {
	case g.atOnce <- struct{}{}:
		return func() { <-g.atOnce }, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-timer.C:
		return nil, &RetryAfter{At: time.Now().Add(shortestWait), Reason: "our own limit of requests at once"}
	}
}

// open fails with *RetryAfter while the installation is blocked.
func (g *gate) open() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().Before(g.blocked) {
		return &RetryAfter{At: g.blocked, Reason: g.reason}
	}
	return nil
}

func (g *gate) paceRead(ctx context.Context) error {
	now := time.Now()
	reservation := g.reads.ReserveN(now, 1)
	delay := reservation.DelayFrom(now)
	if delay > g.patience {
		reservation.CancelAt(now)
		return &RetryAfter{At: now.Add(delay), Reason: "our own pace of reads"}
	}
	return pauseFor(ctx, delay)
}

// pauseFor waits for a time within patience.
func pauseFor(ctx context.Context, delay time.Duration) error {
	if delay > 0 && !sleep(ctx, delay) {
		return context.Cause(ctx)
	}
	return nil
}

// limited takes in the refusal of a request that was begun at a time, and returns until when to be silent. At zero stands for a limit that
// names no time: a pause, doubled for each further one. The refusals of requests that were under way together are one.
func (g *gate) limited(began, at time.Time, reason string) *RetryAfter {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if at.IsZero() {
		if began.Before(g.blockedAt) && g.blocked.After(now) {
			return &RetryAfter{At: g.blocked, Reason: g.reason}
		}
		at = now.Add(min(g.pause<<min(g.secondary, 6), maxPauses*g.pause))
		g.secondary++
	}
	g.blockedAt = now
	if at.After(g.blocked) {
		g.blocked, g.reason = at, reason
	}
	return &RetryAfter{At: g.blocked, Reason: g.reason}
}

// answered takes in an answer that is no limit to a request that was begun at a time: a series of limits ends with success, and the end of
// the hour's budget is seen coming.
func (g *gate) answered(began time.Time, answer *http.Response) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if answer.StatusCode < http.StatusMultipleChoices && !began.Before(g.blockedAt) {
		g.secondary = 0
	}
	if reset, used := usedUp(answer); used && reset.After(g.blocked) {
		g.blocked, g.reason = reset, "primary rate limit"
	}
}
