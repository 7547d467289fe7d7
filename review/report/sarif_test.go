package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user"
)

// replaying is a Pod that a rule has a fix for, with characters of more than one byte before the fault.
const replaying = `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: ship
      image: busybox
      command: ["sh", "-c", "echo ‘é’; while true; do cat /var/log/web.log; sleep 5; done"]
    - name: app
      image: app
`

func scanned(t *testing.T, text string) Report {
	t.Helper()
	state := analysis.NewState([]*manifest.File{manifest.Parse("apps/a b.yaml", []byte(text))})
	return Report{Result: review.Scan(state, &analysis.Config{}), Scan: true, Text: state.Text}
}

// validSARIF holds a log against the standard's own schema, which the library carries. Its structs are made from the schema, so
// that a property that they don't have is not in the standard; they have no absent lists and no absent language, so that the
// library's defaults for these are filled in before.
func validSARIF(t *testing.T, log string) *sarif.Report {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(log))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sarif.Report{}); err != nil {
		t.Fatalf("%v in\n%s", err, log)
	}
	parsed, err := sarif.FromString(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range parsed.Runs {
		run.Language = cmp.Or(run.Language, "en-US")
		run.Tool.Driver.Language = cmp.Or(run.Tool.Driver.Language, "en-US")
	}
	if err := parsed.Validate(); err != nil {
		t.Fatalf("%v in\n%s", err, log)
	}
	return parsed
}

