package cel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user/strict"
)

// loaded reads a rule with an expression and a message.
func loaded(expression, message string) (*analysis.Rule, []manifest.Problem) {
	return loadedWithin(standard, expression, message)
}

func loadedWithin(l limits, expression, message string) (*analysis.Rule, []manifest.Problem) {
	text := "name: r\nexpression: |\n  " + strings.ReplaceAll(expression, "\n", "\n  ") + "\nmessage: " + fmt.Sprintf("%q", message) + "\n"
	file := manifest.Parse("rule.yaml", []byte(text))
	r := &strict.Reader{File: file}
	return load(r, file.Documents[0].Root, l), r.Problems
}

// run runs a rule and returns its messages.
func run(t *testing.T, rule *analysis.Rule, manifests string) ([]string, error) {
	t.Helper()
	state := analysis.NewState([]*manifest.File{manifest.Parse("a.yaml", []byte(manifests))})
	var out []string
	err := rule.Run(&analysis.Pass{Rule: rule, State: state, Roles: analysis.NewRoles(nil), Report: func(f analysis.Finding) { out = append(out, f.Message) }})
	return out, err
}

const web = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: setup, image: "setup:1"}]
      containers:
        - {name: app, image: "web:1.5", env: [{name: LEVEL, value: "7"}], resources: {requests: {cpu: 0.5, memory: 1Gi}}}
  volumeClaimTemplates: [{metadata: {name: data}}]
