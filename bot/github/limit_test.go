package github

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestTooQuicklyIsALimit: GitHub takes for spam what comes too fast, and says so with the status of an invalid input.
func TestTooQuicklyIsALimit(t *testing.T) {
	for _, body := range []string{
		`{"message": "Unprocessable Entity", "errors": ["was submitted too quickly after a previous comment"]}`,
		`{"message": "Validation Failed", "errors": [{"resource": "IssueComment", "code": "custom", "field": "body", "message": "body was submitted too quickly after a previous comment"}]}`,
	} {
		s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, body)
		}}
		var limit *RetryAfter
		if err := write(t.Context(), s.client(t)); !errors.As(err, &limit) || time.Until(limit.At) < 55*time.Second {
			t.Errorf("got %v", err)
		}
	}
}

// TestAnswerThatBreaksOff: a read is repeated, a write is an outage.
func TestAnswerThatBreaksOff(t *testing.T) {
	broken := func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"id": 1,`)
	}
	s := &server{answer: broken}
	client := s.client(t)
	var down *Unavailable
	if err := write(t.Context(), client); !errors.As(err, &down) || s.sent() != 1 {
		t.Errorf("a write was sent %d times: %v", s.sent(), err)
	}
	s.restart(func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			broken(n, w, r)
			return
		}
		_, _ = io.WriteString(w, `{}`)
	})
	if err := read(t.Context(), client); err != nil || s.sent() != 2 {
		t.Errorf("a read was sent %d times: %v", s.sent(), err)
	}
}

// hangs answers nothing until the client goes.
func hangs(t *testing.T) *Client {
	t.Helper()
	listener := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the client goes
		<-r.Context().Done()
	}))
	t.Cleanup(listener.Close)
	app, err := New(Options{AppID: 1, Key: testKey(), API: listener.URL, GraphQL: listener.URL})
	if err != nil {
		t.Fatal(err)
	}
	return app.Client(7)
}

// TestHangingRequestHoldsAWorkerOnce: for the time of one request, whatever it is and however often it would be repeated.
func TestHangingRequestHoldsAWorkerOnce(t *testing.T) {
	for name, send := range map[string]func(context.Context, *Client) error{"read": read, "write": write} {
		t.Run(name, func(t *testing.T) {
			client := hangs(t)
			client.transport.timeout = 300 * time.Millisecond
			began := time.Now()
			var down *Unavailable
			if err := send(t.Context(), client); !errors.As(err, &down) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took > 3*client.transport.timeout {
				t.Errorf("held for %s", took)
			}
		})
	}
}

// TestCredentialOfTheAppThatIsRefused: no fault of the work in hand, and it says what to look at.
func TestCredentialOfTheAppThatIsRefused(t *testing.T) {
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"message": "'Expiration time' claim ('exp') is too far in the future"}`)
	}))
	t.Cleanup(listener.Close)
	app, err := New(Options{AppID: 1, Key: testKey(), API: listener.URL, GraphQL: listener.URL})
	if err != nil {
		t.Fatal(err)
	}
	var down *Unavailable
	if err := write(t.Context(), app.Client(7)); !errors.As(err, &down) || !strings.Contains(err.Error(), "too far in the future") || !strings.Contains(err.Error(), "clock") {
		t.Errorf("got %v", err)
	}
}

// TestRefusedTokens: what the endpoint of tokens refuses is as for any other request.
func TestRefusedTokens(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   func(error) bool
	}{
		{429, ``, isWait}, {403, `{"message": "You have exceeded a secondary rate limit."}`, isWait},
		{403, `{"message": "This installation has been suspended"}`, func(err error) bool { return errors.Is(err, ErrGone) }},
		{404, `{"message": "Not Found"}`, func(err error) bool { return errors.Is(err, ErrGone) }},
		{503, `<html>`, func(err error) bool { var down *Unavailable; return errors.As(err, &down) }},
	} {
		listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		t.Cleanup(listener.Close)
		app, err := New(Options{AppID: 1, Key: testKey(), API: listener.URL, GraphQL: listener.URL})
		if err != nil {
			t.Fatal(err)
		}
		if err := write(t.Context(), app.Client(7)); !c.want(err) {
			t.Errorf("%d %s: a request got %v", c.status, c.body, err)
		}
		if _, err := app.Client(8).Token(t.Context()); !c.want(err) {
			t.Errorf("%d %s: git got %v", c.status, c.body, err)
		}
	}
}

