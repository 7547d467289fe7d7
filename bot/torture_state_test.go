package bot_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/podcheck/podcheck/fixtures/github"
)

const (
	// settleLimit bounds the wait for the desired state. What waited for GitHub waits a quarter of its age again, and what was worked on by
	// several bots that died rests for up to two minutes.
	settleLimit = 3 * time.Minute
	// quiet is how long nothing may happen before it is over.
	quiet = 3 * time.Second
	// staleLimit is how long after a newer head was known a review of an older one may still arrive: a write that was fenced before
	// may be under way.
	staleLimit = 2 * time.Second
)

// settle ends the faults, waits for the desired state, and then counts what is wrong.
func (f *fleet) settle() {
	f.Helper()
	f.storm(false)
	f.deliver(f.mail.held)
	f.mail.held = nil
	deadline := time.Now().Add(settleLimit)
	for len(f.unsettled()) > 0 && time.Now().Before(deadline) {
		time.Sleep(100 * time.Millisecond)
	}
	for before := -1; before != len(f.github.Requests()) && time.Now().Before(deadline); {
		before = len(f.github.Requests())
		time.Sleep(quiet)
	}
	f.violations = append(f.violations, f.unsettled()...)
	f.violations = append(f.violations, f.stale()...)
	f.violations = append(f.violations, f.complaints()...)
}

// unsettled tells what is not yet as it should be.
func (f *fleet) unsettled() []string {
	var wrong []string
	for _, b := range f.people.branches {
		for _, text := range slices.Concat(b.wrongVerdict(f.world), b.wrongThreads(), b.wrongAnswers(f.world)) {
			wrong = append(wrong, fmt.Sprintf("%s #%d at %.7s: %s", b.repo.Name(), b.pull.Number(), b.pull.HeadSHA(), text))
		}
	}
	return wrong
}

// wrongVerdict compares the check runs. A closed pull request needs none, and no older head may have one in progress.
func (b *branch) wrongVerdict(w *world) (wrong []string) {
	mine := func(sha string) []github.PostedCheck {
		return slices.DeleteFunc(b.repo.CheckRuns(sha), func(r github.PostedCheck) bool {
			return !strings.HasPrefix(r.ExternalID, fmt.Sprintf("%d:", b.pull.Number()))
		})
	}
	for _, sha := range b.heads {
		for _, r := range mine(sha) {
			if r.Status != "completed" {
				wrong = append(wrong, fmt.Sprintf("the check run of %.7s is %s", sha, r.Status))
			}
		}
	}
	runs := mine(b.pull.HeadSHA())
	switch {
	case !b.open:
	case len(runs) == 0:
		wrong = append(wrong, "no check run")
	case runs[len(runs)-1].Conclusion != b.conclusion():
		wrong = append(wrong, fmt.Sprintf("the check run says %s: %s, want %s", runs[len(runs)-1].Conclusion, runs[len(runs)-1].Title, b.conclusion()))
	}
	return wrong
}

// conclusion is what the check run of the head must say.
func (b *branch) conclusion() string {
	worst := "success"
	for path, fault := range faulty {
		if b.wrong[path] && worst != "failure" {
			worst = fault.conclusion
		}
	}
	return worst
}

// wrongThreads compares the threads: none twice, one open for each fault, none open for what is mended.
func (b *branch) wrongThreads() (wrong []string) {
	began, open := map[string]int{}, map[string]int{}
	for _, c := range b.pull.ReviewComments() {
		began[c.Path]++
		if c.ResolvedBy == "" {
			open[c.Path]++
		}
	}
	for _, path := range slices.Sorted(maps.Keys(faulty)) {
		want := 0
		if b.wrong[path] {
			want = 1
		}
		if began[path] > 1 {
			wrong = append(wrong, fmt.Sprintf("%d comments on %s", began[path], path))
		}
		if b.open && open[path] != want {
			wrong = append(wrong, fmt.Sprintf("%d open threads on %s, want %d", open[path], path, want))
		}
	}
	return wrong
}

// wrongAnswers compares the commands: each has one result and, where one is due, one reply. On a closed pull request too.
func (b *branch) wrongAnswers(w *world) (wrong []string) {
	replies, due := 0, 0
	for _, c := range b.pull.Comments() {
		if c.Author == w.github.BotLogin() {
			replies++
			continue
		}
		if _, asked := b.asked[c.ID]; !asked {
			continue
		}
		if b.asked[c.ID] {
			due++
		}
		results := 0
		for _, r := range c.Reactions {
			if strings.HasSuffix(r, ":rocket") || strings.HasSuffix(r, ":confused") {
				results++
			}
			if strings.HasSuffix(r, ":confused") && !b.refusable(c.Body) {
				wrong = append(wrong, fmt.Sprintf("%q was not understood", c.Body))
			}
		}
		if results != 1 {
			wrong = append(wrong, fmt.Sprintf("%q of comment %d has %d results", c.Body, c.ID, results))
			continue
		}
		if b.confused(c) {
			due++ // the reason
		}
	}
	if replies != due {
		wrong = append(wrong, fmt.Sprintf("%d replies to commands, want %d", replies, due))
	}
	return wrong
}

// refusable: a closed pull request is not reviewed, and the answer says so.
func (b *branch) refusable(body string) bool { return body == "/podcheck" }

func (b *branch) confused(c github.PostedIssueComment) bool {
	return slices.ContainsFunc(c.Reactions, func(r string) bool { return strings.HasSuffix(r, ":confused") })
}

// stale finds reviews that were posted for a head long after a newer one was known.
func (f *fleet) stale() (wrong []string) {
	newer := map[string]time.Time{} // heads by when the first newer one was known
	for _, b := range f.people.branches {
		for i, sha := range b.heads {
			for _, later := range b.heads[i+1:] {
				if at := f.told[later]; !at.IsZero() && (newer[sha].IsZero() || at.Before(newer[sha])) {
					newer[sha] = at
				}
			}
		}
	}
	for _, r := range f.github.Requests() {
		if r.Method != http.MethodPost || path.Base(r.Route) != "reviews" || r.Status != http.StatusOK {
			continue
		}
		var review struct {
			Commit string `json:"commit_id"`
		}
		if json.Unmarshal(r.Body, &review) == nil && !newer[review.Commit].IsZero() && r.At.Sub(newer[review.Commit]) > staleLimit {
			wrong = append(wrong, fmt.Sprintf("%s: a review of %.7s arrived %s after a newer head was known", r.Path, review.Commit, r.At.Sub(newer[review.Commit])))
		}
	}
	return wrong
}

// headOf is the head that a delivery tells of.
func headOf(d *github.Delivery) string {
	var payload struct {
		PullRequest struct {
			Head struct{ SHA string }
		} `json:"pull_request"`
	}
	_ = json.Unmarshal(d.Payload, &payload) // "" when it tells of none
	return payload.PullRequest.Head.SHA
}
