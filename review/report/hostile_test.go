package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/podcheck/podcheck/fixtures"
	"github.com/podcheck/podcheck/fixtures/hostile"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user"
)

// TestHostileNamesMeanNothing reviews every pull request of the fixtures and a third of the cases of the rules with hostile names in all
// places, and reads what is said about it as GitHub, a browser, a terminal and a workflow do.
func TestHostileNamesMeanNothing(t *testing.T) {
	seen := extent{rules: map[string]bool{}}
	for turn, name := range fixtures.Names() {
		p, err := fixtures.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			looksHarmless(t, spoiled(t, p.Before, 5*turn), spoiled(t, p.After, 5*turn), turn, &seen)
		})
	}
	cases, err := filepath.Glob("../../rules/*/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for turn, name := range cases {
		if turn%3 > 0 {
			continue // a sample: every rule has tens of cases
		}
		t.Run(name, func(t *testing.T) {
			looksHarmless(t, nil, spoiled(t, stateIn(t, name), turn), turn, &seen)
		})
	}
	t.Run("fences", func(t *testing.T) {
		looksHarmless(t, nil, map[string][]byte{"::error::pod.yaml": []byte(fences)}, 0, &seen)
	})
	if testing.Short() {
		return
	}
	for _, name := range append(rules.Names(), "own") {
		if !seen.rules[name] {
			t.Errorf("hostile names keep %s from looking", name)
		}
	}
	if seen.patches < 50 || seen.suggestions < 30 || seen.edges < 50 || seen.fixed < 2 {
		t.Errorf("hostile names keep the review from all that it can say: %+v", seen)
	}
}

// fences has, in the lines around a change, block scalars that would close the code around them.
var fences = `apiVersion: v1
kind: Pod
metadata:
 name: gate
 annotations:
  a: |
   ` + "```\n   @all <img src=x>\n   ``````````" + `
spec:
 containers:
 - {name: auth, image: "quay.io/oauth2-proxy/oauth2-proxy:v7.6.0", args: ["--upstream=http://localhost:8080"]}
 - {name: shop, image: "example.com/shop/server:2.1", ports: [{containerPort: 8080}]}
`

// extent is what was read.
type extent struct {
	rules                              map[string]bool
	patches, suggestions, edges, fixed int
}

// stateIn are the files of a rule's case.
func stateIn(t *testing.T, name string) map[string][]byte {
	t.Helper()
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.Files {
		if f.Name != "want" && !strings.HasPrefix(f.Name, "fixed/") {
			files[f.Name] = f.Data
		}
	}
	return files
}

