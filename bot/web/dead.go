package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"

	"github.com/podcheck/podcheck/bot/queue"
)

// DeadPath is where the admin port lists the items that failed for good.
const DeadPath = "/dead"

// deadLimit bounds what one request asks of the store.
const deadLimit = 10 * time.Second

// DeadLetters is what the admin port needs of the queue.
type DeadLetters interface {
	DeadLetters(ctx context.Context) ([]queue.DeadLetter, error)
	Retry(ctx context.Context, key string) error
}

// DeadLetter is one item that failed for good, as the admin port shows it.
type DeadLetter struct {
	Key        string     `json:"key"`        // by which it is retried
	Kind       queue.Kind `json:"kind"`       // what was asked for
	Repository string     `json:"repository"` // owner/name
	Pull       int        `json:"pull,omitempty"`
	Head       string     `json:"head,omitempty"` // commit that the delivery told of
	Attempts   int        `json:"attempts"`
	Reason     string     `json:"reason"` // the last error
	Time       time.Time  `json:"time"`   // of the last attempt
	Delivery   string     `json:"delivery,omitempty"`
}

// Retried says which dead letters are queued again.
type Retried struct {
	Keys []string `json:"keys"`
}

// Problem is the answer to a request about dead letters that can't be met.
type Problem struct {
	Error string `json:"error"`
}

// addDead lets operators list and retry dead letters. A browser on the operator's machine can reach the admin port too, on behalf of any
// site that it shows: so other origins may send nothing, and a name that anybody may point at this machine reads nothing.
func addDead(mux *http.ServeMux, letters DeadLetters) {
	d := dead{letters}
	foreign := http.NewCrossOriginProtection()
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET " + DeadPath:                   d.list,
		"POST " + DeadPath + "/retry":       d.retryAll,
		"POST " + DeadPath + "/{key}/retry": d.retry,
	} {
		mux.Handle(pattern, ownHost(foreign.Handler(handle)))
	}
}

// ownHost refuses requests to a name that public DNS can have. Behind such a name a site could read what it may not: DNS rebinding.
func ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isOwn(r.Host) {
			answer(w, http.StatusForbidden, Problem{"the admin port answers to IP addresses, localhost and names within a cluster, not to " + r.Host})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isOwn: an address, a name without a dot, or one below a domain that public DNS never has (RFC 6761, RFC 6762, ICANN's .internal), or
// that a cluster resolves within a namespace.
func isOwn(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.TrimSuffix(host, ".")
	return !strings.Contains(host, ".") || slices.ContainsFunc([]string{".localhost", ".local", ".internal", ".svc"}, func(domain string) bool {
		return strings.HasSuffix(host, domain)
	})
}

// dead answers requests about dead letters.
type dead struct{ letters DeadLetters }

func (d dead) list(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), deadLimit)
	defer cancel()
	letters, err := d.letters.DeadLetters(ctx)
	if err != nil {
		answer(w, http.StatusServiceUnavailable, Problem{err.Error()})
		return
	}
	shown := make([]DeadLetter, len(letters))
	for i, letter := range letters {
		shown[i] = show(letter)
	}
	answer(w, http.StatusOK, shown)
}

func show(letter queue.DeadLetter) DeadLetter {
	item := letter.Item
	shown := DeadLetter{
		Key: item.Key(), Kind: item.Kind, Repository: item.Owner + "/" + item.Repo, Pull: item.Number, Head: item.HeadSHA,
		Attempts: letter.Attempts, Reason: letter.Reason, Time: letter.Time, Delivery: item.Delivery,
	}
	if item.Merge != nil {
		shown.Pull, shown.Head = item.Merge.Number, item.Merge.HeadSHA
	}
	return shown
}

func (d dead) retry(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), deadLimit)
	defer cancel()
	key := r.PathValue("key")
	err := d.letters.Retry(ctx, key)
	switch {
	case errors.Is(err, queue.ErrNotFound):
		answer(w, http.StatusNotFound, Problem{"no dead letter has the key " + key + d.meant(ctx, key)})
	case err != nil:
		answer(w, http.StatusServiceUnavailable, Problem{err.Error()})
	default:
		answer(w, http.StatusOK, Retried{[]string{key}})
	}
}

// meant names the key that is nearest to one that there isn't.
func (d dead) meant(ctx context.Context, key string) string {
	letters, err := d.letters.DeadLetters(ctx)
	if err != nil {
		return ""
	}
	if len(letters) == 0 {
		return ": nothing is dead"
	}
	nearest := slices.MinFunc(letters, func(a, b queue.DeadLetter) int {
		return cmp.Compare(levenshtein.ComputeDistance(key, a.Item.Key()), levenshtein.ComputeDistance(key, b.Item.Key()))
	})
	return ": did you mean " + nearest.Item.Key() + "?"
}

// retryAll queues all that are dead again. One that somebody else retried meanwhile is no error.
func (d dead) retryAll(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), deadLimit)
	defer cancel()
	letters, err := d.letters.DeadLetters(ctx)
	done := Retried{Keys: []string{}}
	for _, letter := range letters {
		key := letter.Item.Key()
		switch failed := d.letters.Retry(ctx, key); {
		case failed == nil:
			done.Keys = append(done.Keys, key)
		case !errors.Is(failed, queue.ErrNotFound):
			err = errors.Join(err, failed)
		}
	}
	if err != nil {
		answer(w, http.StatusServiceUnavailable, Problem{fmt.Sprintf("%d of %d are queued again, ask once more for the rest: %v", len(done.Keys), len(letters), err)})
		return
	}
	answer(w, http.StatusOK, done)
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // whoever went away does not read
}
