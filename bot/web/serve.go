package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sourcegraph/conc"
	"golang.org/x/net/netutil"
)

// Anybody may connect, so nobody may hold what others need: a connection for long, memory, or file descriptors, which git and the
// store take from the same stock.
const (
	headerLimit    = 5 * time.Second
	readLimit      = 15 * time.Second // headers and body; handlers set a shorter one
	writeLimit     = 30 * time.Second // profiles ask for longer
	idleLimit      = 2 * time.Minute
	maxHeader      = 32 << 10 // bytes; GitHub's have less than two thousand, and proxies add some
	maxConnections = 512      // of a port; more wait until one is free
	shutdownLimit  = 10 * time.Second
)

// Serve answers requests on a listener, which it closes, until ctx ends; then it lets running requests finish for ten seconds.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	var open connections
	server := &http.Server{
		Handler: open.sparing(handler), ConnState: open.count, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: headerLimit, ReadTimeout: readLimit, WriteTimeout: writeLimit, IdleTimeout: idleLimit,
	}
	listener = netutil.LimitListener(listener, maxConnections)
	stopped := make(chan struct{})
	var group conc.WaitGroup
	defer group.Wait()
	defer close(stopped)
	group.Go(func() {
		select {
		case <-ctx.Done():
		case <-stopped:
			return
		}
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownLimit)
		defer cancel()
		if server.Shutdown(limit) != nil {
			_ = server.Close() // whoever is still talking had their time
		}
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// connections is the number of open ones.
type connections struct{ open atomic.Int64 }

func (c *connections) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.open.Add(-1)
	}
}

// sparing keeps no connection for later requests when half of them are taken, so that idle ones never hold them all.
func (c *connections) sparing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.open.Load() > maxConnections/2 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
