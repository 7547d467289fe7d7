package review

import (
	"fmt"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
)

// marks is a rule set over mappings: a word x-NAME in a value is a fault, whose fix takes the x- away. "far" is one whose fix
// changes the first value of the document too. "both" and "sides" without it, in one document, are an error.
func marks(s *analysis.State, _ *analysis.Config) ([]analysis.Finding, error) {
	var out []analysis.Finding
	for _, f := range s.Files {
		for _, d := range f.Documents {
			object := analysis.Object{Kind: "Marks", Name: fmt.Sprint(d.Index)}
			text := " " + string(f.Data[d.Content:d.End]) + " "
			if strings.Contains(text, " both") && strings.Contains(text, " sides") {
				out = append(out, analysis.Finding{Rule: "both-sides", Severity: analysis.Error, Object: object, Place: analysis.At(d.Root)})
			}
			if d.Root == nil {
				continue
			}
			for _, p := range d.Root.Pairs {
				for _, word := range []string{"one", "two", "three", "both", "sides", "far"} {
					if at := strings.Index(p.Value.Text(), "x-"+word); at >= 0 {
						out = append(out, mark(d.Root, p.Value, at, word, object))
					}
				}
			}
		}
	}
	return out, nil
}

func mark(root, value *manifest.Node, at int, word string, object analysis.Object) analysis.Finding {
	edits, err := edit.ReplaceRange(value, at, at+2, "")
	if err != nil {
		panic(err)
	}
	if word == "far" {
		first, err := edit.ReplaceRange(root.Pairs[0].Value, 0, 1, "w")
		if err != nil {
			panic(err)
		}
		edits = edit.Join(edits, first)
	}
	return analysis.Finding{Rule: "mark", Severity: analysis.Warning, Message: "has " + word, Subject: word, Object: object, Place: analysis.At(value),
		Fix: &analysis.Fix{Safety: analysis.Safe, Description: "Take the x away", Edits: edits}}
}

func TestChangesOfOneReviewGoTogether(t *testing.T) {
	lines := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "k%d: v\n", i)
		}
		return b.String()
	}
	for name, test := range map[string]struct {
		before, after tree
		want          []string // of each comment: its finding and what it offers
	}{
		"apart":         {tree{}, tree{"a.yaml": "a: x-one\nb: x-two\n"}, []string{"one suggestion", "two suggestion"}},
		"the same line": {tree{}, tree{"a.yaml": "a: x-one x-two\nb: x-three\n"}, []string{"one suggestion", "two waits for the lines of one", "three suggestion"}},
		"a patch and a suggestion apart": {
			tree{"a.yaml": lines(9)}, tree{"a.yaml": lines(9) + "z: x-far\ny: v\ny2: v\ny3: v\nx: x-one\n"}, []string{"far diff", "one suggestion"},
		},
		"a suggestion in the context of a patch": {
			tree{"a.yaml": lines(9)}, tree{"a.yaml": lines(9) + "z: x-far\ny: v\ny3: v\nx: x-one\n"}, []string{"far diff", "one waits for the lines of far"},
		},
		"a patch in the line of a suggestion": {
			tree{"a.yaml": "a: v\n" + lines(9)}, tree{"a.yaml": "a: x-one\n" + lines(9) + "z: x-far\n"}, []string{"one suggestion", "far waits for the lines of one"},
		},
		"they hold alone only": {tree{}, tree{"a.yaml": "a: x-both\nb: c\nc: x-sides\nd: x-one\n"}, []string{"both suggestion", "sides does not go together with both", "one suggestion"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := review(input(t, test.before, test.after), marks)
			ids := map[string]string{}
			for _, f := range r.Findings {
				ids[f.ID] = f.Subject
			}
			var got []string
			for _, c := range r.Comments {
				got = append(got, offered(r, c, ids))
			}
			expectLines(t, got, test.want...)
			if _, err := ApplySuggestions(test.after.bytes(), r.Comments); err != nil {
				t.Error(err)
			}
			for _, f := range r.Findings {
				if f.Waits != "" && (strings.Contains(r.Check.Text, f.Patch) || f.Patch == "") {
					t.Errorf("the check run shows the patch of %s, which waits:\n%s", f.Subject, r.Check.Text)
				}
			}
		})
	}
}

func offered(r Result, c Comment, ids map[string]string) string {
	for _, f := range r.Findings {
		if f.Key != c.Keys[0] {
			continue
		}
		for id, subject := range ids {
			if strings.Contains(c.Body, "the same lines as that of `"+id+"`") {
				return f.Subject + " waits for the lines of " + subject
			}
			if strings.Contains(c.Body, "does not go together with that of `"+id+"`") {
				return f.Subject + " does not go together with " + subject
			}
		}
		for _, what := range []string{"suggestion", "diff"} {
			if strings.Contains(c.Body, "```"+what+"\n") {
				return f.Subject + " " + what
			}
		}
		return f.Subject
	}
	return "a further part"
}

// However many changes do not hold together, proving them ends soon.
func TestComposingIsBounded(t *testing.T) {
	var text strings.Builder
	for range 40 {
		text.WriteString("a: x-both\nb: x-sides\n---\n")
	}
	runs := 0
	run := func(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
		runs++
		return marks(s, c)
	}
	review(input(t, tree{}, tree{"a.yaml": text.String()}), run)
	if runs > 400 {
		t.Errorf("the rules ran %d times", runs)
	}
}
