package queue

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestPutAbsent(t *testing.T) {
	at := time.Now().UTC()
	received := func(d time.Duration, delivery string) Item {
		item := pull(1, delivery)
		item.Received = at.Add(d)
		return item
	}
	for name, test := range map[string]struct {
		there *Item
		since time.Time
		want  bool
	}{
		"nothing is there":                     {want: true},
		"nothing is there, since a time":       {since: at, want: true},
		"something is there":                   {there: new(received(-time.Hour, "old"))},
		"an older one is there, since a time":  {there: new(received(-time.Second, "old")), since: at, want: true},
		"one of that time is there":            {there: new(received(0, "old")), since: at},
		"a newer one is there, since a time":   {there: new(received(time.Second, "old")), since: at},
		"another pull request's is there":      {there: new(pull(2, "other")), want: true},
		"another pull request's, since a time": {there: new(pull(2, "other")), since: at, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			q := openDir(t, Options{})
			if test.there != nil {
				put(t, q, *test.there)
			}
			got, err := q.PutAbsent(t.Context(), pull(1, "new"), test.since)
			if err != nil || got != test.want {
				t.Errorf("PutAbsent = %v, %v", got, err)
			}
			jobs := make(chan Job, 2)
			work(t, q, 1, func(_ context.Context, job Job) error { jobs <- job; return nil })
			for {
				job := next(t, jobs)
				if job.Item.Number != 1 {
					continue
				}
				if is := job.Item.Delivery == "new"; is != test.want {
					t.Errorf("stored is %q", job.Item.Delivery)
				}
				return
			}
		})
	}
}

// TestPutAbsentAfterTheWork: what was done is absent, and what is being worked on is not.
func TestPutAbsentAfterTheWork(t *testing.T) {
	q := openDir(t, Options{})
	started, release := make(chan Job, 2), make(chan struct{})
	work(t, q, 1, holdUntil(started, release))
	put(t, q, pull(1, "a"))
	running := next(t, started)
	if stored, err := q.PutAbsent(t.Context(), pull(1, "b"), time.Time{}); err != nil || stored {
		t.Errorf("while it is being worked on: %v, %v", stored, err)
	}
	if _, err := running.Lease.Fence(t.Context()); err != nil {
		t.Errorf("the running job was disturbed: %v", err)
	}
	close(release)
	for {
		stored, err := q.PutAbsent(t.Context(), pull(1, "c"), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if stored {
			break
		}
	}
	if job := next(t, started); job.Item.Delivery != "c" {
		t.Errorf("then came %q", job.Item.Delivery)
	}
}

func TestPutAbsentRefuses(t *testing.T) {
	q := openDir(t, Options{})
	if _, err := q.PutAbsent(t.Context(), pull(0, "a"), time.Time{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("an item that names nothing: %v", err)
	}
	_ = q.Close()
	if _, err := q.PutAbsent(t.Context(), pull(1, "a"), time.Time{}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a store that is closed: %v", err)
	}
	if _, err := q.PutAbsent(t.Context(), pull(1, "a"), time.Now()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a store that is closed, since a time: %v", err)
	}
}
