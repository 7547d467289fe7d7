package queue

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// die leaves the first stored item as processes do that die while they work on it.
func die(t *testing.T, q *Queue, times int) {
	t.Helper()
	if err := q.setAttempts(t.Context(), pull(1, "").Key(), 1, times); err != nil {
		t.Fatal(err)
	}
}

// TestItemWhoseProcessDiedEveryTimeIsOnlyTold: and it is a dead letter, whatever comes of telling.
func TestItemWhoseProcessDiedEveryTimeIsOnlyTold(t *testing.T) {
	const attempts = 2
	for name, test := range map[string]struct {
		died    int // before
		answers []error
		want    string // in the reason, besides the death
		told    int
	}{
		"told":                              {attempts, []error{nil}, "", 1},
		"told when it is possible again":    {attempts, []error{&RetryAfter{Delay: time.Millisecond}, &RetryAfter{}, nil}, "", 3},
		"not told":                          {attempts, []error{errors.New("refused")}, "refused", 1},
		"telling kills the process as well": {attempts + 1, nil, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			q := openDir(t, Options{MaxAttempts: attempts, Backoff: time.Millisecond})
			put(t, q, pull(1, "a"))
			die(t, q, test.died)
			told := make(chan Job, 10)
			stop := work(t, q, 1, func(_ context.Context, job Job) error {
				told <- job
				return test.answers[len(told)-1]
			})
			emptied(t, q)
			stop()
			letter, err := q.DeadLetter(t.Context(), pull(1, "").Key())
			if err != nil || !strings.Contains(letter.Reason, "the process died") || !strings.Contains(letter.Reason, test.want) || letter.Attempts != attempts {
				t.Errorf("dead letter %+v, %v", letter, err)
			}
			if len(told) != test.told {
				t.Errorf("told %d times, want %d", len(told), test.told)
			}
			for range len(told) {
				if job := <-told; !job.Died || !job.Last || job.Attempt != attempts+1 {
					t.Errorf("told with %+v", job)
				}
			}
		})
	}
}

// TestItemRestsWhenItsProcessDiesAgain: a process that died once may have been killed for another reason; after that an item waits, so
// that others get on.
func TestItemRestsWhenItsProcessDiesAgain(t *testing.T) {
	const pause = 400 * time.Millisecond
	for _, test := range []struct {
		died int
		rest time.Duration
	}{{0, 0}, {1, 0}, {2, pause}, {3, 3 * pause}} {
		q := openDir(t, Options{Backoff: pause})
		put(t, q, pull(1, "a"))
		die(t, q, test.died)
		died := time.Now()
		put(t, q, pull(2, "b"))
		jobs := make(chan Job, 2)
		stop := work(t, q, 1, func(_ context.Context, job Job) error {
			jobs <- job
			return nil
		})
		first, second := next(t, jobs), next(t, jobs)
		took := time.Since(died)
		if resting := test.rest > 0; first.Item.Delivery == "a" == resting || resting && took < test.rest {
			t.Errorf("died %d times: began with %q and was done after %s, want a rest of %s", test.died, first.Item.Delivery, took, test.rest)
		}
		if first.Item.Delivery == "b" {
			first, second = second, first
		}
		if first.Attempt != test.died+1 || second.Attempt != 1 {
			t.Errorf("died %d times: attempts %d and %d", test.died, first.Attempt, second.Attempt)
		}
		stop()
	}
}

func TestNewerItemIsBegunAfterTheOlderDied(t *testing.T) {
	q := openDir(t, Options{MaxAttempts: 1})
	put(t, q, pull(1, "a"))
	die(t, q, 1)
	jobs := make(chan Job, 3)
	stop := work(t, q, 1, func(_ context.Context, job Job) error {
		jobs <- job
		if job.Died {
			put(t, q, pull(1, "b"))
		}
		return nil
	})
	if job := next(t, jobs); !job.Died {
		t.Errorf("began with %+v", job)
	}
	if job := next(t, jobs); job.Died || job.Attempt != 1 || job.Item.Delivery != "b" {
		t.Errorf("went on with %+v", job)
	}
	emptied(t, q)
	stop()
	if letters, err := q.DeadLetters(t.Context()); err != nil || len(letters) != 0 {
		t.Errorf("dead letters %v, %v; want none", letters, err)
	}
}

func TestCommandForgetsTheDeadLetterOfItsPullRequest(t *testing.T) {
	q := openDir(t, Options{MaxAttempts: 1})
	command := pull(1, "c")
	command.Kind, command.Command = KindCommand, &Command{Source: SourceIssueComment, ID: 5}
	put(t, q, pull(1, "a"))
	stop := work(t, q, 1, func(ctx context.Context, job Job) error {
		if job.Item.Kind == KindPull {
			return errors.New("no luck")
		}
		return job.Lease.ForgetPull(ctx)
	})
	emptied(t, q)
	if _, err := q.DeadLetter(t.Context(), pull(1, "").Key()); err != nil {
		t.Fatal(err)
	}
	put(t, q, command)
	emptied(t, q)
	stop()
	if _, err := q.DeadLetter(t.Context(), pull(1, "").Key()); !errors.Is(err, ErrNotFound) {
		t.Errorf("DeadLetter = %v, want ErrNotFound", err)
	}
}
