package engine

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review/render/wire"
)

func helmed(t *testing.T, h wire.Helm, tree string) wire.Response {
	t.Helper()
	return served(t, wire.Request{Files: filesOf(tree), Helm: &h})
}

// numbered is an object's text with the template's line before each of its own.
func numbered(objects []wire.Object) string {
	var b strings.Builder
	for _, o := range objects {
		b.WriteString("# " + o.Template + "\n")
		i := 0
		for line := range strings.Lines(string(o.YAML)) {
			if strings.TrimSpace(line) != "" {
				n := -1
				if o.Lines != nil {
					n = o.Lines[i]
				}
				fmt.Fprintf(&b, "%d %s", n, line)
			}
			i++
		}
	}
	return b.String()
}

const webChart = `
-- charts/web/Chart.yaml --
apiVersion: v2
name: web
version: 0.1.0
dependencies:
- {name: cache, version: "1.x", alias: store, condition: store.enabled}
- {name: shared, version: 0.1.0, repository: "file://../shared"}
- {name: far, version: 3.0.0, repository: "https://charts.example", condition: far.enabled}
-- charts/shared/Chart.yaml --
apiVersion: v2
name: shared
type: library
version: 0.1.0
-- charts/shared/templates/_all.tpl --
{{- define "shared.labels" }}
app: {{ .Chart.Name }}
release: {{ .Release.Name }}
{{- end }}
-- charts/web/charts/cache/Chart.yaml --
apiVersion: v2
name: cache
version: 1.2.3
-- charts/web/charts/cache/values.yaml --
port: 1
-- charts/web/charts/cache/templates/svc.yaml --
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}-{{ .Chart.Name }}
spec:
  ports:
  - port: {{ .Values.port }}
    name: {{ .Values.global.tier }}
-- charts/web/values.yaml --
image: nginx
far: {enabled: false}
store: {enabled: true, port: 2}
global: {tier: t}
resources:
  limits:
    cpu: 1
ports: [http, https]
-- charts/web/.helmignore --
*.orig.yaml
-- charts/web/templates/skip.orig.yaml --
not: [rendered
-- charts/web/templates/NOTES.txt --
Thanks for {{ .Chart.Name }}.
-- charts/web/crds/crd.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: x}
-- charts/web/templates/_helpers.tpl --
{{- define "web.name" -}}
{{ printf "%s-%s" .Release.Name "web" | trunc 63 }}
{{- end -}}
{{- define "web.sidecar" }}
      - name: log
        image: fluent
{{- end }}
-- charts/web/templates/web.yaml --
{{- /* a comment */ -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "web.name" . }}
  labels:
    {{- include "shared.labels" . | nindent 4 }}
  annotations:
    checksum: {{ include (print $.Template.BasePath "/cm.yaml") . | sha256sum }}
spec:
  {{- $image := .Values.image }}
  {{- if eq (include "web.name" .) "shop-web" }}
  paused: true
  {{- else }}
  paused: false
  {{- end }}
  template:
    spec:
      containers:
      - name: app
        image: "{{ $image }}:{{ .Values.tag | default "1" }}"
        {{- with .Values.resources }}
        resources:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        ports:
        {{- range $i, $name := .Values.ports }}
        - name: {{ $name }}
          containerPort: {{ add 80 $i }}
        {{- end }}
        command: ["sh",
          "-c", {{ .Values.none | quote }}]
      {{- template "web.sidecar" . }}
{{ if .Capabilities.APIVersions.Has "autoscaling/v2" -}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: {{ include "web.name" . }}, labels: {kube: "{{ .Capabilities.KubeVersion.Minor }}"}}
{{- end }}
-- charts/web/templates/cm.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: cm}
data:
  file: {{ .Files.Get "conf/a.txt" | quote }}
  outside: {{ .Files.Get "../../../../etc/passwd" | quote }}
  looked-up: {{ len (lookup "v1" "Secret" "" "") }}
  host: {{ getHostByName "localhost" | quote }}
-- charts/web/conf/a.txt --
hello
-- charts/web/templates/hooks.yaml --
apiVersion: v1
kind: Pod
metadata: {name: a-test, annotations: {helm.sh/hook: "test, test-failure"}}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {"helm.sh/hook": pre-upgrade}
--- # behind a comment
# nothing but a comment
`

