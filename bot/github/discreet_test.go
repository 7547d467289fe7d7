package github

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

type answering func(*http.Request) (*http.Response, error)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAnswersDoNotTellTheCredentialOfTheRequest(t *testing.T) {
	broken := errors.New("the connection broke")
	for name, c := range map[string]struct {
		header string
		body   io.Reader
		status string
		want   string
		err    error
	}{
		"nothing to hide":           {"token ghs_1", strings.NewReader(`{"a": 1}`), "200 OK", "200 OK {\"a\": 1}", nil},
		"in the body":               {"token ghs_1", strings.NewReader("ghs_1, token ghs_1"), "400 Bad Request", "400 Bad Request [redacted], token [redacted]", nil},
		"in the status":             {"Bearer a.b.c", strings.NewReader(""), "502 a.b.c", "502 [redacted] ", nil},
		"another one":               {"Bearer a.b.c", strings.NewReader(`{"token": "ghs_2"}`), "201 Created", `201 Created {"token": "ghs_2"}`, nil},
		"without one":               {"", strings.NewReader("x"), "200 OK", "200 OK x", nil},
		"an answer that breaks off": {"token ghs_1", io.MultiReader(strings.NewReader("a ghs_1 b"), iotest.ErrReader(broken)), "200 OK", "200 OK a [redacted] b", broken},
	} {
		t.Run(name, func(t *testing.T) {
			d := discreet{answering(func(*http.Request) (*http.Response, error) {
				return &http.Response{Status: c.status, Body: io.NopCloser(c.body), ContentLength: -1}, nil
			})}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", c.header)
			answer, err := d.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(answer.Body)
			if got := answer.Status + " " + string(text); got != c.want || !errors.Is(err, c.err) {
				t.Errorf("%q, %v; want %q, %v", got, err, c.want, c.err)
			}
		})
	}
	lost := discreet{answering(func(*http.Request) (*http.Response, error) { return nil, broken })}
	r, _ := http.NewRequest(http.MethodGet, "http://127.0.0.1/", nil) // the URL is ours
	r.Header.Set("Authorization", "token ghs_1")
	if _, err := lost.RoundTrip(r); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
