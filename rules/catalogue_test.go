package rules_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"golang.org/x/tools/txtar"
)

// TestDocumentationIsExecuted runs each rule's documentation: Bad fires, Good is silent, and Bad with the fix is Good to the byte.
func TestDocumentationIsExecuted(t *testing.T) {
	for _, rule := range rules.Catalogue {
		t.Run(rule.Name, func(t *testing.T) {
			bad, good := example(t, rule, "Bad"), example(t, rule, "Good")
			found := only(run(t, map[string]string{"example.yaml": bad}, everyRule()), rule.Name)
			if len(found) == 0 {
				t.Fatalf("Bad does not fire")
			}
			if silent := only(run(t, map[string]string{"example.yaml": good}, everyRule()), rule.Name); len(silent) != 0 {
				t.Errorf("Good fires: %s", silent[0].Message)
			}
			if rule.Safety == analysis.SafetyNone {
				return
			}
			if fixed := fixAll(t, map[string]string{"example.yaml": bad}, rule.Name, everyRule())["example.yaml"]; fixed != good {
				t.Errorf("Bad with the fix is not Good:\n%s\nobstacles: %v", fixed, found[0].Fix.Obstacles)
			}
		})
	}
}

// TestEveryRuleIsWhole demands of each rule what people and tools rely on.
func TestEveryRuleIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range rules.Catalogue {
		if seen[rule.Name] || rule.Title == "" || rule.Run == nil || rule.Severity == analysis.Off {
			t.Errorf("%s: a rule needs a name of its own, a title, a severity and a run", rule.Name)
		}
		seen[rule.Name] = true
		at := 0
		for _, heading := range []string{"# " + rule.Name + "\n", "\n## What it does\n", "\n## Why\n", "\n## Bad\n", "\n## Good\n", "\n## Fix safety\n", "\n## When not to use it\n", "\n## References\n"} {
			i := strings.Index(rule.Doc[at:], heading)
			if i < 0 {
				t.Errorf("%s: doc.md lacks %q, or has it out of order", rule.Name, strings.TrimSpace(heading))
				continue
			}
			at += i
		}
		kinds := map[bool]int{}
		for _, path := range cases(t, rule.Name) {
			kinds[strings.TrimSpace(file(archive(t, path), "want")) == ""]++
		}
		if kinds[false] == 0 || kinds[true] == 0 {
			t.Errorf("%s: testdata needs cases that fire and cases that must not (%d, %d)", rule.Name, kinds[false], kinds[true])
		}
	}
}

// TestCases runs each rule's testdata. A case is a txtar archive: manifests, `want` with a line for each finding and its obstacles,
// and `fixed/PATH` for each file that the fixes change.
func TestCases(t *testing.T) {
	for _, rule := range rules.Catalogue {
		for _, path := range cases(t, rule.Name) {
			t.Run(rule.Name+"/"+strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
				a := archive(t, path)
				state, fixed := map[string]string{}, map[string]string{}
				for _, f := range a.Files {
					if p, ok := strings.CutPrefix(f.Name, "fixed/"); ok {
						fixed[p] = string(f.Data)
					} else if f.Name != "want" {
						state[f.Name] = string(f.Data)
					}
				}
				cfg := config(t, string(a.Comment))
				found := only(run(t, state, cfg), rule.Name)
				if got, want := lines(found), file(a, "want"); got != want {
					t.Errorf("findings:\n%s\nwant:\n%s", got, want)
				}
				if len(fixed) > 0 {
					compareFixed(t, fixAll(t, state, rule.Name, cfg), state, fixed)
				}
			})
		}
	}
}

// compareFixed compares what the fixes changed with what they should change; "(removed)" stands for a file that goes.
func compareFixed(t *testing.T, got, before, want map[string]string) {
	t.Helper()
	for path := range before {
		expected, changed := want[path]
		if !changed {
			expected = before[path]
		}
		text, present := got[path]
		switch {
		case !present:
			text = "(removed)\n"
		case text == before[path] && changed:
			t.Errorf("%s is not changed", path)
		}
		if text != expected {
			t.Errorf("%s after the fix:\n%s\nwant:\n%s", path, text, expected)
		}
	}
}

