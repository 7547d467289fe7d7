package queue

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrSuperseded: a newer item of the same subject is stored; stop, that one will be worked on.
	ErrSuperseded = errors.New("superseded by a newer item")
	// ErrLeaseLost: another worker may own the pull request by now; stop without writing.
	ErrLeaseLost = errors.New("lease lost")
	// ErrUnavailable: the store did not answer, is full or is closed; nothing is known to be stored.
	ErrUnavailable = errors.New("store not available")
	// ErrDraining: the process is stopping and the grace for running work is over; stop, the item is handed back.
	ErrDraining = errors.New("the worker is stopping")
	// ErrInvalid: the item does not name something to look at.
	ErrInvalid = errors.New("invalid item")
	// ErrNotFound: the bucket has no such key.
	ErrNotFound = errors.New("key not found")
	// ErrExists: the bucket has the key already.
	ErrExists = errors.New("key exists")

	errLeaseHeld = errors.New("lease held by another worker")
	errDied      = errors.New("every attempt ended without an outcome: the process died or was stopped by force")
)

// RetryAfter is returned by a handler that has to wait (a rate limit): the item goes back to the queue for at least
// Delay, holds no worker meanwhile, and the attempt does not count.
type RetryAfter struct {
	Delay time.Duration
	Err   error // why; may be nil
}

func (e *RetryAfter) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("retry after %s", e.Delay)
	}
	return fmt.Sprintf("retry after %s: %v", e.Delay, e.Err)
}

func (e *RetryAfter) Unwrap() error { return e.Err }

func unavailable(doing string, err error) error {
	return fmt.Errorf("%s: %w: %w", doing, ErrUnavailable, err)
}
