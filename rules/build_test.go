package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

const app = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: shop:1
        volumeMounts:
        - {name: logs, mountPath: /logs}
`

// built is what a root makes of the objects of a file as they are, in a namespace.
func built(root, namespace string, f *manifest.File) *analysis.Build {
	b := &analysis.Build{Root: root, Takes: map[string]bool{f.Path: true}, Reads: func(p string) bool { return p == f.Path }}
	for _, o := range f.Objects {
		copied := *o
		copied.Root, copied.Source, copied.Namespace = root, o, namespace
		b.Objects = append(b.Objects, &copied)
	}
	return b
}

func TestAFaultOfABaseIsOneFinding(t *testing.T) {
	base := manifest.Parse("base/web.yaml", []byte(app))
	state := analysis.Rendered([]*manifest.File{base},
		[]*analysis.Build{built("overlays/prod", "prod", base), built("overlays/dev", "dev", base)}, nil, nil)
	found, err := Run(state, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].Rule != "undefined-volume" {
		t.Fatalf("found %v", found)
	}
	f := found[0]
	if !slices.Equal(f.Roots, []string{"overlays/dev", "overlays/prod"}) || f.Object.Namespace != "" {
		t.Errorf("roots %q of %v", f.Roots, f.Object)
	}
	last := f.Evidence[len(f.Evidence)-1].Text
	if last != "built by overlays/dev, overlays/prod" {
		t.Errorf("evidence %q", last)
	}
}

func TestWhatBuildsTakeInIsNotLookedAtAsWritten(t *testing.T) {
	base, other := manifest.Parse("base/web.yaml", []byte(app)), manifest.Parse("other.yaml", []byte(strings.ReplaceAll(app, "web", "blog")))
	state := analysis.Rendered([]*manifest.File{base, other}, []*analysis.Build{built("overlays/prod", "prod", base)}, nil, nil)
	if len(state.Objects) != 2 || len(state.Workloads) != 2 {
		t.Errorf("objects %v", state.Objects)
	}
	part := state.Of([]*manifest.File{other}, nil)
	if len(part.Builds) != 0 || len(part.Objects) != 1 || part.Objects[0].Name != "blog" {
		t.Errorf("the part has %v", part.Objects)
	}
}

func TestNearRendered(t *testing.T) {
	at := func(path, name string) *manifest.File {
		return manifest.Parse(path, []byte(strings.ReplaceAll(app, "name: web", "name: "+name)))
	}
	shared, own, copied, plain := at("base/web.yaml", "web"), at("logs/shipper.yaml", "shipper"), at("stage/shipper.yaml", "shipper"), at("base/plain.yaml", "plain")
	files := []*manifest.File{shared, plain, own, copied}
	dev, prod := built("dev", "shop", shared), built("prod", "shop", shared)
	logs, stage, unknown := built("logs", "shop", own), built("stage", "shop", copied), built("unknown", "", own)
	state := analysis.Rendered(files, []*analysis.Build{dev, prod, logs, stage, unknown}, nil, nil)
	for _, c := range []struct {
		name string
		a, b *manifest.Object
		want analysis.Nearness
	}{
		{"one base in two overlays", dev.Objects[0], prod.Objects[0], analysis.Apart},
		{"two roots of one namespace", dev.Objects[0], logs.Objects[0], analysis.Together},
		{"two roots that deploy objects of one name", logs.Objects[0], stage.Objects[0], analysis.Apart},
		{"one root without a namespace", unknown.Objects[0], unknown.Objects[0], analysis.Together},
		{"a plain file beside the base, its namespace unknown", dev.Objects[0], plain.Objects[0], analysis.Together},
	} {
		if got := state.Near(c.a, c.b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := state.Near(c.b, c.a); got != c.want {
			t.Errorf("%s, the other way: %v", c.name, got)
		}
	}
}

func TestABuildThatAChangeConcernsIsMadeAgain(t *testing.T) {
	base := manifest.Parse("base/web.yaml", []byte(app))
	mended := []byte(strings.ReplaceAll(app, "        volumeMounts:\n        - {name: logs, mountPath: /logs}\n", ""))
	asked := 0
	state := analysis.Rendered([]*manifest.File{base}, []*analysis.Build{built("prod", "", base)}, nil,
		func(b *analysis.Build, changed map[string][]byte) *analysis.Build {
			asked++
			return built(b.Root, "", manifest.Parse("base/web.yaml", changed["base/web.yaml"]))
		})
	after := state.Of([]*manifest.File{manifest.Parse("base/web.yaml", mended)}, map[string][]byte{"base/web.yaml": mended})
	if found, _ := Run(after, nil); len(found) != 0 || asked != 1 {
		t.Errorf("built %d times, found %v", asked, found)
	}
	again := after.Of(after.Files, map[string][]byte{"elsewhere.yaml": nil})
	if len(again.Workloads) != 1 || asked != 1 {
		t.Errorf("a change elsewhere builds it again: %d", asked)
	}
}