func isWait(err error) bool {
	var limit *RetryAfter
	return errors.As(err, &limit)
}

// TestWrongClock: the end of a limit is reckoned by GitHub's clock.
func TestWrongClock(t *testing.T) {
	for _, skew := range []time.Duration{-2 * time.Hour, 2 * time.Hour} {
		s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
			theirs := time.Now().Add(skew)
			w.Header().Set("Date", theirs.UTC().Format(http.TimeFormat))
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(theirs.Add(10*time.Minute).Unix(), 10))
			w.WriteHeader(http.StatusForbidden)
		}}
		var limit *RetryAfter
		if err := write(t.Context(), s.client(t)); !errors.As(err, &limit) || time.Until(limit.At).Round(time.Minute) != 10*time.Minute {
			t.Errorf("skewed by %s: %v", skew, err)
		}
	}
}

// TestRedirects: a renamed repository is followed with the method and the body; to another host nothing is sent.
func TestRedirects(t *testing.T) {
	var strange int
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strange++ }))
	t.Cleanup(stranger.Close)
	s := &server{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "/repositories/"):
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"id": 5}`)
		case strings.Contains(r.URL.Path, "/comments/1"):
			http.Redirect(w, r, stranger.URL, http.StatusMovedPermanently)
		default:
			http.Redirect(w, r, "/api/v3/repositories/9/issues/1/comments", http.StatusTemporaryRedirect)
		}
	}}
	client := s.client(t)
	if err := write(t.Context(), client); err != nil || s.sent() != 2 || !strings.HasPrefix(s.seen[1], "POST /api/v3/repositories/9/") || s.bodies[1] != s.bodies[0] {
		t.Errorf("got %v, requests %q with %q", err, s.seen, s.bodies)
	}
	if err := read(t.Context(), client); err == nil || strange > 0 || strings.Contains(err.Error(), "t1") {
		t.Errorf("got %v, %d requests of a stranger", err, strange)
	}
}

// TestGraphQLSaysItInItsAnswer: limits and outages come with status 200.
func TestGraphQLSaysItInItsAnswer(t *testing.T) {
	var down *Unavailable
	for _, c := range []struct {
		body string
		want func(error) bool
	}{
		{`{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}`, isWait},
		{`{"data": null, "errors": [{"message": "You have exceeded a secondary rate limit"}]}`, isWait},
		{`{"data": null, "errors": [{"message": "Something went wrong while executing your query"}]}`, func(err error) bool { return errors.As(err, &down) }},
		{`{"data": {"m0": null}, "errors": [{"path": ["m0"], "message": "Something went wrong"}]}`, func(err error) bool { return errors.As(err, &down) }},
		{`{"data": {"m0": null}, "errors": [{"type": "FORBIDDEN", "path": ["m0"], "message": "Resource not accessible by integration"}]}`, func(err error) bool { return errors.Is(err, ErrForbidden) }},
		{`{"data": {"m0": null}, "errors": [{"type": "NOT_FOUND", "path": ["m0"], "message": "Could not resolve"}]}`, func(err error) bool { return err == nil }},
	} {
		s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.body) }}
		client := s.client(t)
		if err := client.mutate(t.Context(), allow, []mutation{resolveThread("x")}); !c.want(err) || s.sent() != 1 {
			t.Errorf("%s: got %v after %d requests", c.body, err, s.sent())
		} else if isWait(err) && !isWait(read(t.Context(), client)) {
			t.Errorf("%s: the next request was sent", c.body)
		}
	}
}

// TestReserveForWhatIsUnderWay: the last requests of the hour are not begun.
func TestReserveForWhatIsUnderWay(t *testing.T) {
	for remaining, want := range map[int]int{100: 1, 101: 2} {
		s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-RateLimit-Limit", "5000")
			w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
			w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
			_, _ = io.WriteString(w, `{}`)
		}}
		client := s.client(t)
		_, _ = read(t.Context(), client), read(t.Context(), client)
		if s.sent() != want {
			t.Errorf("with %d left, %d requests were sent", remaining, s.sent())
		}
	}
}
