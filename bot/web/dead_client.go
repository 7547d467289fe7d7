package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const (
	// askLimit is more than the admin port takes for an answer.
	askLimit = 2 * deadLimit
	// maxAnswer bounds an answer, in bytes: some ten thousand dead letters with their longest reasons.
	maxAnswer = 32 << 20
)

// ErrNoBot: nothing answers there, or something else.
var ErrNoBot = errors.New("no bot")

// Operator asks the admin port of a running bot.
type Operator struct {
	URL string // of the admin port, without a path
}

// DeadLetters lists what failed for good, oldest first.
func (o Operator) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	var letters []DeadLetter
	err := o.ask(ctx, http.MethodGet, DeadPath, &letters)
	return letters, err
}

// Retry queues the dead letter of a key again.
func (o Operator) Retry(ctx context.Context, key string) error {
	return o.ask(ctx, http.MethodPost, DeadPath+"/"+url.PathEscape(key)+"/retry", &Retried{})
}

// RetryAll queues all dead letters again and returns their keys.
func (o Operator) RetryAll(ctx context.Context) ([]string, error) {
	var done Retried
	err := o.ask(ctx, http.MethodPost, DeadPath+"/retry", &done)
	return done.Keys, err
}

// ask sends a request and decodes its answer into out.
func (o Operator) ask(ctx context.Context, method, path string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(o.URL, "/")+path, nil)
	if err != nil {
		return fmt.Errorf("the address of the admin port: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		if failed := (*url.Error)(nil); errors.As(err, &failed) {
			err = failed.Err // its text repeats the address
		}
		return fmt.Errorf("%w answers at %s: %w", ErrNoBot, o.URL, err)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", o.URL, err)
	}
	if response.StatusCode == http.StatusOK && json.Unmarshal(body, out) == nil {
		return nil
	}
	var problem Problem
	if json.Unmarshal(body, &problem) == nil && problem.Error != "" {
		return errors.New(problem.Error)
	}
	return fmt.Errorf("%w has its admin port at %s: that answers %s %s with %s", ErrNoBot, o.URL, method, path, response.Status)
}
