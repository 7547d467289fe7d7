package review

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
)

// changed is the review of a change that introduces a warning and an error, and finds a warning that was there before.
func changed(t *testing.T, ignores ...Ignore) Result {
	t.Helper()
	old := tree{"old.yaml": deployment("old", "old:latest")}
	in := input(t, old, tree{"old.yaml": old["old.yaml"], "a.yaml": deployment("web", "nginx:latest"), "b.yaml": deployment("shop", "nginx:bad")})
	in.Ignores = ignores
	return review(in, images)
}

func TestIgnoresOfThePullRequest(t *testing.T) {
	key, id := "", ""
	for _, f := range changed(t).Findings {
		if f.Rule == "bad-image" {
			key, id = f.Key, f.ID
		}
	}
	one := Ignore{Key: key, ID: id, Rule: "bad-image", Reason: "only in tests", By: "wendy"}
	rule := Ignore{Rule: "floating-image", Reason: "pinned by the registry", By: "will"}
	for _, c := range []struct {
		name       string
		ignores    []Ignore
		conclusion Conclusion
		title      string
		comments   int
		summary    []string
	}{
		{"none", nil, Failure, "1 error, 1 warning introduced", 2, nil},
		{"a finding", []Ignore{one}, Neutral, "1 warning introduced, 1 ignored", 1,
			[]string{"\n### Ignored\n\n- `" + id + "` `bad-image` of `Deployment/shop`, at `b.yaml:15`: only in tests (`wendy`)\n"}},
		{"a rule, but not what was there before", []Ignore{rule}, Failure, "1 error introduced, 1 ignored", 1,
			[]string{"of `Deployment/web`, at `a.yaml:15`: pinned by the registry (`will`)", "1 unchanged, 1 ignored."}},
		{"both", []Ignore{rule, one}, Success, "Nothing introduced, 2 ignored", 0, nil},
		{"the finding before its rule", []Ignore{{Rule: "bad-image", Reason: "all", By: "will"}, one}, Neutral, "1 warning introduced, 1 ignored", 1,
			[]string{"only in tests (`wendy`)"}},
		{"a finding that is gone", []Ignore{{Key: "bad-image/x", ID: "a1bc", Rule: "bad-image", Reason: "r", By: "will"}}, Failure, "1 error, 1 warning introduced", 2, nil},
	} {
		r := changed(t, c.ignores...)
		if r.Check.Conclusion != c.conclusion || r.Check.Title != c.title || len(r.Comments) != c.comments || len(r.Check.Annotations) != c.comments {
			t.Errorf("%s: %s, %q, %d comments, %d annotations", c.name, r.Check.Conclusion, r.Check.Title, len(r.Comments), len(r.Check.Annotations))
		}
		for _, want := range c.summary {
			if !strings.Contains(r.Check.Summary, want) {
				t.Errorf("%s: the summary lacks %q:\n%s", c.name, want, r.Check.Summary)
			}
		}
		if strings.Contains(r.Check.Text, "Deployment/web") == strings.Contains(r.Check.Summary, "pinned by the registry") {
			t.Errorf("%s: an ignored finding is described:\n%s", c.name, r.Check.Text)
		}
	}
}

// hostile are texts that would mean something to GitHub if they stood there as they are.
var hostile = []string{
	"@acme/everyone", "<img src=x onerror=y>", "<!-- podcheck:AAAA -->", "[a](http://evil.example)", "![](http://evil.example/x.png)", "#1", "GH-1",
	"acme/shop#1", "```", "| a | b |", "</details>", "http://evil.example", "www.evil.example", "\u202eright to left", "&lt;b&gt;", ":tada:", "**bold**", "$a$",
}

func TestReasonsCarryNothing(t *testing.T) {
	for _, text := range hostile {
		for _, reason := range []string{text, "because " + text, text + " ` " + text} {
			i := Ignore{Rule: "r", Reason: reason, By: "wendy"}
			f := Finding{Finding: analysis.Finding{Rule: "r", Ignored: reason}, ID: "a1bc", Status: Ignored, Reason: reason, By: text}
			for _, said := range []string{i.Said(), strings.Join(ignoredLines([]Finding{f}), ""), strings.SplitAfter(Explain(&f), "It is ignored")[1]} {
				if bare := outsideCode(said); strings.ContainsAny(bare, "@<#[!$*_|\u202e") || strings.Contains(bare, "://") || strings.Contains(bare, "www.") || strings.Contains(bare, "GH-") {
					t.Errorf("%q leaves %q of %q", reason, bare, said)
				}
			}
		}
	}
}

// outsideCode drops code spans as CommonMark reads them.
func outsideCode(markdown string) string {
	var out strings.Builder
	for markdown != "" {
		at := strings.IndexByte(markdown, '`')
		if at < 0 {
			break
		}
		out.WriteString(markdown[:at])
		rest := strings.TrimLeft(markdown[at:], "`")
		ticks := markdown[at : len(markdown)-len(rest)]
		end := closing(rest, ticks)
		if end < 0 {
			out.WriteString(ticks)
			end = 0
		}
		markdown = rest[end:]
	}
	return out.String() + markdown
}

// closing is the end of the run of backticks that closes a code span, -1 when nothing does.
func closing(text, ticks string) int {
	for at := 0; at < len(text); {
		if text[at] != '`' {
			at++
			continue
		}
		rest := strings.TrimLeft(text[at:], "`")
		run := len(text) - at - len(rest)
		if at += run; run == len(ticks) {
			return at
		}
	}
	return -1
}

func TestExplainSaysHowAFindingStands(t *testing.T) {
	f := Finding{Finding: analysis.Finding{Rule: "r", Severity: analysis.Warning, Message: "a fault"}, ID: "a1bc", Reason: "why"}
	for status, want := range map[Status]string{
		Introduced: "with the ID `a1bc`.", Ignored: "It is ignored: why.", Fixed: "This change mends it.", Unchanged: "It was there before this change.",
	} {
		f.Status = status
		if got := Explain(&f); !strings.HasPrefix(got, "### Warning `r`\n\na fault.") || !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q", status, got)
		}
	}
	if text := Quote("# x\n```\n@team\n"); !strings.HasPrefix(text, "````markdown\n") || !strings.HasSuffix(text, "\n````\n") {
		t.Errorf("%q", text)
	}
}
