package pod_test

import (
	"fmt"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

func object(t *testing.T, text string) *manifest.Object {
	t.Helper()
	f := manifest.Parse("a.yaml", []byte(text))
	if len(f.Objects) != 1 {
		t.Fatalf("%d objects in %s", len(f.Objects), text)
	}
	return f.Objects[0]
}

func TestResourceMetricsOfEachVersion(t *testing.T) {
	for version, tt := range map[string]struct{ spec, want string }{
		"autoscaling/v1":      {`{targetCPUUtilizationPercentage: 60}`, "[cpu 60 ]"},
		"autoscaling/v2beta1": {`{metrics: [{type: Resource, resource: {name: cpu, targetAverageUtilization: 60}}]}`, "[cpu 60 ]"},
		"autoscaling/v2beta2": {`{metrics: [{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}]}`, "[memory  1Gi]"},
		"autoscaling/v2":      {`{metrics: [{type: ContainerResource, containerResource: {name: cpu}}, {type: Resource, resource: {name: cpu, target: {averageUtilization: 60}}}]}`, "[cpu 60 ]"},
		"example.com/v1":      {`{metrics: [{type: Resource, resource: {name: cpu}}]}`, ""},
	} {
		a := pod.HorizontalAutoscalerOf(object(t, fmt.Sprintf(`{apiVersion: %s, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: %s}`, version, tt.spec)))
		got := ""
		if a != nil {
			for _, m := range a.Resources {
				got += fmt.Sprintf("[%s %s %s]", m.Resource, m.Utilization, m.Value)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", version, got, tt.want)
		}
	}
}

func TestVerticalAutoscalerSizes(t *testing.T) {
	for spec, want := range map[string]bool{
		`{}`:                                    true,
		`{updatePolicy: {updateMode: "Off"}}`:   false,
		`{updatePolicy: {updateMode: Initial}}`: true,
		`{resourcePolicy: {containerPolicies: [{containerName: "*", mode: "Off"}]}}`:                            false,
		`{resourcePolicy: {containerPolicies: [{containerName: "*", mode: "Off"}, {containerName: exporter}]}}`: true,
		`{resourcePolicy: {containerPolicies: [{containerName: exporter, mode: "Off"}]}}`:                       false,
		`{resourcePolicy: {containerPolicies: [{containerName: app, mode: "Off"}]}}`:                            true,
	} {
		a := pod.VerticalAutoscalerOf(object(t, fmt.Sprintf(`{apiVersion: autoscaling.k8s.io/v1, kind: VerticalPodAutoscaler, metadata: {name: a}, spec: %s}`, spec)))
		if a.Sizes("exporter") != want {
			t.Errorf("%s: sizes is not %t", spec, want)
		}
	}
	if pod.VerticalAutoscalerOf(object(t, `{apiVersion: v1, kind: Service, metadata: {name: a}}`)) != nil {
		t.Error("a Service is an autoscaler")
	}
}
