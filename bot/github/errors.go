package github

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	gogithub "github.com/google/go-github/v60/github"
)

var (
	// ErrGone: the pull request, its repository or the installation does not exist for us (any more). Nothing is left to do.
	ErrGone = errors.New("not found on GitHub")
	// ErrForbidden: the App lacks a permission in this repository, or the repository takes no writes. Trying again changes nothing before
	// somebody changes that.
	ErrForbidden = errors.New("GitHub does not allow it")
	// ErrHeadMoved: the pull request has another head than the one that was read. Read again.
	ErrHeadMoved = errors.New("the head of the pull request has moved")
)

// RetryAfter is a rate limit, GitHub's or our own pace: the request was not carried out, and At is the time to ask again.
type RetryAfter struct {
	At     time.Time
	Reason string
}

func (e *RetryAfter) Error() string {
	return fmt.Sprintf("GitHub asks to wait until %s: %s", e.At.UTC().Format(time.RFC3339), e.Reason)
}

// Unavailable: GitHub did not answer, or with 5xx. A write may have happened all the same, so read before repeating it.
type Unavailable struct {
	Err error
}

func (e *Unavailable) Error() string { return "GitHub is not available: " + e.Err.Error() }

func (e *Unavailable) Unwrap() error { return e.Err }

// status is the HTTP status that GitHub refused a request with, 0 when err is something else.
func status(err error) int {
	var refused *gogithub.ErrorResponse
	if errors.As(err, &refused) && refused.Response != nil {
		return refused.Response.StatusCode
	}
	return 0
}

func isUnprocessable(err error) bool { return status(err) == http.StatusUnprocessableEntity }

// missing turns an answer that there is nothing for us into ErrGone.
func missing(err error) error {
	switch status(err) {
	case http.StatusNotFound, http.StatusGone, http.StatusUnavailableForLegalReasons:
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}
