package library

import (
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// claim is the kind of storage that an entry of persistence is unless it says another.
const claim = "persistentVolumeClaim"

func kindOf(p entry) string {
	kind := p.values.Get("type").Text()
	if kind == "" || kind == "pvc" {
		return claim
	}
	return kind
}

// volumes makes the volumes of a controller's Pods: what is mounted everywhere, and what is mounted in this controller. Source:
// bjw-s.common.lib.pod.field.volumes.
func (m *maker) volumes(c entry) *manifest.Node {
	list := m.list(around(c.key))
	if written := m.values.Get("persistence"); written != nil {
		list = m.list(of(written))
	}
	for _, p := range m.persistence {
		global, advanced := p.values.Get("globalMounts"), p.values.Get("advancedMounts")
		if !empty(global) || empty(advanced) || !empty(advanced.Get(c.id)) {
			m.add(list, m.volume(p))
		}
	}
	return list
}

func (m *maker) volume(p entry) *manifest.Node {
	out := m.mapping(of(p.values))
	m.pair(out, m.text("name", around(p.key)), m.text(p.id, of(p.key)))
	source := m.mapping(of(p.values))
	field := kindOf(p)
	switch field {
	case claim:
		m.claim(source, p)
	case "configMap", "secret":
		m.projected(source, p, field)
	case "emptyDir":
		source = m.mapping(at(p.values)) // its fields stand there by the same names
		m.copy(source, "medium", p.values.Get("medium"))
		m.copy(source, "sizeLimit", p.values.Get("sizeLimit"))
	case "hostPath":
		m.copy(source, "path", p.values.Get("hostPath"))
		m.copy(source, "type", p.values.Get("hostPathType"))
	case "nfs":
		m.copy(source, "server", p.values.Get("server"))
		m.copy(source, "path", p.values.Get("path"))
	case "custom":
		m.addNew(out, p.values.Get("volumeSpec"))
		return out
	default:
		return out // a type of later versions
	}
	m.set(out, field, source)
	return out
}

func (m *maker) claim(source *manifest.Node, p entry) {
	existing := p.values.Get("existingClaim")
	if empty(existing) {
		if name, ok := m.stored(p, len(m.claims)); ok {
			m.set(source, "claimName", m.text(name, of(p.key)))
		}
		return
	}
	switch name, ok := m.filled(existing.Text()); {
	case ok && name == existing.Text():
		m.set(source, "claimName", m.string(existing))
	case ok:
		m.set(source, "claimName", m.text(name, of(existing)))
	}
}

func (m *maker) projected(source *manifest.Node, p entry, kind string) {
	field := "name"
	if kind == "secret" {
		field = "secretName"
	}
	name, id := p.values.Get("name"), p.values.Get("identifier")
	switch text, ok := m.filled(name.Text()); {
	case text != "" && ok && text == name.Text():
		m.set(source, field, m.string(name))
	case text != "" && ok:
		m.set(source, field, m.text(text, of(name)))
	case id.Text() != "" && text == "":
		if text := m.configMapName(kind, id.Text()); text != "" {
			m.set(source, field, m.text(text, of(id)))
		}
	}
	m.copy(source, "defaultMode", p.values.Get("defaultMode"))
	m.copy(source, "items", p.values.Get("items"))
}

// mounts adds the mounts of a container. Source: bjw-s.common.lib.container.field.volumeMounts.
func (m *maker) mounts(out *manifest.Node, c, e entry) {
	items := slices.Clone(m.persistence)
	for _, t := range c.values.Get("statefulset", "volumeClaimTemplates").Seq() {
		if name := t.Get("name"); name.Text() != "" && (t.Get("enabled") == nil || !empty(t.Get("enabled"))) {
			items = append(items, entry{name.Text(), name, t})
		}
	}
	list := m.list(of(out))
	for _, p := range byID(items) {
		m.mountsOf(list, p, c, e)
	}
	if len(list.Items) > 0 {
		list.File, list.Span = list.Items[0].File, list.Items[0].Span
		list.Origin = &manifest.Origin{Precision: manifest.Enclosing}
		m.set(out, "volumeMounts", list)
	}
}

func (m *maker) mountsOf(list *manifest.Node, p, c, e entry) {
	path := m.text("/"+p.id, of(p.key))
	if kindOf(p) == "hostPath" && p.values.Get("hostPath").Text() != "" {
		path = m.text(p.values.Get("hostPath").Text(), of(p.values.Get("hostPath")))
	}
	global, advanced := p.values.Get("globalMounts"), p.values.Get("advancedMounts")
	if empty(global) && empty(advanced) {
		mount := m.mapping(of(p.key))
		m.pair(mount, m.text("name", around(p.key)), m.text(p.id, of(p.key)))
		m.set(mount, "mountPath", path)
		m.add(list, mount)
		return
	}
	own := advanced.Get(c.id, e.id)
	if p.values.Get("name") == p.key { // of a claim template: by container alone
		own = advanced.Get(e.id)
	}
	for _, mount := range slices.Concat(global.Seq(), own.Seq()) {
		made := m.mount(p, mount, &path)
		if slices.Contains(global.Seq(), mount) && !m.alone() {
			unshared(made)
		}
		m.add(list, made)
	}
}

// mount makes one. One without a path is where the one before it is.
func (m *maker) mount(p entry, values *manifest.Node, path **manifest.Node) *manifest.Node {
	out := m.mapping(at(values))
	m.pair(out, m.text("name", around(p.key)), m.text(p.id, of(p.key)))
	if written := values.Get("path"); !empty(written) {
		*path = m.copied(written)
	}
	where := *path
	m.set(out, "mountPath", m.scalar(where.Value, where.Tag, place{where.File, where.Span, where.Origin.Source, where.Precision()}))
	for _, field := range []string{"subPath", "subPathExpr", "readOnly", "mountPropagation"} {
		m.copy(out, field, values.Get(field))
	}
	return out
}

// alone says whether the release has one container in all, so that what is mounted everywhere is mounted there.
func (m *maker) alone() bool {
	count := 0
	for _, c := range m.controllers {
		count += len(enabled(c.values.Get("containers"))) + len(enabled(c.values.Get("initContainers")))
	}
	return count == 1
}
