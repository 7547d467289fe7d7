package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/sourcegraph/conc"
)

const (
	headerLimit   = 5 * time.Second
	idleLimit     = 2 * time.Minute
	shutdownLimit = 10 * time.Second
)

// Serve answers requests on a listener, which it closes, until ctx ends; then it lets running requests finish for ten seconds.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerLimit, IdleTimeout: idleLimit}
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
