package queue

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/sourcegraph/conc"
)

// plainServer is a NATS server without JetStream.
func plainServer(t *testing.T, password string) string {
	t.Helper()
	opts := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true}
	if password != "" {
		opts.Username, opts.Password = "bot", password
	}
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server did not start")
	}
	return s.ClientURL()
}

// TestUnsuitableServerIsRefusedAtOnce: waiting would not help.
func TestUnsuitableServerIsRefusedAtOnce(t *testing.T) {
	old := plainServer(t, "")
	conn, err := nats.Connect(old)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if _, err := conn.Subscribe("$JS.API.INFO", func(m *nats.Msg) { _ = m.Respond([]byte(`{"api":{"level":0}}`)) }); err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ url, want string }{
		"without JetStream": {plainServer(t, ""), "JetStream is off"},
		"too old":           {old, "use 2.11 or later"},
		"wrong password":    {strings.Replace(plainServer(t, "secret"), "nats://", "nats://bot:guess@", 1), "Authorization Violation"},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			_, err := Open(t.Context(), Options{URL: test.url, patience: 2 * time.Second})
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "guess") {
				t.Errorf("Open = %v after %s, want %q", err, time.Since(began), test.want)
			}
		})
	}
}

func TestPersistRepeatsWhatMayPass(t *testing.T) {
	external, _ := replicas(t, Options{})
	embedded := openDir(t, Options{})
	for name, test := range map[string]struct {
		queue *Queue
		err   error
		want  int // calls
	}{
		"no leader":              {external, nats.ErrNoResponders, 3},
		"a conflict":             {external, ErrExists, 1},
		"an embedded store":      {embedded, nats.ErrNoResponders, 1},
		"the connection is back": {external, nats.ErrReconnectBufExceeded, 3},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			err := test.queue.persist(t.Context(), func(context.Context) error {
				if calls++; calls == 3 {
					return nil
				}
				return test.err
			})
			if calls != test.want || (err == nil) != (test.want == 3) || err != nil && !errors.Is(err, test.err) {
				t.Errorf("%d calls, %v; want %d", calls, err, test.want)
			}
		})
	}
}

// TestLeaseThatWasTakenByALostAnswerIsOurs: the call that took it is repeated, and must not take us for another.
func TestLeaseThatWasTakenByALostAnswerIsOurs(t *testing.T) {
	a, b := replicas(t, Options{})
	put(t, a, pull(1, "a"))
	lease := take(t, a, pull(1, "a"))
	if err := lease.take(t.Context()); err != nil {
		t.Errorf("our own lease: %v", err)
	}
	if _, err := lease.Fence(t.Context()); err != nil {
		t.Errorf("Fence = %v", err)
	}
	if _, err := b.acquire(t.Context(), pull(1, "a"), 1); !errors.Is(err, errLeaseHeld) {
		t.Errorf("another's lease: %v", err)
	}
}

// TestAttemptsAreCountedOverWhatIsNewest: an answer of the store may be older than the last count.
func TestAttemptsAreCountedOverWhatIsNewest(t *testing.T) {
	const each = 20
	a, b := replicas(t, Options{MaxAttempts: 1}) // so none has to rest
	var group conc.WaitGroup
	for _, q := range []*Queue{a, b} {
		group.Go(func() {
			for range each {
				if _, err := q.countAttempt(t.Context(), pull(1, "").Key(), 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if count, err := a.countAttempt(t.Context(), pull(1, "").Key(), 1); err != nil || count != 2*each+1 {
		t.Errorf("counted %d, %v; want %d", count, err, 2*each+1)
	}
}
