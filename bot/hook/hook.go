// Package hook answers GitHub's webhook deliveries: it verifies one, reduces it to the identities of what needs looking
// at, and answers 202 once the queue has synced them.
//
// Invariants:
//   - Nothing of a body is parsed before its signature is verified.
//   - However many bodies arrive that nobody verified yet, they take a bounded part of the memory.
//   - 202 means stored, or deliberately ignored with the reason in the answer. When in doubt the answer is not a 2xx,
//     and the reconciler finds the delivery in GitHub's list of failed ones.
//   - Only identities are kept; titles, bodies and diffs are read from GitHub by the worker.
//
// It must not import the review, a GitHub client or git: go-github's ParseWebHook refuses valid deliveries, and its
// ValidatePayload accepts unsigned ones.
package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/podcheck/podcheck/bot/queue"
)

const (
	// maxBody is GitHub's cap of a payload, in bytes.
	maxBody = 25 << 20
	// Nobody knows who sent a body before it is here whole, and bodies fill memory. Those of more than usualBody bytes, which
	// deliveries that lead to work don't have, are taken few at a time; the server bounds the number of the others.
	usualBody   = 256 << 10
	largeBodies = 2
	// GitHub hangs up after 10 s.
	readLimit  = 9 * time.Second
	storeLimit = 8 * time.Second
	// retryAfter, in seconds, goes with a 503.
	retryAfter = "30"
)

// Store keeps an item; nil means that it is synced to disk.
type Store interface {
	Put(ctx context.Context, item queue.Item) error
}

// Handler answers POST requests with GitHub deliveries. Its fields are set before the first request.
type Handler struct {
	// Secrets are all accepted, so that one can be rotated. Without any, every delivery is refused.
	Secrets [][]byte
	Store   Store
	Log     *slog.Logger

	large atomic.Int64 // bodies of more than usualBody bytes in memory
}

// answer is what the sender gets and the log line says.
type answer struct {
	code   int
	about  payload
	Stored []string `json:"stored,omitempty"`  // keys of the queued items
	Reason string   `json:"ignored,omitempty"` // why nothing was queued
	Error  string   `json:"error,omitempty"`
}

func fail(code int, format string, args ...any) answer {
	return answer{code: code, Error: fmt.Sprintf(format, args...)}
}

// ServeHTTP answers 202 stored or ignored, 400 signed but unreadable, 401 not signed by us, 405 not a POST, 408 body
// not received, 413 too large, 503 store not available or too many large bodies at once.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		write(w, fail(http.StatusMethodNotAllowed, "deliveries are sent with POST"))
		return
	}
	// Not every writer has deadlines; then those of the server hold.
	_ = http.NewResponseController(w).SetReadDeadline(began.Add(readLimit))
	d, result := h.receive(w, r)
	write(w, result)
	h.log(r, d, result, time.Since(began))
}

// receive carries a delivery from the wire into the store.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) (Delivery, answer) {
	d := Delivery{Event: plain(r.Header.Get("X-GitHub-Event")), GUID: plain(r.Header.Get("X-GitHub-Delivery"))}
	signature, err := parseSignature(r.Header)
	if err != nil {
		return d, fail(http.StatusUnauthorized, "%v", err)
	}
	if r.ContentLength > maxBody {
		return d, fail(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", maxBody)
	}
	body, done, err := h.read(http.MaxBytesReader(w, r.Body, maxBody))
	defer done()
	d.Body = body
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errBusy):
		return d, fail(http.StatusServiceUnavailable, "%v", err)
	case errors.As(err, &tooLarge):
		return d, fail(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", maxBody)
	case err != nil: // not 400: the delivery itself may be fine, and must count as failed and be looked at again
		return d, fail(http.StatusRequestTimeout, "the body did not arrive completely")
	case !signature.by(d.Body, h.Secrets):
		return d, fail(http.StatusUnauthorized, "the signature does not match any configured secret")
	}
	return d, h.store(r.Context(), d)
}

// errBusy: GitHub counts the delivery as failed, and the reconciler finds it.
var errBusy = fmt.Errorf("%d bodies of more than %d bytes are being received already", largeBodies, usualBody)

// read reads a whole body. Whoever asked calls done when nothing of it is needed any more.
func (h *Handler) read(body io.Reader) (data []byte, done func(), err error) {
	done = func() {}
	var buffer bytes.Buffer
	if _, err = io.CopyN(&buffer, body, usualBody); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return buffer.Bytes(), done, err
	}
	done = func() { h.large.Add(-1) }
	if h.large.Add(1) > largeBodies {
		return nil, done, errBusy
	}
	buffer.Grow(maxBody - usualBody + bytes.MinRead) // once: doubling would leave as much again behind
	_, err = buffer.ReadFrom(body)
	return buffer.Bytes(), done, err
}

// store queues what a verified delivery asks for.
func (h *Handler) store(ctx context.Context, d Delivery) answer {
	p, items, reason, err := d.read()
	result := answer{code: http.StatusAccepted, about: p, Reason: reason}
	if err != nil {
		result.code, result.Error = http.StatusBadRequest, err.Error()
		return result
	}
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	for _, item := range items {
		if err := h.Store.Put(ctx, item); err != nil {
			result.code, result.Error = http.StatusServiceUnavailable, err.Error()
			return result
		}
		result.Stored = append(result.Stored, item.Key())
	}
	return result
}

// write sends the answer. The text of a 503 stays in our log, since it may name hosts and paths.
func write(w http.ResponseWriter, a answer) {
	if a.code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
		a.Error = "the delivery could not be stored"
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.code)
	_ = json.NewEncoder(w).Encode(a) // the sender may be gone
}

// log writes one line a delivery.
func (h *Handler) log(r *http.Request, d Delivery, a answer, took time.Duration) {
	level := slog.LevelInfo
	attributes := []slog.Attr{
		slog.String("delivery", d.GUID), slog.String("event", d.Event), slog.Int("status", a.code), slog.Duration("took", took),
	}
	if a.code == http.StatusUnauthorized {
		attributes = append(attributes, slog.String("remote", r.RemoteAddr))
	} else {
		attributes = append(attributes, a.about.attributes()...)
	}
	if a.Reason != "" {
		attributes = append(attributes, slog.String("ignored", a.Reason))
	}
	if a.Error != "" {
		level = slog.LevelWarn
		attributes = append(attributes, slog.String("error", a.Error))
	}
	h.Log.LogAttrs(r.Context(), level, "delivery", attributes...)
}
