package origin_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/podcheck/podcheck/review/render/origin"
	"github.com/podcheck/podcheck/review/render/wire"
)

const settings = `
-- base/kustomization.yaml --
resources: [objects.yaml]
-- base/objects.yaml --
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: web}
  spec: {type: ClusterIP}
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: web
    labels: {app: web}
  spec:
    replicas: 1
    template:
      spec:
        containers:
        - name: app
          image: shop/web:${VERSION}
          args: ["${LEVEL}"]
-- flux.yaml --
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop}
spec:
  path: base
  targetNamespace: shop
  commonMetadata: {labels: {team: shop}}
  patches:
  - target: {kind: Deployment, labelSelector: "app=web"}
    patch: |
      - op: add
        path: /spec/paused
        value: true
-- argo.yaml --
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  source:
    path: base
    kustomize:
      images: ["shop/web=mirror/web:2", "other/image:3"]
      replicas: [{name: web, count: 6}]
-- one/kustomization.yaml --
resources: [../base]
namePrefix: one-
patches:
- {patch: "[{op: add, path: /spec/paused, value: true}]", target: {kind: Deployment}}
-- two/kustomization.yaml --
resources: [../base]
namePrefix: two-
patches:
- {path: paused.yaml, target: {kind: Deployment, name: web}}
-- two/paused.yaml --
kind: Deployment
spec:
  paused: true
-- both/kustomization.yaml --
resources: [../one, ../two, ../both]
configMapGenerator:
- name: settings-more
  literals: [A=1]
- name: settings
  literals: [A=1]
-- loose/one.yaml --
kind: nothing
-- loose/inner/kustomization.yaml --
resources: [../../base]
namespace: inner
`

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
`

func TestKustomizeLayers(t *testing.T) {
	repo := parseRepository(settings)
	for name, test := range map[string]struct {
		dir            string
		over           []string
		rendered, want string
	}{
		"of a Flux Kustomization": {
			dir: "base", over: []string{"flux.yaml", "spec"},
			rendered: deployment + `  namespace: shop
  labels: {app: web, team: shop}
spec:
  paused: true
  template:
    spec:
      containers:
      - name: app
        image: shop/web:1.2
        args: [info]
`,
			want: `
.metadata.namespace shop flux.yaml:6 exact =
.metadata.labels {} base/objects.yaml:12 exact =
.metadata.labels.team shop flux.yaml:7 exact =
.spec.paused true flux.yaml:13 exact
.spec.template.spec.containers[0].image shop/web:1.2 base/objects.yaml:19 exact
.spec.template.spec.containers[0].args[0] info base/objects.yaml:20 exact
`,
		},
		"of an Argo CD Application": {
			dir: "base", over: []string{"argo.yaml", "spec", "source", "kustomize"},
			rendered: deployment + `
spec:
  replicas: 6
  template:
    spec:
      containers:
      - name: app
        image: mirror/web:2
`,
			want: `
.spec.replicas 6 argo.yaml:9 exact =
.spec.template.spec.containers[0].image mirror/web:2 argo.yaml:8 exact
`,
		},
		"one base by two overlays, the first": {
			dir:      "both",
			rendered: `{apiVersion: apps/v1, kind: Deployment, metadata: {name: one-web}, spec: {paused: true}}`,
			want:     `.spec.paused true one/kustomization.yaml:4 enclosing`,
		},
		"one base by two overlays, the second": {
			dir:      "both",
			rendered: `{apiVersion: apps/v1, kind: Deployment, metadata: {name: two-web}, spec: {paused: true}}`,
			want:     `.spec.paused true two/paused.yaml:3 exact =`,
		},
		"a folder without a kustomization": {
			dir:      "loose",
			rendered: `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: inner}}`,
			want:     `.metadata.namespace inner loose/inner/kustomization.yaml:2 exact =`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			build := origin.Build{Name: "shop", Dir: test.dir, File: repo.file, Within: slices.Collect(maps.Keys(repo))}
			if len(test.over) > 0 {
				build.Over = repo[test.over[0]].Documents[0].Root.Get(test.over[1:]...)
			}
			layers := origin.NewLayers(build)
			o := origin.Kustomize(wire.Object{YAML: []byte(test.rendered), Path: "base/objects.yaml", Kind: "Deployment", Name: "web"}, layers)
			if o == nil {
				t.Fatal("no object")
			}
			expect(t, o.Node, test.want)
			hold(t, repo, o.Node, nil)
			if o.Source != repo["base/objects.yaml"].Objects[1] {
				t.Errorf("the source is %v", o.Source)
			}
		})
	}
}

func TestGeneratedObjects(t *testing.T) {
	repo := parseRepository(settings)
	layers := origin.NewLayers(origin.Build{Name: "both", Dir: "both", File: repo.file})
	for name, want := range map[string]string{
		"settings-7k6m2f4ht9":      `.data.A 1 both/kustomization.yaml:5 enclosing`,
		"settings-more-7k6m2f4ht9": `.data.A 1 both/kustomization.yaml:3 enclosing`,
		"other":                    `.data.A 1 both/kustomization.yaml:1 file`,
	} {
		t.Run(name, func(t *testing.T) {
			o := origin.Kustomize(wire.Object{
				YAML: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {A: \"1\"}\n"),
				By:   "both/kustomization.yaml", Kind: "ConfigMap", Name: name,
			}, layers)
			expect(t, o.Node, want)
			hold(t, repo, o.Node, nil)
			if o.Source != nil || o.Name != name || o.File.Path != "both/kustomization.yaml" {
				t.Errorf("the object %s is of %s", o.Name, o.File.Path)
			}
		})
	}
}

func TestUnknownObjects(t *testing.T) {
	repo := parseRepository(settings)
	layers := origin.NewLayers(origin.Build{Name: "both", Dir: "both", File: repo.file})
	for name, o := range map[string]wire.Object{
		"no text":      {Path: "base/objects.yaml"},
		"no object":    {Path: "base/objects.yaml", YAML: []byte("a: b\n")},
		"no file":      {Path: "gone.yaml", YAML: []byte(deployment)},
		"no generator": {By: "gone/kustomization.yaml", YAML: []byte(deployment)},
		"bomb":         {Path: "base/objects.yaml", YAML: []byte(bomb)},
	} {
		if got := origin.Kustomize(o, layers); got != nil {
			t.Errorf("%s: an object %s/%s", name, got.Kind, got.Name)
		}
	}
	o := origin.Kustomize(wire.Object{YAML: []byte(deployment), Path: "base/objects.yaml", Kind: "Deployment", Name: "gone"}, layers)
	expect(t, o.Node, `.metadata.name web base/objects.yaml:1 file`)
	hold(t, repo, o.Node, nil)
}

const bomb = `apiVersion: v1
kind: ConfigMap
a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]
`
