package library

import (
	"github.com/podcheck/podcheck/rules/manifest"
)

// container makes one. Source: bjw-s.common.lib.container.spec.
func (m *maker) container(c entry, section string, e entry) *manifest.Node {
	values := m.withDefaults(c, section, e)
	out := m.mapping(at(e.values))
	m.pair(out, m.text("name", of(e.key)), m.containerName(e))
	m.image(out, e, values("image"))
	m.copy(out, "imagePullPolicy", values("image").Get("pullPolicy"))
	for _, field := range []string{"command", "args"} {
		m.words(out, field, values(field))
	}
	for _, field := range []string{"workingDir", "securityContext", "lifecycle", "terminationMessagePath", "terminationMessagePolicy"} {
		m.copy(out, field, values(field))
	}
	m.env(out, values("env"))
	m.envFrom(out, values("envFrom"))
	m.copy(out, "ports", values("ports"))
	m.probes(out, c, e, values("probes"))
	for _, field := range []string{"resources", "restartPolicy", "stdin", "tty"} {
		m.copy(out, field, values(field))
	}
	m.mounts(out, c, e)
	return out
}

// withDefaults gives the fields of a container: its own, or the controller's for all containers. Source:
// bjw-s.common.lib.container.valuesToObject.
func (m *maker) withDefaults(c entry, section string, e entry) func(field string) *manifest.Node {
	defaults := c.values.Get("defaultContainerOptions")
	if on := c.values.Get("applyDefaultContainerOptionsToInitContainers"); section == "initContainers" && on != nil && !truth(on) {
		defaults = nil
	}
	merge := c.values.Get("defaultContainerOptionsStrategy").Text() == "merge"
	return func(field string) *manifest.Node {
		own, general := e.values.Get(field), defaults.Get(field)
		switch {
		case general == nil:
			return own
		case merge && isMapping(own) && isMapping(general):
			return m.merged(own, general, 0)
		case empty(own):
			return general
		}
		return own
	}
}

func (m *maker) containerName(e entry) *manifest.Node {
	override := e.values.Get("nameOverride")
	if empty(override) {
		return m.text(e.id, of(e.key))
	}
	if name, ok := m.filled(override.Text()); ok {
		return m.text(name, of(override))
	}
	return m.text(e.id, around(override))
}

// image adds the image; none if its name can't be read.
func (m *maker) image(out *manifest.Node, e entry, image *manifest.Node) {
	repository := image.Get("repository")
	name, ok := m.filled(repository.Text())
	tag, also := m.filled(image.Get("tag").Text())
	if name == "" || tag == "" || !ok || !also {
		return
	}
	node := m.text(name+":"+tag, of(repository))
	if key := keyOf(image); key != nil && key.Value == "image" {
		m.pair(out, m.text("image", of(key)), node)
		return
	}
	m.set(out, "image", node)
}

// words adds a command or arguments: a list, or one text.
func (m *maker) words(out *manifest.Node, field string, value *manifest.Node) {
	if r := value.Resolve(); r == nil || r.Kind != manifest.Scalar || empty(r) {
		m.copy(out, field, value)
		return
	}
	list := m.list(of(value))
	m.add(list, m.string(value))
	m.set(out, field, list)
}

// env adds the variables of a container: a list as it is, or a mapping from names to values. Source: bjw-s.common.lib.container.field.env.
func (m *maker) env(out, values *manifest.Node) {
	if empty(values) {
		return
	}
	list := m.list(of(values))
	if items := values.Seq(); items != nil {
		list = m.list(at(values))
		for _, item := range items {
			m.add(list, m.variable(item.Get("name"), item.Get("name").Text(), item))
		}
	}
	variables, fault := ordered(variablesOf(values), dependsOn)
	if fault != nil {
		return
	}
	for _, e := range variables {
		m.add(list, m.variable(e.key, e.id, e.values))
	}
	if key := keyOf(values); key != nil && key.Value == "env" {
		m.pair(out, m.text("env", of(key)), list)
		return
	}
	m.set(out, "env", list)
}

