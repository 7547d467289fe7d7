package bot_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/github/contract"
)

// opened is a life whose pull request was opened with files and reviewed.
func opened(t *testing.T, before, files map[string]string) *life {
	t.Helper()
	l := newLife(newWorld(t, tree(before)), nil, contract.Transport(t, http.DefaultTransport))
	opens(files)(l)
	l.settle()
	return l
}

// then does something and waits until the bot is done with it.
func (l *life) then(do func(*life)) {
	l.Helper()
	do(l)
	l.settle()
}

func (l *life) sees(want string) {
	l.Helper()
	if got := l.state(); got != want {
		l.Errorf("seen:%s\nwant:%s", got, want)
	}
}

// body is our comment on a file.
func (l *life) body(path string) string {
	l.Helper()
	all := l.pull.ReviewComments()
	return all[slices.IndexFunc(all, func(c github.PostedComment) bool { return c.Path == path && !c.Reply })].Body
}

func TestTwoPullRequestsWithOneHead(t *testing.T) {
	t.Parallel()
	l := opened(t, mainFiles, map[string]string{api: clash("api", 8080, 8080)})
	l.then(func(l *life) { l.rebase(map[string]string{cache: dangling("cache")}) })
	first := l.pull
	l.commit("twin", github.Commit{})
	l.then(func(l *life) { // the same findings, and a check run of its own all the same
		l.pull = value(l.repo.OpenPull(t.Context(), github.NewPull{Head: "feature", Base: "twin", Author: "ann"}))(t)
	})
	for _, p := range []*github.Pull{first, l.pull} {
		if got := verdictOf(l.world, p); got != "failure: 1 error introduced" {
			t.Errorf("the check run of #%d: %s", p.Number(), got)
		}
	}
	l.then(func(l *life) {
		l.pull = value(l.repo.OpenPull(t.Context(), github.NewPull{Head: "feature", Base: "release", Author: "ann"}))(t)
	})
	second := l.pull
	l.sees(`
failure: 2 errors introduced
1 review
shop/api.yaml port-clash: open
shop/cache.yaml undefined-volume: open`)
	l.pull = first
	l.sees(`
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`)
	if runs := l.repo.CheckRuns(first.HeadSHA()); len(runs) != 3 {
		t.Errorf("%d check runs", len(runs))
	}
	l.push(map[string]string{api: clash("api", 8080, 9090)})
	l.deliver()
	for _, p := range []*github.Pull{first, second} {
		l.until("both reviews", func() bool {
			return slices.ContainsFunc(threadsOf(p), func(line string) bool {
				return strings.HasSuffix(line, "api.yaml port-clash: resolved by podcheck[bot], hidden")
			})
		})
	}
}

func TestBranchesWithoutCommonHistory(t *testing.T) {
	t.Parallel()
	l := opened(t, mainFiles, map[string]string{api: clash("api", 8080, 8080)})
	old := l.pull.HeadSHA()
	value(l.repo.Commit(t.Context(), "feature", github.Commit{Message: "Anew", Force: true, Files: tree(map[string]string{api: clash("api", 8080, 8080)})}))(t)
	l.deliver()
	if check := l.checked(l.pull.HeadSHA()); check.Conclusion != "failure" || check.Title != "Could not be analysed" || !strings.HasPrefix(check.Summary, "The branches have no common history.") {
		t.Errorf("check run %+v", check)
	}
	l.then(func(l *life) { l.ok(l.repo.Reset(t.Context(), "feature", old)) })
	l.sees(`
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open`)
}

func TestFindingsBeyondTheCapAreInTheCheckRun(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 25 {
		files[fmt.Sprintf("shop/app%02d.yaml", i)] = unbounded(fmt.Sprint("app", i), "")
	}
	files["shop/zebra.yaml"] = clash("zebra", 8080, 8080)
	l := opened(t, mainFiles, files)
	comments := l.pull.ReviewComments()
	if len(comments) != 20 || !slices.ContainsFunc(comments, func(c github.PostedComment) bool { return c.Path == "shop/zebra.yaml" }) {
		t.Errorf("%d comments: %q", len(comments), threadsOf(l.pull))
	}
	check := l.checked(l.pull.HeadSHA())
	if len(check.Annotations) != 26 || check.Title != "1 error, 25 warnings introduced" || !strings.Contains(check.Text, "Deployment/app24") {
		t.Errorf("%q with %d annotations", check.Title, len(check.Annotations))
	}
	if review := l.pull.Reviews()[0]; !strings.Contains(review.Body, "6 of these without a comment here") {
		t.Errorf("review %q", review.Body)
	}
}

