// Package web is what the bot shows over HTTP besides the webhook: health, readiness, metrics and profiles.
//
// Health and readiness are on both ports; metrics and profiles are for operators and on the admin port only. It must not import
// the review or a GitHub client.
package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/pprof"
	"time"
)

// readyLimit bounds the check of the store, below the usual timeout of a probe with some room.
const readyLimit = 3 * time.Second

// Ready returns nil when the store accepts writes.
type Ready func(ctx context.Context) error

// Public is the handler of the port that GitHub reaches.
func Public(webhook http.Handler, ready Ready) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/webhook", webhook)
	addHealth(mux, ready)
	return mux
}

// Admin is the handler of the port that only operators reach.
func Admin(metrics http.Handler, ready Ready) http.Handler {
	mux := http.NewServeMux()
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
