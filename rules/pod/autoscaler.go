package pod

import "github.com/podcheck/podcheck/rules/manifest"

// ScaleTarget is what an autoscaler names as the workload that it scales.
type ScaleTarget struct {
	Kind, Name string
	Node       *manifest.Node
}

func scaleTargetOf(n *manifest.Node) ScaleTarget {
	return ScaleTarget{Kind: n.Get("kind").Text(), Name: n.Get("name").Text(), Node: n}
}

// HorizontalAutoscaler is a HorizontalPodAutoscaler of any version.
type HorizontalAutoscaler struct {
	Object    *manifest.Object
	Target    ScaleTarget
	Resources []ResourceMetric
}

// ResourceMetric is a metric over the sum of all containers of a Pod, native sidecars included.
// Source: HorizontalPodAutoscaler v2, ResourceMetricSource; KEP-1610.
type ResourceMetric struct {
	Node        *manifest.Node // entry of metrics; nil for targetCPUUtilizationPercentage (autoscaling/v1)
	Type        *manifest.Node // scalar that makes it a metric over the Pod
	Resource    string         // cpu, memory
	Utilization string         // percentage of the requests; "" when the target is a value
	Value       string         // average value for each Pod; "" when the target is a utilisation
}

// HorizontalAutoscalerOf returns the typed view of a HorizontalPodAutoscaler, nil for any other object.
func HorizontalAutoscalerOf(o *manifest.Object) *HorizontalAutoscaler {
	if o.Kind != "HorizontalPodAutoscaler" || Group(o.APIVersion) != "autoscaling" {
		return nil
	}
	spec := o.Node.Get("spec")
	a := &HorizontalAutoscaler{Object: o, Target: scaleTargetOf(spec.Get("scaleTargetRef"))}
	if n := spec.Get("targetCPUUtilizationPercentage"); n.Text() != "" {
		a.Resources = append(a.Resources, ResourceMetric{Type: n, Resource: "cpu", Utilization: n.Text()})
	}
	for _, n := range spec.Get("metrics").Seq() {
		if n.Get("type").Text() != "Resource" {
			continue
		}
		source := n.Get("resource")
		m := ResourceMetric{Node: n.Resolve(), Type: n.Get("type"), Resource: source.Get("name").Text()}
		m.Utilization, m.Value = source.Get("target", "averageUtilization").Text(), source.Get("target", "averageValue").Text()
		if o.APIVersion == "autoscaling/v2beta1" {
			m.Utilization, m.Value = source.Get("targetAverageUtilization").Text(), source.Get("targetAverageValue").Text()
		}
		a.Resources = append(a.Resources, m)
	}
	return a
}

// VerticalAutoscaler is a VerticalPodAutoscaler of any version.
type VerticalAutoscaler struct {
	Object   *manifest.Object
	Target   ScaleTarget
	Active   bool // it changes Pods, and does not only recommend
	Policies []*manifest.Node
}

// VerticalAutoscalerOf returns the typed view of a VerticalPodAutoscaler, nil for any other object. Without an update mode it
// changes Pods (autoscaling.k8s.io/v1: Auto by default).
func VerticalAutoscalerOf(o *manifest.Object) *VerticalAutoscaler {
	if o.Kind != "VerticalPodAutoscaler" || Group(o.APIVersion) != "autoscaling.k8s.io" {
		return nil
	}
	spec := o.Node.Get("spec")
	return &VerticalAutoscaler{
		Object: o, Target: scaleTargetOf(spec.Get("targetRef")),
		Active:   spec.Get("updatePolicy", "updateMode").Text() != "Off",
		Policies: spec.Get("resourcePolicy", "containerPolicies").Seq(),
	}
}

// Sizes says whether the autoscaler sets the requests of a container: its own policy decides, else that of "*", else the default.
func (a *VerticalAutoscaler) Sizes(container string) bool {
	if !a.Active {
		return false
	}
	mode := ""
	for _, policy := range a.Policies {
		switch policy.Get("containerName").Text() {
		case container:
			return policy.Get("mode").Text() != "Off"
		case "*":
			mode = policy.Get("mode").Text()
		}
	}
	return mode != "Off"
}
