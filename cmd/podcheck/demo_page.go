package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/podcheck/podcheck/bot/web"
	"github.com/podcheck/podcheck/fixtures/stage"
	"github.com/podcheck/podcheck/review/page"
)

// showPage says where to look at a play as a page: in a file, or served until ctx ends.
func showPage(ctx context.Context, out io.Writer, play stage.Play, keep bool) error {
	html, err := playPage(ctx, play)
	if err != nil {
		return fmt.Errorf("making the page of the review: %w", err)
	}
	heading(out, "The same as a page")
	if keep {
		return servePage(ctx, out, html)
	}
	f, err := os.CreateTemp("", "podcheck-demo-"+play.Pull.Name+"-*.html")
	if err != nil {
		return fmt.Errorf("writing the page of the review: %w", err)
	}
	if _, err := f.Write(html); err != nil {
		return fmt.Errorf("writing the page of the review: %w", errors.Join(err, f.Close()))
	}
	fmt.Fprintln(out, f.Name())
	return f.Close()
}

// playPage is the page of a play: the review of its branch, which is what the bot posted, and the times at which it did.
func playPage(ctx context.Context, play stage.Play) ([]byte, error) {
	r, _, err := reviewLocal(ctx, play.GitDir, "main", stage.Head, false)
	if err != nil {
		return nil, err
	}
	p := page.Page{Subject: play.Pull.Name, About: play.Pull.About, Result: r.Result}
	for _, e := range play.Events {
		p.Timeline = append(p.Timeline, page.Event{At: e.At, What: e.What, Where: e.Where})
	}
	var html bytes.Buffer
	if err := page.Write(&html, p); err != nil {
		return nil, err
	}
	return html.Bytes(), nil
}

// servePage serves the page on this machine alone until ctx ends.
func servePage(ctx context.Context, out io.Writer, html []byte) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serving the page of the review: %w", err)
	}
	fmt.Fprintf(out, "http://%s/\nInterrupt to end.\n", listener.Addr())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(html) // whoever went away does not read
	})
	return web.Serve(ctx, listener, mux)
}
