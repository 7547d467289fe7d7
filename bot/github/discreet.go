package github

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// redacted stands for a credential.
const redacted = "[redacted]"

// discreet takes the credential of a request out of its answer. GitHub does not send one back, but a proxy that shows what it was sent
// does, and errors that quote an answer come into logs and dead letters.
type discreet struct{ next http.RoundTripper }

func (d discreet) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := d.next.RoundTrip(r)
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if err != nil || credential == "" {
		return answer, err
	}
	body, broken := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	answer.Body.Close()
	if bytes.Contains(body, []byte(credential)) {
		body = bytes.ReplaceAll(body, []byte(credential), []byte(redacted))
		answer.ContentLength = int64(len(body))
	}
	answer.Status = strings.ReplaceAll(answer.Status, credential, redacted)
	answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), ending{broken}))
	return answer, nil
}

// ending ends a body as the one did that was read: with an error, if there was one.
type ending struct{ err error }

func (e ending) Read([]byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	return 0, io.EOF
}
