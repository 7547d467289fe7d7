package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
)

const (
	// A secondary limit without Retry-After: at least a minute, then doubled up to an hour.
	secondaryPause    = time.Minute
	secondaryPauseMax = time.Hour

	readAttempts = 3
	readPause    = 250 * time.Millisecond

	// maxRefusal is how much of a refusal's body is read to understand it.
	maxRefusal = 1 << 20
)

// transport decides waiting for one installation, so go-github never does: rate limits become *RetryAfter, outages
// *Unavailable, and the headers that go-github's own check feeds on are taken out of every answer.
//
// A read is repeated in place on an outage; a write never is, because its answer may be all that was lost.
type transport struct {
	renew func() *ghinstallation.Transport

	mu        sync.Mutex
	auth      *ghinstallation.Transport
	blocked   time.Time // no request before
	reason    string
	secondary int // limits without a header in a row
}

type readOnly struct{}

// asRead marks a POST that only reads, such as a GraphQL query.
func asRead(ctx context.Context) context.Context { return context.WithValue(ctx, readOnly{}, true) }

func isRead(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Context().Value(readOnly{}) != nil
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.wait(); err != nil {
		return nil, err
	}
	attempts := 1
	if isRead(r) {
		attempts = readAttempts
	}
	for i := 1; ; i++ {
		answer, err := t.authorised(r)
		var down *Unavailable
		if i == attempts || !errors.As(err, &down) || !sleep(r.Context(), readPause*time.Duration(i)) {
			return answer, err
		}
	}
}

// authorised sends the request, once more with a fresh token if the first one was refused: 401 means nothing was done.
func (t *transport) authorised(r *http.Request) (*http.Response, error) {
	auth := t.current()
	answer, err := t.send(auth, r)
	if err != nil || answer.StatusCode != http.StatusUnauthorized {
		return answer, err
	}
	drain(answer)
	return t.send(t.replace(auth), r)
}

func (t *transport) send(auth *ghinstallation.Transport, r *http.Request) (*http.Response, error) {
	request, err := outgoing(r)
	if err != nil {
		return nil, err
	}
	answer, err := auth.RoundTrip(request)
	if err != nil {
		return nil, t.tokenError(err)
	}
	return t.judge(answer)
}

// tokenError classifies a failure to get a token or to reach GitHub at all.
func (t *transport) tokenError(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var refused *ghinstallation.HTTPError
	if !errors.As(err, &refused) || refused.Response == nil {
		return &Unavailable{Err: err}
	}
	answer, judged := t.judge(refused.Response)
	if judged != nil {
		return judged
	}
	drain(answer)
	if answer.StatusCode == http.StatusNotFound {
		return fmt.Errorf("%w: the installation: %w", ErrGone, err)
	}
	return err
}

// judge turns an answer that asks to wait into an error, and hides the rest of the limits from go-github.
func (t *transport) judge(answer *http.Response) (*http.Response, error) {
	switch code := answer.StatusCode; {
	case code >= 500:
		drain(answer)
		return nil, &Unavailable{Err: fmt.Errorf("it answered %s", answer.Status)}
	case code == http.StatusTooManyRequests, code == http.StatusForbidden && isLimit(answer):
		at, reason := t.block(answer)
		drain(answer)
		return nil, &RetryAfter{At: at, Reason: reason}
	case code < 300:
		t.succeeded(answer)
	}
	for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		answer.Header.Del(name)
	}
	return answer, nil
}

// isLimit tells a 403 that is a rate limit from one that is a missing permission. The body stays readable.
func isLimit(answer *http.Response) bool {
	if answer.Header.Get("Retry-After") != "" || answer.Header.Get("X-RateLimit-Remaining") == "0" {
		return true
	}
	body, _ := io.ReadAll(io.LimitReader(answer.Body, maxRefusal)) // what could not be read is no proof of a limit
	answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	text := strings.ToLower(string(body))
	return strings.Contains(text, "rate limit") || strings.Contains(text, "rate-limits") || strings.Contains(text, "abuse detection")
}

// block remembers until when this installation must be silent.
func (t *transport) block(answer *http.Response) (time.Time, string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, reason := time.Time{}, "primary rate limit"
	switch reset, hasReset := resetTime(answer); {
	case answer.Header.Get("Retry-After") != "":
		at, reason = retryAfter(answer.Header.Get("Retry-After")), "secondary rate limit"
	case answer.Header.Get("X-RateLimit-Remaining") == "0" && hasReset:
		at = reset
	}
	if at.IsZero() {
		at, reason = time.Now().Add(min(secondaryPause<<min(t.secondary, 10), secondaryPauseMax)), "secondary rate limit without a time"
		t.secondary++
	}
	if at.After(t.blocked) {
		t.blocked, t.reason = at, reason
	}
	return t.blocked, t.reason
}

// succeeded ends a series of secondary limits, and sees a primary one coming.
func (t *transport) succeeded(answer *http.Response) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.secondary = 0
	if reset, ok := resetTime(answer); ok && answer.Header.Get("X-RateLimit-Remaining") == "0" && reset.After(t.blocked) {
		t.blocked, t.reason = reset, "primary rate limit"
	}
}

func (t *transport) wait() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Now().Before(t.blocked) {
		return &RetryAfter{At: t.blocked, Reason: t.reason}
	}
	return nil
}

func (t *transport) current() *ghinstallation.Transport {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.auth
}

// replace drops a transport whose token was refused; ghinstallation can't drop the token itself.
func (t *transport) replace(refused *ghinstallation.Transport) *ghinstallation.Transport {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.auth == refused {
		t.auth = t.renew()
	}
	return t.auth
}

// retryAfter reads seconds or a date; zero when it is neither.
func retryAfter(value string) time.Time {
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return time.Now().Add(time.Duration(min(seconds, 24*3600)) * time.Second)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return time.Time{}
	}
	return at
}

func resetTime(answer *http.Response) (time.Time, bool) {
	seconds, err := strconv.ParseInt(answer.Header.Get("X-RateLimit-Reset"), 10, 64)
	return time.Unix(seconds, 0), err == nil && seconds > 0
}

func drain(answer *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxRefusal)) // only so that the connection can be used again
	answer.Body.Close()
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
