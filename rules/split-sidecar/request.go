package splitsidecar

import (
	"slices"

	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

// requests gives a helper without any what helpers of its kind need, where the app declares its own: a Pod in which one container
// declares none is the first to be evicted, and breaks the autoscaler's utilisation.
func (m *merger) requests(c *pod.Container) error {
	if c.Section != pod.Containers {
		return nil
	}
	if declared(c) || !slices.ContainsFunc(m.app.In(pod.Containers), declared) {
		m.willRequest(func(resource string) string { return c.Node.Get("resources", "requests", resource).Text() })
		return nil
	}
	role := m.roles.Of(c)
	values := role.Family.Requests
	if values == nil {
		values = pod.Requests(role.Kind)
	}
	var requests edit.Map
	for _, resource := range resources {
		if v := values[resource]; v != "" {
			requests = append(requests, edit.Field{Key: resource, Value: v})
		}
	}
	if len(requests) == 0 {
		return nil
	}
	m.declares[c] = true
	m.willRequest(func(resource string) string { return values[resource] })
	m.did("container %s requests cpu %s and memory %s, as the app's containers declare theirs", c.Name, values["cpu"], values["memory"])
	return m.merged(c, c.Node.Get("resources"), "resources", edit.Map{{Key: "requests", Value: requests}})
}

var resources = []string{"cpu", "memory"}

// declared says whether a container declares what it needs; limits stand for requests.
func declared(c *pod.Container) bool {
	return !c.Node.Get("resources", "requests").IsNull() || !c.Node.Get("resources", "limits").IsNull()
}

// willRequest notes what a moved container requests.
func (m *merger) willRequest(value func(resource string) string) {
	for _, resource := range resources {
		if v := value(resource); v != "" {
			m.requested[resource] = append(m.requested[resource], v)
		}
	}
}
