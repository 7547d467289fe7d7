package github

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gogithub "github.com/google/go-github/v60/github"
)

var testKey = sync.OnceValue(func() []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
})

// server is a GitHub that hands out tokens and gives every other request to answer.
type server struct {
	mu     sync.Mutex
	tokens int
	seen   []string // method, path and token
	bodies []string
	answer func(n int, w http.ResponseWriter, r *http.Request) // n counts from 1
	slow   time.Duration                                       // before a token is handed out
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/access_tokens") {
		s.tokens++
		time.Sleep(s.slow)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"token": "t%d", "expires_at": %q}`, s.tokens, time.Now().Add(time.Hour).Format(time.RFC3339))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // a request without its whole body asks for nothing
	}
	s.bodies = append(s.bodies, string(body))
	s.seen = append(s.seen, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	s.answer(len(s.seen), w, r)
}

// sent is how many requests there were since the last restart.
func (s *server) sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

// restart forgets the requests and answers otherwise.
func (s *server) restart(answer func(n int, w http.ResponseWriter, r *http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.answer = nil, answer
}

// client starts s and returns a client of it.
func (s *server) client(t *testing.T) *Client {
	t.Helper()
	listener := httptest.NewServer(s)
	t.Cleanup(listener.Close)
	app, err := New(Options{AppID: 1, Key: testKey(), API: listener.URL + "/api/v3", GraphQL: listener.URL + "/api/graphql"})
	if err != nil {
		t.Fatal(err)
	}
	return app.Client(7)
}

func read(ctx context.Context, c *Client) error {
	_, _, err := c.rest.Issues.GetComment(ctx, "o", "r", 1)
	return err
}

func write(ctx context.Context, c *Client) error {
	_, _, err := c.rest.Issues.CreateComment(ctx, "o", "r", 1, &gogithub.IssueComment{Body: gogithub.String("text")})
	return err
}

func allow(context.Context) (time.Time, error) { return time.Now().Add(time.Minute), nil }

// refuse is a fence that says no.
func refuse(err error) Fence {
	return func(context.Context) (time.Time, error) { return time.Now().Add(time.Minute), err }
}

func TestRateLimitsBecomeRetryAfter(t *testing.T) {
	reset := time.Now().Add(25 * time.Minute).Truncate(time.Second)
	for _, c := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		wait   time.Duration // about
	}{
		{"429 with Retry-After", 429, map[string]string{"Retry-After": "90"}, `{}`, 90 * time.Second},
		{"secondary with Retry-After", 403, map[string]string{"Retry-After": "30", "X-RateLimit-Remaining": "4000"}, `{}`, 30 * time.Second},
		{"secondary without a header", 403, map[string]string{"X-RateLimit-Remaining": "4321", "X-RateLimit-Reset": strconv.FormatInt(reset.Unix(), 10)},
			`{"message": "You have exceeded a secondary rate limit."}`, time.Minute},
		{"primary", 403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": strconv.FormatInt(reset.Unix(), 10)},
			`{"message": "API rate limit exceeded"}`, 25 * time.Minute},
		{"429 without anything", 429, nil, `too many`, time.Minute},
		{"Retry-After as a date", 429, map[string]string{"Retry-After": reset.UTC().Format(http.TimeFormat)}, `{}`, 25 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
				for name, value := range c.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}}
			client := s.client(t)
			var limit *RetryAfter
			if err := write(t.Context(), client); !errors.As(err, &limit) {
				t.Fatalf("got %v", err)
			}
			if wait := time.Until(limit.At); wait > c.wait+2*time.Second || wait < c.wait-5*time.Second {
				t.Errorf("waits %s, want about %s", wait, c.wait)
			}
			if err := read(t.Context(), client); !errors.As(err, &limit) || s.sent() != 1 {
				t.Errorf("the next request was sent (%d) or failed otherwise: %v", s.sent(), err)
			}
		})
	}
}

func TestSecondaryLimitsWithoutHeaderDouble(t *testing.T) {
	s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"message": "You have exceeded a secondary rate limit"}`)
	}}
	client := s.client(t)
	for _, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
		client.transport.gate.blocked = time.Time{} // the time is over
		var limit *RetryAfter
		if err := read(t.Context(), client); !errors.As(err, &limit) {
			t.Fatal(err)
		}
		if wait := time.Until(limit.At); wait > want || wait < want-5*time.Second {
			t.Errorf("waits %s, want about %s", wait, want)
		}
	}
}

func TestMissingPermissionIsNoLimit(t *testing.T) {
	s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Remaining", "4000")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"message": "Resource not accessible by integration"}`)
	}}
	if err := write(t.Context(), s.client(t)); status(err) != http.StatusForbidden || !strings.Contains(err.Error(), "not accessible") {
		t.Errorf("got %v", err)
	}
}

func TestLastRequestOfTheHourIsSeenComing(t *testing.T) {
	s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		_, _ = io.WriteString(w, `{}`)
	}}
	client := s.client(t)
	if err := read(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	var limit *RetryAfter
	if err := read(t.Context(), client); !errors.As(err, &limit) || s.sent() != 1 {
		t.Errorf("got %v after %d requests", err, s.sent())
	}
}

