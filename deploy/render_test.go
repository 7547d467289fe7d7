package deploy_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/yaml"
)

const chartDir = "chart/podcheck"

// rendered is what an installation would create.
type rendered struct {
	text    string // all documents
	notes   string
	objects []runtime.Object
}

// install renders the chart for a release in the namespace "tools", as `helm template` does: missing fields of the values are errors.
func install(t *testing.T, release, values string) (rendered, error) {
	t.Helper()
	chart, err := loader.Load(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	if err := chart.Validate(); err != nil {
		t.Fatal(err)
	}
	options := common.ReleaseOptions{Name: release, Namespace: "tools", Revision: 1, IsInstall: true}
	scope, err := util.ToRenderValues(chart, decode[map[string]any](t, values), options, common.DefaultCapabilities)
	if err != nil {
		return rendered{}, err
	}
	files, err := engine.Engine{Strict: true}.RenderWithContext(t.Context(), chart, scope)
	if err != nil {
		return rendered{}, err
	}
	var out rendered
	for _, name := range slices.Sorted(maps.Keys(files)) {
		switch {
		case path.Base(name) == "NOTES.txt":
			out.notes = files[name]
		case path.Ext(name) == ".yaml":
			out.text += "---\n" + files[name] + "\n"
		}
	}
	out.objects = objects(t, out.text)
	return out, nil
}

func mustInstall(t *testing.T, values string) rendered {
	t.Helper()
	r, err := install(t, "podcheck", values)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// objects decodes documents into the types of Kubernetes; a field that a type does not have, or has twice, fails the test.
func objects(t *testing.T, text string) (found []runtime.Object) {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{appsv1.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	documents := yaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(bytes.TrimSpace(document)) == 0 {
			continue
		}
		object, _, err := decoder.Decode(document, nil, nil)
		if err != nil {
			t.Errorf("%v in\n%s", err, document)
			continue
		}
		found = append(found, object)
	}
}

// all are the objects of a type.
func all[T runtime.Object](r rendered) (found []T) {
	for _, object := range r.objects {
		if one, ok := object.(T); ok {
			found = append(found, one)
		}
	}
	return found
}

func one[T runtime.Object](t *testing.T, r rendered) T {
	t.Helper()
	found := all[T](r)
	if len(found) != 1 {
		t.Fatalf("there are %d %T", len(found), *new(T))
	}
	return found[0]
}

// workload is what a StatefulSet and a Deployment have in common.
type workload struct {
	name     string
	selector map[string]string
	template corev1.PodTemplateSpec
	claims   []corev1.PersistentVolumeClaim
}

func workloads(r rendered) (found []workload) {
	for _, s := range all[*appsv1.StatefulSet](r) {
		found = append(found, workload{s.Name, s.Spec.Selector.MatchLabels, s.Spec.Template, s.Spec.VolumeClaimTemplates})
	}
	for _, d := range all[*appsv1.Deployment](r) {
		found = append(found, workload{d.Name, d.Spec.Selector.MatchLabels, d.Spec.Template, nil})
	}
	return found
}

// bot is the workload of the bot.
func bot(t *testing.T, r rendered) workload {
	t.Helper()
	for _, w := range workloads(r) {
		if w.selector["app.kubernetes.io/component"] == "bot" {
			return w
		}
	}
	t.Fatal("there is no bot")
	panic("unreachable")
}

func validName(t *testing.T, name string, limit int) {
	t.Helper()
	if problems := validation.IsDNS1123Label(name); len(problems) > 0 || len(name) > limit {
		t.Errorf("the name %q: %v", name, problems)
	}
}
