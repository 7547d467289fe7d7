package origin_test

import "testing"

func TestPlacesOfOptionsAndAliases(t *testing.T) {
	for name, test := range map[string]placing{
		"options of a kustomization": {
			files: web + `
-- overlay/kustomization.yaml --
resources: [../base]
namespace: shop
namePrefix: prod-
commonLabels:
  tier: front
images:
- name: shop/web
  newTag: "2.0"
- name: fluent/fluent-bit
  newName: mirror/fluent-bit
replicas:
- name: web
  count: 4
replacements:
- source: {kind: ConfigMap, name: x}
`,
			rendered: `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: prod-web
  namespace: shop
  labels:
    tier: front
spec:
  replicas: 4
  selector:
    matchLabels:
      tier: front
  template:
    spec:
      containers:
      - name: app
        image: shop/web:2.0
        args: [serve, --quiet]
        envFrom:
        - configMapRef:
            name: prod-settings-7k6m2f4ht9
      - name: shipper
        image: mirror/fluent-bit:3.0
        env:
        - name: LEVEL
          value: replaced
`,
			want: `
.metadata.name prod-web base/web.yaml:4 exact
.metadata.namespace shop overlay/kustomization.yaml:2 exact =
.metadata.labels {} overlay/kustomization.yaml:5 exact =
.metadata.labels.tier front overlay/kustomization.yaml:5 exact =
.spec.replicas 4 overlay/kustomization.yaml:13 exact =
.spec.replicas? replicas overlay/kustomization.yaml:13 exact
.metadata.namespace? namespace overlay/kustomization.yaml:2 enclosing
.spec.selector {} base/web.yaml:6 enclosing
.spec.selector.matchLabels.tier front overlay/kustomization.yaml:5 exact =
.spec.template.spec.containers[0].image shop/web:2.0 base/web.yaml:11 exact
.spec.template.spec.containers[0].args[1] --quiet base/web.yaml:12 enclosing
.spec.template.spec.containers[0].envFrom[0].configMapRef.name prod-settings-7k6m2f4ht9 base/web.yaml:15 exact
.spec.template.spec.containers[1].image mirror/fluent-bit:3.0 overlay/kustomization.yaml:9 exact
.spec.template.spec.containers[1].env[0].value replaced base/web.yaml:21 enclosing
`,
		},
		"a namespace in a reference, and null": {
			files: web + `
-- overlay/kustomization.yaml --
resources: [../base]
namespace: shop
patches: [{path: more.yaml}]
-- overlay/more.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  subjects: [{namespace: other}]
  strategy:
`,
			rendered: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  subjects: [{namespace: shop}]
  strategy: null
  paused: null
`,
			want: `
.spec.subjects[0].namespace shop overlay/kustomization.yaml:2 exact =
.spec.strategy null base/web.yaml:6 enclosing
.spec.paused null base/web.yaml:6 enclosing
`,
		},
		"a component, and a patch of another object": {
			files: web + `
-- overlay/kustomization.yaml --
resources: [../base]
components: [../component]
patches:
- path: other.yaml
- path: last.yaml
-- overlay/other.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: other}
spec: {replicas: 7}
-- overlay/last.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {paused: true}
-- component/kustomization.yaml --
kind: Component
components: [../inner]
patches:
- path: many.yaml
-- inner/kustomization.yaml --
kind: Component
patches:
- path: wait.yaml
-- inner/wait.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {minReadySeconds: 3}
-- component/many.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 7, paused: true}
`,
			rendered: `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 7
  minReadySeconds: 3
  paused: true
`,
			want: `
.spec.minReadySeconds 3 inner/wait.yaml:4 exact =
.spec.replicas 7 component/many.yaml:4 exact =
.spec.paused true overlay/last.yaml:4 exact =
`,
		},
		"anchors and merge keys": {
			files: `
-- overlay/kustomization.yaml --
resources: [../base/web.yaml]
-- base/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: &name web
spec:
  template:
    spec:
      containers:
      - &app
        name: app
        image: *name
        resources: &small
          limits: {memory: 1Gi}
      - <<: *app
        name: shipper
      - name: third
        resources: *small
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
        image: web
      - name: shipper
        image: web
      - name: third
        resources:
          limits:
            memory: 1Gi
`,
			want: `
.spec.template.spec.containers[0].image web base/web.yaml:11 exact =
.spec.template.spec.containers[1] {} base/web.yaml:14 exact =
.spec.template.spec.containers[1].image web base/web.yaml:11 exact =
.spec.template.spec.containers[2].resources {} base/web.yaml:17 exact =
.spec.template.spec.containers[2].resources.limits.memory 1Gi base/web.yaml:13 exact =
`,
		},
	} {
		t.Run(name, test.run)
	}
}
