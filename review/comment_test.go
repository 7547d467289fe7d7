package review

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}

func shown(comments []Comment, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "review: %s", body)
	for _, c := range comments {
		fmt.Fprintf(&b, "\n======== %s:%d-%d %s\n%s", c.Path, c.StartLine, c.Line, strings.Join(c.Keys, " "), c.Body)
	}
	return b.String()
}

// merge is a rule whose fix spans two files: the container of b moves to a, and b's own document goes.
func merge(t *testing.T, files tree) runner {
	return func(s *analysis.State, _ *analysis.Config) ([]analysis.Finding, error) {
		app, helper := s.File("app.yaml"), s.File("helper.yaml")
		if app == nil || helper == nil || len(helper.Objects) < 2 {
			return nil, nil
		}
		added, err := edit.ReplacePair(app.Documents[0].Root.Get("spec", "template", "spec"), "containers",
			"initContainers:\n- name: fluent-bit\n  image: fluent/fluent-bit:3\n  restartPolicy: Always\ncontainers:\n- name: main\n  image: nginx:1\n  ports:\n  - containerPort: 8080\n")
		if err != nil {
			return nil, err
		}
		ref, place := analysis.Ref(helper.Objects[1]), analysis.At(helper.Objects[1].Node.Get("metadata", "name"))
		return []analysis.Finding{{
			Rule: "split-sidecar", Severity: analysis.Warning, Object: ref, Place: place,
			Message:  "Deployment/shipper ships the logs of Deployment/web from outside of its Pods.",
			Evidence: []analysis.Evidence{{Text: "mounts claim shop-logs, as Deployment/web does", Place: place}, {Text: "its image is fluent/fluent-bit, which ships logs"}},
			Fix: &analysis.Fix{
				Safety: analysis.Review, Description: "Run fluent-bit as a native sidecar of Deployment/web",
				Changes: []string{"2 replicas run 2 shippers instead of 1", "Requests of a Pod: 100m to 110m CPU"}, Steps: []string{"container fluent-bit added to initContainers"},
				Edits: edit.Join(added, gone(t, helper.Documents[1])),
			},
		}}, nil
	}
}

func TestCommentWithOneSuggestion(t *testing.T) {
	r := review(input(t, tree{}, tree{"a.yaml": deployment("web", "nginx:latest")}), images)
	golden(t, "one-suggestion.md", shown(r.Comments, r.Body))
}

func TestCommentWithASetOfSuggestions(t *testing.T) {
	config := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
	files := tree{"app.yaml": deployment("web", "nginx:1"), "helper.yaml": config + "---\n" + deployment("shipper", "fluent/fluent-bit:3")}
	in := input(t, tree{}, files)
	r := review(in, merge(t, files))
	golden(t, "suggestion-set.md", shown(r.Comments, r.Body))

	v := &verifier{state: in.After}
	f := r.Findings[0]
	want, err := edit.Apply(v.files(f.Fix.Edits), f.Fix.Edits)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ApplySuggestions(files.bytes(), r.Comments)
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range want {
		if !bytes.Equal(got[path], data) {
			t.Errorf("%s after the batch:\n%s\nwant\n%s", path, got[path], data)
		}
	}
}

func TestCommentWithAPatch(t *testing.T) {
	config := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
	files := tree{"app.yaml": deployment("web", "nginx:1"), "helper.yaml": config + "---\n" + deployment("shipper", "fluent/fluent-bit:3")}
	r := review(input(t, tree{"app.yaml": files["app.yaml"]}, files), merge(t, files))
	golden(t, "patch.md", shown(r.Comments, r.Body))
	if strings.Contains(shown(r.Comments, ""), "```suggestion") {
		t.Error("a file outside of the diff was suggested for")
	}
}

func TestCommentOnAnObstacle(t *testing.T) {
	r := review(input(t, tree{}, tree{"a.yaml": deployment("web", "broken:latest")}), images)
	golden(t, "obstacle.md", shown(r.Comments, r.Body))
}

func TestNothingIsSaidOfWhatWasThere(t *testing.T) {
	bad := deployment("web", "nginx:latest")
	for name, after := range map[string]string{"unchanged": "# comment\n" + bad, "fixed": deployment("web", "nginx:1")} {
		r := review(input(t, tree{"a.yaml": bad}, tree{"a.yaml": after}), images)
		if len(r.Comments) != 0 || r.Body != "" || len(r.Check.Annotations) != 0 || r.Findings[0].Fix != nil {
			t.Errorf("%s: %s", name, shown(r.Comments, r.Body))
		}
	}
}

func TestCommentsEndAtTheLimit(t *testing.T) {
	var text strings.Builder
	for i := range 30 {
		text.WriteString("---\n" + deployment(fmt.Sprintf("web%d", i), "nginx:latest"))
	}
	in := input(t, tree{}, tree{"a.yaml": text.String()})
	for limit, want := range map[int]int{0: 20, 3: 3, 50: 30} {
		in.Settings.Comments = limit
		r := review(in, images)
		if len(r.Comments) != want || len(r.Check.Annotations) != 30 {
			t.Errorf("limit %d: %d comments, %d annotations", limit, len(r.Comments), len(r.Check.Annotations))
		}
		if left := 30 - want; left > 0 && !strings.Contains(r.Body, fmt.Sprintf("%d of these", left)) {
			t.Errorf("limit %d: the body %q does not say what is left", limit, r.Body)
		}
	}
}

