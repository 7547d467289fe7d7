package review

import (
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// tree is the files of a state.
type tree map[string]string

func (t tree) state() *analysis.State {
	var files []*manifest.File
	for path, text := range t {
		files = append(files, manifest.Parse(path, []byte(text)))
	}
	slices.SortFunc(files, func(a, b *manifest.File) int { return strings.Compare(a.Path, b.Path) })
	return analysis.NewState(files)
}

func (t tree) bytes() map[string][]byte {
	out := map[string][]byte{}
	for path, text := range t {
		out[path] = []byte(text)
	}
	return out
}

// diff writes the unified diff of two trees.
func diff(t *testing.T, before, after tree) []byte {
	t.Helper()
	changed := map[string][]byte{}
	for path := range before {
		if _, ok := after[path]; !ok {
			changed[path] = nil
		}
	}
	for path, text := range after {
		if old, ok := before[path]; !ok || old != text {
			changed[path] = []byte(text)
		}
	}
	patch, err := edit.Patch(before.bytes(), changed)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(patch)
}

// input is the review of a change.
func input(t *testing.T, before, after tree) Input {
	t.Helper()
	return Input{Before: before.state(), After: after.state(), Diff: diff(t, before, after)}
}

// images is a small rule set: an image without a fixed version is a warning, and its fix is version 1; "broken" in the image
// makes a fix that does not remove the fault, and "worse" one that brings an error.
func images(s *analysis.State, _ *analysis.Config) ([]analysis.Finding, error) {
	var out []analysis.Finding
	for _, w := range s.Workloads {
		for _, c := range w.Containers {
			if f := imageFinding(w, c); f != nil {
				out = append(out, *f)
			}
		}
	}
	return out, nil
}

func imageFinding(w *pod.Workload, c *pod.Container) *analysis.Finding {
	n := c.Node.Get("image")
	f := &analysis.Finding{
		Rule: "floating-image", Severity: analysis.Warning, Object: analysis.Ref(w.Object), Container: c.Name, Place: analysis.At(n),
		Message:  "container " + c.Name + " of " + w.String() + " runs an image without a fixed version",
		Evidence: []analysis.Evidence{{Text: "image is " + c.Image, Place: analysis.At(n)}},
	}
	switch {
	case strings.HasSuffix(c.Image, ":bad"):
		f.Rule, f.Severity = "bad-image", analysis.Error
		return f
	case !strings.HasSuffix(c.Image, ":latest"):
		return nil
	}
	version := "1"
	switch {
	case strings.HasPrefix(c.Image, "broken"):
		version = "x:latest"
	case strings.HasPrefix(c.Image, "worse"):
		version = "bad"
	}
	edits, err := edit.ReplaceRange(n, len(c.Image)-len("latest"), len(c.Image), version)
	if err != nil {
		panic(err)
	}
	f.Fix = &analysis.Fix{Safety: analysis.Review, Description: "Pin the version", Changes: []string{"1 replica runs version 1"}, Edits: edits}
	return f
}

// deployment is a Deployment of one container.
func deployment(name, image string) string {
	return strings.NewReplacer("NAME", name, "IMAGE", image).Replace(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
spec:
  replicas: 1
  selector:
    matchLabels: {app: NAME}
  template:
    metadata:
      labels: {app: NAME}
    spec:
      containers:
      - name: main
        image: IMAGE
        ports:
        - containerPort: 8080
`)
}

func statuses(findings []Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, string(f.Status)+" "+f.Rule+" "+f.Object.String()+" "+f.Place.Path)
	}
	return out
}

func expectLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// unreadable reports each file with a problem; such findings have no object.
func unreadable(s *analysis.State, _ *analysis.Config) ([]analysis.Finding, error) {
	var out []analysis.Finding
	for _, f := range s.Files {
		for _, p := range f.Problems {
			out = append(out, analysis.Finding{Rule: "invalid-manifest", Severity: analysis.Error, Message: p.Message, Place: analysis.Place{Path: p.Path, Span: p.Span}})
		}
	}
	return out, nil
}

// pairs reports the workload named shipper beside any other one, which its subject names.
func pairs(s *analysis.State, _ *analysis.Config) ([]analysis.Finding, error) {
	var out []analysis.Finding
	for _, helper := range s.Workloads {
		for _, app := range s.Workloads {
			if helper.Name() != "shipper" || app == helper {
				continue
			}
			out = append(out, analysis.Finding{
				Rule: "pair", Severity: analysis.Warning, Message: "runs beside " + app.String(), Subject: app.String(),
				Object: analysis.Ref(helper.Object), Place: analysis.At(helper.Object.Node.Get("metadata", "name")),
				Related: []analysis.Related{{Object: analysis.Ref(app.Object), Place: analysis.At(app.Object.Node.Get("metadata", "name"))}},
			})
		}
	}
	return out, nil
}
