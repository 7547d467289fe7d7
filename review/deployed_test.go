package review

import (
	"fmt"
	"slices"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// What a cluster is given stays one object when it is built from another file; what another object is given is new.
func TestCompareFollowsDeployedObjects(t *testing.T) {
	bad := deployment("web", "nginx:latest")
	own := rendered("own/d.yaml", bad, "web", "shop", false)
	shared := func(name, namespace string) *analysis.State {
		text := deployment("workload", "nginx:latest") + "        env:\n"
		for i := range 20 {
			text += fmt.Sprintf("        - {name: E%d, value: x}\n", i)
		}
		return rendered("base/d.yaml", text, name, namespace, false)
	}
	for name, c := range map[string]struct {
		before, after *analysis.State
		want          []string
	}{
		"onto a base":          {own, shared("web", "shop"), []string{"unchanged floating-image Deployment/workload base/d.yaml"}},
		"off a base":           {shared("web", "shop"), own, []string{"unchanged floating-image Deployment/web own/d.yaml"}},
		"under another name":   {own, shared("api", "shop"), []string{"introduced floating-image Deployment/workload base/d.yaml", "fixed floating-image Deployment/web own/d.yaml"}},
		"to another namespace": {own, shared("web", "bank"), []string{"introduced floating-image Deployment/workload base/d.yaml", "fixed floating-image Deployment/web own/d.yaml"}},
		"without its fault before": {
			rendered("own/d.yaml", deployment("web", "nginx:1"), "web", "shop", false), shared("web", "shop"),
			[]string{"introduced floating-image Deployment/workload base/d.yaml"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := func(s *analysis.State) tree { return tree{s.Files[0].Path: string(s.Files[0].Data)} }
			expectLines(t, statuses(review(Input{Before: c.before, After: c.after, Diff: diff(t, text(c.before), text(c.after))}, images).Findings), c.want...)
		})
	}
}

// The object is still given from where it was, mended; another source gives one of the same name, with the fault.
func TestCompareTellsDeployedObjectsApart(t *testing.T) {
	apart := func(first, second string) *analysis.State {
		a := rendered("a/d.yaml", deployment("web", first), "web", "", false)
		b := rendered("b/d.yaml", deployment("base", second), "web", "", false)
		b.Builds[0].Root, b.Builds[0].Objects[0].Root = "another root", "another root"
		return analysis.Rendered(append(a.Files, b.Files...), append(a.Builds, b.Builds...), nil, nil)
	}
	expectLines(t, statuses(review(Input{Before: apart("nginx:latest", "nginx:1"), After: apart("nginx:1", "nginx:latest")}, images).Findings),
		"fixed floating-image Deployment/web a/d.yaml", "introduced floating-image Deployment/base b/d.yaml")
}

// near reports pairs that may share a namespace.
func near(s *analysis.State, c *analysis.Config) ([]analysis.Finding, error) {
	all, err := pairs(s, c)
	objects := map[analysis.Object]*manifest.Object{}
	for _, o := range s.Objects {
		objects[analysis.Ref(o)] = o
	}
	return slices.DeleteFunc(all, func(f analysis.Finding) bool {
		return s.Near(objects[f.Object], objects[f.Related[0].Object]) == analysis.Apart
	}), err
}

// A pair whose namespaces nobody knows any more is not new, and one is not mended by what tells where it goes.
func TestCompareKnowsWhatARootSetApart(t *testing.T) {
	app, helper := deployment("web", "nginx:1"), deployment("shipper", "fluent:1")
	in := func(app, namespace, helper string) *analysis.State {
		other := manifest.Parse("apps/shipper/d.yaml", []byte(helper))
		if namespace == "" {
			return analysis.NewState([]*manifest.File{other, manifest.Parse("apps/web/d.yaml", []byte(app))})
		}
		s := rendered("apps/web/d.yaml", app, "web", namespace, false)
		return analysis.Rendered(append([]*manifest.File{other}, s.Files...), s.Builds, nil, nil)
	}
	root := "diff --git a/k.yaml b/k.yaml\n--- a/k.yaml\n+++ b/k.yaml\n@@ -1 +1 @@\n-x: 1\n+x: 2\n"
	edited := root + "diff --git a/apps/shipper/d.yaml b/apps/shipper/d.yaml\n--- a/apps/shipper/d.yaml\n+++ b/apps/shipper/d.yaml\n@@ -13 +13 @@\n-        image: fluent:0\n+        image: fluent:1\n"
	for name, c := range map[string]struct {
		before, after *analysis.State
		diff, want    string
	}{
		"the root goes":                   {in(app, "shop", helper), in(app, "", helper), root, "unchanged pair Deployment/shipper apps/shipper/d.yaml"},
		"the root comes":                  {in(app, "", helper), in(app, "shop", helper), root, "unchanged pair Deployment/shipper apps/shipper/d.yaml"},
		"the root goes, a source changed": {in(app, "shop", helper), in(app, "", helper), edited, "introduced pair Deployment/shipper apps/shipper/d.yaml"},
		"the helper comes":                {in(app, "", deployment("other", "fluent:1")), in(app, "", helper), edited, "introduced pair Deployment/shipper apps/shipper/d.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			expectLines(t, statuses(review(Input{Before: c.before, After: c.after, Diff: []byte(c.diff)}, near).Findings), c.want)
		})
	}
}
