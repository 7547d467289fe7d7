package web

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sourcegraph/conc"
)

// pipes is a listener for connections within this process, whose time is that of the test.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error {
	close(p)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestWhoeverDoesNotReadIsCutOff asks for more than fits on the way, and takes nothing of it for long.
func TestWhoeverDoesNotReadIsCutOff(t *testing.T) {
	const size = 1 << 20
	for name, c := range map[string]struct {
		pause time.Duration
		whole bool
	}{
		"a slow one":          {writeLimit - time.Second, true},
		"one that never does": {writeLimit + time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := make(pipes, 1)
				ctx, stop := context.WithCancel(t.Context())
				var group conc.WaitGroup
				defer group.Wait()
				defer stop()
				group.Go(func() {
					if err := Serve(ctx, listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						_, _ = io.WriteString(w, strings.Repeat("x", size)) // nobody may be there
					})); err != nil {
						t.Error(err)
					}
				})
				ours, theirs := net.Pipe()
				defer ours.Close()
				listener <- theirs
				if _, err := io.WriteString(ours, "GET / HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.pause)
				n, err := io.Copy(io.Discard, ours)
				if err != nil || (n > size) != c.whole {
					t.Errorf("%d bytes after %s, %v", n, c.pause, err)
				}
			})
		})
	}
}
