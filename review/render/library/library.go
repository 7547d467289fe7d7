// Package library reads the values of HelmReleases whose chart is a widely used library chart that isn't in the repository, and makes the
// objects that the chart would make of them: bjw-s app-template, versions 2 to 4.
//
// The objects are *manifest.Objects whose nodes stand at the values: what the chart hands on as it is has the node of the values as
// its Source, so that it can be edited there; what the chart makes of a value is at that value, without a Source; what the chart adds
// by itself is at what holds it, and says so (manifest.Enclosing).
//
// A wrong reading is worse than none. What can't be read (a Helm template as a value, an image without a name) is left out; an object
// that lacks it is then marked as the rules know it from patches: a container without an image makes a workload partial, one without a
// selector says that what it lacks is unknown. A release with values from elsewhere, or whose result is patched, isn't read at all.
//
// Invariants: every node of an object has the release's File and a Span within it; a scalar that has a Source has its value; nothing
// here panics on foreign bytes.
//
// It starts no process, and imports neither Helm nor another part of render.
package library

import (
	"fmt"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Objects returns the workloads, Services and ConfigMaps that the chart of a HelmRelease makes of its values, and what could not be read.
// Build is the name that becomes their Root.
func Objects(build string, o *manifest.Object) ([]*manifest.Object, []manifest.Problem) {
	r, fault := read(o)
	if fault != nil {
		return nil, []manifest.Problem{fault.problem(o)}
	}
	m := &maker{release: r, nodes: nodes{left: maxNodes}}
	objects, fault := m.objects()
	if fault == nil && m.left < 0 {
		fault = &unread{at: r.values, why: "the values are too large"}
	}
	if fault != nil {
		return nil, []manifest.Problem{fault.problem(o)}
	}
	for _, object := range objects {
		object.Root, object.File, object.Document = build, o.File, o.Document
	}
	return objects, nil
}

// unread says why values aren't read.
type unread struct {
	at  *manifest.Node
	why string
}

func (u *unread) problem(o *manifest.Object) manifest.Problem {
	at := u.at
	if at == nil {
		at = o.Node
	}
	return manifest.Problem{
		Kind: manifest.NotAnalysed, Path: o.File.Path, Span: at.Span, Doc: o.Document,
		Message: fmt.Sprintf("the values of HelmRelease/%s are not read: %s", o.Name, u.why),
	}
}

// maker makes the objects of one release.
type maker struct {
	nodes
	*release
}

func (m *maker) objects() ([]*manifest.Object, *unread) {
	var out []*manifest.Object
	for _, c := range m.controllers {
		o, fault := m.workload(c)
		if fault != nil {
			return nil, fault
		}
		if o != nil {
			o.Part = c.id
			out = append(out, o)
		}
	}
	if len(out) == 1 {
		out[0].Part = ""
	}
	for _, s := range m.services {
		if o := m.service(s); o != nil {
			out = append(out, o)
		}
	}
	for _, c := range m.configMaps {
		if o := m.configMap(c); o != nil {
			out = append(out, o)
		}
	}
	return out, nil
}

// object makes one with a name, at the entry of the values that stands for it.
func (m *maker) object(apiVersion, kind, name string, e entry) *manifest.Object {
	root := m.mapping(around(e.key))
	m.set(root, "apiVersion", m.text(apiVersion, around(e.key)))
	m.set(root, "kind", m.text(kind, around(e.key)))
	metadata := m.mapping(around(e.key))
	m.set(metadata, "name", m.text(name, of(e.key)))
	if m.namespace != "" {
		m.set(metadata, "namespace", m.text(m.namespace, around(e.key)))
	}
	m.copy(metadata, "labels", e.values.Get("labels"))
	m.copy(metadata, "annotations", e.values.Get("annotations"))
	m.set(root, "metadata", metadata)
	return &manifest.Object{Node: root, APIVersion: apiVersion, Kind: kind, Namespace: m.namespace, Name: name}
}
