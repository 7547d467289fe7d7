package library

import "github.com/podcheck/podcheck/rules/manifest"

// podFields are the fields of a Pod that the values name alike. Source: bjw-s.common.lib.pod.spec.
var podFields = []string{
	"enableServiceLinks", "automountServiceAccountToken", "priorityClassName", "runtimeClassName", "schedulerName", "securityContext", "hostname",
	"hostIPC", "hostNetwork", "hostPID", "hostUsers", "shareProcessNamespace", "dnsPolicy", "dnsConfig", "hostAliases", "imagePullSecrets",
	"terminationGracePeriodSeconds", "resources", "restartPolicy", "nodeSelector", "affinity", "topologySpreadConstraints", "tolerations",
}

// template makes the Pod template of a controller; nil where no container is left.
func (m *maker) template(c entry, kind string) (*manifest.Node, *unread) {
	spec := m.mapping(around(c.key))
	for _, field := range podFields {
		if value := m.podOption(c, field); value != nil && !templated(value) {
			m.handOn(spec, field, value)
		}
	}
	if kind == "CronJob" || kind == "Job" {
		if _, set := spec.Pair("restartPolicy"); !set {
			m.set(spec, "restartPolicy", m.text("Never", around(c.key)))
		}
	}
	if name := c.values.Get("serviceAccount", "name"); name != nil && !templated(name) {
		m.set(spec, "serviceAccountName", m.copied(name))
	}
	containers := enabled(c.values.Get("containers"))
	if len(containers) == 0 {
		return nil, &unread{c.key, "a controller has no container"}
	}
	for _, section := range []struct {
		field   string
		entries []entry
	}{{"initContainers", enabled(c.values.Get("initContainers"))}, {"containers", containers}} {
		list, fault := m.containers(c, section.field, section.entries)
		if fault != nil {
			return nil, fault
		}
		if len(list.Items) > 0 {
			m.set(spec, section.field, list)
		}
	}
	if volumes := m.volumes(c); len(volumes.Items) > 0 {
		m.set(spec, "volumes", volumes)
	}
	template := m.mapping(around(c.key))
	m.set(template, "metadata", m.podMetadata(c))
	m.set(template, "spec", spec)
	return template, nil
}

func (m *maker) containers(c entry, section string, entries []entry) (*manifest.Node, *unread) {
	list := m.list(around(c.key))
	if written := c.values.Get(section); written != nil {
		list = m.list(of(written))
	}
	entries, fault := m.inOrder(entries)
	for _, e := range entries {
		m.add(list, m.container(c, section, e))
	}
	return list, fault
}

// podOption is the value of an option of the Pod: the controller's own, else that for all; nil where there is none. Source:
// bjw-s.common.lib.pod.getOption.
func (m *maker) podOption(c entry, field string) *manifest.Node {
	own, general := c.values.Get("pod", field), m.values.Get("defaultPodOptions", field)
	set := func(n *manifest.Node) bool {
		return n.Resolve() != nil && (!empty(n) || n.Resolve().Tag == "!!bool")
	}
	switch {
	case isMapping(own) && isMapping(general) && m.values.Get("defaultPodOptionsStrategy").Text() == "merge":
		return m.merged(own, general, 0)
	case set(own):
		return own
	case isMapping(own) && m.major != 2: // an empty mapping takes the general one away
		return nil
	case set(general):
		return general
	}
	return nil
}

// podMetadata are the labels and annotations of the Pods.
func (m *maker) podMetadata(c entry) *manifest.Node {
	metadata := m.mapping(around(c.key))
	labels := m.selector(c.key, c.id, m.controllerLabel(), nil)
	annotations := m.mapping(around(c.key))
	for _, from := range []*manifest.Node{c.values.Get("pod"), m.values.Get("defaultPodOptions")} {
		m.addNew(labels, from.Get("labels"))
		m.addNew(annotations, from.Get("annotations"))
	}
	m.set(metadata, "labels", labels)
	if len(annotations.Pairs) > 0 {
		m.set(metadata, "annotations", annotations)
	}
	return metadata
}

// addNew adds the entries that a mapping doesn't have.
func (m *maker) addNew(to, from *manifest.Node) {
	for _, p := range pairs(from) {
		if _, has := to.Pair(p.Key.Value); !has && !templated(p.Value) {
			m.handOn(to, p.Key.Value, p.Value)
		}
	}
}

// merged is one mapping laid over another.
func (m *maker) merged(over, under *manifest.Node, depth int) *manifest.Node {
	out := m.mapping(of(over))
	for _, p := range pairs(over) {
		below := under.Get(p.Key.Value)
		switch {
		case isMapping(p.Value) && isMapping(below) && depth < manifest.MaxDepth:
			m.pair(out, m.text(p.Key.Value, at(p.Key)), m.merged(p.Value, below, depth+1))
		case empty(p.Value) && below != nil:
			m.handOn(out, p.Key.Value, below)
		default:
			m.handOn(out, p.Key.Value, p.Value)
		}
	}
	m.addNew(out, under)
	return out
}
