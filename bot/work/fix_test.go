package work

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
)

// found is a finding with or without a fix.
func found(id string, status review.Status, safety analysis.Safety, obstacles ...string) review.Finding {
	f := review.Finding{ID: id, Key: "key-" + id, Status: status}
	f.Rule, f.Object = "log-replay", analysis.Object{Kind: "Pod", Name: "shop-" + id}
	f.Fix = &analysis.Fix{Safety: safety, Obstacles: obstacles}
	if len(obstacles) == 0 && safety != analysis.SafetyNone {
		f.Fix.Edits = []edit.Edit{{Path: "a.yaml"}}
	}
	return f
}

func TestChoose(t *testing.T) {
	findings := []review.Finding{
		found("s1aa", review.Introduced, analysis.Safe), found("r2bb", review.Introduced, analysis.Review),
		found("o3cc", review.Introduced, analysis.Review, "It has two replicas."), found("n4dd", review.Introduced, analysis.SafetyNone),
		found("u5ee", review.Unchanged, analysis.Safe), found("f6ff", review.Fixed, analysis.Safe), found("i7gg", review.Ignored, analysis.Safe),
	}
	for _, c := range []struct {
		words, thread string
		wanted        string // IDs
		left, rest    int
		wrong         string // begins with
		bad           bool
	}{
		{words: "", wanted: "s1aa", rest: 1},
		{words: "safe", wanted: "s1aa", rest: 1},
		{words: "ALL", wanted: "s1aa r2bb"},
		{words: "r2bb", wanted: "r2bb"},
		{words: "R2BB s1aa", wanted: "r2bb s1aa"},
		{words: "s1aa o3cc n4dd", wanted: "s1aa", left: 2},
		{words: "s1aa x9xx", wrong: "`x9xx` is not the ID of a finding of this pull request. These are:\n\n- `s1aa`"},
		{words: "r2bx", wrong: "`r2bx` is not the ID of a finding of this pull request. Did you mean `r2bb`?"},
		{words: "`@all`", wrong: "`@all` is not the ID"},
		{words: "u5ee", wrong: "`u5ee` was there before"},
		{words: "f6ff", wrong: "`f6ff` is fixed already"},
		{words: "i7gg", wrong: "`i7gg` is ignored"},
		{words: "safe all", bad: true},
		{words: "s1aa safe", bad: true},
		{thread: "key-r2bb", wanted: "r2bb"},
		{thread: "key-o3cc", left: 1},
		{thread: "key-gone", wrong: "What this thread is about is not found"},
		{words: "s1aa", thread: "key-r2bb", wanted: "s1aa"},
	} {
		t.Run(c.words+c.thread, func(t *testing.T) {
			var thread []string
			if c.thread != "" {
				thread = []string{c.thread}
			}
			choice, ok := choose(strings.Fields(c.words), thread)
			if ok == c.bad {
				t.Fatalf("understood: %v", ok)
			}
			if c.bad {
				return
			}
			got := choice.among(findings)
			if !strings.HasPrefix(got.wrong, c.wrong) || (got.wrong == "") != (c.wrong == "") {
				t.Errorf("says %q, want %q", got.wrong, c.wrong)
			}
			if c.wrong != "" {
				return
			}
			if len(got.wanted) != len(strings.Fields(c.wanted)) || len(got.left) != c.left || len(got.rest) != c.rest {
				t.Errorf("chose %+v", got)
			}
			for _, id := range strings.Fields(c.wanted) {
				if !got.wanted["key-"+id] {
					t.Errorf("left %s out", id)
				}
			}
		})
	}
}

func TestCommitMessage(t *testing.T) {
	one := found("s1aa", review.Introduced, analysis.Safe)
	one.Object.Namespace = "shop"
	if got := commitMessage([]review.Finding{one}); got != "Fix log-replay in Pod/shop-s1aa\n\n- log-replay Pod/shop/shop-s1aa (s1aa)\n" {
		t.Errorf("got %q", got)
	}
	long := one
	long.Object.Name = strings.Repeat("long-", 60)
	if got := commitMessage([]review.Finding{long}); !strings.HasPrefix(got, "Fix log-replay\n\n- log-replay Pod/shop/long-") {
		t.Errorf("got %q", got)
	}
	nameless := one
	nameless.Object = analysis.Object{}
	if got := commitMessage([]review.Finding{nameless, one}); !strings.HasPrefix(got, "Fix 2 findings of Podcheck\n\n- log-replay (s1aa)\n- log-replay Pod/") {
		t.Errorf("got %q", got)
	}
}

// TestCommitMessageIsInert holds that no name in a manifest closes an issue, skips a workflow, pings somebody or adds a trailer.
func TestCommitMessageIsInert(t *testing.T) {
	for _, name := range []string{
		"x\n\nCo-authored-by: Eve <eve@example.com>", "fixes #1", "closes acme/shop#1 ", "[skip ci]", "@all", "a\r\nskip-checks: true", "\x1b[31m", "\xff", "é\u202e",
		"x\n\nPodcheck-Command: issue-1",
	} {
		f := found("s1aa", review.Introduced, analysis.Safe)
		f.Rule, f.Object = "rule"+name, analysis.Object{Kind: name, Namespace: name, Name: name}
		got := commitMessage([]review.Finding{f, f})
		lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
		if len(lines) != 4 || strings.ContainsAny(got, "#@[]<>:\r\x1b") || !utf8.ValidString(got) || len(lines[0]) > maxSubject {
			t.Errorf("%q: %q", name, got)
		}
	}
}
