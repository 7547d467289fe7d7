package pod

import (
	"strconv"

	"github.com/podcheck/podcheck/rules/manifest"
)

// ProbeKind is the field of a container that holds a probe.
type ProbeKind string

// The probes of a container. Liveness gates nothing: it restarts.
const (
	Startup   ProbeKind = "startupProbe"
	Readiness ProbeKind = "readinessProbe"
	Liveness  ProbeKind = "livenessProbe"
)

// Probe returns a container's probe, nil when it has none. An empty mapping is none: Kubernetes refuses it.
func (c *Container) Probe(kind ProbeKind) *manifest.Node {
	if n := c.Node.Get(string(kind)); len(n.Keys()) > 0 {
		return n
	}
	return nil
}

// ProbedPort returns the port that a probe asks, by number or by the name of one of the container's ports; 0 for a command and
// for a name that the container does not have.
func (c *Container) ProbedPort(probe *manifest.Node) int {
	for _, way := range []string{"httpGet", "tcpSocket", "grpc"} {
		text := probe.Get(way, "port").Text()
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
		for _, p := range c.Ports {
			if text != "" && p.Name == text {
				return p.Number
			}
		}
	}
	return 0
}
