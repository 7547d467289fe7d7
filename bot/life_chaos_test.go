package bot_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/podcheck/podcheck/fixtures/github"
)

// settle delivers what happened, in an order of chance or as it was, and waits until the bot is done with it.
func (l *life) settle() {
	l.Helper()
	events := l.github.Pending()
	for _, d := range events {
		if d.Event == "pull_request" {
			l.newest = d
		}
	}
	if l.chaos == nil {
		for _, d := range events {
			l.send(d)
		}
	} else {
		l.disturb(events)
	}
	l.finish()
}

// disturb delivers events in disorder to a bot that may die.
func (l *life) disturb(events []*github.Delivery) {
	l.Helper()
	now := l.mail.disturb(events, func(*github.Delivery) bool { return true })
	l.endanger()
	for _, d := range now {
		l.send(d)
	}
}

// endanger stops the bot and starts it again, or lets it die at one of its next requests, or neither.
func (l *life) endanger() {
	l.Helper()
	switch l.chaos.IntN(6) {
	case 0:
		l.restart()
	case 1, 2:
		l.bot.after = l.chaos.IntN(2) == 0
		l.bot.fuse.Store(1 + l.chaos.Int64N(5))
	}
}

// restart ends the bot and starts another one, half of the time on a machine with nothing on its disk.
func (l *life) restart() {
	l.Helper()
	l.bot.end()
	if l.chaos.IntN(2) == 0 {
		l.dir = l.TempDir()
	}
	l.bot = l.startMortal(l.dir, l.ledger, l.next)
}

// send delivers an event. A bot that died does not take it.
func (l *life) send(d *github.Delivery) {
	l.Helper()
	select {
	case <-l.bot.died:
		l.restart()
	default:
	}
	if got := l.github.Send(l.Context(), d); got.Status != http.StatusAccepted {
		l.Errorf("%s.%s was answered %d %s", d.Event, d.Action, got.Status, got.Err)
	}
}

// finish delivers the newest event of the pull request once more, under a name of its own, and waits until the bot that has it, and
// with it all that was said before, is done. A bot that dies over it is followed by another one.
func (l *life) finish() {
	l.Helper()
	for n := 0; ; n++ {
		last := *l.newest
		last.GUID = fmt.Sprintf("settle-%d-%d", len(l.bodies), n)
		done := l.ledger.expect(last.GUID)
		l.send(&last)
		select {
		case <-done:
			if l.until("the results of the commands", func() bool { return l.answered() || l.bot.dead.Load() }); !l.bot.dead.Load() {
				return
			}
		case <-l.bot.died:
		case <-time.After(patience):
			l.Fatalf("waited %s for the outcome of %s", patience, last.GUID)
		}
	}
}

// answered tells whether all commands have their results.
func (l *life) answered() bool {
	return !slices.ContainsFunc(l.pull.Comments(), func(c github.PostedIssueComment) bool {
		return slices.Contains(l.asked, c.ID) && !slices.ContainsFunc(c.Reactions, func(r string) bool { return strings.HasSuffix(r, ":rocket") })
	})
}
