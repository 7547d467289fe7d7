package queue

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// take acquires the lease for the stored message of an item, without a worker.
func take(t *testing.T, q *Queue, item Item) *Lease {
	t.Helper()
	message, err := q.stream.GetLastMsgForSubject(t.Context(), item.Subject())
	if err != nil {
		t.Fatal(err)
	}
	lease, err := q.acquire(t.Context(), item, message.Sequence)
	if err != nil {
		t.Fatal(err)
	}
	return lease
}

func TestFence(t *testing.T) {
	for name, test := range map[string]struct {
		change func(t *testing.T, q *Queue, lease *Lease)
		want   error
	}{
		"nothing happened": {change: func(*testing.T, *Queue, *Lease) {}},
		"another pull request is stored": {change: func(t *testing.T, q *Queue, _ *Lease) {
			put(t, q, pull(2, "b"))
		}},
		"a newer item is stored": {want: ErrSuperseded, change: func(t *testing.T, q *Queue, _ *Lease) {
			put(t, q, pull(1, "b"))
		}},
		"the item is done": {want: ErrSuperseded, change: func(t *testing.T, q *Queue, lease *Lease) {
			if err := q.stream.DeleteMsg(t.Context(), lease.seq); err != nil {
				t.Fatal(err)
			}
		}},
		"the lease ran out": {want: ErrLeaseLost, change: func(t *testing.T, q *Queue, lease *Lease) {
			if err := q.leases.Purge(t.Context(), lease.key); err != nil {
				t.Fatal(err)
			}
		}},
		"another worker has the lease": {want: ErrLeaseLost, change: func(t *testing.T, q *Queue, lease *Lease) {
			if err := q.leases.Purge(t.Context(), lease.key); err != nil {
				t.Fatal(err)
			}
			take(t, q, pull(1, ""))
		}},
		"it was released": {want: ErrLeaseLost, change: func(t *testing.T, _ *Queue, lease *Lease) {
			lease.release(t.Context())
		}},
		"the answer to a renewal was lost": {change: func(t *testing.T, _ *Queue, lease *Lease) {
			before := lease.revision
			if err := lease.renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			lease.revision = before
		}},
	} {
		t.Run(name, func(t *testing.T) {
			q := openDir(t, Options{})
			put(t, q, pull(1, "a"))
			lease := take(t, q, pull(1, "a"))
			test.change(t, q, lease)
			for range 2 { // and it stays so
				if _, err := lease.Fence(t.Context()); !errors.Is(err, test.want) {
					t.Errorf("Fence = %v, want %v", err, test.want)
				}
			}
		})
	}
}

func TestLeaseIsOneForAPullRequestAndItsCommands(t *testing.T) {
	q := openDir(t, Options{})
	command := pull(1, "c")
	command.Kind, command.Command = KindCommand, &Command{Source: SourceIssueComment, ID: 5}
	put(t, q, pull(1, "a"), pull(2, "b"), command)
	lease := take(t, q, pull(1, "a"))
	if _, err := q.acquire(t.Context(), command, 3); !errors.Is(err, errLeaseHeld) {
		t.Errorf("lease for the command = %v, want it held", err)
	}
	take(t, q, pull(2, "b"))
	lease.release(t.Context())
	take(t, q, command)
}

// TestLeaseIsGivenBackAfterACancelledRenewal: a newer item cancels the work, and with it a renewal on its way.
func TestLeaseIsGivenBackAfterACancelledRenewal(t *testing.T) {
	q := openDir(t, Options{})
	put(t, q, pull(1, "a"))
	lease := take(t, q, pull(1, "a"))
	before := lease.revision
	if err := lease.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	lease.revision = before
	lease.release(t.Context())
	take(t, q, pull(1, "a"))
}

// renewals waits until the lease of a pull request was written that often, and fails if it went away between.
func renewals(t *testing.T, q *Queue, item Item, times int) {
	t.Helper()
	watcher, err := q.leases.Watch(t.Context(), item.leaseKey(), jetstream.UpdatesOnly())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = watcher.Stop() }()
	for range times {
		entry := next(t, watcher.Updates())
		if entry.Operation() != jetstream.KeyValuePut {
			t.Fatalf("the lease went away: %s", entry.Operation())
		}
	}
}

func TestWorkingKeepsLeaseAndItemBeyondTheirLife(t *testing.T) {
	a, b := replicas(t, Options{AckWait: time.Second})
	put(t, a, pull(1, "a"))
	started := make(chan Job, 2)
	release := make(chan struct{})
	stop := work(t, a, 1, holdUntil(started, release))
	next(t, started)
	stopB := work(t, b, 1, holdUntil(started, release))
	renewals(t, b, pull(1, ""), 7) // three a second
	info, err := b.consumer.Info(t.Context())
	if err != nil || info.NumRedelivered != 0 {
		t.Errorf("the item was delivered again meanwhile: %+v, %v", info, err)
	}
	close(release)
	stop()
	stopB()
	if len(started) != 0 {
		t.Error("a second worker was given the pull request meanwhile")
	}
	if left := stored(t, b); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestAnotherWorkerTakesOverFromOneThatStopsRenewing(t *testing.T) {
	a, b := replicas(t, Options{AckWait: time.Second})
	put(t, a, pull(1, "a"))
	started := make(chan Job, 1)
	ended := make(chan error, 1)
	stop := work(t, a, 1, recordEnd(started, ended))
	lease := next(t, started).Lease
	renewals(t, b, pull(1, ""), 2) // a renewal that dropped the time to live would hold the key for ever
	a.conn.Close()
	if cause := next(t, ended); !errors.Is(cause, ErrLeaseLost) {
		t.Errorf("the old worker ended with %v, want ErrLeaseLost", cause)
	}
	taken := make(chan Job, 1)
	stopB := work(t, b, 1, holdUntil(taken, closed()))
	if job := next(t, taken); job.Attempt != 2 {
		t.Errorf("attempt %d, want 2", job.Attempt)
	}
	if _, err := lease.Fence(t.Context()); err == nil {
		t.Error("the old worker may still write")
	}
	stop()
	stopB()
}

func TestLeaseOfAWorkerThatNeverRenewedItRunsOut(t *testing.T) {
	a, b := replicas(t, Options{AckWait: time.Second})
	put(t, a, pull(1, "a"))
	take(t, a, pull(1, "a"))
	taken := make(chan Job, 1)
	stop := work(t, b, 1, holdUntil(taken, closed()))
	next(t, taken)
	stop()
}
