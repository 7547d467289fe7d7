package library

import "github.com/podcheck/podcheck/rules/manifest"

// service makes a Service. Source: bjw-s.common.class.service.
func (m *maker) service(s entry) *manifest.Object {
	name, ok := m.resource(s, len(m.services))
	controller := m.controllerOf(s)
	if _, known := find(m.controllers, controller); !ok || !known {
		return nil
	}
	o := m.object("v1", "Service", name, s)
	spec := m.mapping(at(s.values))
	if kind := s.values.Get("type"); !empty(kind) {
		m.handOn(spec, "type", kind)
	}
	for _, field := range []string{"clusterIP", "externalName", "loadBalancerIP", "externalTrafficPolicy", "internalTrafficPolicy", "sessionAffinity", "publishNotReadyAddresses"} {
		m.copy(spec, field, s.values.Get(field))
	}
	if ports := m.servicePorts(s); len(ports.Items) > 0 {
		m.set(spec, "ports", ports)
	}
	m.set(spec, "selector", m.selector(s.key, controller, m.controllerLabel(), s.values.Get("extraSelectorLabels")))
	m.set(o.Node, "spec", spec)
	return o
}

func (m *maker) servicePorts(s entry) *manifest.Node {
	list := m.list(around(s.key))
	if written := s.values.Get("ports"); written != nil {
		list = m.list(of(written))
	}
	for _, p := range enabled(s.values.Get("ports")) {
		port := p.values.Get("port")
		if empty(port) || templated(port) {
			continue
		}
		out := m.mapping(at(p.values))
		m.pair(out, m.text("name", around(p.key)), m.text(p.id, of(p.key)))
		m.handOn(out, "port", port)
		if target := p.values.Get("targetPort"); !empty(target) {
			m.handOn(out, "targetPort", target)
		} else {
			m.set(out, "targetPort", unshared(m.copied(port)))
		}
		switch protocol := p.values.Get("protocol"); protocol.Text() {
		case "", "HTTP", "HTTPS", "TCP":
			m.set(out, "protocol", m.text("TCP", around(p.key)))
		default:
			m.handOn(out, "protocol", protocol)
		}
		m.copy(out, "nodePort", p.values.Get("nodePort"))
		m.copy(out, "appProtocol", p.values.Get("appProtocol"))
		m.add(list, out)
	}
	return list
}

// configMap makes a ConfigMap; none where its data is a template.
func (m *maker) configMap(e entry) *manifest.Object {
	name, ok := m.stored(e, len(m.configMaps))
	data := e.values.Get("data")
	if !ok || templated(data) {
		return nil
	}
	o := m.object("v1", "ConfigMap", name, e)
	m.copy(o.Node, "data", data)
	return o
}
