package origin_test

import (
	"testing"

	"github.com/podcheck/podcheck/review/render/origin"
	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

const web = `
-- base/kustomization.yaml --
resources: [web.yaml]
-- base/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: app
        image: shop/web:1.0
        args: [serve, --verbose]
        envFrom:
        - configMapRef:
            name: settings
        ports:
        - containerPort: 8080
      - name: shipper
        image: fluent/fluent-bit:3.0
        env:
        - name: LEVEL
          value: info
      volumes:
      - name: logs
        emptyDir: {}
`

// placing is a rendered object and the places that its nodes must have.
type placing struct{ files, rendered, want string }

func (test placing) run(t *testing.T) {
	repo := parseRepository(test.files)
	layers := origin.NewLayers(origin.Build{Name: "overlay", Dir: "overlay", File: repo.file})
	o := origin.Kustomize(wire.Object{YAML: []byte(test.rendered), Path: "base/web.yaml", Kind: "Deployment", Name: "web"}, layers)
	if o == nil {
		t.Fatal("no object")
	}
	expect(t, o.Node, test.want)
	hold(t, repo, o.Node, nil)
	if o.Source != repo["base/web.yaml"].Objects[0] || o.File != repo["base/web.yaml"] || o.Root != "overlay" || o.Document != o.Source.Document {
		t.Errorf("the object is of %s, root %q", o.File.Path, o.Root)
	}
}

func TestPlacesOfBasesAndPatches(t *testing.T) {
	for name, test := range map[string]placing{
		"base alone": {
			files: web + `
-- overlay/kustomization.yaml --
resources: [../base]
`,
			rendered: `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: app
        args: [serve, --verbose]
      - name: shipper
        env:
        - name: LEVEL
          value: info
      volumes:
      - name: logs
        emptyDir: {}
`,
			want: `
.kind Deployment base/web.yaml:2 exact =
.spec.replicas 1 base/web.yaml:6 exact =
.spec.template.spec.containers [] base/web.yaml:10 exact =
.spec.template.spec.containers[0] {} base/web.yaml:10 exact =
.spec.template.spec.containers[0].args[1] --verbose base/web.yaml:12 exact =
.spec.template.spec.containers[1].env[0].value info base/web.yaml:22 exact =
.spec.template.spec.volumes[0].emptyDir {} base/web.yaml:25 exact =
`,
		},
		"a strategic merge patch in a file": {
			files: web + `
-- overlay/kustomization.yaml --
resources: [../base]
patches:
- path: more.yaml
-- overlay/more.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: proxy
        image: envoy:1
      - name: app
        args: [serve]
        resources:
          limits:
            memory: 1Gi
      - name: shipper
        env:
        - name: LEVEL
          value: debug
`,
			rendered: `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: proxy
        image: envoy:1
      - name: app
        image: shop/web:1.0
        args: [serve]
        resources:
          limits:
            memory: 1Gi
      - name: shipper
        env:
        - name: LEVEL
          value: debug
`,
			want: `
.metadata.name web base/web.yaml:4 exact =
.spec.template.spec.containers [] base/web.yaml:10 exact =
.spec.template.spec.containers[0] {} overlay/more.yaml:9 exact =
.spec.template.spec.containers[0].name proxy overlay/more.yaml:9 exact =
.spec.template.spec.containers[1] {} base/web.yaml:10 exact =
.spec.template.spec.containers[1].name app base/web.yaml:10 exact =
.spec.template.spec.containers[1].image shop/web:1.0 base/web.yaml:11 exact =
.spec.template.spec.containers[1].args [] overlay/more.yaml:12 exact =
.spec.template.spec.containers[1].args[0] serve overlay/more.yaml:12 exact =
.spec.template.spec.containers[1].resources {} overlay/more.yaml:14 exact =
.spec.template.spec.containers[1].resources? resources overlay/more.yaml:13 exact =
.spec.template.spec.containers[1].image? image base/web.yaml:11 exact =
.spec.template.spec.containers[2].env[0].name LEVEL base/web.yaml:21 exact =
.spec.template.spec.containers[2].env[0].value debug overlay/more.yaml:19 exact =
`,
		},
		"a patch in the text of a kustomization": {
			files: web + `
-- overlay/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: Deploy.*, name: w.b}
  patch: |-
    - op: replace
      path: /spec/replicas
      value: 3

    - op: add
      path: /spec/template/spec/containers/-
      value:
        name: debug
        image: busybox
- patch: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec: {minReadySeconds: 5}
- target: {kind: Deployment, name: we}
  patch: |-
    - {op: replace, path: /spec/replicas, value: 3}
`,
			rendered: `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  minReadySeconds: 5
  replicas: 3
  template:
    spec:
      containers:
      - name: app
        image: shop/web:1.0
      - name: shipper
      - name: debug
        image: busybox
`,
			want: `
.spec.minReadySeconds 5 overlay/kustomization.yaml:18 exact
.spec.replicas 3 overlay/kustomization.yaml:7 exact
.spec.replicas? replicas overlay/kustomization.yaml:6 exact
.spec.template.spec.containers[1] {} base/web.yaml:18 exact =
.spec.template.spec.containers[2] {} overlay/kustomization.yaml:12 exact
.spec.template.spec.containers[2].image busybox overlay/kustomization.yaml:13 exact
`,
		},
		"a patch in folded text": {
			files: web + `
-- overlay/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: Deployment}
  patch: "[{op: replace, path: /spec/replicas, value: 3}]"
`,
			rendered: `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
`,
			want: `
.spec {} base/web.yaml:6 exact =
.spec.replicas 3 overlay/kustomization.yaml:4 enclosing
`,
		},
		"the old lists of patches": {
			files: web + `
-- overlay/kustomization.yaml --
bases: [../base]
patchesStrategicMerge:
- wait.yaml
- |-
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec: {paused: true}
patchesJson6902:
- target: {group: apps, version: v1, kind: Deployment, name: web}
  path: ops.yaml
-- overlay/wait.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {minReadySeconds: 5}
-- overlay/ops.yaml --
- op: replace
  path: /spec/template/spec/containers/1/env/0/value
  value: warn
`,
			rendered: `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  minReadySeconds: 5
  paused: true
  template:
    spec:
      containers:
      - name: app
      - name: shipper
        env:
        - name: LEVEL
          value: warn
`,
			want: `
.spec.minReadySeconds 5 overlay/wait.yaml:4 exact =
.spec.paused true overlay/kustomization.yaml:8 exact
.spec.template.spec.containers[1].env[0].value warn overlay/ops.yaml:3 exact =
`,
		},
		"what a patch replaces": {
			files: web + `
-- overlay/kustomization.yaml --
resources: [../base]
patches:
- path: anew.yaml
-- overlay/anew.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - $patch: replace
      - name: app
        image: shop/web:1.0
`,
			rendered: `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: app
        image: shop/web:1.0
`,
			want: `
.spec.template.spec.containers [] overlay/anew.yaml:8 exact =
.spec.template.spec.containers[0].name app overlay/anew.yaml:9 exact =
.spec.template.spec.containers[0].image shop/web:1.0 overlay/anew.yaml:10 exact =
`,
		},
	} {
		t.Run(name, test.run)
	}
}

// The columns of text within a scalar are known as its lines are.
func TestSpansWithinText(t *testing.T) {
	repo := parseRepository(web + `
-- overlay/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: Deployment}
  patch: |-
     - {op: add, path: /spec/paused, value: true}

     # é
     - {op: add, path: /spec/strategy, value: {type: "Recreate"}}
`)
	layers := origin.NewLayers(origin.Build{Name: "overlay", Dir: "overlay", File: repo.file})
	o := origin.Kustomize(wire.Object{YAML: []byte(deployment + "spec: {paused: true, strategy: {type: Recreate}}\n"), Path: "base/web.yaml", Kind: "Deployment", Name: "web"}, layers)
	for text, n := range map[string]*manifest.Node{"true": o.Node.Get("spec", "paused"), `"Recreate"`: o.Node.Get("spec", "strategy", "type")} {
		if is := string(n.File.Data[n.Span.Start.Offset:n.Span.End.Offset]); is != text || n.File != repo["overlay/kustomization.yaml"] {
			t.Errorf("the text of %q is %q of %s", n.Value, is, n.File.Path)
		}
	}
}
