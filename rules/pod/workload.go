// Package pod is the typed view of workloads: Pod templates, containers, volumes, claims, Services, what containers refer to,
// and the role that each container plays, with the evidence for it.
//
// The views are read straight from manifest nodes, without client-go structs, so that every field keeps its source span.
// Absent fields stay absent: defaults that Kubernetes would fill in are applied by the methods that need them and documented
// there. It knows no findings and imports only rules/manifest.
package pod

import (
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Workload is an object with a Pod template.
type Workload struct {
	Object     *manifest.Object
	Meta       *manifest.Node // metadata of the Pod template; for a Pod its own
	Spec       *manifest.Node // Pod spec
	Labels     map[string]string
	Containers []*Container // initContainers, containers and ephemeralContainers, in this order
	Volumes    []*Volume    // of the Pod spec, then the StatefulSet's claim templates
	Partial    bool         // a patch or another incomplete object: what it lacks is unknown, not absent
}

// templates gives the way from an object to its Pod template, by API group and kind.
// Source: the API reference of each kind (Kubernetes 1.33, Argo Rollouts, Knative Serving v1, OpenShift apps/v1, KEDA v1alpha1).
var templates = map[string][]string{
	"/Pod":                               {},
	"/ReplicationController":             {"spec", "template"},
	"apps/Deployment":                    {"spec", "template"},
	"apps/StatefulSet":                   {"spec", "template"},
	"apps/DaemonSet":                     {"spec", "template"},
	"apps/ReplicaSet":                    {"spec", "template"},
	"extensions/Deployment":              {"spec", "template"},
	"extensions/DaemonSet":               {"spec", "template"},
	"extensions/ReplicaSet":              {"spec", "template"},
	"batch/Job":                          {"spec", "template"},
	"batch/CronJob":                      {"spec", "jobTemplate", "spec", "template"},
	"argoproj.io/Rollout":                {"spec", "template"},
	"serving.knative.dev/Service":        {"spec", "template"},
	"apps.openshift.io/DeploymentConfig": {"spec", "template"},
	"/DeploymentConfig":                  {"spec", "template"},
	"keda.sh/ScaledJob":                  {"spec", "jobTargetRef", "template"},
}

// Group returns the API group of an apiVersion; "" for the core group.
func Group(apiVersion string) string {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return group
}

// WorkloadOf returns the typed view of an object with a Pod template, nil for any other object.
func WorkloadOf(o *manifest.Object) *Workload {
	path, ok := templates[Group(o.APIVersion)+"/"+o.Kind]
	if !ok {
		return nil
	}
	template := o.Node.Get(path...)
	w := &Workload{Object: o, Meta: template.Get("metadata"), Spec: template.Get("spec")}
	w.Labels = w.Meta.Get("labels").StringMap()
	for _, section := range []Section{InitContainers, Containers, EphemeralContainers} {
		for _, n := range w.Spec.Get(string(section)).Seq() {
			if c := containerOf(w, section, n); c != nil {
				w.Containers = append(w.Containers, c)
			}
		}
	}
	for _, n := range w.Spec.Get("volumes").Seq() {
		w.Volumes = append(w.Volumes, volumeOf(n))
	}
	for _, n := range o.Node.Get("spec", "volumeClaimTemplates").Seq() {
		w.Volumes = append(w.Volumes, claimTemplateOf(n))
	}
	w.Partial = w.partial()
	return w
}

// partial says whether the object is a patch: kustomize and Helm users write workloads that lack what every complete one has.
func (w *Workload) partial() bool {
	plain := 0
	for _, c := range w.Containers {
		if c.Section == Containers {
			plain++
		}
		if c.Image == "" || c.Node.Get("$patch") != nil {
			return true
		}
	}
	return plain == 0 || w.Spec.Get("$patch") != nil || w.Object.Node.Get("$patch") != nil || encrypted(w.Object.Node.Get("spec")) || w.Ambiguous()
}

// Ambiguous says whether a key of what the Pods are made from stands twice, or an alias leads in a circle: readers of YAML differ in which
// value they take, where they take any.
func (w *Workload) Ambiguous() bool {
	within := func(n *manifest.Node, at manifest.Span) bool {
		return n != nil && n.Span.Start.Offset <= at.Start.Offset && at.End.Offset <= n.Span.End.Offset
	}
	return slices.ContainsFunc(w.Object.File.Problems, func(p manifest.Problem) bool {
		return p.Kind == manifest.Invalid && p.Object == w.Object && !within(w.Object.Node.Get("metadata"), p.Span) && !within(w.Meta.Get("annotations"), p.Span)
	})
}

// encrypted says whether a value in a node is cipher text; the values of variables aside, which nobody knows who takes them from a Secret.
func encrypted(n *manifest.Node) bool {
	switch {
	case n == nil:
		return false
	case n.Kind == manifest.Scalar:
		return n.Encrypted()
	}
	for _, p := range n.Pairs {
		if p.Key.Value != "env" && encrypted(p.Value) {
			return true
		}
	}
	return slices.ContainsFunc(n.Items, encrypted)
}

// Name is the object's name.
func (w *Workload) Name() string { return w.Object.Name }

// Kind is the object's kind.
func (w *Workload) Kind() string { return w.Object.Kind }

// String is Kind/name, as the file has it that a person edits.
func (w *Workload) String() string { return w.Object.Kind + "/" + w.Object.WrittenName() }

// Finite says whether the Pods are meant to complete.
func (w *Workload) Finite() bool {
	switch w.Kind() {
	case "Job", "CronJob", "ScaledJob":
		return true
	case "Pod":
		policy := w.Spec.Get("restartPolicy").Text()
		return policy == "Never" || policy == "OnFailure"
	}
	return false
}

// Replicas is the declared number of Pods and the node that says so. Without one it is 1, the default of all kinds; a DaemonSet's
// is 1 for each node and counted as 1. A number that is not written as one (a template value) counts as 1.
func (w *Workload) Replicas() (int, *manifest.Node) {
	n := w.Object.Node.Get("spec", "replicas")
	if v, err := strconv.Atoi(n.Text()); err == nil && v >= 0 {
		return v, n
	}
	return 1, nil
}

// In returns the containers of one section.
func (w *Workload) In(sections ...Section) []*Container {
	var out []*Container
	for _, c := range w.Containers {
		for _, s := range sections {
			if c.Section == s {
				out = append(out, c)
			}
		}
	}
	return out
}

// Running returns the containers that run beside each other for the Pod's life: plain ones and native sidecars.
func (w *Workload) Running() []*Container {
	var out []*Container
	for _, c := range w.Containers {
		if c.Section == Containers || c.Native {
			out = append(out, c)
		}
	}
	return out
}

// Volume returns the volume of that name, nil if the Pod has none.
func (w *Workload) Volume(name string) *Volume {
	for _, v := range w.Volumes {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Selector returns the labels by which the workload selects its Pods: spec.selector(.matchLabels), else the template's labels.
func (w *Workload) Selector() map[string]string {
	selector := w.Object.Node.Get("spec", "selector")
	if match := selector.Get("matchLabels"); match != nil {
		selector = match
	}
	labels := selector.StringMap()
	for k, v := range labels {
		if w.Labels[k] != v {
			delete(labels, k)
		}
	}
	if len(labels) == 0 {
		return w.Labels
	}
	return labels
}
