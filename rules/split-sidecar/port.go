package splitsidecar

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// portClash refuses two containers on one port: a Pod has one network.
func (m *merger) portClash() []string {
	var out []string
	for _, h := range m.helper.Running() {
		for _, a := range m.app.Running() {
			out = append(out, samePort(h, a)...)
		}
		for _, p := range h.Ports {
			if n := p.Node.Get("hostPort"); !n.IsNull() && m.many() {
				out = append(out, fmt.Sprintf("Container %s takes port %s of its node, which only one of %s could have there.", h.Name, n.Text(), m.podsOf(m.app)))
			}
		}
	}
	return out
}

// samePort says where two containers that share a Pod's network would get in each other's way.
func samePort(h, a *pod.Container) []string {
	var out []string
	clash := func(port int, protocol string) {
		text := fmt.Sprintf("Container %s and container %s of %s both use port %d/%s, and a Pod has one network.", h.Name, a.Name, a.Workload, port, protocol)
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	for _, port := range h.Listens() {
		if slices.Contains(a.Listens(), port) {
			clash(port, "TCP")
		}
	}
	for _, hp := range h.Ports {
		for _, ap := range a.Ports {
			if hp.Number != 0 && hp.Number == ap.Number && hp.Protocol == ap.Protocol {
				clash(hp.Number, hp.Protocol)
			}
		}
	}
	return out
}

// renamePorts gives a port of the helper another name where the app has one of its name: who asks for a port by name would reach
// only one of them.
func (m *merger) renamePorts() error {
	for _, c := range m.containers() {
		for _, p := range c.Ports {
			if p.Name == "" || !hasPort(m.app, p.Name) {
				continue
			}
			name := m.freePort(c, p.Name)
			if name == "" {
				return fmt.Errorf("%s has a port named %s already, and no other name suggests itself", m.app, p.Name)
			}
			m.ports[p.Name] = name
			m.did("port %s of container %s is named %s, as %s has one of its name", p.Name, c.Name, name, m.app)
			e, err := edit.ReplaceScalar(p.Node.Get("name"), name)
			if err := m.within(c, []edit.Edit{e}, err); err != nil {
				return err
			}
		}
	}
	for _, c := range m.containers() {
		for _, n := range portsAsked(c) {
			if err := m.renamed(n, func(e edit.Edit) { m.inside[c] = append(m.inside[c], e) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// renamed makes a scalar that names a port of the helper follow its new name.
func (m *merger) renamed(n *manifest.Node, add func(edit.Edit)) error {
	name := m.ports[n.Text()]
	if name == "" {
		return nil
	}
	e, err := edit.ReplaceScalar(n, name)
	if err == nil {
		add(e)
	}
	return err
}

func hasPort(w *pod.Workload, name string) bool {
	return slices.ContainsFunc(w.Containers, func(c *pod.Container) bool {
		return slices.ContainsFunc(c.Ports, func(p pod.Port) bool { return p.Name == name })
	})
}

// portName is what Kubernetes takes for the name of a container's port (IANA_SVC_NAME, RFC 6335).
var portName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// freePort finds a name for a port that no container has: with the container's name before it, its first word, or that of its
// workload, as far as 15 characters hold them.
func (m *merger) freePort(c *pod.Container, name string) string {
	first, _, _ := strings.Cut(c.Name, "-")
	for _, before := range []string{c.Name, first, m.helper.Name(), "sidecar"} {
		candidate := before + "-" + name
		if len(candidate) <= 15 && portName.MatchString(candidate) && !strings.Contains(candidate, "--") && !hasPort(m.app, candidate) && !hasPort(m.helper, candidate) {
			return candidate
		}
	}
	return ""
}

// portsAsked are the scalars by which a container's probes and hooks name one of its ports.
func portsAsked(c *pod.Container) []*manifest.Node {
	var out []*manifest.Node
	for _, action := range [][]string{{"startupProbe"}, {"readinessProbe"}, {"livenessProbe"}, {"lifecycle", "postStart"}, {"lifecycle", "preStop"}} {
		for _, how := range []string{"httpGet", "tcpSocket"} {
			if n := c.Node.Get(action...).Get(how, "port"); n != nil {
				out = append(out, n)
			}
		}
	}
	return out
}

// portNumber is the number of the helper's port of that name or number, 0 when none of its containers declares it.
func (m *merger) portNumber(text string) int {
	for _, c := range m.helper.Running() {
		for _, p := range c.Ports {
			if p.Number != 0 && (p.Name == text || fmt.Sprint(p.Number) == text) {
				return p.Number
			}
		}
	}
	return 0
}