func TestSARIFIsValid(t *testing.T) {
	for name, r := range map[string]Report{
		"nothing found": scanned(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n"),
		"a fix":         scanned(t, replaying),
		"a review":      {Result: sample()},
		"all of it":     {Result: sample(), All: true},
	} {
		t.Run(name, func(t *testing.T) {
			log := validSARIF(t, written(t, "sarif", r))
			for _, result := range log.Runs[0].Results {
				if i := result.RuleIndex; *log.Runs[0].Tool.Driver.Rules[i].ID != *result.RuleID {
					t.Errorf("rule %d is not %s", i, *result.RuleID)
				}
			}
		})
	}
}

// What viewers and GitHub rely on beyond the schema.
func TestSARIFSaysWhatFindingsAre(t *testing.T) {
	log := validSARIF(t, written(t, "sarif", scanned(t, replaying)))
	run := log.Runs[0]
	if len(run.Results) != 1 || len(run.Tool.Driver.Rules) != len(rules.Catalogue) {
		t.Fatalf("%d results of %d rules", len(run.Results), len(run.Tool.Driver.Rules))
	}
	for _, rule := range run.Tool.Driver.Rules {
		if *rule.ShortDescription.Text == "" || *rule.FullDescription.Text == "" || !strings.Contains(*rule.Help.Markdown, "## Why") {
			t.Errorf("%s is not described", *rule.ID)
		}
	}
	result := run.Results[0]
	at := result.Locations[0].PhysicalLocation
	if *at.ArtifactLocation.URI != "apps/a%20b.yaml" || *at.ArtifactLocation.URIBaseID != "%SRCROOT%" {
		t.Errorf("at %s", *at.ArtifactLocation.URI)
	}
	line := strings.Split(replaying, "\n")[8]
	if got := string([]rune(line)[*at.Region.StartColumn-1 : *at.Region.EndColumn-1]); *at.Region.StartLine != 9 || got != "while true; do cat /var/log/web.log; sleep 5; done" {
		t.Errorf("the region is %q on line %d", got, *at.Region.StartLine)
	}
	if result.Level != "warning" || len(result.PartialFingerprints) != 1 || result.BaselineState != nil || result.Suppressions != nil {
		t.Errorf("%+v", result)
	}
}

// A repository's own rules stand behind the catalogue's, each with what its author says of it.
func TestSARIFDescribesTheRulesOfARepository(t *testing.T) {
	own, problems := user.Load(map[string][]byte{
		".podcheck/rules/told.yaml": []byte("name: team-label\nexpression: has(workload.metadata.labels)\nmessage: no team\n" +
			"documentation: |\n  Every workload names its team.\n\n  The rota reads it.\n\n  ## Why\n  Somebody is called at night.\n"),
		".podcheck/rules/untold.yaml": []byte("name: no-latest\nseverity: error\nexpression: \"!container.image.endsWith(':latest')\"\nmessage: '{{container.name}} floats'\n"),
	}, rules.Names()...)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	state := analysis.NewState([]*manifest.File{manifest.Parse("web.yaml", []byte(
		"apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {team: shop}}\nspec:\n  containers:\n    - {name: web, image: 'web:latest'}\n"))})
	log := validSARIF(t, written(t, "sarif", Report{Result: review.Scan(state, &analysis.Config{User: own}), Scan: true, User: own, Text: state.Text}))
	described := log.Runs[0].Tool.Driver.Rules[len(rules.Catalogue):]
	if len(described) != 2 || len(log.Runs[0].Results) != 1 {
		t.Fatalf("%d rules of the repository, %d results", len(described), len(log.Runs[0].Results))
	}
	for i, want := range []struct{ id, short, full, level, help string }{
		{"team-label", "Every workload names its team", "Every workload names its team. The rota reads it.", "warning", "Somebody is called at night."},
		{"no-latest", "{{container.name}} floats", "{{container.name}} floats", "error", "!container.image.endsWith(':latest')"},
	} {
		r := described[i]
		if *r.ID != want.id || *r.ShortDescription.Text != want.short || *r.FullDescription.Text != want.full ||
			r.DefaultConfiguration.Level != want.level || !strings.Contains(*r.Help.Markdown, want.help) {
			t.Errorf("rule %d: %s, %q, %q, %v, %q", i, *r.ID, *r.ShortDescription.Text, *r.FullDescription.Text, r.DefaultConfiguration.Level, *r.Help.Markdown)
		}
	}
	if result := log.Runs[0].Results[0]; *result.RuleID != "no-latest" || result.RuleIndex != len(rules.Catalogue)+1 {
		t.Errorf("the result is of rule %v, %s", result.RuleIndex, *result.RuleID)
	}
}

// The fix of a log, applied by its byte ranges and by its lines and characters, is the fix of the finding.
func TestSARIFFixesAreTheEdits(t *testing.T) {
	r := scanned(t, replaying)
	log := validSARIF(t, written(t, "sarif", r))
	want, err := edit.Apply(map[string][]byte{"apps/a b.yaml": []byte(replaying)}, r.Result.Findings[0].Fix.Edits)
	if err != nil {
		t.Fatal(err)
	}
	change := log.Runs[0].Results[0].Fixes[0].ArtifactChanges[0]
	byBytes, byCharacters := replaying, replaying
	for i := len(change.Replacements) - 1; i >= 0; i-- {
		d := change.Replacements[i].DeletedRegion
		text := ""
		if c := change.Replacements[i].InsertedContent; c != nil {
			text = *c.Text
		}
		byBytes = byBytes[:d.ByteOffset] + text + byBytes[d.ByteOffset+*d.ByteLength:]
		byCharacters = byCharacters[:offset(byCharacters, *d.StartLine, *d.StartColumn)] + text + byCharacters[offset(byCharacters, *d.EndLine, *d.EndColumn):]
	}
	if byBytes != string(want["apps/a b.yaml"]) || byCharacters != byBytes {
		t.Errorf("by bytes:\n%s\nby characters:\n%s", byBytes, byCharacters)
	}
}

// offset is where a line and a column in characters are.
func offset(text string, line, column int) int {
	at := 0
	for range line - 1 {
		at += strings.Index(text[at:], "\n") + 1
	}
	rest := text[at:]
	for range column - 1 {
		for n := range rest {
			if n > 0 {
				at += n
				rest = rest[n:]
				break
			}
		}
	}
	return at
}

func TestSARIFListsOpenFindings(t *testing.T) {
	for name, c := range map[string]struct {
		report Report
		want   string
	}{
		"introduced ones": {Report{Result: sample()}, "b0rk new, k3v9 new"},
		"all":             {Report{Result: sample(), All: true}, "b0rk new, k3v9 new, n0ne unchanged, p4rd suppressed: leaves in March"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, result := range validSARIF(t, written(t, "sarif", c.report)).Runs[0].Results {
				line := result.PartialFingerprints["podcheck/v1"]
				if result.BaselineState != nil {
					line += " " + *result.BaselineState
				}
				for _, s := range result.Suppressions {
					line += " suppressed: " + *s.Justification
				}
				got = append(got, line)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %s, want %s", strings.Join(got, ", "), c.want)
			}
		})
	}
}

// Foreign text makes no link, and a colon in a file's name no scheme.
func TestSARIFIsNotLedAstray(t *testing.T) {
	r := Report{Result: review.Result{Findings: []review.Finding{{ID: "a1bc", Status: review.Introduced, Finding: analysis.Finding{
		Rule: "user-rule", Severity: analysis.Notice, Message: `see [here](https://evil.example)`, Place: analysis.Place{Path: "javascript:x.yaml"},
	}}}, Incomplete: []string{"a rule failed"}}}
	text := written(t, "sarif", r)
	result := validSARIF(t, text).Runs[0].Results[0]
	if *result.Message.Text != `see \[here\](https://evil.example)` {
		t.Error(*result.Message.Text)
	}
	if uri := *result.Locations[0].PhysicalLocation.ArtifactLocation.URI; uri != "./javascript:x.yaml" {
		t.Error(uri)
	}
	if !bytes.Contains([]byte(text), []byte(`"executionSuccessful": false`)) {
		t.Error("a run in which a rule failed counts as whole")
	}
	if strings.Contains(text, "ruleIndex") || strings.Contains(text, "startLine") {
		t.Errorf("an index or a line that nobody knows:\n%s", text)
	}
}
