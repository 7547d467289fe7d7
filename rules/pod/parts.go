package pod

import "github.com/podcheck/podcheck/rules/manifest"

// Parts divides the running containers of a workload, in source order: apps, and helpers by their role or because the manifest
// makes them native sidecars. What serves the whole cluster is an app: in its own Pod the others help it.
func (w *Workload) Parts(role func(*Container) Role) (apps, helpers []*Container) {
	for _, c := range w.Running() {
		if r := role(c); c.Native || r.Helper() && !r.Central {
			helpers = append(helpers, c)
		} else {
			apps = append(apps, c)
		}
	}
	return apps, helpers
}

// WhyHelper is the strongest reason why a container of that role counts as a helper, and where it stands.
func WhyHelper(c *Container, r Role) (string, *manifest.Node) {
	if len(r.Evidence) > 0 {
		return r.Evidence[0].Text, r.Evidence[0].Node
	}
	return "it is a native sidecar (restartPolicy: Always)", c.Node.Get("restartPolicy")
}

// Requests returns what a helper of that role needs when its manifest says nothing: resource name to quantity, nil if unknown.
func (r Role) Requests() map[string]string {
	if r.Family.Requests != nil {
		return r.Family.Requests
	}
	return Requests(r.Kind)
}