func lines(findings []analysis.Finding) string {
	var out strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&out, "%s %s:%d:%d %s %s\n", f.Severity, f.Place.Path, f.Place.Span.Start.Line, f.Place.Span.Start.Column, f.Object, f.Container)
		if f.Fix != nil {
			for _, o := range f.Fix.Obstacles {
				fmt.Fprintf(&out, "  obstacle: %s\n", o)
			}
		}
	}
	return out.String()
}

func config(t *testing.T, comment string) *analysis.Config {
	t.Helper()
	cfg := everyRule()
	for _, line := range strings.Split(comment, "\n") {
		if version, ok := strings.CutPrefix(line, "kubernetes: 1."); ok {
			minor, err := strconv.Atoi(version)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Kubernetes = minor
		}
		if rule, ok := strings.CutPrefix(line, "on: "); ok {
			cfg.Rules[rule] = analysis.Level{On: true}
		}
	}
	return cfg
}

// everyRule is the default configuration with the rules turned on that are off by default.
func everyRule() *analysis.Config {
	cfg := &analysis.Config{Rules: map[string]analysis.Level{}}
	for _, rule := range rules.Catalogue {
		if rule.Disabled {
			cfg.Rules[rule.Name] = analysis.Level{On: true}
		}
	}
	return cfg
}

func cases(t *testing.T, rule string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(rule, "testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func archive(t *testing.T, path string) *txtar.Archive {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return txtar.Parse(data)
}

func file(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// example returns the first YAML block of a section of a rule's documentation.
func example(t *testing.T, rule *analysis.Rule, section string) string {
	t.Helper()
	_, text, _ := strings.Cut(rule.Doc, "\n## "+section+"\n")
	_, text, _ = strings.Cut(text, "```yaml\n")
	text, _, ok := strings.Cut(text, "```\n")
	if !ok {
		t.Fatalf("doc.md has no YAML block under %s", section)
	}
	return text
}

func state(files map[string]string) *analysis.State {
	var parsed []*manifest.File
	for path, text := range files {
		parsed = append(parsed, manifest.Parse(path, []byte(text)))
	}
	slices.SortFunc(parsed, func(a, b *manifest.File) int { return strings.Compare(a.Path, b.Path) })
	return analysis.NewState(parsed)
}

func run(t *testing.T, files map[string]string, cfg *analysis.Config) []analysis.Finding {
	t.Helper()
	found, err := rules.Run(state(files), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func only(findings []analysis.Finding, rule string) []analysis.Finding {
	return slices.DeleteFunc(findings, func(f analysis.Finding) bool { return f.Rule != rule })
}

// fixAll applies the rule's fixes one after the other, as a person would press the buttons, and checks each result.
func fixAll(t *testing.T, files map[string]string, rule string, cfg *analysis.Config) map[string]string {
	t.Helper()
	current := map[string]string{}
	for p, text := range files {
		current[p] = text
	}
	for range 10 {
		found := slices.DeleteFunc(only(run(t, current, cfg), rule), func(f analysis.Finding) bool { return f.Fix == nil || len(f.Fix.Edits) == 0 })
		if len(found) == 0 {
			return current
		}
		before := map[string][]byte{}
		for p, text := range current {
			before[p] = []byte(text)
		}
		after, err := edit.Apply(before, found[0].Fix.Edits)
		if err != nil {
			t.Fatal(err)
		}
		if err := edit.Verify(before, after, found[0].Fix.Edits); err != nil {
			t.Fatal(err)
		}
		for p, data := range after {
			if data == nil {
				delete(current, p)
				continue
			}
			if bytes.Equal(data, before[p]) {
				t.Fatalf("%s: the fix of %s changes nothing", p, found[0].Object)
			}
			current[p] = string(data)
		}
	}
	t.Fatal("fixes do not come to an end")
	return nil
}
