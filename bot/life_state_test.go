package bot_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/fixtures/github"
)

var ruleOf = regexp.MustCompile("^\\*\\*\\w+\\*\\* `([a-z-]+)`")

// state is everything of the pull request that people see, one line each: the verdict, the number of our reviews, the threads by
// file and rule, the commands.
func (l *life) state() string {
	l.Helper()
	return seen(l.world, l.pull)
}

func seen(w *world, p *github.Pull) string {
	lines := slices.Concat([]string{"", verdictOf(w, p), reviewsOf(w, p)}, threadsOf(p), conversationOf(w, p))
	return strings.Join(lines, "\n")
}

// verdictOf is the newest check run of the head for the pull request.
func verdictOf(w *world, p *github.Pull) string {
	runs := slices.DeleteFunc(w.repo.CheckRuns(p.HeadSHA()), func(r github.PostedCheck) bool {
		return !strings.HasPrefix(r.ExternalID, fmt.Sprintf("%d:", p.Number()))
	})
	if len(runs) == 0 {
		return "no check run"
	}
	for _, r := range runs {
		if r.Status != "completed" {
			return "a check run is " + r.Status
		}
	}
	last := runs[len(runs)-1]
	return last.Conclusion + ": " + last.Title
}

func reviewsOf(w *world, p *github.Pull) string {
	n := 0
	for _, r := range p.Reviews() {
		if r.Author == w.github.BotLogin() {
			n++
		}
	}
	if n == 1 {
		return "1 review"
	}
	return fmt.Sprint(n, " reviews")
}

// threadsOf are the threads in the order of their files, with the replies.
func threadsOf(p *github.Pull) []string {
	var lines []string
	at := map[int64]int{}
	for _, c := range p.ReviewComments() {
		if i, begun := at[c.Thread]; begun {
			lines[i] += fmt.Sprintf("; %s: %s", c.Author, c.Body)
			continue
		}
		at[c.Thread] = len(lines)
		lines = append(lines, threadOf(c))
	}
	slices.Sort(lines)
	return lines
}

func threadOf(c github.PostedComment) string {
	rule, state := "?", "open"
	if found := ruleOf.FindStringSubmatch(c.Body); found != nil {
		rule = found[1]
	}
	if c.ResolvedBy != "" {
		state = "resolved by " + c.ResolvedBy
	}
	if c.Minimized {
		state += ", hidden"
	}
	return fmt.Sprintf("%s %s: %s", c.Path, rule, state)
}

// conversationOf are the commands with our reactions, and what our replies decided.
func conversationOf(w *world, p *github.Pull) []string {
	var lines []string
	for _, c := range p.Comments() {
		switch {
		case c.Author == w.github.BotLogin() && strings.Contains(c.Body, "is ignored in this pull request"):
			lines = append(lines, c.Author+": ignored")
		case c.Author == w.github.BotLogin():
			lines = append(lines, c.Author+": "+c.Body)
		default:
			var reactions []string
			for _, r := range c.Reactions {
				_, content, _ := strings.Cut(r, ":")
				reactions = append(reactions, content)
			}
			lines = append(lines, c.Author+": "+strings.Join(reactions, ", "))
		}
	}
	return lines
}

// texts are our comments on the diff, markers included.
func (l *life) texts() []string {
	var all []string
	for _, c := range l.pull.ReviewComments() {
		all = append(all, c.Path+": "+c.Body)
	}
	slices.Sort(all)
	return all
}
