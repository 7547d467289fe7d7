package object

import (
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// PodOf is the Pod that a workload's template stands for, named as the workload; owner refers to what makes it, nil for none. A
// StatefulSet's Pod is its first one, with the claims made from the claim templates among its volumes. False when there is no
// template, or it is too large.
func PodOf(w *pod.Workload, owner map[string]any) (map[string]any, bool) {
	if w.Kind() == "Pod" {
		return Of(w.Object)
	}
	d := decoder{values: map[*manifest.Node]decoded{}}
	meta, template := d.decode(w.Meta), d.decode(w.Spec)
	spec, ok := template.value.(map[string]any)
	if !ok || meta.size+template.size > maxNodes {
		return nil, false
	}
	metadata, _ := meta.value.(map[string]any)
	metadata = with(metadata, "name", w.Name())
	if owner != nil {
		metadata["ownerReferences"] = []any{owner}
	}
	if claims := claimed(w); claims != nil {
		volumes, _ := spec["volumes"].([]any)
		spec = with(spec, "volumes", append(claims, volumes...))
	}
	return map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, true
}

// In is an object in the namespace that it ends up in; "" is unknown and leaves it as it is, and nothing stays nothing.
func In(namespace string, o map[string]any) map[string]any {
	if o == nil {
		return nil
	}
	metadata, _ := o["metadata"].(map[string]any)
	if namespace == "" || metadata["namespace"] == namespace {
		return o
	}
	return with(o, "metadata", with(metadata, "namespace", namespace))
}

// claimed are the volumes that the StatefulSet controller adds to its first Pod.
func claimed(w *pod.Workload) []any {
	var out []any
	for _, v := range w.Volumes {
		if v.Template {
			claim := map[string]any{"claimName": v.Name + "-" + w.Name() + "-0"}
			out = append(out, map[string]any{"name": v.Name, "persistentVolumeClaim": claim})
		}
	}
	return out
}
