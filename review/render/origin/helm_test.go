package origin_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review/render/origin"
	"github.com/podcheck/podcheck/review/render/wire"
)

// traced reads rendered text whose lines begin with the line of the template, `12| text`.
func traced(template, text string) wire.Object {
	o := wire.Object{Template: template, Lines: []int{}}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		number, rest, _ := strings.Cut(line, "| ")
		n, err := strconv.Atoi(strings.TrimSpace(number))
		if err != nil {
			panic(err)
		}
		o.Lines = append(o.Lines, n)
		o.YAML = append(o.YAML, rest+"\n"...)
	}
	return o
}

const chart = `
-- chart/Chart.yaml --
name: web
dependencies: [{name: cache, alias: store}, {name: twice, alias: a}, {name: twice, alias: b}]
-- chart/values.yaml --
replicas: 1
image: {repository: shop/web, tag: "1.0"}
resources:
  limits:
    cpu: 100m
    memory: 64Mi
env:
- name: LEVEL
  value: info
- name: PORT
  value: "8080"
- name: COPY
  value: info
sidecars: []
extra: {}
ports: {http: 80, metrics: 9090}
store:
  size: 5
global: {zone: eu}
a: {size: 5}
zone: eu
-- chart/templates/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
      - name: app
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        imagePullPolicy: {{ default "Always" $.Values.policy | quote }}
        {{- with .Values.resources }}
        resources:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        env:
        {{- range .Values.env }}
        - name: {{ .name }}
          value: {{ .value | quote }}
        {{- end }}
        ports:
        {{- range $name, $port := .Values.ports }}
        - name: {{ $name }}
          containerPort: {{ $port }}
        {{- end }}
      {{- with .Values.sidecars }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
      {{- $pod := .Values.pod }}
      hostNetwork: {{ $pod.hostNetwork }}
      dnsPolicy: {{ index .Values "pod" "dns" }}
      hostname: {{ default .Values.global.zone .Values.zone }}
-- chart/charts/cache/Chart.yaml --
name: cache
-- chart/charts/cache/values.yaml --
size: 1
mode: ram
-- chart/charts/cache/templates/cache.yaml --
apiVersion: v1
kind: Service
metadata:
  name: cache
  labels: {size: "{{ .Values.size }}", mode: {{ .Values.mode }}}
  zone: {{ .Values.global.zone }}
-- chart/charts/twice/templates/twice.yaml --
size: {{ .Values.size }}
-- release.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  values:
    replicas: 3
    resources:
      limits:
        memory: 128Mi
    sidecars:
    - name: shipper
      image: fluent-bit:3
    - name: proxy
      image: envoy:1
    pod: {hostNetwork: true}
-- app.yaml --
spec:
  values: |
    policy: Never
    pod:
      dns: None
  parameters:
  - name: pod.dns
    value: Default
`

