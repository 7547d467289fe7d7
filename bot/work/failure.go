package work

import (
	"errors"
	"fmt"

	"github.com/podcheck/podcheck/bot/command"
	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review"
)

// finalError is an error that trying again does not change.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// saidError is an error that the check run tells already: nothing is left to do.
type saidError struct{ error }

func (e *saidError) Unwrap() error { return e.error }

// final marks an error of git that will be the same next time.
func final(err error) error {
	if errors.Is(err, repo.ErrTooLarge) || errors.Is(err, repo.ErrNoMergeBase) {
		return &finalError{err}
	}
	return err
}

// explanation is the check run of a pull request that can't be reviewed. It must not show inner errors, which may name hosts
// and folders of the server; the delivery leads its operator to them.
func explanation(item queue.Item, err error) review.Check {
	return review.Check{
		Conclusion: review.Failure,
		Title:      "Could not be analysed",
		Summary: fmt.Sprintf("%s\n\nNothing is known about this head. To try again, comment `%s %s` or press *Re-run*.\n\n"+
			"For whoever runs Podcheck: the log has the details under delivery `%s`.", reason(err), command.Prefix, command.Review, item.Delivery),
	}
}

func reason(err error) string {
	var unread *unreadError
	switch {
	case errors.As(err, &unread):
		return fmt.Sprintf("The configuration (%s) could not be read from GitHub, and it is not taken for absent.", unread.name)
	case errors.Is(err, repo.ErrTooLarge):
		return "The repository or its change is larger than Podcheck takes."
	case errors.Is(err, repo.ErrNoMergeBase):
		return "The branches have no common history."
	case errors.Is(err, repo.ErrUnauthorized):
		return "GitHub refused to give the repository's files. The App needs read access to the contents of this repository."
	case errors.Is(err, repo.ErrMissing):
		return "A commit of this pull request is not on GitHub any more."
	case unavailable(err):
		return "GitHub was not available for too long."
	default:
		return "An internal error of Podcheck."
	}
}

// unreadError is a configuration file that may exist but could not be read.
type unreadError struct {
	name string
	err  error
}

func (e *unreadError) Error() string { return fmt.Sprintf("read %s: %v", e.name, e.err) }
func (e *unreadError) Unwrap() error { return e.err }
