package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
)

const (
	readAttempts = 3
	readPause    = 250 * time.Millisecond

	// maxRefusal is how much of a refusal's body is read to understand it.
	maxRefusal = 1 << 20
	// maxAnswer is how much of an answer is read. The largest that GitHub gives are files and deliveries, of 25 MB as base64 in JSON.
	maxAnswer = 64 << 20
)

// transport carries the requests of one installation. It decides waiting, so go-github never does: rate limits become *RetryAfter, outages
// *Unavailable, and the headers that go-github's own check feeds on are taken out of every answer.
//
// A read is repeated in place on an outage; a write never is, because its answer may be all that was lost.
type transport struct {
	renew   func() *ghinstallation.Transport
	gate    *gate
	timeout time.Duration // of one request with its repetitions, answer included

	mu   sync.Mutex
	auth *ghinstallation.Transport
}

type readOnly struct{}

// asRead marks a POST that only reads, such as a GraphQL query.
func asRead(ctx context.Context) context.Context { return context.WithValue(ctx, readOnly{}, true) }

func isRead(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Context().Value(readOnly{}) != nil
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.carry(r, t.authorised)
}

// carry sends a request within the limits; a read again on an outage, while there is time. The answer is read whole, so that one which is cut or stops in
// the middle is an outage like others.
func (t *transport) carry(r *http.Request, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), t.timeout)
	defer cancel()
	r = r.WithContext(ctx)
	attempts := 1
	if isRead(r) {
		attempts = readAttempts
	}
	for i := 1; ; i++ {
		answer, err := t.admitted(r, send)
		var down *Unavailable
		if i == attempts || !errors.As(err, &down) || !sleep(r.Context(), readPause*time.Duration(i)) {
			return answer, err
		}
	}
}

func (t *transport) admitted(r *http.Request, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	end, err := t.gate.begin(r)
	if err != nil {
		return nil, err
	}
	defer end()
	return send(r)
}

// authorised sends the request, once more with a fresh token if the first one was refused: 401 means nothing was done. GitHub may take a
// moment to know a fresh token everywhere.
func (t *transport) authorised(r *http.Request) (*http.Response, error) {
	auth := t.current()
	answer, err := t.send(auth, r)
	if err != nil || answer.StatusCode != http.StatusUnauthorized {
		return answer, err
	}
	drain(answer)
	answer, err = t.send(t.replace(auth), r)
	if err != nil || answer.StatusCode != http.StatusUnauthorized {
		return answer, err
	}
	drain(answer)
	return nil, &Unavailable{Err: errors.New("it refuses a fresh token")}
}

func (t *transport) send(auth *ghinstallation.Transport, r *http.Request) (*http.Response, error) {
	request, err := outgoing(r)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	answer, err := auth.RoundTrip(request)
	if err != nil {
		return nil, t.tokenError(began, err)
	}
	return t.judge(began, answer)
}

// tokenError classifies a failure to get a token or to reach GitHub at all.
func (t *transport) tokenError(began time.Time, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var refused *ghinstallation.HTTPError
	if !errors.As(err, &refused) || refused.Response == nil {
		return &Unavailable{Err: err}
	}
	answer, judged := t.judge(began, refused.Response)
	if judged != nil {
		return judged
	}
	defer drain(answer)
	switch answer.StatusCode {
	case http.StatusNotFound:
		return fmt.Errorf("%w: the installation: %w", ErrGone, err)
	case http.StatusUnauthorized: // no fault of the work in hand, and gone once it is put right
		return &Unavailable{Err: fmt.Errorf("it refuses the App's own credential (%s): check this machine's clock, the App ID and its private key: %w", said(answer), err)}
	}
	return err
}

// judge turns an answer that asks to wait into an error, and hides the rest of the limits from go-github.
func (t *transport) judge(began time.Time, answer *http.Response) (*http.Response, error) {
	switch code := answer.StatusCode; {
	case code >= 500:
		drain(answer)
		return nil, &Unavailable{Err: fmt.Errorf("it answered %s", answer.Status)}
	case isLimit(answer):
		drain(answer)
		at, reason := until(answer)
		return nil, t.gate.limited(began, at, reason)
	case code == http.StatusForbidden && bodySays(answer, "installation has been suspended"):
		drain(answer)
		return nil, fmt.Errorf("%w: the installation is suspended", ErrGone)
	}
	t.gate.answered(began, answer)
	if err := readWhole(answer); err != nil {
		return nil, &Unavailable{Err: fmt.Errorf("its answer broke off: %w", err)}
	}
	for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		answer.Header.Del(name)
	}
	return answer, nil
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

// readWhole reads the body into memory.
func readWhole(answer *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return err
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
