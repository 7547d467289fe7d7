package github

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gogithub "github.com/google/go-github/v60/github"
)

// CheckName is the name of our check run.
const CheckName = "podcheck"

// Options are what an App is made from.
type Options struct {
	AppID int64
	Key   []byte // private key, PEM
	// API is the root of REST and GraphQL the endpoint of GraphQL, both without a final slash.
	API, GraphQL string
	// Transport carries all requests; nil means one that uses the proxy of the environment.
	Transport http.RoundTripper
	// Pause is the wait after a rate limit that names no time; 0 is a minute, the least that GitHub asks for.
	Pause time.Duration
	// Pace is how long a minute of GitHub's limits is, by which requests are spread; 0 is a minute. It is shorter in tests alone.
	Pace time.Duration
}

// App is our GitHub App on one GitHub. It is safe for concurrent use.
type App struct {
	opts Options
	base *url.URL
	rest *gogithub.Client // as the App itself, not as one of its installations

	mu      sync.Mutex
	clients map[int64]*Client
}

// New checks the key and returns the App. It asks nothing of GitHub.
func New(opts Options) (*App, error) {
	if opts.AppID <= 0 {
		return nil, errors.New("the App ID is missing: it is on the App's settings page")
	}
	if opts.Transport == nil {
		opts.Transport = DefaultTransport()
	}
	opts.Transport = discreet{opts.Transport}
	base, err := url.Parse(opts.API + "/")
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("the API address %q is no URL", opts.API)
	}
	sign, err := ghinstallation.NewAppsTransport(opts.Transport, opts.AppID, opts.Key)
	if err != nil {
		return nil, fmt.Errorf("read the App's private key: %w; generate one on the App's settings page and give its PEM file", err)
	}
	return &App{opts: opts, base: base, rest: restClient(base, &appTransport{limits: transport{gate: newGate(opts.Pause, opts.Pace), timeout: requestTimeout}, sign: sign}), clients: map[int64]*Client{}}, nil
}

// DefaultTransport uses the proxy and the certificate authorities of the environment.
func DefaultTransport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = 20 * time.Second
	t.MaxIdleConnsPerHost = 16
	return t
}

// Client is the client of one installation; there is one for its whole life, because limits are counted by installation.
func (a *App) Client(installation int64) *Client {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.clients[installation]
	if c == nil {
		c = a.newClient(installation)
		a.clients[installation] = c
	}
	return c
}

// authenticate makes a transport with a token of its own. Each has an AppsTransport of its own too: ghinstallation writes
// to that one on every refresh, which would race between installations.
func (a *App) authenticate(installation int64) *ghinstallation.Transport {
	t, err := ghinstallation.New(a.opts.Transport, a.opts.AppID, installation, a.opts.Key)
	if err != nil {
		panic("the key was checked when the App was made: " + err.Error())
	}
	t.BaseURL = a.opts.API
	return t
}
