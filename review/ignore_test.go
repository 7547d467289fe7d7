package review

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/hostile"
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
			[]string{"of `Deployment/web`, at `a.yaml:15`: pinned by the registry (`will`)", "1 further finding was there before. 1 finding is ignored."}},
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

func TestReasonsCarryNothing(t *testing.T) {
	for _, text := range hostile.Texts {
		for _, reason := range []string{text, "because " + text, text + " ` " + text} {
			i := Ignore{Rule: "r", Reason: reason, By: "wendy"}
			f := Finding{Finding: analysis.Finding{Rule: "r", Severity: analysis.Warning, Ignored: reason}, ID: "a1bc", Status: Ignored, Reason: reason, By: text}
			for _, said := range []string{i.Said(), list(ignoredLines([]Finding{f}), 1), Explain(&f), table([]Finding{f}, Ignored)} {
				if found := hostile.Markdown(said, 0); len(found) > 0 {
					t.Errorf("%q has %q in %q", reason, found, said)
				}
			}
		}
	}
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
