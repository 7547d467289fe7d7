package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/podcheck/podcheck/bot/queue"
)

const opened = `{"action":"opened","installation":{"id":7},"sender":{"login":"mona"},
	"repository":{"id":42,"name":"shop","owner":{"login":"octo"}},"pull_request":{"number":17,"head":{"sha":"abc"}}}`

var (
	secret  = []byte("it's a secret to everybody")
	rotated = []byte("the next one")
)

// shelf is a store that keeps items in memory, or fails.
type shelf struct {
	items []queue.Item
	err   error
}

func (s *shelf) Put(_ context.Context, item queue.Item) error {
	if s.err == nil {
		s.items = append(s.items, item)
	}
	return s.err
}

func sign(secret []byte, body string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func request(event, body string, secret []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(body))
	r.Header.Set("X-GitHub-Event", event)
	r.Header.Set("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
	r.Header.Set("X-Hub-Signature-256", sign(secret, body))
	return r
}

func serve(h *Handler, r *http.Request) *httptest.ResponseRecorder {
	if h.Log == nil {
		h.Log = slog.New(slog.DiscardHandler)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAnswers(t *testing.T) {
	large := strings.Repeat(" ", maxBody-len(opened)) + opened
	for name, test := range map[string]struct {
		request func() *http.Request
		secrets [][]byte // nil: the usual two
		store   error
		code    int
		body    string // part of the answer
		stored  int
	}{
		"stored": {
			request: func() *http.Request { return request("pull_request", opened, secret) },
			code:    202, body: `{"stored":["pr.42.17"]}`, stored: 1,
		},
		"stored, second secret": {
			request: func() *http.Request { return request("pull_request", opened, rotated) },
			code:    202, stored: 1,
		},
		"stored, as large as allowed": {
			request: func() *http.Request { return request("pull_request", large, secret) },
			code:    202, stored: 1,
		},
		"ignored": {
			request: func() *http.Request { return request("ping", `{"zen":"Design for failure."}`, secret) },
			code:    202, body: `{"ignored":"event ping leads to no work"}`,
		},
		"ignored whatever its body": {
			request: func() *http.Request { return request("installation", `not JSON`, secret) },
			code:    202, body: "event installation leads to no work",
		},
		"not JSON": {
			request: func() *http.Request { return request("pull_request", `payload=%7B%7D`, secret) },
			code:    400, body: "must send application/json",
		},
		"cut JSON": {
			request: func() *http.Request { return request("pull_request", opened[:60], secret) },
			code:    400, body: "read the pull_request payload",
		},
		"no number": {
			request: func() *http.Request {
				return request("pull_request", strings.Replace(opened, `"number":17,`, "", 1), secret)
			},
			code: 400, body: "number is 0",
		},
		"no event": {
			request: func() *http.Request { return request("", opened, secret) },
			code:    400, body: "no X-GitHub-Event",
		},
		"no signature": {
			request: func() *http.Request {
				r := request("pull_request", opened, secret)
				r.Header.Del("X-Hub-Signature-256")
				return r
			},
			code: 401, body: "no X-Hub-Signature-256",
		},
		"SHA-1 only": {
			request: func() *http.Request {
				r := request("pull_request", opened, secret)
				mac := hmac.New(sha1.New, secret)
				mac.Write([]byte(opened))
				r.Header.Del("X-Hub-Signature-256")
				r.Header.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(mac.Sum(nil)))
				return r
			},
			code: 401,
		},
		"SHA-1 in the other header": {
			request: func() *http.Request {
				r := request("pull_request", opened, secret)
				mac := hmac.New(sha1.New, secret)
				mac.Write([]byte(opened))
				r.Header.Set("X-Hub-Signature-256", "sha1="+hex.EncodeToString(mac.Sum(nil)))
				return r
			},
			code: 401,
		},
		"half a signature": {
			request: func() *http.Request {
				r := request("pull_request", opened, secret)
				r.Header.Set("X-Hub-Signature-256", sign(secret, opened)[:len("sha256=")+32])
				return r
			},
			code: 401, body: "not a SHA-256 signature",
		},
		"wrong secret": {
			request: func() *http.Request { return request("pull_request", opened, []byte("guess")) },
			code:    401, body: "does not match",
		},
		"changed body": {
			request: func() *http.Request {
				r := request("pull_request", opened, secret)
				r.Body = io.NopCloser(strings.NewReader(strings.Replace(opened, "17", "18", 1)))
				return r
			},
			code: 401,
		},
		"unsigned and not JSON": { // nothing is parsed before it is verified
			request: func() *http.Request { return request("pull_request", "{", []byte("guess")) },
			code:    401,
		},
		"signed with the empty secret": {
			request: func() *http.Request { return request("pull_request", opened, nil) },
			secrets: [][]byte{nil, {}}, code: 401,
		},
		"no secret configured": {
			request: func() *http.Request { return request("pull_request", opened, nil) },
			secrets: [][]byte{}, code: 401,
		},
		"GET": {
			request: func() *http.Request { return httptest.NewRequest(http.MethodGet, "/webhook", nil) },
			code:    405,
		},
		"cut off": {
			request: func() *http.Request {
				r := request("pull_request", opened, secret)
				r.Body = io.NopCloser(io.MultiReader(strings.NewReader(opened[:50]), iotest.ErrReader(io.ErrUnexpectedEOF)))
				return r
			},
			code: 408,
		},
		"too large": {
			request: func() *http.Request { return request("pull_request", large+" ", secret) },
			code:    413, body: "larger than 26214400 bytes",
		},
		"too large without saying so": {
			request: func() *http.Request {
				r := request("pull_request", large+" ", secret)
				r.ContentLength = -1
				return r
			},
			code: 413,
		},
		"store not available": {
			request: func() *http.Request { return request("pull_request", opened, secret) },
			store:   errors.New("nats://10.0.0.1 refused"), code: 503, body: `{"error":"the delivery could not be stored"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := &shelf{err: test.store}
			handler := &Handler{Secrets: [][]byte{secret, rotated}, Store: store}
			if test.secrets != nil {
				handler.Secrets = test.secrets
			}
			w := serve(handler, test.request())
			if w.Code != test.code || !strings.Contains(w.Body.String(), test.body) {
				t.Errorf("%d %s; want %d with %q", w.Code, w.Body, test.code, test.body)
			}
			if len(store.items) != test.stored {
				t.Errorf("stored %+v", store.items)
			}
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("the answer is not JSON: %s", w.Body)
			}
			if got := w.Header().Get("Retry-After"); (got != "") != (test.code == 503) {
				t.Errorf("Retry-After %q", got)
			}
			if got := w.Header().Get("Allow"); (got == "POST") != (test.code == 405) {
				t.Errorf("Allow %q", got)
			}
		})
	}
}

func TestStoredItemHasTheIdentitiesOfTheDelivery(t *testing.T) {
	store := &shelf{}
	serve(&Handler{Secrets: [][]byte{secret}, Store: store}, request("pull_request", opened, secret))
	want := queue.Item{
		Kind: queue.KindPull, Installation: 7, Owner: "octo", Repo: "shop", RepoID: 42, Number: 17, HeadSHA: "abc",
		Delivery: "72d3162e-cc78-11e3-81ab-4c9367dc0958", Reason: "pull_request.opened",
	}
	if len(store.items) != 1 || store.items[0] != want {
		t.Errorf("stored %+v, want %+v", store.items, want)
	}
}

func TestOneLogLineADelivery(t *testing.T) {
	for name, test := range map[string]struct {
		request *http.Request
		want    map[string]any
		not     []string
	}{
		"stored": {
			request: request("pull_request", opened, secret),
			want: map[string]any{
				"delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958", "event": "pull_request", "action": "opened", "installation": 7.0,
				"repository": "octo/shop", "pull": 17.0, "head": "abc", "status": 202.0, "level": "INFO",
			},
		},
		"refused": {
			request: request("pull_request", opened, []byte("guess")),
			want:    map[string]any{"status": 401.0, "level": "WARN", "remote": "192.0.2.1:1234"},
			not:     []string{"octo", sign([]byte("guess"), opened)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			serve(&Handler{Secrets: [][]byte{secret}, Store: &shelf{}, Log: slog.New(slog.NewJSONHandler(&out, nil))}, test.request)
			var line map[string]any
			if err := json.Unmarshal(out.Bytes(), &line); err != nil {
				t.Fatalf("%v: %s", err, &out)
			}
			for key, want := range test.want {
				if line[key] != want {
					t.Errorf("%s is %v, want %v", key, line[key], want)
				}
			}
			for _, text := range test.not {
				if strings.Contains(out.String(), text) {
					t.Errorf("the line has %q: %s", text, &out)
				}
			}
		})
	}
}
