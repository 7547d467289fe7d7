package engine

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/podcheck/podcheck/review/render/wire"
)

// filesOf are the files of a txtar text.
func filesOf(text string) map[string][]byte {
	files := map[string][]byte{}
	for _, f := range txtar.Parse([]byte(text)).Files {
		files[f.Name] = f.Data
	}
	return files
}

// served sends a request through Serve, as the child does.
func served(t *testing.T, request wire.Request) wire.Response {
	t.Helper()
	if request.Version == 0 {
		request.Version = 33
	}
	in, err := request.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Serve(bytes.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	response, err := wire.ReadResponse(&out)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func kustomized(t *testing.T, dir, tree string) wire.Response {
	t.Helper()
	return served(t, wire.Request{Files: filesOf(tree), Kustomize: &wire.Kustomize{Dir: dir}})
}

// expect compares line by line, blanks at the ends left out.
func expect(t *testing.T, got, want string) {
	t.Helper()
	if got, want := strings.TrimSpace(got), strings.TrimSpace(want); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// where says of each object where it comes from.
func where(objects []wire.Object) string {
	var b strings.Builder
	for _, o := range objects {
		fmt.Fprintf(&b, "path %q by %q: %s %s %s\n", o.Path, o.By, o.Kind, o.Namespace, o.Name)
	}
	return b.String()
}

func text(objects []wire.Object) string {
	var all []string
	for _, o := range objects {
		all = append(all, string(o.YAML))
	}
	return strings.Join(all, "---\n")
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: app
        image: nginx:1
        envFrom:
        - configMapRef: {name: settings}
      - name: log
        image: fluent:1
`

func TestAnOverlayWithEveryTransformer(t *testing.T) {
	r := kustomized(t, "overlays/prod", `
-- base/kustomization.yaml --
resources: [web.yaml, more.yaml]
configMapGenerator:
- name: settings
  literals: [a=b]
-- base/web.yaml --
`+deployment+`
-- base/more.yaml --
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: web}}
- {apiVersion: v1, kind: Service, metadata: {name: gone}}
---
# only a comment
---
apiVersion: v1
kind: Service
metadata: {name: third, annotations: &a {x: "1"}, labels: *a}
-- component/kustomization.yaml --
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {template: {spec: {hostNetwork: true}}}
-- overlays/prod/kustomization.yaml --
resources: [../../base]
components: [../../component]
namespace: shop
namePrefix: p-
nameSuffix: -s
labels: [{pairs: {team: one}, includeTemplates: true}]
commonAnnotations: {by: hand}
images: [{name: nginx, newName: registry/nginx, newTag: "2"}]
replicas: [{name: web, count: 3}]
patches:
- path: merge.yaml
- target: {kind: Deployment}
  patch: |-
    - {op: add, path: /spec/paused, value: true}
- patch: |-
    apiVersion: v1
    kind: Service
    metadata: {name: gone}
    $patch: delete
patchesStrategicMerge:
- |-
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec: {minReadySeconds: 5}
patchesJson6902:
- target: {version: v1, kind: Service, name: web}
  path: json.yaml
replacements:
- source: {kind: Service, name: web, fieldPath: spec.type}
  targets: [{select: {kind: Deployment}, fieldPaths: [metadata.annotations.type], options: {create: true}}]
-- overlays/prod/merge.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: log, image: "fluent:2"}]}}}
-- overlays/prod/json.yaml --
- {op: add, path: /spec, value: {type: NodePort}}
`)
	if r.Error != "" {
		t.Fatal(r.Error)
	}
	expect(t, where(r.Objects), `
path "base/web.yaml" by "": Deployment  web
path "base/more.yaml" by "": Service  third
path "base/more.yaml" by "": Service  web
path "" by "base/kustomization.yaml": ConfigMap shop p-settings-s-4h2mbtbbt6
`)
	expect(t, string(r.Objects[0].YAML), `
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    by: hand
    type: NodePort
  labels:
    team: one
  name: p-web-s
  namespace: shop
spec:
  minReadySeconds: 5
  paused: true
  replicas: 3
  template:
    metadata:
      annotations:
        by: hand
      labels:
        team: one
    spec:
      containers:
      - image: fluent:2
        name: log
      - envFrom:
        - configMapRef:
            name: p-settings-s-4h2mbtbbt6
        image: registry/nginx:2
        name: app
      hostNetwork: true
`)
}

// TestOriginsWhereAPatchReplacesTheAnnotations holds that origins are found beside the build, whose result has nothing of that.
func TestOriginsWhereAPatchReplacesTheAnnotations(t *testing.T) {
	r := kustomized(t, "k", `
-- k/kustomization.yaml --
namePrefix: x-
resources: [two.yaml]
patches:
- target: {name: one}
  patch: |-
    - {op: add, path: /metadata/annotations, value: {only: this}}
-- k/two.yaml --
apiVersion: v1
kind: Service
metadata: {name: one}
---
apiVersion: v1
kind: Service
metadata: {name: two}
`)
	expect(t, where(r.Objects), `
path "k/two.yaml" by "": Service  one
path "k/two.yaml" by "": Service  two
`)
	expect(t, text(r.Objects), `
apiVersion: v1
kind: Service
metadata:
  annotations:
    only: this
  name: x-one
---
apiVersion: v1
kind: Service
metadata:
  name: x-two
`)
}

// TestTheCleanBuildDecides holds that what follows objects through a build can't make one succeed.
func TestTheCleanBuildDecides(t *testing.T) {
	r := kustomized(t, "k", `
