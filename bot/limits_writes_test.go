package bot_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/stage"
)

// losses are the ways in which it is not known whether a write was done.
func losses() map[string]github.Fault {
	return map[string]github.Fault{
		"cut after it": github.LostAnswer(), "502 after it": github.LostBehindProxy(), "cut before it": github.Cut(), "503 before it": github.ServerError(503),
		"GraphQL timeout after it": github.QueryTimedOut(true), "GraphQL timeout before it": github.QueryTimedOut(false),
	}
}

// eachLoss plays a write under every loss that it can meet.
func eachLoss(t *testing.T, match github.Match, play func(*world, *github.Pull)) {
	for name, fault := range losses() {
		if mutation := match.Kind == github.KindMutation; strings.HasPrefix(name, "GraphQL") && !mutation {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p := conversing(t)
			w.github.Inject(match, fault, 1)
			play(w, p)
		})
	}
}

// TestUnsureAnswerToACommand: one reply, and each reaction once.
func TestUnsureAnswerToACommand(t *testing.T) {
	t.Parallel()
	const reactions = "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions"
	for name, match := range map[string]github.Match{
		"first reaction": {Method: http.MethodPost, Route: reactions, Contains: "eyes"},
		"last reaction":  {Method: http.MethodPost, Route: reactions, Contains: "rocket"},
		"reply":          {Method: http.MethodPost, Route: "/repos/{owner}/{repo}/issues/{issue_number}/comments"},
	} {
		t.Run(name, func(t *testing.T) {
			eachLoss(t, match, func(w *world, p *github.Pull) {
				bot := w.github.BotLogin()
				got, reply := w.say(p, "rita", "/podcheck help")
				w.settled("command answered", 1)
				if !slices.Equal(got, []string{bot + ":eyes", bot + ":rocket"}) || !strings.HasPrefix(reply, "| command") || len(p.Comments()) != 2 {
					w.Errorf("reactions %q, %d comments, reply %q", got, len(p.Comments()), reply)
				}
			})
		})
	}
}

// TestUnsureChangeOfThreads: the thread of what was repaired is resolved, and nothing is posted again.
func TestUnsureChangeOfThreads(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	eachLoss(t, github.Match{Kind: github.KindMutation}, func(w *world, p *github.Pull) {
		before := len(p.ReviewComments())
		value(p.Push(w.Context(), github.Commit{Message: "Repair", Files: stage.Change(f.After, f.Before)}))(w.T)
		w.deliver()
		w.checked(p.HeadSHA())
		for _, c := range p.ReviewComments() {
			if c.ResolvedBy != w.github.BotLogin() || len(p.ReviewComments()) != before {
				w.Errorf("%d comments, were %d; one resolved by %q", len(p.ReviewComments()), before, c.ResolvedBy)
			}
		}
		w.oneRun(p)
	})
}

// TestUnsureCompletion: a check run in progress is completed, and there is no other.
func TestUnsureCompletion(t *testing.T) {
	t.Parallel()
	eachLoss(t, github.Match{Method: http.MethodPatch, Route: "/repos/{owner}/{repo}/check-runs/{check_run_id}"}, func(w *world, p *github.Pull) {
		w.github.Inject(github.Match{Kind: github.KindGit}, github.Slow(2500*time.Millisecond), 1)
		value(p.Push(w.Context(), github.Commit{Message: "More", Files: tree(map[string]string{"more.yaml": plain("more")})}))(w.T)
		w.deliver()
		w.checked(p.HeadSHA())
		w.oneRun(p)
	})
}

// oneRun expects one check run of the head, completed.
func (w *world) oneRun(p *github.Pull) {
	w.Helper()
	if runs := w.repo.CheckRuns(p.HeadSHA()); len(runs) != 1 || runs[0].Status != "completed" {
		w.Errorf("check runs %+v", runs)
	}
}
