package pod_test

import (
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// workload reads one object with a Pod template.
func workload(t *testing.T, text string) *pod.Workload {
	t.Helper()
	f := manifest.Parse("pod.yaml", []byte(text))
	if len(f.Problems) > 0 || len(f.Objects) != 1 {
		t.Fatalf("the test's manifest: %d objects, problems %v\n%s", len(f.Objects), f.Problems, text)
	}
	w := pod.WorkloadOf(f.Objects[0])
	if w == nil {
		t.Fatalf("no workload:\n%s", text)
	}
	return w
}

// container reads a container from one line of flow YAML, in a Pod named after what it is not.
func container(t *testing.T, flow string) *pod.Container {
	t.Helper()
	return inPod(t, "thing", flow)
}

func inPod(t *testing.T, name, flow string) *pod.Container {
	t.Helper()
	return workload(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: "+name+"}\nspec:\n  containers:\n  - "+flow+"\n").Containers[0]
}
