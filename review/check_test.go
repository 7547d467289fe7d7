package review

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
)

func TestConclusion(t *testing.T) {
	good, warning, bad := deployment("web", "nginx:1"), deployment("web", "nginx:latest"), deployment("web", "nginx:bad")
	for name, test := range map[string]struct {
		before, after tree
		failOn        analysis.Severity
		want          string
	}{
		"nothing introduced":      {tree{"a.yaml": good}, tree{"a.yaml": "#\n" + good}, 0, "success: Nothing introduced"},
		"fixed":                   {tree{"a.yaml": warning}, tree{"a.yaml": good}, 0, "success: Nothing introduced, 1 fixed"},
		"a warning":               {tree{"a.yaml": good}, tree{"a.yaml": warning}, 0, "neutral: 1 warning introduced"},
		"a warning that fails":    {tree{"a.yaml": good}, tree{"a.yaml": warning}, analysis.Warning, "failure: 1 warning introduced"},
		"an error":                {tree{"a.yaml": good}, tree{"a.yaml": bad}, 0, "failure: 1 error introduced"},
		"an error that does not":  {tree{"a.yaml": good}, tree{"a.yaml": bad}, Never, "neutral: 1 error introduced"},
		"both, and one fixed":     {tree{"a.yaml": good, "b.yaml": deployment("b", "x:latest")}, tree{"a.yaml": warning, "c.yaml": deployment("c", "y:bad")}, 0, "failure: 1 error, 1 warning introduced, 1 fixed"},
		"a file of no manifests":  {tree{"a.yaml": warning}, tree{"a.yaml": warning}, 0, "skipped: No manifest changed"},
		"an unreadable file":      {tree{"a.yaml": good}, tree{"a.yaml": good, "t.yaml": "a: {{ .x }}\n"}, 0, "success: Nothing introduced, 1 problem in files not analysed"},
		"unreadable, not touched": {tree{"a.yaml": good, "t.yaml": "a: {{ .x }}\n"}, tree{"a.yaml": "#\n" + good, "t.yaml": "a: {{ .x }}\n"}, 0, "success: Nothing introduced"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(t, test.before, test.after)
			in.Diff = append(in.Diff, "diff --git a/README.md b/README.md\n--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-a\n+b\n"...)
			in.Settings.FailOn = test.failOn
			c := review(in, images).Check
			if got := fmt.Sprintf("%s: %s", c.Conclusion, c.Title); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestIgnoredFindingsAreListedAndDoNotCount(t *testing.T) {
	rule := func(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
		found, err := images(s, c)
		for i := range found {
			found[i].Ignored = "leaves in March | <b>"
		}
		return found, err
	}
	r := review(input(t, tree{}, tree{"a.yaml": deployment("web", "nginx:bad")}), rule)
	if r.Check.Conclusion != Success || r.Counts.Ignored != 1 || r.Counts.Introduced != 0 || len(r.Comments) != 0 || len(r.Check.Annotations) != 0 {
		t.Errorf("%+v, %d comments", r.Counts, len(r.Comments))
	}
	if want := "at `a.yaml:15`: leaves in March `|` `<b>`\n"; !strings.Contains(r.Check.Summary, want) {
		t.Errorf("the summary lacks %q:\n%s", want, r.Check.Summary)
	}
}

func TestFailedAnalysisIsSaid(t *testing.T) {
	failing := func(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
		return nil, errors.New("rule log-replay: defect")
	}
	r := review(input(t, tree{}, tree{"a.yaml": deployment("web", "nginx:1")}), failing)
	if len(r.Incomplete) != 2 || !strings.Contains(r.Check.Summary, "`log-replay`: defect") && !strings.Contains(r.Check.Summary, "log-replay") {
		t.Errorf("incomplete %q, summary\n%s", r.Incomplete, r.Check.Summary)
	}
}

func TestAnnotations(t *testing.T) {
	one := analysis.Finding{Rule: "r", Severity: analysis.Error, Message: "m", Object: analysis.Object{Kind: "Pod", Name: "x"}, Place: at("a.yaml", 4, 4)}
	several := analysis.Finding{Rule: "r", Severity: analysis.Notice, Message: "m", Place: at("a.yaml", 4, 7)}
	long := analysis.Finding{Rule: "r", Severity: analysis.Warning, Message: strings.Repeat("é", 70_000), Object: analysis.Object{Name: strings.Repeat("n", 300)}, Place: at("a.yaml", 0, 0)}
	if a := annotation(&Finding{Finding: one}); a.StartColumn != 3 || a.EndColumn != 8 || a.EndLine != 4 || a.Level != "failure" || a.Title != "r Pod/x" {
		t.Errorf("one line: %+v", a)
	}
	if a := annotation(&Finding{Finding: several}); a.StartColumn != 0 || a.EndColumn != 0 || a.StartLine != 4 || a.EndLine != 7 || a.Level != "notice" {
		t.Errorf("several lines: %+v", a)
	}
	if a := annotation(&Finding{Finding: long}); len(a.Message) > 64<<10 || len([]rune(a.Title)) > 255 || a.StartLine != 1 || a.EndLine != 1 {
		t.Errorf("long: %d bytes, %d runes of title, lines %d-%d", len(a.Message), len([]rune(a.Title)), a.StartLine, a.EndLine)
	}
}

func TestCheckRunReadsLikeThis(t *testing.T) {
	two := deployment("web", "nginx:latest") + "---\n" + deployment("shop", "worse:latest")
	before := tree{"old.yaml": strings.Replace(deployment("old", "x:latest"), "8080", "9090", 1), "t.yaml": "a: {{ .x }}\n", "other.yaml": "a: {{ .x }}\n"}
	after := tree{"a.yaml": two, "t.yaml": "a: {{ .y }}\n", "other.yaml": "a: {{ .x }}\n"}
	c := review(input(t, before, after), images).Check
	golden(t, "check.md", fmt.Sprintf("%s\n%s\n\n%s\n======== text\n%s", c.Conclusion, c.Title, c.Summary, c.Text))
}

func TestScanHasNoStatus(t *testing.T) {
	r := scan(tree{"a.yaml": deployment("web", "nginx:latest"), "b.yaml": deployment("shop", "broken:latest"), "t.yaml": "a: {{ .x }}\n"}.state(), nil, images)
	expectLines(t, statuses(r.Findings), " floating-image Deployment/web a.yaml", " floating-image Deployment/shop b.yaml")
	if r.Findings[0].Patch == "" || len(r.Findings[1].Fix.Obstacles) != 1 || len(r.NotAnalysed) != 1 {
		t.Errorf("%+v", r)
	}
}
