package pod

import "github.com/podcheck/podcheck/rules/manifest"

// ScaledObject is an autoscaler of KEDA.
type ScaledObject struct {
	Object   *manifest.Object
	Target   ScaleTarget
	Triggers []Trigger
}

// Trigger is one entry of a ScaledObject's triggers.
type Trigger struct {
	Node      *manifest.Node
	Type      string // cpu, memory, or a source of events
	Container string // the one that a cpu or memory trigger watches; "" for the whole Pod
}

// Resource says whether the trigger is the average of a resource over all containers of the Pods.
func (t Trigger) Resource() bool {
	return (t.Type == "cpu" || t.Type == "memory") && t.Container == ""
}

// ScaledObjectOf returns the typed view of a ScaledObject, nil for any other object. Its target is a Deployment unless it says
// otherwise (keda.sh/v1alpha1).
func ScaledObjectOf(o *manifest.Object) *ScaledObject {
	if o.Kind != "ScaledObject" || Group(o.APIVersion) != "keda.sh" {
		return nil
	}
	s := &ScaledObject{Object: o, Target: scaleTargetOf(o.Node.Get("spec", "scaleTargetRef"))}
	if s.Target.Kind == "" {
		s.Target.Kind = "Deployment"
	}
	for _, n := range o.Node.Get("spec", "triggers").Seq() {
		s.Triggers = append(s.Triggers, Trigger{Node: n.Resolve(), Type: n.Get("type").Text(), Container: n.Get("metadata", "containerName").Text()})
	}
	return s
}
