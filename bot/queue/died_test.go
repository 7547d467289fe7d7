package queue

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// die counts attempts on the first stored item, as processes do that die while they work on it.
func die(t *testing.T, q *Queue, times int) {
	t.Helper()
	for range times {
		if _, err := q.countAttempt(t.Context(), pull(1, "").Key(), 1); err != nil {
			t.Fatal(err)
		}
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
