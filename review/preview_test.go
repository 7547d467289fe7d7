package review

import (
	"errors"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
)

// graded runs images with the severities of the configuration.
func graded(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
	found, err := images(s, c)
	var out []analysis.Finding
	for _, f := range found {
		if level, set := c.Rules[f.Rule]; set {
			f.Severity = level.Severity
		}
		if f.Severity != analysis.Off {
			out = append(out, f)
		}
	}
	return out, err
}

func levels(rule string, s analysis.Severity) *analysis.Config {
	return &analysis.Config{Rules: map[string]analysis.Level{rule: {On: s != analysis.Off, Severity: s}}}
}

func TestForeseenFindings(t *testing.T) {
	old := tree{"old.yaml": deployment("old", "old:latest")}
	after := tree{"old.yaml": old["old.yaml"], "a.yaml": deployment("web", "nginx:latest"), "b.yaml": deployment("shop", "nginx:bad")}
	for _, c := range []struct {
		name             string
		now, then        *analysis.Config
		ignores          []Ignore
		settings         Settings
		was, would       Conclusion
		introduced, here string
	}{
		{"nothing", &analysis.Config{}, &analysis.Config{}, nil, Settings{}, Failure, Failure, "would change no finding", "would change no finding"},
		{"off", &analysis.Config{}, levels("floating-image", analysis.Off), nil, Settings{}, Failure, Failure,
			"would drop 1 finding", "would drop 2 findings"},
		{"on", levels("floating-image", analysis.Off), &analysis.Config{}, nil, Settings{}, Failure, Failure,
			"would add 1 finding", "would add 2 findings"},
		{"graded", &analysis.Config{}, levels("bad-image", analysis.Notice), nil, Settings{}, Failure, Neutral,
			"would change the severity of 1 finding", "would change the severity of 1 finding"},
		{"the threshold", &analysis.Config{}, &analysis.Config{}, nil, Settings{FailOn: Never}, Failure, Neutral, "would change no finding", "would change no finding"},
		{"ignored in the pull request", levels("bad-image", analysis.Off), &analysis.Config{}, []Ignore{{Rule: "bad-image", Reason: "r", By: "b"}}, Settings{}, Neutral, Neutral,
			"would change no finding", "would change no finding"},
	} {
		in := input(t, old, after)
		in.Config, in.Ignores = c.now, c.ignores
		p := foresee(in, review(in, graded), Proposal{Before: in.Before, After: in.After, Config: c.then, Settings: c.settings}, graded)
		if p.Introduced.String() != c.introduced || p.Present.String() != c.here || p.Was != c.was || p.Would != c.would || len(p.Incomplete) > 0 {
			t.Errorf("%s: %s, %s to %s", c.name, p.Said(), p.Was, p.Would)
		}
	}
}

func TestForeseenLines(t *testing.T) {
	in := input(t, tree{}, tree{"a.yaml": deployment("web", "nginx:latest"), "b.yaml": deployment("shop", "nginx:bad")})
	in.Config = levels("floating-image", analysis.Off)
	p := foresee(in, review(in, graded), Proposal{Before: in.Before, After: in.After, Config: levels("bad-image", analysis.Notice)}, graded)
	text := strings.Join(p.Lines(), "\n")
	for _, want := range []string{"`floating-image` of `Deployment/web` would be added, at `a.yaml:15`: container main of `Deployment/web` runs",
		"`bad-image` of `Deployment/shop` would be of severity notice instead of error, at `b.yaml:15`"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
	if want := "The conclusion would be neutral instead of failure."; !strings.HasSuffix(p.Said(), want) {
		t.Errorf("said %s", p.Said())
	}
}

func TestRuleThatFailsInAProposalIsSaid(t *testing.T) {
	in := input(t, tree{}, tree{"a.yaml": deployment("web", "nginx:latest")})
	p := foresee(in, review(in, images), Proposal{Before: in.Before, After: in.After},
		func(*analysis.State, *analysis.Config) ([]analysis.Finding, error) {
			return nil, errors.New("rule own: no such key: @mallory")
		})
	if text := strings.Join(p.Lines(), "\n"); !strings.Contains(text, "not analysed whole") || !strings.Contains(text, "`@mallory`") {
		t.Errorf("lines %s", text)
	}
}

func TestSectionsFitTheSummary(t *testing.T) {
	c := Check{Title: "T", Summary: "**T.**\n" + strings.Repeat("a line of the summary\n", 5000)}
	c.Summary = cut(c.Summary, checkBytes)
	c.AddSection("Configuration", "It has mistakes.", []string{"one", "two"})
	if len(c.Summary) > checkBytes || !strings.HasSuffix(c.Summary, "\n### Configuration\n\nIt has mistakes.\n\n- one\n- two\n") || !strings.Contains(c.Summary, "… shortened") {
		t.Errorf("%d bytes, ends with %q", len(c.Summary), c.Summary[len(c.Summary)-200:])
	}
	c.Retitle("U")
	if c.Title != "U" || !strings.HasPrefix(c.Summary, "**U.**\na line") {
		t.Errorf("title %q, %q", c.Title, c.Summary[:30])
	}
	c = Check{Summary: "short"}
	c.AddSection("Long", strings.Repeat("word ", 20_000), nil)
	if len(c.Summary) > checkBytes || !strings.HasPrefix(c.Summary, "short\n\n### Long\n") {
		t.Errorf("%d bytes", len(c.Summary))
	}
}
