package review

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

func TestUnprovenFixIsNotOffered(t *testing.T) {
	for name, test := range map[string]struct {
		image    string
		obstacle string
	}{
		"proven":                     {"nginx:latest", ""},
		"the fault is still there":   {"broken:latest", "The change does not remove the fault."},
		"it would bring another one": {"worse:latest", "The change would cause another finding: bad-image at a.yaml:15."},
	} {
		t.Run(name, func(t *testing.T) {
			r := review(input(t, tree{}, tree{"a.yaml": deployment("web", test.image)}), images)
			f := r.Findings[0]
			if got := strings.Join(f.Fix.Obstacles, " "); got != test.obstacle {
				t.Errorf("obstacle %q, want %q", got, test.obstacle)
			}
			offered := len(f.Fix.Edits) > 0 && f.Patch != "" && strings.Contains(r.Comments[0].Body, "```suggestion") && r.Check.Fixable == 1
			hidden := len(f.Fix.Edits) == 0 && f.Patch == "" && !strings.Contains(r.Comments[0].Body, "```suggestion") && r.Check.Fixable == 0
			if test.obstacle == "" && !offered || test.obstacle != "" && !hidden {
				t.Errorf("edits %v, patch %q, comment %q", f.Fix.Edits, f.Patch, r.Comments[0].Body)
			}
		})
	}
}

func TestVerifyRefusesWhatDoesNotHold(t *testing.T) {
	files := tree{"a.yaml": deployment("web", "nginx:latest"), "b.yaml": deployment("shop", "nginx:1")}
	state := files.state()
	found, _ := images(state, nil)
	v := &verifier{state: state, run: images}
	for name, test := range map[string]struct {
		edits []edit.Edit
		want  string
	}{
		"does not parse":      {[]edit.Edit{replaceText(t, files, "a.yaml", "image: nginx:latest", "image: \"nginx:1")}, "The change does not hold: a.yaml"},
		"changes nothing":     {[]edit.Edit{replaceText(t, files, "a.yaml", "replicas: 1", "replicas: 1")}, "leaves every file as it is"},
		"a file that isn't":   {[]edit.Edit{{Path: "c.yaml", Start: 0, End: 1}}, "does not fit the files"},
		"beyond the end":      {[]edit.Edit{{Path: "a.yaml", Start: 0, End: 100000}}, "does not fit the files"},
		"the other is harmed": {edit.Join(newImage(t, state.Workloads[0], "nginx:1"), newImage(t, state.Workloads[1], "nginx:latest")), "another finding: floating-image at b.yaml"},
		"made by hand":        {[]edit.Edit{replaceText(t, files, "a.yaml", "nginx:latest", "nginx:1")}, "does not say what it is meant to do"},
		"the file goes":       {gone(t, state.File("a.yaml").Documents...), ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := found[0]
			f.Fix = &analysis.Fix{Edits: test.edits}
			if _, got := v.verify(&f); !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
				t.Errorf("obstacle %q, want %q", got, test.want)
			}
		})
	}
}

// A merge moves a container with the faults that it has; those are not the merge's.
// standing finds images without a version, and says of every workload that it is small, which the former stands for.
func standing(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
	found, err := images(s, c)
	for _, w := range s.Workloads {
		small := analysis.Finding{Rule: "small", Severity: analysis.Notice, Object: analysis.Ref(w.Object), Place: analysis.At(w.Object.Node)}
		if len(found) > 0 {
			found[0].Covers = append(found[0].Covers, small)
			continue
		}
		found = append(found, small)
	}
	return found, err
}

// A fix does not cause what its finding stood for.
func TestVerifyAllowsFaultsThatWereSpokenFor(t *testing.T) {
	r := review(input(t, tree{}, tree{"a.yaml": deployment("web", "nginx:latest")}), standing)
	if f := r.Findings[0]; len(r.Findings) != 1 || len(f.Fix.Edits) == 0 {
		t.Errorf("%d findings, obstacles %v", len(r.Findings), f.Fix.Obstacles)
	}
}

func TestVerifyAllowsFaultsThatMoveAlong(t *testing.T) {
	files := tree{"a.yaml": deployment("web", "nginx:1"), "b.yaml": strings.Replace(deployment("shipper", "fluent:bad"), "name: main", "name: ship", 1)}
	rule := func(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
		found, err := images(s, c)
		if len(s.Workloads) == 2 {
			added, err := edit.AppendItem(s.Workloads[0].Spec.Get("containers"), "name: ship\nimage: fluent:bad\n")
			if err != nil {
				return nil, err
			}
			found = append(found, analysis.Finding{Rule: "split", Severity: analysis.Warning, Object: analysis.Ref(s.Workloads[1].Object),
				Fix: &analysis.Fix{Edits: edit.Join(added, gone(t, s.File("b.yaml").Documents...))}})
		}
		return found, err
	}
	state := files.state()
	found, _ := rule(state, nil)
	v := &verifier{state: state, run: rule}
	if _, obstacle := v.verify(&found[len(found)-1]); obstacle != "" {
		t.Errorf("refused: %s", obstacle)
	}
}

