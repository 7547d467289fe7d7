package web

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strconv"
	"time"
)

// PagePath is where pages of reviews are: PagePath + token.
const PagePath = "/reviews/"

const (
	// pageLimit bounds reading a page from the store, and sendLimit sending it.
	pageLimit = 5 * time.Second
	sendLimit = 30 * time.Second
)

// Pages returns the page of a review by its token, with its Content-Security-Policy; fs.ErrNotExist when there is none. The token is as
// it came in.
type Pages func(ctx context.Context, token string) (html []byte, policy string, err error)

// ServeHTTP answers GET and HEAD. Who has the address may read the page, so the address must not travel: not to other sites, search
// engines or shared caches. What isn't there looks like every other path that isn't.
func (p Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), pageLimit)
	defer cancel()
	html, policy, err := p(ctx, r.PathValue("token"))
	if errors.Is(err, fs.ErrNotExist) {
		http.NotFound(w, r)
		return
	}
	if err != nil { // the cause is in the log of the store, and no business of a public port
		http.Error(w, "the page can't be read at the moment", http.StatusServiceUnavailable)
		return
	}
	for name, value := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Content-Length": strconv.Itoa(len(html)),
		"Content-Security-Policy": policy + "; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer",
		"Cache-Control": "private, max-age=30",
	} {
		w.Header().Set(name, value)
	}
	// Not every writer has deadlines; then those of the server hold.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(sendLimit))
	_, _ = w.Write(html) // whoever went away does not read
}
