package github

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// errLate: nothing was sent, because the fence of the write could be out of date.
var errLate = errors.New("the write was held up for longer than its lease allows")

type beginKey struct{}

// beginBy bounds when the requests of ctx may begin.
func beginBy(ctx context.Context, until time.Time) context.Context {
	return context.WithValue(ctx, beginKey{}, until)
}

// outgoing copies a request, so that it can be sent again. What may only begin until a time is held against it in the last moment, when
// the body is read to be sent: getting a connection and a token takes time too, and the process may be stopped in between.
func outgoing(r *http.Request) (*http.Request, error) {
	request := r.Clone(r.Context())
	until, bounded := r.Context().Value(beginKey{}).(time.Time)
	if bounded && late(until) {
		return nil, &Unavailable{Err: errLate}
	}
	if r.GetBody == nil {
		return request, nil
	}
	if bounded { // the HTTP transport also makes a new body when it finds a connection closed
		request.GetBody = func() (io.ReadCloser, error) {
			body, err := r.GetBody()
			return punctual{body, until}, err
		}
	}
	var err error
	request.Body, err = request.GetBody()
	return request, err
}

func late(until time.Time) bool { return time.Now().After(until) }

// punctual is a body that can't be sent after a time.
type punctual struct {
	io.ReadCloser
	until time.Time
}

func (p punctual) Read(b []byte) (int, error) {
	if late(p.until) {
		return 0, errLate
	}
	return p.ReadCloser.Read(b)
}
