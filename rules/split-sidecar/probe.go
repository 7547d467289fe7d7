package splitsidecar

import (
	"fmt"
	"path"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

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
	ask, unknown := pod.HealthOf(c, role, port, pod.Startup, func(name string) *manifest.Object { return m.state.ConfigMap(c.Workload, name) })
	switch {
	case unknown != "" && m.waitedFor(c):
		return fmt.Errorf("%s Give %s a startup probe first: in one Pod, requests would come before it can serve them", unknown, c.Name)
	case unknown != "":
		return nil
	}
	m.did("container %s gets a startup probe on port %d, so that nothing reaches the Pod before it listens", c.Name, ask.Port)
	return m.merged(c, nil, string(pod.Startup), analysis.ProbeOf(ask))
}

// waitedFor says whether requests pass through a proxy that nothing asks: a Service leads to it, or the app calls it and is not asked
// itself.
func (m *merger) waitedFor(c *pod.Container) bool {
	if !c.Node.Get("lifecycle", "postStart").IsNull() || path.Base(pod.Repository(c.Image)) == "kube-rbac-proxy" {
		return false
	}
	if m.relation != client {
		return true
	}
	apps, _ := m.app.Parts(m.roles.Of)
	return !slices.ContainsFunc(apps, func(app *pod.Container) bool {
		return app.Probe(pod.Readiness) != nil || app.Probe(pod.Startup) != nil
	})
}

// readiness takes the readiness probe from a helper that is in nobody's way to the app: beside the app, it would decide whether the
// app gets traffic.
func (m *merger) readiness(c *pod.Container) error {
	role := m.roles.Of(c)
	if c.Section != pod.Containers || role.Kind == pod.Proxy || c.Node.Get("readinessProbe").IsNull() {
		return nil
	}
	edits, err := edit.RemovePair(c.Node, "readinessProbe")
	m.did("container %s goes without its readiness probe, which would decide whether %s gets traffic", c.Name, m.app)
	return m.within(c, edits, err)
}
