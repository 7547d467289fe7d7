package library

import (
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// probes adds the probes of a container. Source: bjw-s.common.lib.container.field.probes.
func (m *maker) probes(out *manifest.Node, c, e entry, values *manifest.Node) {
	for _, name := range []string{"liveness", "readiness", "startup"} {
		probe := values.Get(name)
		on := !empty(probe.Get("enabled"))
		preset := m.major == 2 && c.id == "main" && e.id == "main" // version 2 has values for these
		if preset && probe.Get("enabled") == nil {
			on = true
		}
		if !on {
			continue
		}
		place := around(e.key)
		if probe != nil {
			place = of(probe)
		}
		timing := usual
		if preset && name == "startup" {
			timing = patient
		}
		made := m.probe(c, probe, place, timing)
		if made == nil {
			continue
		}
		if key := keyOf(probe); key != nil {
			m.pair(out, m.text(name+"Probe", of(key)), made)
			continue
		}
		m.set(out, name+"Probe", made)
	}
}

// timing is how often a probe is made and may fail, unless the values say otherwise.
type timing struct{ failures, period int }

var (
	usual   = timing{failures: 3, period: 10}
	patient = timing{failures: 30, period: 5}
)

// seconds adds a number of a probe: the written one, else the chart's.
func (m *maker) seconds(out *manifest.Node, field string, spec *manifest.Node, value int, place place) {
	if written := spec.Get(field); !written.IsNull() {
		m.handOn(out, field, written)
		return
	}
	m.set(out, field, m.number(value, place))
}

// probe makes one: the written specification, or one that goes to the port of the controller's Service; nil where it has no such.
func (m *maker) probe(c entry, values *manifest.Node, place place, t timing) *manifest.Node {
	if !empty(values.Get("custom")) {
		spec := values.Get("spec")
		switch {
		case templated(spec):
			return m.mapping(place) // there is a probe, of unknown kind
		case isMapping(spec):
			return m.copied(spec)
		}
		return nil
	}
	port, ok := m.primaryPort(c.id)
	if !ok {
		return nil
	}
	out := m.mapping(place)
	kind := values.Get("type").Text()
	if kind == "AUTO" {
		kind = port.values.Get("protocol").Text()
	}
	handler := m.mapping(place)
	field := "tcpSocket"
	switch kind {
	case "HTTP", "HTTPS":
		field = "httpGet"
		m.copy(handler, "path", values.Get("path"))
		m.set(handler, "scheme", m.text(kind, place))
	case "GRPC":
		field = "grpc"
		m.copy(handler, "service", values.Get("service"))
	}
	m.probePort(handler, values.Get("port"), port.values)
	m.set(out, field, handler)
	spec := values.Get("spec")
	m.seconds(out, "initialDelaySeconds", spec, 0, place)
	m.seconds(out, "failureThreshold", spec, t.failures, place)
	m.seconds(out, "timeoutSeconds", spec, 1, place)
	m.seconds(out, "periodSeconds", spec, t.period, place)
	return out
}

// probePort adds the port that a probe goes to: its own, else the Service's. A template's isn't known.
func (m *maker) probePort(handler, own, service *manifest.Node) {
	for _, port := range []*manifest.Node{own, service.Get("targetPort"), service.Get("port")} {
		if empty(port) {
			continue
		}
		if !templated(port) {
			m.set(handler, "port", unshared(m.copied(port)))
		}
		return
	}
}

func byID(entries []entry) []entry {
	slices.SortFunc(entries, func(a, b entry) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	return entries
}
