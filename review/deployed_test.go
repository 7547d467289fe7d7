package review

import (
	"fmt"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
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