// TestAChartLineByLine holds the line of a template for every line of every object.
func TestAChartLineByLine(t *testing.T) {
	r := helmed(t, wire.Helm{Chart: "charts/web", Release: "shop", Namespace: "prod"}, webChart)
	if r.Error != "" {
		t.Fatal(r.Error)
	}
	sum := sha256.Sum256(r.Objects[1].YAML) // of what the config map's template gives without a mark
	expect(t, numbered(r.Objects), strings.ReplaceAll(`
# charts/web/charts/cache/templates/svc.yaml
1 apiVersion: v1
2 kind: Service
3 metadata:
4   name: shop-store
5 spec:
6   ports:
7   - port: 2
8     name: t
# charts/web/templates/cm.yaml
1 apiVersion: v1
2 kind: ConfigMap
3 metadata: {name: cm}
4 data:
5   file: "hello\n"
6   outside: ""
7   looked-up: 0
8   host: ""
# charts/web/templates/hooks.yaml
5 apiVersion: batch/v1
6 kind: Job
7 metadata:
8   name: migrate
9   annotations: {"helm.sh/hook": pre-upgrade}
# charts/web/templates/web.yaml
2 apiVersion: apps/v1
3 kind: Deployment
4 metadata:
5   name: shop-web
6   labels:
7     app: web
7     release: shop
8   annotations:
9     checksum: CHECKSUM
10 spec:
13   paused: true
17   template:
18     spec:
19       containers:
20       - name: app
21         image: "nginx:1"
23         resources:
24           limits:
24             cpu: 1
26         ports:
28         - name: http
29           containerPort: 80
28         - name: https
29           containerPort: 81
31         command: ["sh",
32           "-c", ]
33       - name: log
33         image: fluent
# charts/web/templates/web.yaml
36 apiVersion: autoscaling/v2
37 kind: HorizontalPodAutoscaler
38 metadata: {name: shop-web, labels: {kube: "33"}}
`, "CHECKSUM", hex.EncodeToString(sum[:])))
}

func TestValuesGivenToAChart(t *testing.T) {
	r := helmed(t, wire.Helm{Chart: "c", Values: [][]byte{[]byte("a: {x: 1, v: 1}\nb: 1\n"), []byte("a: {v: 2}\nnull-ed: null\n")}, Set: []string{"a.z=3,list[0]=q", "b=4"}, SetString: []string{"s=5"}}, `
-- c/Chart.yaml --
apiVersion: v2
name: c
version: 0.1.0
-- c/values.yaml --
own: 9
null-ed: 1
a: {x: 0, w: 0}
-- c/templates/all.yaml --
{{ .Values | toJson }}
-- c/templates/release.yaml --
{{ .Release | toJson }}
`)
	expect(t, text(r.Objects)+r.Error, `{"a":{"v":2,"w":0,"x":1,"z":3},"b":4,"list":["q"],"own":9,"s":"5"}
---
{"IsInstall":true,"IsUpgrade":false,"Name":"release-name","Namespace":"default","Revision":1,"Service":"Helm"}`)
}

// TestWhatHelmCannotRender holds that what goes wrong is said with the template's place in the repository.
func TestWhatHelmCannotRender(t *testing.T) {
	chart := "-- d/c/Chart.yaml --\napiVersion: v2\nname: named\nversion: 0.1.0\n"
	template := func(s string) string { return chart + "-- d/c/templates/x.yaml --\n" + s + "\n" }
	for name, test := range map[string]struct{ tree, want string }{
		"no chart":              {"-- d/x --\n", "there is no chart in d/c"},
		"no Chart.yaml":         {"-- d/c/values.yaml --\n", "Chart.yaml file is missing"},
		"a broken Chart.yaml":   {"-- d/c/Chart.yaml --\na: [\n", "d/c/Chart.yaml: cannot load Chart.yaml"},
		"a library":             {"-- d/c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 0.1.0\ntype: library\n", "d/c/Chart.yaml: the chart is a library chart"},
		"required":              {template("\na: {{ required \"an image is needed\" .Values.image }}"), "d/c/templates/x.yaml:2:6: an image is needed"},
		"fail":                  {template("{{ fail \"not like this\" }}"), "d/c/templates/x.yaml:1:3: not like this"},
		"a broken template":     {template("\n{{ if }}"), "d/c/templates/x.yaml:2: missing value for if"},
		"an unknown function":   {template("{{ env \"HOME\" }}"), `function "env" not defined`},
		"a nil":                 {template("{{ .Values.a.b }}"), "d/c/templates/x.yaml"},
		"no YAML":               {template("a: [\n"), "d/c/templates/x.yaml: what the template gives from line 1 on is no valid YAML"},
		"includes itself":       {template(`{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}`), "nested reference name: x"},
		"a dependency far away": {"-- d/c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: redis, version: 1.0.0, repository: https://x}\n", "d/c/Chart.yaml: the chart needs redis 1.0.0, which is not below d/c/charts"},
		"a dependency outside":  {"-- d/c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: redis, version: 1.0.0, repository: 'file://../../../../etc'}\n", "d/c/Chart.yaml: the dependency redis should be in ../../etc, and there is no chart"},
		"depends on itself":     {"-- d/c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: x, version: 1.0.0, repository: 'file://.'}\n", "charts depend on each other more than 10 deep"},
		"against its schema":    {template("") + "-- d/c/values.schema.json --\n{\"required\": [\"image\"]}\n", "values.schema.json of the chart named"},
		"a schema that is none": {template("") + "-- d/c/values.schema.json --\n{\n", "values.schema.json of the chart named"},
		"broken values":         {template("") + "-- d/c/values.yaml --\na: [\n", "cannot load values.yaml"},
		"a broken archive":      {template("") + "-- d/c/charts/x-1.tgz --\nno archive\n", "unpacking charts/x-1.tgz"},
	} {
		t.Run(name, func(t *testing.T) {
			r := helmed(t, wire.Helm{Chart: "d/c"}, test.tree)
			if len(r.Objects) > 0 || !strings.Contains(r.Error, test.want) {
				t.Errorf("error %q, want %q", r.Error, test.want)
			}
		})
	}
}