// newImage is the edits by which the first container of a workload runs another image.
func newImage(t *testing.T, w *pod.Workload, image string) []edit.Edit {
	t.Helper()
	e, err := edit.ReplaceScalar(w.Containers[0].Node.Get("image"), image)
	if err != nil {
		t.Fatal(err)
	}
	return []edit.Edit{e}
}

// gone is the edits by which documents go.
func gone(t *testing.T, docs ...*manifest.Document) []edit.Edit {
	t.Helper()
	edits, err := edit.RemoveDocuments(docs...)
	if err != nil {
		t.Fatal(err)
	}
	return edits
}

const secretFile = `apiVersion: v1
kind: Secret
metadata:
  name: db
  annotations:
    note: password
type: Opaque
stringData:
  password: hunter2
---
`

// Nothing that a review says may hold a value of a Secret, wherever it stands beside an edit.
func TestValuesOfSecretsAreNeverShown(t *testing.T) {
	pinned := func(text string) string { return strings.Replace(text, "nginx:latest", "nginx:1", 1) }
	web := deployment("web", "nginx:latest")
	pod := "kind: Pod\napiVersion: v1\nmetadata: {name: web}\nspec: {containers: [{name: main, image: nginx:latest}]}\n"
	flow := "{kind: Pod, apiVersion: v1, metadata: {name: web}, spec: {containers: [{name: main, image: nginx:latest}]}}\n"
	for name, test := range map[string]struct {
		before, after tree
		patch         bool
	}{
		"far away":                {tree{"a.yaml": secretFile + pinned(web)}, tree{"a.yaml": secretFile + web}, true},
		"near the context":        {tree{"a.yaml": secretFile + pinned(pod)}, tree{"a.yaml": secretFile + pod}, true},
		"in the patch's context":  {tree{"a.yaml": secretFile + pinned(flow)}, tree{"a.yaml": secretFile + flow}, false},
		"in an unreadable Secret": {tree{}, tree{"a.yaml": "apiVersion: v1\nkind: Secret\nstringData:\n  b: c: hunter2\n---\n" + flow}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := review(input(t, test.before, test.after), images)
			said := r.Body + r.Check.Summary + r.Check.Text
			for _, c := range r.Comments {
				said += c.Body
			}
			for _, f := range r.Findings {
				said += f.Patch
			}
			if strings.Contains(said, "hunter2") {
				t.Errorf("the value is shown in\n%s", said)
			}
			if len(r.Findings) != 1 || (r.Findings[0].Patch != "") != test.patch || len(r.Findings[0].Fix.Edits) == 0 {
				t.Errorf("patch %q of %v", r.Findings[0].Patch, statuses(r.Findings))
			}
		})
	}
}

// A suggestion holds the lines between its edits too.
func TestSuggestionsSpanNoSecret(t *testing.T) {
	pod := "{kind: Pod, apiVersion: v1, metadata: {name: NAME}, spec: {containers: [{name: main, image: nginx:latest}]}}\n---\n"
	files := tree{"a.yaml": strings.Replace(pod, "NAME", "one", 1) + secretFile + strings.Replace(pod, "NAME", "two", 1)}
	rule := func(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
		found, err := images(s, c)
		if len(found) == 2 {
			found[0].Fix.Edits = append(found[0].Fix.Edits, found[1].Fix.Edits...)
		}
		return found, err
	}
	r := review(input(t, tree{}, files), rule)
	if body := r.Comments[0].Body; strings.Contains(body, "hunter2") || strings.Contains(body, "```suggestion") || len(r.Findings[0].Fix.Edits) != 2 {
		t.Errorf("edits %v, comment\n%s", r.Findings[0].Fix.Edits, body)
	}
}

func TestEditsOfSecretsAreNotOffered(t *testing.T) {
	files := tree{"a.yaml": deployment("web", "nginx:latest"), "s.yaml": secretFile}
	rule := func(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
		found, err := images(s, c)
		for i := range found {
			removed, err := edit.RemovePair(s.File("s.yaml").Documents[0].Root.Get("stringData"), "password")
			if err != nil {
				return nil, err
			}
			found[i].Fix.Edits = append(found[i].Fix.Edits, removed...)
		}
		return found, err
	}
	r := review(input(t, tree{}, files), rule)
	if f := r.Findings[0]; len(f.Fix.Edits) != 0 || !strings.Contains(f.Fix.Obstacles[0], "never printed") {
		t.Errorf("edits %v, obstacles %v", f.Fix.Edits, f.Fix.Obstacles)
	}
}

func TestSecretLines(t *testing.T) {
	list := "kind: List\napiVersion: v1\nitems:\n- kind: Secret\n  apiVersion: v1\n  metadata: {name: a}\n  data:\n    x: eA==\n    y: eQ==\n"
	for text, want := range map[string]lineRange{secretFile: {9, 9}, list: {8, 9}} {
		got := secretLines(manifest.Parse("s.yaml", []byte(text)))
		if len(got) == 0 || got[0] != want {
			t.Errorf("lines %v, want %v of\n%s", got, want, text)
		}
	}
}