func TestOneCommentForOneCauseOnALine(t *testing.T) {
	t.Parallel()
	three := clash("api", 8080, 8080) + "        - name: admin\n          image: registry.example.com/admin:1.0\n          ports:\n            - {name: admin, containerPort: 8080}\n"
	crowded := deployment("crowd", "      containers:\n        - {name: one, image: registry.example.com/one:1.0, volumeMounts: [{name: missing, mountPath: /a}, {name: missing, mountPath: /b}, {name: gone, mountPath: /c}]}\n")
	l := opened(t, mainFiles, map[string]string{api: three, web: crowded})
	seen := map[string]string{}
	for _, c := range l.pull.ReviewComments() {
		text, _, _ := strings.Cut(c.Body, "\n")
		place := fmt.Sprintf("%s:%d %s", c.Path, c.Line, ruleOf.FindString(c.Body))
		if other, twice := seen[place]; twice {
			t.Errorf("two comments at %s:\n%s\n%s", place, other, text)
		}
		seen[place] = text
		t.Log(place, text)
	}
}

func TestChangedTextIsEditedInPlace(t *testing.T) {
	t.Parallel()
	l := opened(t, mainFiles, map[string]string{logs: replaying("logs")})
	before, id := l.body(logs), l.comment(logs)
	l.then(pushes(map[string]string{logs: strings.Replace(replaying("logs"), "logs:1.0", "logs:2.0", 1)}))
	if l.body(logs) != before {
		t.Errorf("the text changed to %s", l.body(logs))
	}
	l.then(pushes(map[string]string{logs: lower(replaying("logs"))})) // the evidence names its line
	after := l.body(logs)
	text, _, _ := strings.Cut(after, "<!--")
	if want, _, _ := strings.Cut(strings.ReplaceAll(before, "logs.yaml:15", "logs.yaml:20"), "<!--"); l.comment(logs) != id || text != want || !strings.Contains(text, "```suggestion") {
		t.Errorf("comment %d after %d: %s", l.comment(logs), id, after)
	}
	l.sees(`
neutral: 1 warning introduced
1 review
shop/logs.yaml log-replay: open`)
}

// TestSuggestionOfAnOutdatedThread: a suggestion would replace whatever stands at the thread's lines.
func TestSuggestionOfAnOutdatedThread(t *testing.T) {
	t.Parallel()
	l := opened(t, mainFiles, map[string]string{logs: replaying("logs")})
	if !strings.Contains(l.body(logs), "```suggestion") {
		t.Fatalf("no suggestion: %s", l.body(logs))
	}
	l.then(pushes(map[string]string{logs: strings.Replace(replaying("logs"), "sleep 5", "sleep 6", 1)}))
	comments := l.pull.ReviewComments()
	if len(comments) != 1 || !comments[0].Outdated || strings.Contains(comments[0].Body, "```suggestion") || !strings.Contains(comments[0].Body, "sleep 6") {
		t.Errorf("comments %+v", comments)
	}
	l.then(pushes(map[string]string{logs: replaying("logs")}))
	if body := l.body(logs); !strings.Contains(body, "```suggestion") {
		t.Errorf("the thread stands at its lines again: %s", body)
	}
}

func TestFindingReturnsAfterAPersonAnsweredAndResolved(t *testing.T) {
	t.Parallel()
	l := opened(t, mainFiles, map[string]string{api: clash("api", 8080, 8080)})
	value(l.pull.Reply("rita", l.comment(api), "Done."))(t)
	l.ok(l.pull.Resolve("rita", l.comment(api)))
	l.then(pushes(map[string]string{web: plain("web") + "# A line more.\n"}))
	l.sees(`
failure: 1 error introduced
1 review
shop/api.yaml port-clash: resolved by rita; rita: Done.`)
	l.then(pushes(map[string]string{api: clash("api", 8080, 9090)}))
	l.sees(`
success: Nothing introduced
1 review
shop/api.yaml port-clash: resolved by rita; rita: Done.`)
	before := l.body(api)
	l.then(pushes(map[string]string{web: plain("web") + "# Another one.\n"}))
	if l.body(api) != before {
		t.Errorf("the comment changed again: %s", l.body(api))
	}
	l.then(pushes(map[string]string{api: clash("api", 8080, 8080)}))
	l.sees(`
failure: 1 error introduced
1 review
shop/api.yaml port-clash: open; rita: Done.`)
	if !strings.HasPrefix(before, strings.Split(l.body(api), "<!--")[0]) {
		t.Errorf("the text changed from %s to %s", before, l.body(api))
	}
}
