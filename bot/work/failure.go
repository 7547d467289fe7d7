package work

import (
	"errors"
	"fmt"

	"github.com/podcheck/podcheck/bot/command"
	"github.com/podcheck/podcheck/bot/github"
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

// toldError is a last error that people were told of.
type toldError struct{ error }

func (e *toldError) Unwrap() error { return e.error }

func told(err error) bool {
	var t *toldError
	return errors.As(err, &t)
}

// tellingOf marks an error as told, unless telling it failed.
func tellingOf(err, failed error) error {
	if failed != nil {
		return errors.Join(err, failed)
	}
	return &toldError{err}
}

// diedError: the process did not live to see the end of any attempt.
type diedError struct{ attempts int }

func (e *diedError) Error() string {
	return fmt.Sprintf("the process died or was stopped in each of %d attempts", e.attempts)
}

// final marks an error of git that will be the same next time.
func final(err error) error {
	if errors.Is(err, repo.ErrTooLarge) || errors.Is(err, repo.ErrNoMergeBase) {
		return &finalError{err}
	}
	return err
}

// again says how a person has it tried again.
const again string = "To try again, comment `" + command.Prefix + " " + string(command.Review) + "` or press *Re-run*."

// explanation is the check run of a pull request that can't be reviewed. It must not show inner errors, which may name hosts
// and folders of the server; the delivery leads its operator to them.
func explanation(item queue.Item, err error) review.Check {
	return review.Check{
		Conclusion: review.Failure,
		Title:      "Could not be analysed",
		Summary: fmt.Sprintf("%s\n\nNothing is known about this head. %s\n\nFor whoever runs Podcheck: the log has the details under delivery `%s`.",
			reason(err), again, item.Delivery),
	}
}

func reason(err error) string {
	var unread *unreadError
	var died *diedError
	switch {
	case errors.As(err, &died):
		return fmt.Sprintf("Podcheck's process died or was stopped each of the %d times that it worked on this.", died.attempts)
	case errors.Is(err, github.ErrForbidden):
		return "GitHub does not let Podcheck write here. An owner may have to accept the App's permissions, or the repository is archived or locked."
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
