package queue

import (
	"context"
	"testing"
	"time"
)

// TestWhatMayNotBeginCostsNoAttempt: it has no lease either, so another item of the pull request may begin.
func TestWhatMayNotBeginCostsNoAttempt(t *testing.T) {
	asked, left := make(chan Item, 10), make(chan error, 10)
	type key struct{}
	q := openDir(t, Options{Enter: func(ctx context.Context, item Item) (context.Context, func(error), error) {
		asked <- item
		if len(asked) < 3 {
			return nil, nil, &RetryAfter{Delay: time.Millisecond}
		}
		return context.WithValue(ctx, key{}, "entered"), func(outcome error) { left <- outcome }, nil
	}})
	put(t, q, pull(1, "a"))
	started := make(chan Job, 1)
	stop := work(t, q, 1, func(ctx context.Context, job Job) error {
		if ctx.Value(key{}) != "entered" {
			t.Error("the handler has not the context of Enter")
		}
		started <- job
		return nil
	})
	if job := next(t, started); job.Attempt != 1 {
		t.Errorf("attempt %d, want 1", job.Attempt)
	}
	if outcome := next(t, left); outcome != nil || len(asked) != 3 {
		t.Errorf("left with %v after %d askings", outcome, len(asked))
	}
	stop()
	info, err := q.attempts.Status(t.Context())
	if err != nil || info.Values() != 1 {
		t.Errorf("%d attempts are recorded, %v; want 1", info.Values(), err)
	}
}
