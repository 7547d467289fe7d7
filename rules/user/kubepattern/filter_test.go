package kubepattern

import (
	"fmt"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user/fields"
	"github.com/podcheck/podcheck/rules/user/object"
	"github.com/podcheck/podcheck/rules/user/strict"
)

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web, app.kubernetes.io/part-of: shop, empty: ""}
spec:
  replicas: 3
  paused: true
  minReadySeconds:
  selector: {matchLabels: {}}
  template:
    spec:
      hostAliases: []
      containers:
        - {name: app, image: "web:1", ports: [{containerPort: 80}, {containerPort: 443}], args: [--port, "80"], resources: {limits: {cpu: "2"}}}
        - {name: ship, image: "fluent-bit:3"}
`

func valueOf(t *testing.T, text string) map[string]any {
	t.Helper()
	v, ok := object.Of(manifest.Parse("a.yaml", []byte(text)).Objects[0])
	if !ok {
		t.Fatal("not decoded")
	}
	return v
}

// conditionOf reads a condition as definitions write them.
func conditionOf(f form, path, operator string, values ...string) (condition, []manifest.Problem) {
	text := fmt.Sprintf("apiVersion: v1\nkind: X\ncondition: {%s: %q, operator: %s, values: [%s]}\n", f.key, path, operator, strings.Join(values, ", "))
	file := manifest.Parse("a.yaml", []byte(text))
	r := &strict.Reader{File: file}
	c := f.condition(r, file.Documents[0].Root.Get("condition"), "matchAll", fields.Of("Deployment", "apps/v1"))
	return c, r.Problems
}

// TestOperators holds what each operator means for fields that are set, empty, absent and many.
func TestOperators(t *testing.T) {
	v := valueOf(t, deployment)
	const images, containers = "spec.template.spec.containers[*].image", "spec.template.spec.containers"
	for _, c := range []struct {
		path, operator string
		values         []string
		want           bool
	}{
		{"metadata.name", "EQUALS", []string{"web"}, true},
		{".metadata.name", "EQUALS", []string{"shop", "web"}, true},
		{"$.metadata.name", "EQUALS", []string{"we"}, false},
		{"metadata.labels['app.kubernetes.io/part-of']", "EQUALS", []string{"shop"}, true},
		{`metadata.labels["app"]`, "EQUALS", []string{"web"}, true},
		{"metadata.annotations.x", "EQUALS", []string{"web"}, false},
		{"spec.replicas", "EQUALS", []string{`"3"`}, true},
		{"spec.paused", "EQUALS", []string{`"true"`}, true},
		{images, "EQUALS", []string{"fluent-bit:3"}, true},
		{containers + "[0].image", "EQUALS", []string{"fluent-bit:3"}, false},
		{containers + "[7].image", "EXISTS", nil, false},
		{containers + "[*].args", "EQUALS", []string{"--port"}, true},
		{"metadata.name", "NOT_EQUALS", []string{"web"}, false},
		{"metadata.name", "NOT_EQUALS", []string{"shop"}, true},
		{"metadata.namespace", "NOT_EQUALS", []string{"shop"}, true},
		{"metadata.name", "CONTAINS", []string{"eb"}, true},
		{"metadata.name", "CONTAINS", []string{"x"}, false},
		{containers + "[*].args", "CONTAINS", []string{"--port"}, true},
		{containers + "[*].args", "CONTAINS", []string{"--por"}, false},
		{"spec.paused", "EXISTS", nil, true},
		{"spec.minReadySeconds", "EXISTS", nil, false},
		{"spec.template.spec.containers[*].livenessProbe", "EXISTS", nil, false},
		{"spec.template.spec.containers[*].ports", "EXISTS", nil, true},
		{"spec.paused", "NOT_EXISTS", nil, false},
		{"spec.revisionHistoryLimit", "NOT_EXISTS", nil, true},
		{"metadata.labels.empty", "IS_EMPTY", nil, true},
		{"metadata.labels.app", "IS_EMPTY", nil, false},
		{"metadata.annotations", "IS_EMPTY", nil, true},
		{"spec.selector.matchLabels", "IS_EMPTY", nil, true},
		{"spec.template.spec.hostAliases", "IS_EMPTY", nil, true},
		{containers, "IS_EMPTY", nil, false},
		{"spec.minReadySeconds", "IS_EMPTY", nil, true},
		{"spec.replicas", "GREATER_THAN", []string{"2"}, true},
		{"spec.replicas", "GREATER_THAN", []string{"3"}, false},
		{"spec.replicas", "GREATER_OR_EQUAL", []string{"3"}, true},
		{"spec.replicas", "GREATER_OR_EQUAL", []string{"3.5"}, false},
		{"spec.replicas", "LESS_THAN", []string{"3"}, false},
		{"spec.replicas", "LESS_THAN", []string{"4"}, true},
		{"spec.replicas", "LESS_OR_EQUAL", []string{"3"}, true},
		{"spec.replicas", "LESS_OR_EQUAL", []string{"2"}, false},
		{containers + "[*].ports[*].containerPort", "GREATER_THAN", []string{"400"}, true},
		{containers + "[*].resources.limits.cpu", "LESS_THAN", []string{"3"}, true},
		{"metadata.name", "LESS_THAN", []string{"3"}, false},
		{"spec.progressDeadlineSeconds", "LESS_THAN", []string{"3"}, false},
		{containers, "ARRAY_SIZE_EQUALS", []string{"2"}, true},
		{containers + "[*]", "ARRAY_SIZE_EQUALS", []string{"2"}, true},
		{containers, "ARRAY_SIZE_EQUALS", []string{"1"}, false},
		{containers, "ARRAY_SIZE_GREATER_THAN", []string{"1"}, true},
		{containers, "ARRAY_SIZE_GREATER_THAN", []string{"2"}, false},
		{containers, "ARRAY_SIZE_GREATER_OR_EQUAL", []string{"2"}, true},
		{containers, "ARRAY_SIZE_GREATER_OR_EQUAL", []string{"3"}, false},
		{containers, "ARRAY_SIZE_LESS_THAN", []string{"3"}, true},
		{containers, "ARRAY_SIZE_LESS_THAN", []string{"2"}, false},
		{containers, "ARRAY_SIZE_LESS_OR_EQUAL", []string{"2"}, true},
		{containers, "ARRAY_SIZE_LESS_OR_EQUAL", []string{"1"}, false},
		{containers + "[*].ports", "ARRAY_SIZE_EQUALS", []string{"2"}, true},
		{"spec.template.spec.volumes", "ARRAY_SIZE_LESS_THAN", []string{"9"}, false},
	} {
		for _, f := range []form{publishedForm, resourceForm} {
			condition, problems := conditionOf(f, c.path, c.operator, c.values...)
			if len(problems) > 0 {
				t.Errorf("%s %s %v: %s", c.path, c.operator, c.values, problems[0].Message)
				continue
			}
			if got := condition.holds(v); got != c.want {
				t.Errorf("%s %s %v: %v", c.path, c.operator, c.values, got)
			}
		}
	}
}

// TestOperatorWords holds that the older form may write operators in any case, and the newer one may not.
func TestOperatorWords(t *testing.T) {
	if _, problems := conditionOf(publishedForm, "metadata.name", "Equals", "web"); len(problems) > 0 {
		t.Error(problems[0].Message)
	}
	if _, problems := conditionOf(resourceForm, "metadata.name", "Equals", "web"); len(problems) != 1 || !strings.Contains(problems[0].Message, `did you mean "EQUALS"?`) {
		t.Error(problems)
	}
	if _, problems := conditionOf(resourceForm, "spec.replicas", "ARRAY_SIZE_EQUALS", "1"); len(problems) != 1 || !strings.Contains(problems[0].Message, "needs a list") {
		t.Error(problems)
	}
}

// TestFilters holds how groups combine, and that an empty one asks for nothing.
func TestFilters(t *testing.T) {
	yes, no := condition{path: path{{key: "a"}}, operator: "EXISTS"}, condition{path: path{{key: "b"}}, operator: "EXISTS"}
	v := map[string]any{"a": int64(1)}
	for _, c := range []struct {
		about string
		f     filters
		want  bool
	}{
		{"nothing", filters{}, true},
		{"all", filters{all: []condition{yes, yes}}, true},
		{"not all", filters{all: []condition{yes, no}}, false},
		{"any", filters{some: []condition{no, yes}}, true},
		{"not any", filters{some: []condition{no}}, false},
		{"none", filters{none: []condition{no}}, true},
		{"one of none", filters{none: []condition{no, yes}}, false},
		{"all groups", filters{all: []condition{yes}, some: []condition{no, yes}, none: []condition{no}}, true},
	} {
		if c.f.match(v) != c.want {
			t.Error(c.about)
		}
	}
}

// TestPaths holds what can't be read as a path.
func TestPaths(t *testing.T) {
	for text, want := range map[string]string{
		"": "it is empty", "a.": "it ends with a dot", "a..b": "a name is missing", "a[b]": "[b] is not understood", "a[": "not closed", "a['b": "not closed",
		"a['']": "not closed", "a[-1]": "not understood", "a b": "no name of a field", "a.*": "no name of a field", strings.Repeat("a.", 100) + "a": "more than 64 steps",
	} {
		if _, err := parsePath(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
