package analysis

import "github.com/podcheck/podcheck/rules/pod"

// Roles answers what containers are for, once for each container.
type Roles struct {
	additional []pod.Family
	known      map[*pod.Container]pod.Role
}

// NewRoles prepares the answers for one run with one configuration.
func NewRoles(cfg *Config) *Roles {
	r := &Roles{known: map[*pod.Container]pod.Role{}}
	if cfg == nil {
		return r
	}
	for _, h := range cfg.Helpers {
		requests := h.Requests
		if requests == nil {
			requests = pod.Requests(pod.Kind(h.Role))
		}
		r.additional = append(r.additional, pod.Family{Image: h.Image, Role: pod.Kind(h.Role), Requests: requests})
	}
	return r
}

// Of returns the role of a container.
func (r *Roles) Of(c *pod.Container) pod.Role {
	role, ok := r.known[c]
	if !ok {
		role = pod.RoleOf(c, r.additional)
		r.known[c] = role
	}
	return role
}

// HasApp says whether a workload runs at least one app.
func (r *Roles) HasApp(w *pod.Workload) bool {
	for _, c := range w.Running() {
		if r.Of(c).Kind == pod.App {
			return true
		}
	}
	return false
}