func TestOutages(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
	}{
		{"502 with JSON", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(502)
			_, _ = io.WriteString(w, `{"message": "Server Error"}`)
		}},
		{"503 with HTML", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(503)
			_, _ = io.WriteString(w, `<html>Unicorn!</html>`)
		}},
		{"cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			broken := func(_ int, w http.ResponseWriter, r *http.Request) { c.answer(w, r) }
			s := &server{answer: broken}
			client := s.client(t)
			var down *Unavailable
			if err := write(t.Context(), client); !errors.As(err, &down) || s.sent() != 1 {
				t.Errorf("a write was sent %d times: %v", s.sent(), err)
			}
			s.restart(broken)
			if err := read(t.Context(), client); !errors.As(err, &down) || s.sent() != readAttempts {
				t.Errorf("a read was sent %d times: %v", s.sent(), err)
			}
			s.restart(func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 1 {
					c.answer(w, r)
				}
				_, _ = io.WriteString(w, `{}`)
			})
			if err := read(t.Context(), client); err != nil || s.sent() != 2 {
				t.Errorf("a read did not survive one outage: %v after %d", err, s.sent())
			}
		})
	}
}

func TestRefusedTokenIsReplaced(t *testing.T) {
	s := &server{answer: func(n int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "token t1" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"message": "Bad credentials"}`)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{}`)
	}}
	if err := write(t.Context(), s.client(t)); err != nil {
		t.Fatal(err)
	}
	if s.sent() != 2 || !strings.HasSuffix(s.seen[1], "token t2") || s.bodies[0] != s.bodies[1] || s.bodies[1] == "" {
		t.Errorf("requests were %q with %q", s.seen, s.bodies)
	}
}

func TestFreshTokenThatIsRefusedIsAnOutage(t *testing.T) {
	s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }}
	var down *Unavailable
	if err := write(t.Context(), s.client(t)); !errors.As(err, &down) || s.sent() != 2 {
		t.Errorf("got %v after %d requests", err, s.sent())
	}
}

func TestInstallationThatIsGone(t *testing.T) {
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	t.Cleanup(listener.Close)
	app, err := New(Options{AppID: 1, Key: testKey(), API: listener.URL, GraphQL: listener.URL})
	if err != nil {
		t.Fatal(err)
	}
	if err := read(t.Context(), app.Client(7)); !errors.Is(err, ErrGone) {
		t.Errorf("got %v", err)
	}
	if _, err := app.Client(7).Token(t.Context()); !errors.Is(err, ErrGone) {
		t.Errorf("token: got %v", err)
	}
}

func TestErrorsHoldNoToken(t *testing.T) {
	s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }}
	if err := write(t.Context(), s.client(t)); err == nil || strings.Contains(fmt.Sprintf("%+v", err), "t1") {
		t.Errorf("got %+v", err)
	}
}

func TestFenceStopsAWrite(t *testing.T) {
	s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }}
	client := s.client(t)
	lost := errors.New("lease lost")
	err := client.React(t.Context(), Conversation{}, 1, Eyes, refuse(lost))
	if !errors.Is(err, lost) || s.sent() != 0 {
		t.Errorf("got %v after %d requests", err, s.sent())
	}
}

// TestHeldUpWriteIsNotSent: the fence was good, and then something took longer than it is good for.
func TestHeldUpWriteIsNotSent(t *testing.T) {
	for name, held := range map[string]struct {
		until time.Duration // from the fence
		token time.Duration // that GitHub takes to hand out a token
	}{
		"before it was begun":         {until: -time.Second},
		"while it waited for a token": {until: 50 * time.Millisecond, token: 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }, slow: held.token}
			err := s.client(t).React(t.Context(), Conversation{}, 1, Eyes, func(context.Context) (time.Time, error) { return time.Now().Add(held.until), nil })
			var down *Unavailable
			if !errors.Is(err, errLate) || !errors.As(err, &down) || s.sent() != 0 {
				t.Errorf("got %v after %d requests", err, s.sent())
			}
		})
	}
}

func TestPaceHandsBackInsteadOfSleeping(t *testing.T) {
	s := &server{answer: func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }}
	client := s.client(t)
	var err error
	for range writeBurst + 1 {
		if err = client.React(t.Context(), Conversation{}, 1, Eyes, allow); err != nil {
			break
		}
	}
	var limit *RetryAfter
	if !errors.As(err, &limit) || s.sent() != writeBurst {
		t.Fatalf("%d writes, then %v", s.sent(), err)
	}
	if wait := time.Until(limit.At); wait > 8*time.Second {
		t.Errorf("waits %s", wait)
	}
}

func TestKeyIsChecked(t *testing.T) {
	for _, o := range []Options{{}, {AppID: 1, Key: []byte("no key"), API: "https://api.github.com"}, {AppID: 1, Key: testKey(), API: "nowhere"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