-- k/kustomization.yaml --
resources: [one.yaml]
patches:
- target: {name: one}
  patch: |-
    - {op: test, path: /metadata/annotations/config.kubernetes.io~1origin, value: "path: one.yaml\n"}
-- k/one.yaml --
apiVersion: v1
kind: Service
metadata: {name: one}
`)
	if len(r.Objects) > 0 || r.Error == "" {
		t.Errorf("%+v", r)
	}
}

func TestFieldsLaidOver(t *testing.T) {
	r := served(t, wire.Request{Files: filesOf(`
-- k/kustomization.yaml --
namePrefix: base-
resources: [web.yaml]
images: [{name: nginx, newName: mine/nginx, digest: "sha256:0000000000000000000000000000000000000000000000000000000000000000"}]
labels: [{pairs: {a: "1"}}]
-- k/web.yaml --
` + deployment), Kustomize: &wire.Kustomize{Dir: "k", Over: []byte(`
namePrefix: over-
namespace: there
images: [{name: nginx, newTag: "7"}, {name: fluent, newTag: "8"}]
labels: [{pairs: {b: "2"}}]
`)}})
	got := text(r.Objects)
	for _, want := range []string{"name: over-web\n", "namespace: there\n", "image: mine/nginx:7\n", "image: fluent:8\n", `a: "1"`, `b: "2"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s%s", want, got, r.Error)
		}
	}
	expect(t, where(r.Objects), `path "k/web.yaml" by "": Deployment  web`)
}

func TestAGeneratedKustomization(t *testing.T) {
	files := `
-- apps/web.yaml --
` + deployment + `
-- apps/.sops.yaml --
creation_rules: [{unencrypted_suffix: x}]
-- apps/values.txt --
no manifest
-- apps/sub/svc.yml --
apiVersion: v1
kind: Service
metadata: {name: svc}
-- apps/own/kustomization.yaml --
nameSuffix: -own
resources: [x.yaml]
-- apps/own/x.yaml --
apiVersion: v1
kind: Service
metadata: {name: x}
-- apps/own/unlisted.yaml --
apiVersion: v1
kind: Service
metadata: {name: unlisted}
-- elsewhere.yaml --
apiVersion: v1
kind: Service
metadata: {name: elsewhere}
`
	r := served(t, wire.Request{Files: filesOf(files), Kustomize: &wire.Kustomize{Dir: "apps", Generate: true}})
	expect(t, where(r.Objects), `
path "apps/own/x.yaml" by "": Service  x
path "apps/sub/svc.yml" by "": Service  svc
path "apps/web.yaml" by "": Deployment  web
`)
	r = served(t, wire.Request{Files: filesOf(files), Kustomize: &wire.Kustomize{Dir: "apps"}})
	expect(t, r.Error, "there is no kustomization in apps")
	r = served(t, wire.Request{Files: filesOf(files + "-- apps/broken.yaml --\na: [\n"), Kustomize: &wire.Kustomize{Dir: "apps", Generate: true}})
	if !strings.HasPrefix(r.Error, "apps/broken.yaml:1: ") {
		t.Errorf("error %q", r.Error)
	}
}

func TestSubstitution(t *testing.T) {
	r := served(t, wire.Request{Files: filesOf(`
-- kustomization.yaml --
resources: [all.yaml]
-- all.yaml --
apiVersion: v1
kind: Service
metadata: {name: "${name:=fallback}", annotations: {host: "${host}.${zone:=local}", none: "x${unknown}y", keep: "$${host}"}}
---
apiVersion: v1
kind: Service
metadata: {name: off, labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}, annotations: {host: "${host}"}}
`), Kustomize: &wire.Kustomize{Substitute: map[string]string{"host": "shop"}}})
	expect(t, text(r.Objects)+r.Error, `
apiVersion: v1
kind: Service
metadata:
  annotations:
    host: shop.local
    keep: ${host}
    none: xy
  name: fallback
---
apiVersion: v1
kind: Service
metadata:
  annotations:
    host: ${host}
  labels:
    kustomize.toolkit.fluxcd.io/substitute: disabled
  name: "off"
`)
}

// TestTheSameRequestGivesTheSameResponse holds that nothing random, no time and no order of a map gets into what is built.
func TestTheSameRequestGivesTheSameResponse(t *testing.T) {
	request := wire.Request{Files: filesOf(`
-- c/Chart.yaml --
apiVersion: v2
name: c
version: 0.1.0
-- c/templates/secret.yaml --
apiVersion: v1
kind: Secret
metadata: {name: "{{ randAlphaNum 8 }}", labels: {at: "{{ now | unixEpoch }}", id: {{ uuidv4 }}}}
stringData:
  {{- $ca := genCA "x" 1 }}
  {{- $cert := genSignedCert "x" nil nil 1 $ca }}
  ca: {{ $ca.Cert | quote }}
  key: {{ $cert.Key | quote }}
  h: {{ htpasswd "u" "p" | quote }}
`), Helm: &wire.Helm{Chart: "c"}}
	first, second := served(t, request), served(t, request)
	if first.Error != "" || text(first.Objects) != text(second.Objects) {
		t.Errorf("%s\n%s\n%s", first.Error, text(first.Objects), text(second.Objects))
	}
	if len(first.Objects) != 1 || first.Objects[0].Lines == nil {
		t.Errorf("no lines of %+v", first.Objects)
	}
}
