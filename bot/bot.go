// Package bot is the server whole: the webhook, the queue, the workers and the pages of health, wired from one configuration.
// The command line, the demonstration and the tests start the same thing.
//
// It wires and nothing else; each room below it knows its own subject.
package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/podcheck/podcheck/bot/config"
	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/hook"
	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/bot/missed"
	"github.com/podcheck/podcheck/bot/page"
	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/bot/web"
	"github.com/podcheck/podcheck/bot/work"
	"github.com/podcheck/podcheck/review/render"
)

const (
	// cachedSource is how much source of parsed files is kept, in bytes.
	cachedSource = 16 << 20
	// workersPerCPU: a review waits for git and GitHub most of its time.
	workersPerCPU = 2
	// openedFor is how long a check run in progress is remembered that a crash may have left open.
	openedFor = 30 * 24 * time.Hour
)

// Bot is a server that is ready to run: its store is open and its ports are bound.
type Bot struct {
	log     *slog.Logger
	queue   *queue.Queue
	worker  *work.Worker
	missed  *missed.Reconciler // nil: nobody looks for what was missed
	metrics *web.Metrics
	pages   web.Pages // nil: there are none
	secrets [][]byte
	public  net.Listener
	admin   net.Listener
}

// Option changes how a Bot is wired.
type Option func(*wiring)

type wiring struct {
	ackWait   time.Duration
	transport http.RoundTripper
	renderer  *render.Renderer
	pause     time.Duration
	pace      time.Duration
}

// WithTransport carries the requests to GitHub's API over a transport of the caller's, such as one that checks them.
func WithTransport(t http.RoundTripper) Option {
	return func(w *wiring) { w.transport = t }
}

// WithRenderer has what pull requests are about rendered. Without it, files count as they are written.
func WithRenderer(r *render.Renderer) Option {
	return func(w *wiring) { w.renderer = r }
}

// WithAckWait has work that a bot is silent about go to another one after that time instead of a minute, see queue.Options.
func WithAckWait(d time.Duration) Option {
	return func(w *wiring) { w.ackWait = d }
}

// WithLimits measures GitHub's limits by other times than GitHub's: the pause after a limit that names no time, and what counts as a minute
// for the pace of requests. It is for tests; zero stands for a minute.
func WithLimits(pause, minute time.Duration) Option {
	return func(w *wiring) { w.pause, w.pace = pause, minute }
}

// New opens the store and binds the ports. A Bot that is not run must be closed.
func New(ctx context.Context, c config.Server, log *slog.Logger, options ...Option) (*Bot, error) {
	w := wiring{transport: github.DefaultTransport()}
	for _, option := range options {
		option(&w)
	}
	b := &Bot{log: log, metrics: web.NewMetrics(), secrets: c.Secrets}
	app, err := github.New(github.Options{
		AppID: c.AppID, Key: c.PrivateKey, API: c.GitHub.API(), GraphQL: c.GitHub.GraphQL(),
		Transport: b.metrics.Transport(w.transport), Pause: w.pause, Pace: w.pace,
	})
	if err != nil {
		return nil, err
	}
	b.worker = &work.Worker{
		App: app, Loader: load.New(cachedSource, w.renderer), Mirrors: filepath.Join(c.DataDir, "mirrors"), GitURL: c.GitHub.Git, Log: log,
	}
	if b.public, err = net.Listen("tcp", c.Listen); err != nil {
		return nil, fmt.Errorf("listen for webhooks: %w", err)
	}
	if b.admin, err = net.Listen("tcp", c.AdminListen); err != nil {
		return nil, errors.Join(fmt.Errorf("listen for administration: %w", err), b.Close())
	}
	b.queue, err = queue.Open(ctx, queue.Options{Dir: filepath.Join(c.DataDir, "queue"), URL: c.NATSURL, Log: log, AckWait: w.ackWait, Enter: b.worker.Enter})
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if b.worker.Opened, err = b.queue.Bucket(ctx, "opened", openedFor); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if c.Reconcile > 0 { // as it is unless the configuration was made by a test
		b.missed = &missed.Reconciler{App: app, Queue: b.queue, Every: c.Reconcile, Log: log}
	}
	b.openPages(ctx, c.PublicURL)
	return b, nil
}

// openPages opens the pages of reviews where people can reach them. Without them, reviews go on.
func (b *Bot) openPages(ctx context.Context, publicURL string) {
	if publicURL == "" {
		return
	}
	// Port 0 is the one that was bound, as it is of an address to listen on.
	if root, unbound := strings.CutSuffix(publicURL, ":0"); unbound {
		publicURL = fmt.Sprintf("%s:%d", root, b.public.Addr().(*net.TCPAddr).Port)
	}
	pages, err := page.Open(ctx, b.queue, publicURL+web.PagePath, b.log)
	if err != nil {
		b.log.Warn("check runs lead to no pages", "error", err)
		return
	}
	b.worker.Pages, b.pages = pages, pages.Open
}

// Addr is where webhooks are taken, at /webhook.
func (b *Bot) Addr() net.Addr { return b.public.Addr() }

// AdminAddr is where metrics and profiles are.
func (b *Bot) AdminAddr() net.Addr { return b.admin.Addr() }

// Run serves until ctx ends, then takes nothing more, finishes or hands back what is running, and closes: within 25 s.
func (b *Bot) Run(ctx context.Context) error {
	webhook := &hook.Handler{Secrets: b.secrets, Store: b.queue, Log: b.log}
	ready := web.Shared(b.queue.Ready)
	p := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	p.Go(func(ctx context.Context) error {
		return web.Serve(ctx, b.public, web.Public(b.metrics.Webhook(webhook), b.pages, ready))
	})
	p.Go(func(ctx context.Context) error {
		return web.Serve(ctx, b.admin, web.Admin(b.metrics.Handler(), b.queue, ready))
	})
	p.Go(func(ctx context.Context) error {
		return b.queue.Work(ctx, max(workersPerCPU*runtime.GOMAXPROCS(0), 4), b.handle)
	})
	if b.missed != nil {
		p.Go(b.missed.Run)
	}
	return errors.Join(p.Wait(), b.queue.Close())
}

func (b *Bot) handle(ctx context.Context, job queue.Job) error {
	began := time.Now()
	err := b.worker.Handle(ctx, job)
	b.metrics.Job(string(job.Item.Kind), outcomeOf(ctx, err), time.Since(began))
	return err
}

func outcomeOf(ctx context.Context, err error) string {
	var later *queue.RetryAfter
	switch {
	case err == nil:
		return "done"
	case ctx.Err() != nil:
		return "cancelled"
	case errors.As(err, &later):
		return "later"
	default:
		return "failed"
	}
}

// Close frees the ports and the store of a Bot that was never run.
func (b *Bot) Close() error {
	var errs []error
	for _, listener := range []net.Listener{b.public, b.admin} {
		if listener != nil {
			errs = append(errs, listener.Close())
		}
	}
	if b.queue != nil {
		errs = append(errs, b.queue.Close())
	}
	return errors.Join(errs...)
}