// variablesOf are the entries of a mapping of variables, by name.
func variablesOf(values *manifest.Node) []entry {
	var out []entry
	if !isMapping(values) {
		return nil
	}
	for _, p := range pairs(values) {
		out = append(out, entry{p.Key.Value, p.Key, p.Value})
	}
	return byID(out)
}

// variable makes one, of a mapping with value or valueFrom, or of a value alone. The value of one that is a template isn't known: it has
// the name alone.
func (m *maker) variable(key *manifest.Node, name string, written *manifest.Node) *manifest.Node {
	if key == nil {
		key = written
	}
	out := m.mapping(of(key))
	if isMapping(written) && written.Get("name") == key {
		out = m.mapping(at(written))
	}
	m.pair(out, m.text("name", around(key)), m.text(name, of(key)))
	value := written
	if isMapping(written) {
		value = written.Get("value")
	}
	switch {
	case value != nil && value.Resolve() != nil && value.Resolve().Kind == manifest.Scalar:
		if text, ok := m.filled(value.Text()); ok && text != value.Text() {
			m.set(out, "value", m.text(text, of(value)))
		} else if ok {
			m.set(out, "value", m.string(value))
		}
	case !isMapping(written):
	case written.Get("valueFrom") != nil:
		if from := written.Get("valueFrom"); !templated(from) {
			m.handOn(out, "valueFrom", from)
		}
	default:
		m.valueFrom(out, written)
	}
	return out
}

// valueFrom adds the reference that stands beside the name of a variable.
func (m *maker) valueFrom(out, written *manifest.Node) {
	from := m.mapping(of(written))
	for _, p := range pairs(written) {
		if p.Key.Value != "name" && p.Key.Value != "dependsOn" && !templated(p.Value) {
			m.handOn(from, p.Key.Value, p.Value)
		}
	}
	if len(from.Pairs) > 0 {
		m.set(out, "valueFrom", from)
	}
}

// envFrom adds the sources of variables. Source: bjw-s.common.lib.container.field.envFrom.
func (m *maker) envFrom(out, values *manifest.Node) {
	list := m.list(of(out))
	for _, item := range values.Seq() {
		made := m.mapping(of(item))
		for _, kind := range []struct{ short, field string }{{"configMap", "configMapRef"}, {"secret", "secretRef"}} {
			if short := item.Get(kind.short); short.Text() != "" {
				m.reference(made, kind.field, short, m.configMapName(kind.short, short.Text()))
				continue
			}
			ref := item.Get(kind.field)
			switch id := ref.Get("identifier"); {
			case id.Text() != "":
				m.reference(made, kind.field, id, m.configMapName(kind.short, id.Text()))
			case isMapping(ref) && !templated(ref):
				m.handOn(made, kind.field, ref)
			case isMapping(ref):
				name, _ := m.filled(ref.Get("name").Text())
				m.reference(made, kind.field, ref, name)
			}
		}
		m.copy(made, "prefix", item.Get("prefix"))
		m.add(list, made)
	}
	if len(list.Items) > 0 {
		list.File, list.Span = values.File, values.Span
		m.set(out, "envFrom", list)
	}
}

func (m *maker) reference(item *manifest.Node, field string, at *manifest.Node, name string) {
	ref := m.mapping(of(at))
	if name != "" {
		m.set(ref, "name", m.text(name, of(at)))
	}
	m.set(item, field, ref)
}

// configMapName is the name of a ConfigMap by its identifier in the values, or by itself; "" when it isn't known.
func (m *maker) configMapName(kind, id string) string {
	if e, ok := find(m.configMaps, id); ok && kind == "configMap" {
		name, _ := m.stored(e, len(m.configMaps))
		return name
	}
	if kind == "secret" {
		secrets := enabled(m.values.Get("secrets"))
		if e, ok := find(secrets, id); ok {
			name, _ := m.stored(e, len(secrets))
			return name
		}
	}
	name, _ := m.filled(id)
	return name
}
