package review

import (
	"slices"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// TestAFixIsProvenOnWhatBelongsToIt holds that what an overlay builds together with a base is looked at, although nothing but
// the kustomizations relates the two, and that other applications are not.
func TestAFixIsProvenOnWhatBelongsToIt(t *testing.T) {
	object := func(kind, name, namespace string) string {
		return "apiVersion: v1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n" + namespace
	}
	var files []*manifest.File
	for _, f := range [][2]string{
		{"shop/deploy/base/app.yaml", object("ConfigMap", "app", "")},
		{"shop/deploy/base/kustomization.yaml", "resources: [app.yaml]\n"},
		{"shop/live/eu/kustomization.yaml", "resources: [../../deploy/base, scaler.yaml]\n"},
		{"shop/live/eu/scaler.yaml", object("ConfigMap", "scaler", "  namespace: eu\n")},
		{"wiki/app.yaml", object("ConfigMap", "app", "  namespace: wiki\n")},
	} {
		files = append(files, manifest.Parse(f[0], []byte(f[1])))
	}
	v := &verifier{state: analysis.NewState(files)}
	near := v.near(&analysis.Finding{Place: analysis.Place{Path: "shop/deploy/base/app.yaml"}})
	var paths []string
	for _, f := range near {
		paths = append(paths, f.Path)
	}
	want := []string{"shop/deploy/base/app.yaml", "shop/deploy/base/kustomization.yaml", "shop/live/eu/kustomization.yaml", "shop/live/eu/scaler.yaml"}
	if !slices.Equal(paths, want) {
		t.Errorf("proven on %q, want %q", paths, want)
	}
}
