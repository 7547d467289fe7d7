// Package web is what the bot shows over HTTP besides the webhook: pages of reviews, health, readiness, metrics, dead letters and
// profiles.
//
// Pages are on the public port, for whoever has their address. Health and readiness are on both ports; metrics, dead letters and
// profiles are for operators and on the admin port only. It must not import the review or a GitHub client.
package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"
)

// readyLimit bounds the check of the store, below the usual timeout of a probe with some room.
const readyLimit = 3 * time.Second

// Ready returns nil when the store accepts writes.
type Ready func(ctx context.Context) error

// Shared is a check for everybody who asks within a second: whoever hammers a public port writes no more than that.
func Shared(check Ready) Ready {
	var mu sync.Mutex
	var checked time.Time
	var last error
	return func(ctx context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(checked) >= time.Second {
			// Whoever asked first may go away, and the others still want to know.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyLimit)
			defer cancel()
			last = check(ctx)
			checked = time.Now()
		}
		return last
	}
}

// Public is the handler of the port that GitHub and people reach. Without pages, which are nil, none are served.
func Public(webhook http.Handler, pages Pages, ready Ready) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/webhook", webhook)
	if pages != nil {
		mux.Handle("GET "+PagePath+"{token}", pages)
	}
	addHealth(mux, ready)
	return mux
}

// Admin is the handler of the port that only operators reach.
func Admin(metrics http.Handler, letters DeadLetters, ready Ready) http.Handler {
	mux := http.NewServeMux()
	addDead(mux, letters)
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	addHealth(mux, ready)
	return mux
}

func addHealth(mux *http.ServeMux, ready Ready) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
		defer cancel()
		if ready(ctx) != nil { // the cause is in the log of the store, and no business of a public port
			http.Error(w, "the store does not accept writes", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
}
