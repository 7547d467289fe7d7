package work

import (
	"errors"
	"time"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/bot/repo"
)

const (
	// outagePatience is how long an item waits for GitHub without using up its attempts.
	outagePatience = 24 * time.Hour
	// replicaLag is how long what a webhook tells may be unknown to the API.
	replicaLag = 2 * time.Minute
	// headPause is the wait before reading again after the head has moved.
	headPause = time.Second
)

// outcome tells the queue what an error means: done, to be handed back for a while, or a failed attempt.
func (t *task) outcome(err error) error {
	age := time.Since(t.item.Received)
	var limit *github.RetryAfter
	var said *saidError
	switch {
	case err == nil, errors.As(err, &said):
		return nil
	case errors.As(err, &limit):
		return &queue.RetryAfter{Delay: time.Until(limit.At), Err: err}
	case errors.Is(err, github.ErrHeadMoved):
		return &queue.RetryAfter{Delay: headPause, Err: err}
	case errors.Is(err, github.ErrGone) && age < replicaLag, unavailable(err) && age < outagePatience:
		return &queue.RetryAfter{Delay: backoff(age), Err: err}
	case errors.Is(err, github.ErrGone):
		t.log.Info("nothing to do", "reason", err.Error())
		return nil
	default:
		return err
	}
}

func unavailable(err error) bool {
	var down *github.Unavailable
	return errors.As(err, &down) || errors.Is(err, repo.ErrUnavailable)
}

// backoff grows with the age of the item, which outlives the process, from 2 s to 10 min.
func backoff(age time.Duration) time.Duration {
	return min(max(age/4, 2*time.Second), 10*time.Minute)
}
