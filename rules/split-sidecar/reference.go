package splitsidecar

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// moveReferences rewrites host names in both directions: what was another Pod is this one.
func (m *merger) moveReferences() error {
	for _, l := range m.toApp {
		edits, err := m.relocate(l, m.toApp, l.ref.From)
		if err != nil {
			return err
		}
		if c := m.owner(l.ref.Node); c != nil {
			m.inside[c] = append(m.inside[c], edits...)
			continue
		}
		if other := m.alsoRead(l, m.helper); other != nil {
			return fmt.Errorf("%s is also read by %s, for which it must stay as it is", l.ref.From, other)
		}
		m.edits = append(m.edits, edits...)
	}
	for _, l := range m.toHelper {
		if other := m.alsoRead(l, m.app); other != nil {
			if m.relation == client {
				return fmt.Errorf("%s is also read by %s, for which it must stay as it is", l.ref.From, other)
			}
			continue // the Service stays, and with it the name
		}
		edits, err := m.relocate(l, m.toHelper, fmt.Sprintf("%s of %s", l.ref.From, m.app))
		if err != nil {
			return err
		}
		m.edits = append(m.edits, edits...)
	}
	return nil
}

// alsoRead returns another workload that reads what a reference stands in, a ConfigMap: to it the name is still right.
func (m *merger) alsoRead(l located, reader *pod.Workload) *pod.Workload {
	for _, w := range m.state.Workloads {
		if w == reader {
			continue
		}
		for _, link := range append(m.state.Links(w), m.state.FileLinks(w)...) {
			if link.Reference.Node == l.ref.Node {
				return w
			}
		}
	}
	return nil
}

// relocate makes one reference of all those in its direction name localhost.
func (m *merger) relocate(l located, all []located, where string) ([]edit.Edit, error) {
	address, err := m.local(l)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(l.ref.Node.Text(), l.ref.Text) {
		if m.follows(l, all, address) {
			return nil, nil
		}
		return nil, fmt.Errorf("%s puts what it names together from variables; write it out first", where)
	}
	edits, err := edit.ReplaceWithin(l.ref.Node, l.ref.Text, l.ref.Prefix+address)
	m.did("%s: %s becomes %s", where, peer(l.ref), address)
	return edits, err
}

// follows says whether a reference becomes right without an edit of its own: it takes its host from a variable, which is
// rewritten as a reference by itself, and keeps its port.
func (m *merger) follows(l located, all []located, address string) bool {
	_, port, _ := strings.Cut(peer(l.ref), ":")
	if _, local, _ := strings.Cut(address, ":"); local != port {
		return false
	}
	for _, v := range all {
		name := m.variable(v.ref.Node)
		if name != "" && peer(v.ref) == v.ref.Node.Text() && v.ref.Host == l.ref.Host && strings.Contains(l.ref.Node.Text(), "$("+name+")") {
			return true
		}
	}
	return false
}

// variable returns the name of the environment variable whose value a node is.
func (m *merger) variable(n *manifest.Node) string {
	for _, w := range []*pod.Workload{m.helper, m.app} {
		for _, c := range w.Containers {
			for _, e := range c.Env {
				if e.Value == n {
					return e.Name
				}
			}
		}
	}
	return ""
}

// peer is what a reference names, without the credentials that may stand before it.
func peer(r pod.Reference) string {
	return strings.TrimPrefix(r.Text, r.Prefix)
}

// owner returns the helper's container that holds a node.
func (m *merger) owner(n *manifest.Node) *pod.Container {
	for _, c := range m.containers() {
		if n.File == c.Node.File && n.Span.Start.Offset >= c.Node.Span.Start.Offset && n.Span.End.Offset <= c.Node.Span.End.Offset {
			return c
		}
	}
	return nil
}

// defaultPorts are the ports that clients use when a URL names none (IANA registry and the projects' documentation).
var defaultPorts = map[string]int{
	"http": 80, "https": 443, "redis": 6379, "postgres": 5432, "postgresql": 5432, "mysql": 3306, "amqp": 5672, "mongodb": 27017, "nats": 4222, "memcached": 11211,
}

// local returns what a reference becomes within one Pod: localhost and the container port behind the Service's port.
func (m *merger) local(l located) (string, error) {
	asked := l.ref.Port
	if asked == 0 {
		asked = defaultPorts[l.ref.Scheme]
	}
	service, w := l.target.Service, l.target.Workload
	switch {
	case service == nil && !declares(w, asked):
		return "", fmt.Errorf("%s names %s, and the Service that leads from there to a port of %s is not in this repository", l.ref.From, peer(l.ref), w)
	case service == nil && l.ref.Port == 0:
		return "localhost", nil
	case service == nil:
		return fmt.Sprintf("localhost:%d", asked), nil
	case asked == 0:
		return "localhost", samePorts(l)
	}
	port := service.ContainerPort(w, asked)
	switch {
	case port == 0:
		return "", fmt.Errorf("port %d of Service/%s leads to no container port of %s", asked, service.Object.WrittenName(), w)
	case l.ref.Port == 0 && port == asked:
		return "localhost", nil
	}
	return fmt.Sprintf("localhost:%d", port), nil
}

// samePorts makes sure that a host without a port stays right as localhost: who uses it knows the port from elsewhere, so that
// each port of the Service must be the container's own.
func samePorts(l located) error {
	for _, p := range l.target.Service.Ports {
		if port := l.target.Service.ContainerPort(l.target.Workload, p.Port); port != p.Port {
			return fmt.Errorf("%s names a host without a port, and Service/%s leads from port %d to another port of %s", l.ref.From, l.target.Service.Object.WrittenName(), p.Port, l.target.Workload)
		}
	}
	return nil
}

// declares says whether a running container of a workload declares a port.
func declares(w *pod.Workload, port int) bool {
	for _, c := range w.Running() {
		for _, p := range c.Ports {
			if p.Number == port && port != 0 {
				return true
			}
		}
	}
	return false
}