`

// TestExpressions holds that expressions see manifests as the API server decodes them.
func TestExpressions(t *testing.T) {
	for _, expression := range []string{
		"workload.spec.replicas == 2", "workload.spec.replicas > 1.5", "has(workload.spec.replicas) && !has(workload.spec.paused)",
		"pod.kind == 'Pod' && pod.apiVersion == 'v1' && pod.metadata.name == 'web'",
		"pod.spec.volumes[0].persistentVolumeClaim.claimName == 'data-web-0'",
		"pod.metadata.labels['app'] == 'web' && pod.metadata.labels.app == 'web'",
		"pod.?metadata.?annotations[?'a'].orValue('none') == 'none'",
		"pod.spec.?securityContext.?runAsNonRoot.orValue(true)",
		"pod.spec.containers.all(c, c.resources.requests.cpu == 0.5)",
		"pod.spec.containers.map(c, c.name) == ['app'] && sets.contains(['app', 'b'], pod.spec.containers.map(c, c.name))",
		"int(pod.spec.containers[0].env[0].value) == 7 && 'web:1.5'.split(':')[1].startsWith('1.')",
		"container.name in ['setup', 'app']", "container.image.matches('^[a-z]+:[0-9.]+$')",
		"cel.bind(c, pod.spec.containers, c.size() == 1 && c[0].name == 'app')",
		"objects.size() == 1 && objects[0].kind == 'StatefulSet'",
		"pod.spec.containers.filter(c, has(c.env)).exists_one(c, c.env.exists(e, e.name == 'LEVEL'))",
		"pod.metadata.labels.all(k, v, k == 'app' && v == 'web')",
	} {
		rule, problems := loaded(expression, "no")
		if rule == nil {
			t.Errorf("%s: %s", expression, problems[0].Message)
			continue
		}
		if got, err := run(t, rule, web); err != nil || len(got) != 0 {
			t.Errorf("%s: %v %v", expression, got, err)
		}
		rule, problems = loaded("!("+expression+")", "no")
		if rule == nil {
			t.Errorf("%s: %s", expression, problems[0].Message)
			continue
		}
		if got, err := run(t, rule, web); err != nil || len(got) == 0 {
			t.Errorf("not %s: silent, %v", expression, err)
		}
	}
}

// TestRefused holds which expressions are not loaded.
func TestRefused(t *testing.T) {
	for expression, want := range map[string]string{
		"pod.spec.containers.all(c, has(c.resources.limit))":                          "ResourceRequirements has no field \"limit\"",
		"pod.spec.containers.filter(c, true)[0].imag == ''":                           "Container has no field \"imag\"",
		"pod.spec.?securityContext.?runAsNonRot.orValue(true)":                        "PodSecurityContext has no field \"runAsNonRot\"",
		"cel.bind(c, pod.spec.containers[0], c.imag == '')":                           "Container has no field \"imag\"",
		"pod.metadata.creationTimestamp != ''":                                        "only a cluster sets it",
		"workload.status.readyReplicas > 0":                                           "manifests have no status",
		"pod.spec.containers.image == ''":                                             "a list has no field",
		"pod.spec.nodeName.size == 1":                                                 "text and numbers have no field",
		"objects.all(a, objects.all(b, a == b))":                                      "too expensive",
		"objects.all(a, a.spec.x.all(x, x.y.all(y, y.z.all(z, z.a.all(b, b == a)))))": "too expensive",
		"pods.size() == 1":                                                            `did you mean "pod"?`,
		"pod.spec.containers[0].name":                                                 "",
		"'a' + 'b'":                                                                   "must say what holds",
		"1 +":                                                                         "ends before it is complete",
		"pod.spec.containers.exists(c, c.volumeMounts.exists(m, m.mountpath == '/'))": `did you mean "mountPath"?`,
		"(has(pod.spec.hostPID) ? pod.spec.containers : pod.spec.initContainers)[0].x == 1": "Container has no field \"x\"",
	} {
		rule, problems := loaded(expression, "m")
		if want == "" {
			if rule == nil {
				t.Errorf("%s: %v", expression, problems[0].Message)
			}
			continue
		}
		if rule != nil || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%s: %v", expression, problems)
		}
	}
}

// TestPlaces holds that a fault in an expression has its line and column in the file.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
	}{
		{"name: a\nmessage: m\nexpression: |\n  has(pod.spec) &&\n    has(pod.spec.foo)\n", 5, 8},
		{"name: a\nmessage: m\nexpression: has(pod.spec.foo)\n", 3, 16},
		{"name: a\nmessage: m\nexpression: \"has(pod.spec.foo)\"\n", 3, 17},
		{"name: a\nmessage: m\nexpression: >-\n  has(pod.spec) &&\n  has(pod.spec.foo)\n", 3, 13},
		{"name: a\nexpression: \"true\"\nmessage: \"é {{pod.metadata.name}} {{pod.spec.foo}}\"\n", 3, 46},
		{"name: a\nexpression: \"true\"\nmessage: |\n  one\n  two {{pod.spec.foo}}\n", 5, 17},
		{"name: a\nmessage: m\nexpression: \"'\\u00e9' == pod.spec.foo\"\n", 3, 13},
	} {
		file := manifest.Parse("rule.yaml", []byte(c.text))
		r := &strict.Reader{File: file}
		if Load(r, file.Documents[0].Root) != nil || len(r.Problems) != 1 {
			t.Errorf("%q: %v", c.text, r.Problems)
			continue
		}
		if at := r.Problems[0].Span.Start; at.Line != c.line || at.Column != c.column {
			t.Errorf("%q: %d:%d, want %d:%d", c.text, at.Line, at.Column, c.line, c.column)
		}
	}
}

// TestMessages holds how placeholders are filled in.
func TestMessages(t *testing.T) {
	rule, problems := loaded("container.name != 'app'", "a {{ container.name }}\n  {{pod.metadata.labels}} {{container.env}} {{container.workingDir}} {{1 + 1}} {{true}} {{container.resources.requests.cpu}} {{type(pod)}}")
	if rule == nil {
		t.Fatal(problems[0].Message)
	}
	got, err := run(t, rule, web)
	if want := "a app app name, value (not set) 2 true 0.5 map"; err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%q, %v", got, err)
	}
}

// manyContainers has one Pod with so many containers that looping over them twice is more than an expression may cost.
func manyContainers(n int) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {name: c%d, image: x}\n", i)
	}
	return b.String()
}

// TestCostAtRunTime holds that an expression which is cheap by its estimate can't run for long on absurd manifests.
func TestCostAtRunTime(t *testing.T) {
	tight := limits{estimate: standard.estimate, evaluation: 100_000, run: 300_000}
	for _, c := range []struct{ about, expression, want string }{
		{"one evaluation", "pod.spec.containers.all(a, pod.spec.containers.all(b, a.name != b.name || a == b))", "a.yaml:3: Pod/a: the expression is too expensive for these manifests"},
		{"many evaluations", "pod.spec.containers.all(b, container.name != b.name || container == b)", "stopped at Pod/a after 300000 steps"},
	} {
		rule, problems := loadedWithin(tight, c.expression, "m")
		if rule == nil {
			t.Fatal(problems[0].Message)
		}
		if got, err := run(t, rule, manyContainers(1000)); err == nil || !strings.Contains(err.Error(), c.want) || len(got) != 0 {
			t.Errorf("%s: %d findings, %v", c.about, len(got), err)
		}
	}
}