func TestHelmPlaces(t *testing.T) {
	repo := parseRepository(chart)
	sources := origin.NewSources("web", "chart", repo.file, []origin.Values{
		{Node: repo["chart/values.yaml"].Documents[0].Root},
		{Node: repo["release.yaml"].Documents[0].Root.Get("spec", "values")},
		{Node: repo["app.yaml"].Documents[0].Root.Get("spec", "values")},
		{Node: repo["app.yaml"].Documents[0].Root.Get("spec", "parameters").Seq()[0].Get("value"), Path: []string{"pod", "dns"}},
	})
	for name, test := range map[string]struct{ template, rendered, want string }{
		"a template": {
			template: "chart/templates/web.yaml",
			rendered: `
1| apiVersion: apps/v1
2| kind: Deployment
3| metadata:
4|   name: x-web
5| spec:
6|   replicas: 3
7|   template:
8|     spec:
9|       containers:
10|       - name: app
11|         image: "shop/web:1.0"
12|         imagePullPolicy: "Never"
14|         resources:
0|           limits:
0|             cpu: 100m
0|             memory: 128Mi
17|         env:
19|         - name: LEVEL
20|           value: "info"
19|         - name: PORT
20|           value: "8080"
19|         - name: COPY
20|           value: "info"
22|         ports:
24|         - name: http
25|           containerPort: 80
24|         - name: metrics
25|           containerPort: 9090
28|       - image: fluent-bit:3
28|         name: shipper
28|       - image: envoy:1
28|         name: proxy
31|       hostNetwork: true
32|       dnsPolicy: Default
33|       hostname: eu
`,
			want: `
.metadata.name x-web chart/templates/web.yaml:4 enclosing
.spec {} chart/templates/web.yaml:6 enclosing
.spec.replicas 3 release.yaml:6 exact =
.spec.template.spec.containers [] chart/templates/web.yaml:10 exact
.spec.template.spec.containers[0] {} chart/templates/web.yaml:10 exact
.spec.template.spec.containers[0].name app chart/templates/web.yaml:10 exact
.spec.template.spec.containers[0].image shop/web:1.0 chart/templates/web.yaml:11 enclosing
.spec.template.spec.containers[0].imagePullPolicy Never app.yaml:3 exact
.spec.template.spec.containers[0].resources {} release.yaml:8 exact =
.spec.template.spec.containers[0].resources? resources chart/templates/web.yaml:14 exact
.spec.template.spec.containers[0].resources.limits? limits release.yaml:8 exact =
.spec.template.spec.containers[0].resources.limits {} release.yaml:9 exact =
.spec.template.spec.containers[0].resources.limits.cpu 100m chart/values.yaml:5 exact =
.spec.template.spec.containers[0].resources.limits.memory 128Mi release.yaml:9 exact =
.spec.template.spec.containers[0].env[0].value info chart/values.yaml:9 exact =
.spec.template.spec.containers[0].env[2].value info chart/values.yaml:13 exact =
.spec.template.spec.containers[0].env[1].name PORT chart/values.yaml:10 exact =
.spec.template.spec.containers[0].ports[0].name http chart/templates/web.yaml:24 enclosing
.spec.template.spec.containers[0].ports[1].containerPort 9090 chart/values.yaml:16 exact =
.spec.template.spec.containers[1] {} release.yaml:11 exact =
.spec.template.spec.containers[1].image fluent-bit:3 release.yaml:12 exact =
.spec.template.spec.containers[2].name proxy release.yaml:13 exact =
.spec.template.spec.hostNetwork true release.yaml:15 exact =
.spec.template.spec.dnsPolicy Default app.yaml:8 exact =
.spec.template.spec.hostname eu chart/templates/web.yaml:33 enclosing
`,
		},
		"a subchart": {
			template: "chart/charts/cache/templates/cache.yaml",
			rendered: `
1| apiVersion: v1
2| kind: Service
3| metadata:
4|   name: cache
5|   labels: {size: 5, mode: ram}
6|   zone: eu
`,
			want: `
.metadata.name cache chart/charts/cache/templates/cache.yaml:4 exact
.metadata.labels.size 5 chart/values.yaml:18 exact =
.metadata.labels.mode ram chart/charts/cache/values.yaml:2 exact =
.metadata.zone eu chart/values.yaml:19 exact =
`,
		},
		"a subchart of two names": {
			template: "chart/charts/twice/templates/twice.yaml",
			rendered: `
0| apiVersion: v1
0| kind: Service
1| size: 5
`,
			want: `
.kind Service chart/charts/twice/templates/twice.yaml:1 file
.size 5 chart/charts/twice/templates/twice.yaml:1 enclosing
`,
		},
		"a packed subchart": {
			template: "chart/charts/gone/templates/gone.yaml",
			rendered: `
1| apiVersion: v1
2| kind: Service
`,
			want: `.kind Service chart/Chart.yaml:1 file`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := origin.Helm(traced(test.template, test.rendered), sources)
			if o == nil {
				t.Fatal("no object")
			}
			expect(t, o.Node, test.want)
			hold(t, repo, o.Node, nil)
			if o.Source != nil || o.Root != "web" || o.File == nil {
				t.Errorf("the object is of %v, root %q", o.File, o.Root)
			}
		})
	}
}

func TestHelmWithoutLines(t *testing.T) {
	repo := parseRepository(chart)
	sources := origin.NewSources("web", "chart", repo.file, nil)
	o := origin.Helm(wire.Object{Template: "chart/templates/web.yaml", YAML: []byte("apiVersion: v1\nkind: Pod\nspec: {containers: []}\n")}, sources)
	expect(t, o.Node, `.spec.containers [] chart/templates/web.yaml:1 file`)
	hold(t, repo, o.Node, nil)
}
