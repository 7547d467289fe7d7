package bot_test

import (
	"strings"
	"testing"

	botweb "github.com/podcheck/podcheck/bot/web"
)

// TestAdminPortShowsTheQueueOfTheBot, and nothing of it is on the public one.
func TestAdminPortShowsTheQueueOfTheBot(t *testing.T) {
	b := newWorld(t, nil).start()
	operator := botweb.Operator{URL: "http://" + b.AdminAddr().String()}
	if letters, err := operator.DeadLetters(t.Context()); err != nil || len(letters) > 0 {
		t.Errorf("dead are %v, %v", letters, err)
	}
	if err := operator.Retry(t.Context(), "pr.1.1"); err == nil || !strings.Contains(err.Error(), "nothing is dead") {
		t.Errorf("retried: %v", err)
	}
	if _, err := (botweb.Operator{URL: "http://" + b.Addr().String()}).DeadLetters(t.Context()); err == nil {
		t.Error("the public port lists dead letters")
	}
}
