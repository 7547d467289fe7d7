package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gogithub "github.com/google/go-github/v60/github"
)

const (
	// requestTimeout bounds one exchange, answer included. It is below the life of a lease, so that a write that was
	// fenced has ended before the lease can.
	requestTimeout = 30 * time.Second
	maxRedirects   = 5
)

// Client talks to GitHub as one installation. It is safe for concurrent use.
type Client struct {
	app       *App
	rest      *gogithub.Client
	transport *transport
	traces    traces
}

// Repo names a repository.
type Repo struct {
	Owner, Name string
}

// Fence is called before every write and says whether it may be made, and until when it must have begun.
type Fence func(ctx context.Context) (until time.Time, err error)

func (a *App) newClient(installation int64) *Client {
	t := &transport{
		renew: func() *ghinstallation.Transport { return a.authenticate(installation) },
		gate:  newGate(a.opts.Pause, a.opts.Pace), timeout: requestTimeout,
	}
	t.auth = t.renew()
	return &Client{app: a, rest: restClient(a.base, t), transport: t}
}

func restClient(base *url.URL, t http.RoundTripper) *gogithub.Client {
	rest := gogithub.NewClient(&http.Client{Transport: t, CheckRedirect: sameHost})
	rest.BaseURL = base
	rest.UserAgent = "podcheck"
	return rest
}

// sameHost follows GitHub's redirects of what was renamed, and none that leads elsewhere, as every request carries the token.
func sameHost(r *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
		return fmt.Errorf("GitHub redirects to %s, which is not followed", r.URL.Redacted())
	}
	return nil
}

// Token is an installation token for git.
func (c *Client) Token(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	began := time.Now()
	token, err := c.transport.current().Token(ctx)
	if err != nil {
		return "", c.transport.tokenError(began, err)
	}
	return token, nil
}

// Renew has the next request take a fresh token, because git was refused with this one: it may have been revoked.
func (c *Client) Renew() { c.transport.replace(c.transport.current()) }

// write makes one fenced write within the pace of the installation. A write that is held up longer than its fence is good for is not
// sent: *Unavailable.
func (c *Client) write(ctx context.Context, fence Fence, send func(ctx context.Context) error) error {
	if err := c.transport.gate.paceWrite(ctx); err != nil {
		return err
	}
	until, err := fence(ctx)
	if err != nil {
		return err
	}
	err = send(beginBy(ctx, until))
	if status(err) == http.StatusForbidden {
		return fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	return err
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
