package queue

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/sourcegraph/conc"
)

func TestExclusiveRunsOnce(t *testing.T) {
	a, b := replicas(t, Options{})
	began, release := make(chan struct{}), make(chan struct{})
	var group conc.WaitGroup
	group.Go(func() {
		err := a.Exclusive(t.Context(), "look", func(context.Context) error {
			close(began)
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	next(t, began)
	count := 0
	run := func(context.Context) error { count++; return nil }
	for _, q := range []*Queue{a, b} {
		if err := q.Exclusive(t.Context(), "look", run); err != nil || count != 0 {
			t.Errorf("beside the one that runs: %d times, %v", count, err)
		}
	}
	if err := b.Exclusive(t.Context(), "other", run); err != nil || count != 1 {
		t.Errorf("under another name: %d times, %v", count, err)
	}
	close(release)
	group.Wait()
	if err := b.Exclusive(t.Context(), "look", run); err != nil || count != 2 {
		t.Errorf("afterwards: %d times, %v", count, err)
	}
}

func TestExclusiveGivesBack(t *testing.T) {
	for name, run := range map[string]func(context.Context) error{
		"an error":        func(context.Context) error { return errors.New("no") },
		"a panic":         func(context.Context) error { panic("no") },
		"a context's end": func(context.Context) error { return context.Canceled },
	} {
		t.Run(name, func(t *testing.T) {
			q := openDir(t, Options{})
			ctx, cancel := context.WithCancel(t.Context())
			var caught conc.WaitGroup
			caught.Go(func() {
				err := q.Exclusive(ctx, "look", func(ctx context.Context) error {
					cancel()
					return run(ctx)
				})
				if err == nil || errors.Is(err, ErrLeaseLost) {
					t.Errorf("Exclusive = %v", err)
				}
			})
			_ = caught.WaitAndRecover()
			ran := false
			if err := q.Exclusive(t.Context(), "look", func(context.Context) error { ran = true; return nil }); err != nil || !ran {
				t.Errorf("afterwards it ran: %v, %v", ran, err)
			}
		})
	}
}

func TestExclusiveIsKeptWhileItRuns(t *testing.T) {
	q := openDir(t, Options{AckWait: time.Second})
	err := q.Exclusive(t.Context(), "look", func(ctx context.Context) error {
		watcher, err := q.leases.Watch(ctx, exclusivePrefix+"look", jetstream.UpdatesOnly())
		if err != nil {
			return err
		}
		defer func() { _ = watcher.Stop() }()
		for range 5 { // more than the lease lives without renewal
			if entry := next(t, watcher.Updates()); entry.Operation() != jetstream.KeyValuePut {
				t.Fatalf("the lease went away: %s", entry.Operation())
			}
		}
		return ctx.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

func TestExclusiveThatIsLostEnds(t *testing.T) {
	q := openDir(t, Options{AckWait: time.Second})
	err := q.Exclusive(t.Context(), "look", func(ctx context.Context) error {
		if err := q.leases.Purge(ctx, exclusivePrefix+"look"); err != nil {
			return err
		}
		next(t, ctx.Done())
		return ctx.Err()
	})
	if !errors.Is(err, ErrLeaseLost) {
		t.Errorf("Exclusive = %v", err)
	}
}
