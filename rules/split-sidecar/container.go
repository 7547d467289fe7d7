package splitsidecar

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// adapt plans what changes inside a helper container as it moves: its name where the app has one like it, the volumes that it
// mounts, what its own Pod gave it, what makes it a native sidecar.
func (m *merger) adapt(c *pod.Container) error {
	for _, step := range []func(*pod.Container) error{m.rename, m.remount, m.requests, m.security, m.probe, m.restart} {
		if err := step(c); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) within(c *pod.Container, edits []edit.Edit, err error) error {
	m.inside[c] = append(m.inside[c], edits...)
	return err
}

// rename makes a container's name unique in the app's Pod: that of its workload tells most.
func (m *merger) rename(c *pod.Container) error {
	taken := func(name string) bool {
		return slices.ContainsFunc(m.app.Containers, func(a *pod.Container) bool { return a.Name == name })
	}
	if !taken(c.Name) {
		return nil
	}
	name := m.helper.Name()
	if taken(name) || len(m.helper.In(pod.Containers)) > 1 {
		name = m.helper.Name() + "-" + c.Name
	}
	if taken(name) || len(name) > 63 {
		return fmt.Errorf("%s has a container named %s already, and no other name suggests itself", m.app, c.Name)
	}
	e, err := edit.ReplaceScalar(c.Node.Get("name"), name)
	m.did("container %s is named %s, as %s has one of its name", c.Name, name, m.app)
	return m.within(c, []edit.Edit{e}, err)
}

// remount renames the volumes that a container mounts to what the app calls them.
func (m *merger) remount(c *pod.Container) error {
	for _, mount := range append(c.Mounts[:len(c.Mounts):len(c.Mounts)], devices(c)...) {
		name, moved := m.volumes[mount.Volume]
		if !moved || name == mount.Volume {
			continue
		}
		e, err := edit.ReplaceScalar(mount.Node.Get("name"), name)
		if err := m.within(c, []edit.Edit{e}, err); err != nil {
			return err
		}
	}
	return nil
}

// devices are the container's volumeDevices, which name volumes as mounts do.
func devices(c *pod.Container) []pod.Mount {
	var out []pod.Mount
	for _, n := range c.Node.Get("volumeDevices").Seq() {
		out = append(out, pod.Mount{Node: n, Volume: n.Get("name").Text()})
	}
	return out
}

// restart makes a plain container a native sidecar.
func (m *merger) restart(c *pod.Container) error {
	if !m.native || c.Section != pod.Containers {
		return nil
	}
	edits, err := edit.InsertPair(c.Node, []string{"image", "name"}, "restartPolicy", "Always\n")
	m.did("container %s becomes a native sidecar (an init container with restartPolicy: Always)", c.Name)
	return m.within(c, edits, err)
}

// perContainer are fields of a Pod's security context that a container can have for itself.
var perContainer = []string{"runAsUser", "runAsGroup", "runAsNonRoot", "seLinuxOptions", "seccompProfile", "appArmorProfile", "windowsOptions"}

// security gives the container what its own Pod gave it, where the app's Pod gives it something else.
func (m *merger) security(c *pod.Container) error {
	own := c.Node.Get("securityContext")
	var missing edit.Map
	for _, field := range perContainer {
		from := m.helper.Spec.Get("securityContext", field)
		if from.IsNull() || own.Get(field) != nil || manifest.Equal(from, m.app.Spec.Get("securityContext", field)) {
			continue
		}
		value, err := edit.Extract(from, nil)
		if err != nil {
			return err
		}
		missing = append(missing, edit.Field{Key: field, Value: value})
	}
	if len(missing) == 0 {
		return nil
	}
	m.did("container %s keeps the security context of its Pod", c.Name)
	return m.merged(c, own, "securityContext", missing)
}

// merged adds entries to a mapping of a container, which it makes when there is none.
func (m *merger) merged(c *pod.Container, own *manifest.Node, key string, entries edit.Map) error {
	block, err := edit.LayoutAt(c.Node).Render(entries)
	if err != nil {
		return err
	}
	var edits []edit.Edit
	if c.Node.Get(key) == nil {
		edits, err = edit.InsertPair(c.Node, nil, key, block)
	} else {
		edits, err = edit.InsertPairs(own, nil, block)
	}
	return m.within(c, edits, err)
}

// probe gives a proxy that nobody asks a startup probe, where it is known what to ask: traffic would reach the app's Pod before the
// proxy listens.
func (m *merger) probe(c *pod.Container) error {
	role := m.roles.Of(c)
	if c.Section != pod.Containers || role.Kind != pod.Proxy || !c.Node.Get("startupProbe").IsNull() || !c.Node.Get("readinessProbe").IsNull() {
		return nil
	}
	port := 0
	if len(c.Ports) == 1 {
		port = c.Ports[0].Number
	}
	ask, unknown := pod.HealthOf(c, role, port, pod.Startup)
	if unknown != "" {
		return nil
	}
	m.did("container %s gets a startup probe on port %d, so that nothing reaches the Pod before it listens", c.Name, ask.Port)
	return m.merged(c, nil, string(pod.Startup), analysis.ProbeOf(ask))
}

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
			m.requested = append(m.requested, resource+" "+v)
		}
	}
}
