package splitsidecar

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// adapt plans what changes inside a helper container as it moves: its name where the app has one like it, the volumes that it
// mounts, what its own Pod gave it, what makes it a native sidecar.
func (m *merger) adapt(c *pod.Container) error {
	for _, step := range []func(*pod.Container) error{m.rename, m.remount, m.follow, m.requests, m.security, m.asUser, m.probe, m.readiness, m.restart} {
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
	name := m.helper.Object.WrittenName()
	if taken(name) || len(m.helper.In(pod.Containers)) > 1 {
		name = m.helper.Object.WrittenName() + "-" + c.Name
	}
	if taken(name) || len(name) > 63 {
		return fmt.Errorf("%s has a container named %s already, and no other name suggests itself", m.app, c.Name)
	}
	m.names[c] = name
	e, err := edit.ReplaceScalar(c.Node.Get("name"), name)
	m.did("container %s is named %s, as %s has one of its name", c.Name, name, m.app)
	return m.within(c, []edit.Edit{e}, err)
}

// nameOf is the name of a helper's container in the app's Pod.
func (m *merger) nameOf(c *pod.Container) string {
	if name := m.names[c]; name != "" {
		return name
	}
	return c.Name
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
	const key = "securityContext"
	from, own := m.helper.Spec.Get(key), c.Node.Get(key)
	var missing []string
	for _, field := range perContainer {
		if value := from.Get(field); !value.IsNull() && own.Get(field) == nil && !manifest.Equal(value, m.app.Spec.Get(key, field)) {
			missing = append(missing, field)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	entries, err := entriesOf(from, missing, edit.LayoutAt(c.Node))
	if err != nil {
		return err
	}
	m.did("container %s keeps the security context of its Pod", c.Name)
	return m.add(c, own, key, entries)
}

// entriesOf is the text of some entries of a mapping, with their comments where it is written in block style.
func entriesOf(from *manifest.Node, fields []string, layout edit.Layout) (edit.Block, error) {
	if from.Resolve() == from && from.Style == manifest.Block {
		var others []edit.Edit
		for _, key := range from.Keys() {
			if !slices.Contains(fields, key) {
				removed, err := edit.RemovePair(from, key)
				if err != nil {
					return "", err
				}
				others = edit.Join(others, removed)
			}
		}
		return edit.Extract(from, others)
	}
	var entries edit.Map
	for _, field := range fields {
		value, err := edit.Extract(from.Get(field), nil)
		if err != nil {
			return "", err
		}
		entries = append(entries, edit.Field{Key: field, Value: value})
	}
	return layout.Render(entries)
}

// asUser says as whom a container will run where it takes the user of the app's Pod.
func (m *merger) asUser(c *pod.Container) error {
	const field = "runAsUser"
	user := m.app.Spec.Get("securityContext", field)
	if user.IsNull() || c.Section != pod.Containers || !c.Node.Get("securityContext", field).IsNull() || !m.helper.Spec.Get("securityContext", field).IsNull() {
		return nil
	}
	m.did("container %s runs as user %s, as all in the Pods of %s do; nothing said as whom before", m.nameOf(c), user.Text(), m.app)
	m.changes = append(m.changes, fmt.Sprintf("%s runs as user %s, the Pod's, and not as its image says.", m.nameOf(c), user.Text()))
	return nil
}

// merged adds entries to a mapping of a container, which it makes when there is none.
func (m *merger) merged(c *pod.Container, own *manifest.Node, key string, entries edit.Map) error {
	block, err := edit.LayoutAt(c.Node).Render(entries)
	if err != nil {
		return err
	}
	return m.add(c, own, key, block)
}

func (m *merger) add(c *pod.Container, own *manifest.Node, key string, entries edit.Block) error {
	var edits []edit.Edit
	var err error
	if c.Node.Get(key) == nil {
		edits, err = edit.InsertPair(c.Node, nil, key, entries)
	} else {
		edits, err = edit.InsertPairs(own, nil, entries)
	}
	return m.within(c, edits, err)
}
