package sidecarprobe

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// fix adds a startup probe to a native sidecar between the app and what it calls, for which the app then waits, and a readiness
// probe to any other proxy; but not beside an app that nobody asks, for which it would seem to answer.
func fix(s *analysis.State, c *pod.Container, role pod.Role, way way, apps []*pod.Container) *analysis.Fix {
	kind := pod.Readiness
	if c.Native && way.outward || unasked(apps) != nil {
		kind = pod.Startup
	}
	f := &analysis.Fix{Safety: analysis.Review, Description: fmt.Sprintf("Give %s a %s.", c.Name, kind)}
	ask, obstacle := pod.HealthOf(c, role, way.port, kind, func(name string) *manifest.Object { return s.ConfigMap(c.Workload, name) })
	if obstacle != "" {
		f.Obstacles = []string{obstacle}
		return f
	}
	value, err := edit.LayoutAt(c.Node).Render(analysis.ProbeOf(ask))
	if err == nil {
		f.Edits, err = edit.InsertPair(c.Node, []string{"ports", "args", "command"}, string(kind), value)
	}
	if err != nil {
		f.Edits, f.Obstacles = nil, []string{"The file can't be edited with certainty: " + strings.TrimSuffix(err.Error(), ".") + "."}
		return f
	}
	f.Changes = changes(c, kind, ask.Port)
	return f
}

func changes(c *pod.Container, kind pod.ProbeKind, port int) []string {
	if kind == pod.Readiness {
		return []string{fmt.Sprintf("A Pod of %s is ready only while %s answers on port %d.", c.Workload, c.Name, port)}
	}
	first := fmt.Sprintf("A Pod of %s is ready only after %s has answered on port %d.", c.Workload, c.Name, port)
	if c.Native {
		first = fmt.Sprintf("What comes after %s starts when it answers on port %d, and not before.", c.Name, port)
	}
	return []string{first, fmt.Sprintf("%s is restarted when it has not answered within 30 s; a higher failureThreshold gives it longer.", c.Name)}
}
