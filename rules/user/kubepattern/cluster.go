package kubepattern

import (
	"errors"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
	"github.com/podcheck/podcheck/rules/user/object"
)

// maxSteps bounds the comparisons of one run of one definition; they take a second or two.
const maxSteps = 3_000_000

var errTooExpensive = errors.New("the definition is too expensive for these manifests: it compares too many pairs of objects; filter its resources")

// resource is an object of the cluster that the manifests would make: one of theirs, or one that a controller makes of it.
type resource struct {
	kind, apiVersion, name string
	object                 *manifest.Object // what a person edits; nil for what is only referred to
	workload               *pod.Workload    // of a Pod
	owner                  *resource        // the controller that makes it
	make                   func() map[string]any
	made                   map[string]any
}

// value is the decoded object; nil for what is only referred to.
func (r *resource) value() map[string]any {
	if r.made == nil && r.make != nil {
		r.made, r.make = r.make(), nil
	}
	return r.made
}

// labels are those of the object, as text.
func (r *resource) labels() map[string]any {
	metadata, _ := r.value()["metadata"].(map[string]any)
	labels, _ := metadata["labels"].(map[string]any)
	return labels
}

// String is Kind/name.
func (r *resource) String() string { return r.kind + "/" + r.name }

// cluster is what one state would make, for one run of one definition.
type cluster struct {
	state     *analysis.State
	resources []*resource
	byName    map[string][]*resource // "Kind/name"
	edges     map[string]*edges      // by relationship type
	steps     int
}

func newCluster(s *analysis.State) *cluster {
	c := &cluster{state: s, byName: map[string][]*resource{}, edges: map[string]*edges{}}
	workloads := map[*manifest.Object]*pod.Workload{}
	for _, w := range s.Workloads {
		workloads[w.Object] = w
	}
	for _, o := range s.Objects {
		w := workloads[o]
		if w != nil && w.Partial || o.Node.Get("$patch") != nil {
			continue // a patch: what it lacks is unknown
		}
		top := c.add(&resource{kind: o.Kind, apiVersion: o.APIVersion, name: o.Name, object: o, make: func() map[string]any {
			v, _ := object.Of(o)
			return object.In(s.Namespace(o), v)
		}})
		if w != nil {
			c.addMade(w, top)
		}
	}
	for _, r := range c.resources {
		c.declaredOwner(r)
	}
	return c
}

func (c *cluster) add(r *resource) *resource {
	c.resources = append(c.resources, r)
	c.byName[r.String()] = append(c.byName[r.String()], r)
	return r
}

// addMade adds what controllers make of a workload, down to its Pod.
func (c *cluster) addMade(w *pod.Workload, top *resource) {
	if top.kind == "Pod" {
		top.workload = w
		return
	}
	owner := top
	switch top.kind {
	case "Deployment", "Rollout":
		owner = c.add(&resource{kind: "ReplicaSet", apiVersion: "apps/v1", name: w.Name(), object: w.Object, owner: top, make: func() map[string]any {
			return replicaSet(top)
		}})
	case "CronJob":
		owner = c.add(&resource{kind: "Job", apiVersion: "batch/v1", name: w.Name(), object: w.Object, owner: top, make: func() map[string]any {
			return job(top)
		}})
	}
	c.add(&resource{kind: "Pod", apiVersion: "v1", name: w.Name(), object: w.Object, workload: w, owner: owner, make: func() map[string]any {
		v, _ := object.PodOf(w, reference(owner))
		return object.In(c.state.Namespace(w.Object), v)
	}})
}

// reference is how an object refers to what made it.
func reference(owner *resource) map[string]any {
	return map[string]any{"apiVersion": owner.apiVersion, "kind": owner.kind, "name": owner.name, "controller": true}
}

func replicaSet(of *resource) map[string]any {
	spec, _ := of.value()["spec"].(map[string]any)
	template, _ := spec["template"].(map[string]any)
	labels, _ := template["metadata"].(map[string]any)
	return made(of, "apps/v1", "ReplicaSet", labels["labels"], map[string]any{
		"replicas": spec["replicas"], "selector": spec["selector"], "template": spec["template"],
	})
}

func job(of *resource) map[string]any {
	spec, _ := of.value()["spec"].(map[string]any)
	template, _ := spec["jobTemplate"].(map[string]any)
	metadata, _ := template["metadata"].(map[string]any)
	return made(of, "batch/v1", "Job", metadata["labels"], template["spec"])
}

func made(of *resource, apiVersion, kind string, labels, spec any) map[string]any {
	owner, _ := of.value()["metadata"].(map[string]any)
	metadata := map[string]any{"name": of.name, "ownerReferences": []any{reference(of)}}
	if labels != nil {
		metadata["labels"] = labels
	}
	if ns := owner["namespace"]; ns != nil {
		metadata["namespace"] = ns
	}
	return map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": metadata, "spec": spec}
}

// declaredOwner follows the ownerReferences that a manifest writes itself.
func (c *cluster) declaredOwner(r *resource) {
	if r.owner != nil || r.object == nil {
		return
	}
	for _, ref := range r.object.Node.Get("metadata", "ownerReferences").Seq() {
		for _, owner := range c.byName[ref.Get("kind").Text()+"/"+ref.Get("name").Text()] {
			if owner != r && c.together(owner, r) {
				r.owner = owner
				return
			}
		}
	}
}

// together says whether two resources are in one namespace.
func (c *cluster) together(a, b *resource) bool {
	return a.object != nil && b.object != nil && c.state.Near(a.object, b.object) == analysis.Together
}

// spend counts a comparison; false when there were too many.
func (c *cluster) spend() bool {
	c.steps++
	return c.steps <= maxSteps
}