// Where a set of suggestions has no room, the fix is a patch: a part of it alone would be wrong.
func TestASetIsNeverCut(t *testing.T) {
	files := tree{"app.yaml": deployment("web", "nginx:1"), "helper.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\n" + deployment("shipper", "fluent/fluent-bit:3")}
	in := input(t, tree{}, files)
	in.Settings.Comments = 1
	r := review(in, merge(t, files))
	if len(r.Comments) != 1 || strings.Contains(r.Comments[0].Body, "```suggestion") || !strings.Contains(r.Comments[0].Body, "```diff") {
		t.Error(shown(r.Comments, r.Body))
	}
}

func TestBodiesFitGitHub(t *testing.T) {
	f := Finding{Finding: analysis.Finding{Rule: "r", Severity: analysis.Error, Message: strings.Repeat("@long ", 5_000), Place: at("web.yaml", 3, 3)}, Status: Introduced, Key: "k", ID: "k1"}
	for range 50 {
		f.Evidence = append(f.Evidence, analysis.Evidence{Text: strings.Repeat("x", 300), Place: at("web.yaml", 3, 3)})
	}
	f.Fix = &analysis.Fix{Edits: []edit.Edit{{}}, Changes: []string{strings.Repeat("y", 70_000)}, Steps: []string{"z"}}
	f.Patch = strings.Repeat("+line\n", 20_000)
	w := &writer{diff: anchorDiff(t)}
	comments, _ := w.comments([]Finding{f})
	if n := len(comments[0].Body); n > bodyBytes {
		t.Errorf("the comment has %d bytes", n)
	}
	if body := w.body(&f, fenced("suggestion", strings.Repeat("x\n", bodyBytes)), ""); len(body) > bodyBytes || strings.Contains(body, "```") || !strings.Contains(body, "too long to show") {
		t.Errorf("a long change: %d bytes, %q", len(body), body[:300])
	}
	r := &Result{}
	for range 100 {
		r.Findings = append(r.Findings, f)
	}
	in := &Input{Before: tree{}.state(), After: tree{}.state()}
	c := checkRun(r, in, w.diff)
	if len(c.Summary) > checkBytes || len(c.Text) > checkBytes || len(c.Annotations[0].Message) > messageBytes || !strings.Contains(c.Text, "findings more") {
		t.Errorf("summary %d, text %d, annotation %d bytes", len(c.Summary), len(c.Text), len(c.Annotations[0].Message))
	}
}

func TestAnEmptySuggestionSaysWhatItDoes(t *testing.T) {
	for want, s := range map[string]suggestion{
		"The empty suggestion removes this line.":        {Start: 3, End: 3},
		"The empty suggestion removes the lines 3 to 5.": {Start: 3, End: 5},
		"": {Start: 3, End: 5, New: []byte("a\n")},
	} {
		if got := removalNote(s); got != want {
			t.Errorf("%+v: %q, want %q", s, got, want)
		}
		main := suggestion{Path: "a.yaml", Start: 1, End: 1, New: []byte("x\n")}
		f := &Finding{Finding: analysis.Finding{Rule: "r", Severity: analysis.Notice}}
		if body := partBody(f, main, removalNote(s), "BLOCK"); !strings.HasSuffix(body, strings.TrimSpace("Commit them in one batch. "+want)+"\n\nBLOCK") {
			t.Errorf("%q", body)
		}
		if note := batchNote([]suggestion{s, main, main}, 0); !strings.Contains(note, "those at `a.yaml:1`, `a.yaml:1` to a batch") || !strings.HasSuffix(note, want) {
			t.Errorf("%q", note)
		}
	}
}

// A finding on a line outside of every hunk is said on the file, with the patch folded.
func TestAFixOutsideOfEveryHunkIsAPatchOnTheFile(t *testing.T) {
	before := deployment("web", "nginx:1")
	rule := func(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
		if len(s.Workloads) < 2 {
			return nil, nil
		}
		n := s.Workloads[0].Containers[0].Node.Get("image")
		if n.Text() != "nginx:1" {
			return nil, nil
		}
		fixed, err := edit.ReplaceScalar(n, "nginx:2")
		return []analysis.Finding{{Rule: "old", Severity: analysis.Notice, Object: analysis.Ref(s.Workloads[0].Object), Place: analysis.At(n), Message: "old",
			Fix: &analysis.Fix{Safety: analysis.Safe, Description: "Take two", Edits: []edit.Edit{fixed}}}}, err
	}
	pad := strings.Repeat("#\n", 20)
	r := review(input(t, tree{"a.yaml": before + pad}, tree{"a.yaml": before + pad + "---\n" + deployment("shop", "x:1")}), rule)
	if len(r.Comments) != 1 || r.Comments[0].Line != 0 || !strings.Contains(r.Comments[0].Body, "<summary>Patch</summary>") || strings.Contains(r.Comments[0].Body, "```suggestion") {
		t.Errorf("%+v", r.Comments)
	}
}