func TestASchemaElsewhereIsNotFetched(t *testing.T) {
	r := helmed(t, wire.Helm{Chart: "c"}, "-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 0.1.0\n-- c/templates/x.yaml --\na: 1\n-- c/values.schema.json --\n{\"$ref\": \"file:///etc/passwd\"}\n")
	if r.Error != "" || len(r.Objects) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestAPackedDependency(t *testing.T) {
	files := filesOf("-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: sub, version: 1.0.0, repository: 'https://x'}]\n-- c/templates/x.yaml --\na: 1\n")
	files["c/charts/sub-1.0.0.tgz"] = packed(t, "sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n", "sub/templates/s.yaml", "b: {{ .Chart.Name }}\n")
	r := served(t, wire.Request{Files: files, Helm: &wire.Helm{Chart: "c"}})
	expect(t, numbered(r.Objects)+r.Error, "# c/charts/sub-1.0.0.tgz\n-1 b: sub\n# c/templates/x.yaml\n1 a: 1")
}

func packed(t *testing.T, pairs ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for i := 0; i < len(pairs); i += 2 {
		if err := archive.WriteHeader(&tar.Header{Name: pairs[i], Mode: 0o644, Size: int64(len(pairs[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAPostRenderer(t *testing.T) {
	r := helmed(t, wire.Helm{Chart: "c", Post: []byte("images: [{name: nginx, newTag: \"9\"}]\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    - {op: add, path: /spec/paused, value: true}\n")}, `
-- c/Chart.yaml --
apiVersion: v2
name: c
version: 0.1.0
-- c/templates/all.yaml --
apiVersion: v1
kind: Service
metadata: {name: web}
---
`+strings.ReplaceAll(deployment, "nginx:1", "{{ print \"nginx:1\" }}"))
	expect(t, numbered(r.Objects)+r.Error, `
# c/templates/all.yaml
1 apiVersion: v1
2 kind: Service
3 metadata:
3   name: web
# c/templates/all.yaml
5 apiVersion: apps/v1
6 kind: Deployment
7 metadata:
8   name: web
9 spec:
0   paused: true
10   template:
11     spec:
12       containers:
15       - envFrom:
16         - configMapRef:
16             name: settings
14         image: nginx:9
13         name: app
18       - image: fluent:1
17         name: log
`)
}

// TestLinesAreGivenOnlyWhenTheyHold holds that marks that change what is rendered are not believed.
func TestLinesAreGivenOnlyWhenTheyHold(t *testing.T) {
	chart := "-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 0.1.0\n-- c/templates/plain.yaml --\na: 1\n"
	for name, template := range map[string]string{
		"private characters of its own": "a: \U000F0010\n",
		"text before a brace":           "a: {{ define \"x\" }}{ {{- print 1 -}} }{{ end }}{{ template \"x\" . }}\n",
		"a value that can't be printed": "{{ $f := .Files }}a: 1\n",
		"every kind of action":          "{{ with $x := 1 }}a: {{ $x }}{{ else with 2 }}b{{ end }}\n{{ range $i, $e := list 1 2 3 }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ if gt $i 1 }}{{ break }}{{ end }}\nl{{ $i }}: {{ (dict \"k\" $e).k }}{{ end }}\n{{ block \"b\" . }}c: {{ .Chart.Name }}{{ end }}\n{{ $y := 1 }}{{ $y = 2 }}d: {{ $y }} {{- /* c */}}\ne: {{ 'a' }}{{ 0x10 }}{{ 1e3 }}{{ true }}{{ default \"n\" nil }}{{ `raw\\n` }}\nf: {{ .Values.none }}\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := helmed(t, wire.Helm{Chart: "c"}, chart+"-- c/templates/t.yaml --\n"+template)
			if r.Error != "" || len(r.Objects) != 2 {
				t.Fatalf("%+v", r)
			}
			for _, o := range r.Objects {
				if strings.ContainsRune(string(o.YAML), markStart) || strings.ContainsRune(string(o.YAML), markEnd) {
					t.Errorf("a mark was left in %q", o.YAML)
				}
				t.Logf("%s: lines %v of %q", o.Template, o.Lines, o.YAML)
			}
		})
	}
}
