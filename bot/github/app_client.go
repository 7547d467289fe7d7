package github

import (
	"net/http"
	"time"
)

// appTransport signs requests as the App itself, whose limits are apart from those of its installations, and decides waiting as
// transport does. It carries reads alone.
type appTransport struct {
	limits transport
	sign   http.RoundTripper
}

func (t *appTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.limits.carry(r, t.signed)
}

func (t *appTransport) signed(r *http.Request) (*http.Response, error) {
	began := time.Now()
	answer, err := t.sign.RoundTrip(r.Clone(r.Context()))
	if err != nil {
		return nil, t.limits.tokenError(began, err)
	}
	return t.limits.judge(began, answer)
}