func spoiled(t *testing.T, files map[string][]byte, turn int) map[string][]byte {
	t.Helper()
	out, err := hostile.Tree(files, turn)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// looksHarmless reviews a change and reads every output.
func looksHarmless(t *testing.T, before, after map[string][]byte, turn int, seen *extent) {
	t.Helper()
	in := review.Input{Before: stateOf(before), After: stateOf(after), Diff: change(t, before, after), Config: configured(turn), Settings: review.Settings{Picture: true, Comments: 1000}}
	r := review.Review(in)
	for i := range r.Findings {
		f := &r.Findings[i]
		seen.rules[f.Rule] = true
		seen.patches += strings.Count(f.Patch, "diff --git")
		markdownIsOurs(t, "explanation", review.Explain(f))
	}
	markdownIsOurs(t, "body", r.Body)
	for _, c := range r.Comments {
		seen.suggestions += strings.Count(c.Body, "```suggestion")
		markdownIsOurs(t, "comment", c.Body)
		markdownIsOurs(t, "comment elsewhere", c.Elsewhere)
	}
	markdownIsOurs(t, "summary", r.Check.Summary)
	markdownIsOurs(t, "text", r.Check.Text)
	markdownIsOurs(t, "list", review.List(r.Findings))
	problems(t, "title", hostile.Plain(r.Check.Title, 1))
	for _, a := range r.Check.Annotations {
		problems(t, "annotation title", hostile.Plain(a.Title, 1))
		problems(t, "annotation", hostile.Plain(a.Message, 11))
	}
	problems(t, "picture", hostile.Mermaid(r.Picture.Mermaid()))
	formatsAreWhole(t, Report{Result: r, Scan: turn%2 == 1, All: true, User: in.Config.User, Text: in.After.Text, Subject: strings.Join(slices.Sorted(maps.Keys(after)), " ")})
	seen.edges += len(r.Picture.After.Edges)
	seen.fixed += r.Counts.Fixed
}

// configured turns every rule on, with rules of the repository's own whose texts are hostile, and ignores for hostile reasons.
func configured(turn int) *analysis.Config {
	c := &analysis.Config{Rules: map[string]analysis.Level{}}
	for _, r := range rules.Catalogue {
		c.Rules[r.Name] = analysis.Level{On: true}
	}
	text := hostile.Texts[turn%len(hostile.Texts)]
	c.User, _ = user.Load(map[string][]byte{".podcheck/rules/own.yaml": fmt.Appendf(nil,
		"name: own\nexpression: \"false\"\nmessage: %q\ndocumentation: %[1]q\n", text+" {{container.name}} {{container.image}} "+text)})
	c.Ignores = []analysis.Ignore{{Rule: "invalid-manifest", Object: "*/*a*", Reason: text + " since " + text}}
	return c
}

// formatsAreWhole reads a report in every format.
func formatsAreWhole(t *testing.T, r Report) {
	t.Helper()
	markdownIsOurs(t, "markdown", written(t, "markdown", r))
	page, err := hostile.Page(written(t, "html", r))
	if err != nil {
		t.Fatal(err)
	}
	problems(t, "page", page)
	for _, format := range []string{"json", "sarif"} {
		if text := written(t, format, r); !json.Valid([]byte(text)) {
			t.Errorf("%s is not valid: %s", format, text)
		}
	}
	for _, color := range []bool{false, true} {
		r.Color = color
		text := written(t, "text", r)
		if strings.HasPrefix(text, "::") || strings.Contains(text, "\n::") || strings.Contains(text, "##[") {
			t.Errorf("a workflow command in %s", text)
		}
		if color {
			text = regexp.MustCompile("\x1b\\[\\d*m").ReplaceAllString(text, "")
		}
		problems(t, "text", linesOf(text, textLine))
	}
	problems(t, "github", linesOf(written(t, "github", r), commandLine))
	listed := 0
	for _, f := range r.listed() {
		if f.Status == review.Introduced || r.Scan && f.Status != review.Ignored {
			listed++
		}
	}
	if n := strings.Count(written(t, "github", r), "\n"); n != listed+len(r.notAnalysed())+len(r.Result.Incomplete)+1 {
		t.Errorf("%d workflow commands", n)
	}
}

var (
	// textLine begins as lines of a report for a terminal do: a place, or an indent.
	textLine = regexp.MustCompile(`^(.+: (error|warning|notice|not analysed)|incomplete: |    |\d+ )`)
	// commandLine is one workflow command, or the last line. A property ends at a comma, and all of them at a colon.
	commandLine = regexp.MustCompile(`^(::(error|warning|notice) ((file|line|col|endLine|title)=[^,:]*(,|$|::))+|\d+ )`)
)

func linesOf(text string, form *regexp.Regexp) (wrong []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if !form.MatchString(line) || hostile.Invisible(line) != "" || strings.Contains(line, "\t") {
			wrong = append(wrong, fmt.Sprintf("line %q", line))
		}
	}
	return wrong
}

func markdownIsOurs(t *testing.T, what, text string) {
	t.Helper()
	if found := hostile.Markdown(text, 0); len(found) > 0 {
		t.Errorf("%s has %q:\n%s", what, found, text)
	}
}

func problems(t *testing.T, what string, found []string) {
	t.Helper()
	if len(found) > 0 {
		t.Errorf("%s has %q", what, found)
	}
}

func stateOf(files map[string][]byte) *analysis.State {
	var parsed []*manifest.File
	for _, path := range slices.Sorted(maps.Keys(files)) {
		parsed = append(parsed, manifest.Parse(path, files[path]))
	}
	return analysis.NewState(parsed)
}

// change is the diff of two trees.
func change(t *testing.T, before, after map[string][]byte) []byte {
	t.Helper()
	changed := maps.Clone(after)
	for path, data := range before {
		switch now, stays := after[path]; {
		case !stays:
			changed[path] = nil
		case string(now) == string(data):
			delete(changed, path)
		}
	}
	patch, err := edit.Patch(before, changed)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(patch)
}
