package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// pages has one page, and a token at which the store fails.
func pages(_ context.Context, token string) ([]byte, string, error) {
	switch token {
	case "good":
		return []byte("<p>Podcheck"), "default-src 'none'", nil
	case "broken":
		return nil, "", errors.New("disk of 10.0.0.1 is full")
	default:
		return nil, "", fs.ErrNotExist
	}
}

func ask(method, path string) *http.Response {
	answer := httptest.NewRecorder()
	request := httptest.NewRequest(method, "/", nil)
	request.URL.Path, _ = url.PathUnescape(path)
	request.URL.RawPath = path
	Public(http.NotFoundHandler(), pages, func(context.Context) error { return nil }).ServeHTTP(answer, request)
	return answer.Result()
}

func text(t *testing.T, answer *http.Response) string {
	t.Helper()
	var b strings.Builder
	if err := answer.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPageOfAReview(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		answer := ask(method, "/reviews/good")
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s is answered with %s", method, answer.Status)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Content-Length": "11",
			"X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer", "Cache-Control": "private, max-age=30",
		} {
			if got := answer.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", method, name, got, want)
			}
		}
	}
}

func TestPagesAreOnlyRead(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "PROPFIND"} {
		if answer := ask(method, "/reviews/good"); answer.StatusCode != http.StatusMethodNotAllowed || strings.Contains(text(t, answer), "Podcheck") {
			t.Errorf("%s is answered with %s", method, answer.Status)
		}
	}
}

// TestPageThatIsNotThere looks like every path that is not there.
func TestPageThatIsNotThere(t *testing.T) {
	nowhere := text(t, ask(http.MethodGet, "/nowhere"))
	for _, path := range []string{"/reviews/", "/reviews", "/reviews/bad", "/reviews/good/", "/reviews/good/more", "/reviews/%2e%2e%2fgood", "/reviews/go%6fd%00", "/reviews/*", "/reviews/%3E"} {
		if got := text(t, ask(http.MethodGet, path)); got != nowhere {
			t.Errorf("%s is answered with %s", path, got)
		}
	}
}

func TestPageThatCannotBeRead(t *testing.T) {
	answer := ask(http.MethodGet, "/reviews/broken")
	if got := text(t, answer); answer.StatusCode != http.StatusServiceUnavailable || strings.Contains(got, "10.0.0.1") {
		t.Error(fmt.Sprint("it is answered with ", got))
	}
}
