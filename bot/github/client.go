package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gogithub "github.com/google/go-github/v60/github"
	"golang.org/x/time/rate"
)

const (
	// requestTimeout bounds one exchange, answer included. It is below the life of a lease, so that a write that was
	// fenced has ended before the lease can.
	requestTimeout = 30 * time.Second

	// GitHub allows 80 content-creating requests a minute and 500 an hour. This bucket admits at most 50 + 7 in any
	// minute and 50 + 450 in any hour.
	writeInterval = 8 * time.Second
	writeBurst    = 50
	// patience is how long a write waits in place for the bucket; beyond that the work goes back to the queue.
	patience = 5 * time.Second
)

// Client talks to GitHub as one installation. It is safe for concurrent use.
type Client struct {
	app       *App
	rest      *gogithub.Client
	transport *transport
	writes    *rate.Limiter
}

// Repo names a repository.
type Repo struct {
	Owner, Name string
}

// Fence is called before every write and says whether it may be made, and until when it must have begun.
type Fence func(ctx context.Context) (until time.Time, err error)

func (a *App) newClient(installation int64) *Client {
	t := &transport{renew: func() *ghinstallation.Transport { return a.authenticate(installation) }}
	t.auth = t.renew()
	rest := gogithub.NewClient(&http.Client{Transport: t, Timeout: requestTimeout})
	rest.BaseURL = a.base
	rest.UserAgent = "podcheck"
	return &Client{app: a, rest: rest, transport: t, writes: rate.NewLimiter(rate.Every(writeInterval), writeBurst)}
}

// Token is an installation token for git.
func (c *Client) Token(ctx context.Context) (string, error) {
	token, err := c.transport.current().Token(ctx)
	if err != nil {
		return "", c.transport.tokenError(err)
	}
	return token, nil
}

// write makes one fenced write within the pace of the installation. A write that is held up longer than its fence is good for is not
// sent: *Unavailable.
func (c *Client) write(ctx context.Context, fence Fence, send func(ctx context.Context) error) error {
	if err := c.pace(ctx); err != nil {
		return err
	}
	until, err := fence(ctx)
	if err != nil {
		return err
	}
	return send(beginBy(ctx, until))
}

func (c *Client) pace(ctx context.Context) error {
	now := time.Now()
	reservation := c.writes.ReserveN(now, 1)
	delay := reservation.DelayFrom(now)
	if delay == 0 {
		return nil
	}
	if delay > patience {
		reservation.CancelAt(now)
		return &RetryAfter{At: now.Add(delay), Reason: "our own pace of writes"}
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// explain says what was being done. Errors of the context keep their cause.
func explain(ctx context.Context, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
		err = cause
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
}
