package queue

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embedded is a NATS server without a listener, and the lock on its directory.
type embedded struct {
	server *server.Server
	lock   io.Closer
}

const startTimeout = 30 * time.Second

func startEmbedded(ctx context.Context, opts Options) (*embedded, error) {
	lock, err := lockDir(ctx, opts.Dir)
	if err != nil {
		return nil, err
	}
	srv, err := server.NewServer(serverOptions(opts))
	if err != nil {
		lock.Close()
		return nil, unavailable("start the embedded store in "+opts.Dir, err)
	}
	srv.SetLoggerV2(serverLog{opts.Log}, false, false, false)
	srv.Start()
	store := &embedded{server: srv, lock: lock}
	if !srv.ReadyForConnections(startTimeout) || !srv.JetStreamEnabled() {
		_ = store.stop()
		return nil, fmt.Errorf("start the embedded store in %s: %w: it did not get ready within %s; the log says why", opts.Dir, ErrUnavailable, startTimeout)
	}
	return store, nil
}

func serverOptions(opts Options) *server.Options {
	return &server.Options{
		ServerName:             "podcheck",
		DontListen:             true,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
		JetStream:              true,
		StoreDir:               opts.Dir,
		JetStreamMaxStore:      opts.maxStore,
		// The default syncs every two minutes: an acknowledged delivery would not survive a power loss.
		SyncAlways: true,
	}
}

func (e *embedded) stop() error {
	e.server.Shutdown()
	e.server.WaitForShutdown()
	return e.lock.Close()
}

// lockPatience is how long a lock is waited for: the kernel drops it with the process however that ends, but a child that was just
// being started holds it for a moment longer.
const (
	lockPatience = 5 * time.Second
	lockPause    = 50 * time.Millisecond
)

// lockDir makes dir and takes the lock on it.
func lockDir(ctx context.Context, dir string) (io.Closer, error) {
	if dir == "" {
		return nil, fmt.Errorf("open the queue: neither a data directory nor a NATS URL is configured")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the queue's directory: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the queue's directory: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for err = lock(file); err != nil && ctx.Err() == nil; err = lock(file) {
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
		}
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("lock the queue's directory %s: %w: another podcheck uses it; stop that one, or let both use one NATS cluster", dir, err)
	}
	return file, nil
}

func lock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// serverLog passes the embedded server's messages on. Its notices are start-up chatter.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(format string, v ...any) {
	l.log.Debug("store: " + fmt.Sprintf(format, v...))
}
func (l serverLog) Warnf(format string, v ...any) { l.log.Warn("store: " + fmt.Sprintf(format, v...)) }
func (l serverLog) Errorf(format string, v ...any) {
	l.log.Error("store: " + fmt.Sprintf(format, v...))
}
func (l serverLog) Fatalf(format string, v ...any) {
	l.log.Error("store: " + fmt.Sprintf(format, v...))
}
func (l serverLog) Debugf(string, ...any) {}
func (l serverLog) Tracef(string, ...any) {}
