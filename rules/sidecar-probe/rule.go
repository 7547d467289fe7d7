// Package sidecarprobe finds proxies in the data path that nothing waits for, and helpers whose probe makes an app look ready.
package sidecarprobe

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "sidecar-probe",
	Title:    "A proxy in the data path has no startup or readiness probe, or a helper's probe makes the app look ready",
	Severity: analysis.Warning,
	Safety:   analysis.Review,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	patches := p.State.Patches()
	for _, w := range p.State.Workloads {
		if len(w.Running()) < 2 || w.Finite() || patches.Unknown(w) {
			continue
		}
		apps, helpers := parts(p, w)
		if len(apps) == 0 {
			continue
		}
		for _, c := range helpers {
			if p.Roles.Of(c).Kind != pod.Proxy || gated(c) || patches.Give(w, c.Name, string(pod.Startup), string(pod.Readiness)) {
				continue
			}
			if way, ok := dataPath(p, c, apps); ok {
				p.Report(unprobed(p, c, way, apps))
			}
		}
		if f, ok := masked(p, apps, helpers); ok && !patches.Give(w, f.Container, string(pod.Startup), string(pod.Readiness)) {
			p.Report(f)
		}
	}
	return nil
}

// parts divides a Pod as pod.Parts does, but for a proxy that also serves whole clusters: where an app of the Pod calls it on
// localhost, it helps that app, whether or not it is a native sidecar.
func parts(p *analysis.Pass, w *pod.Workload) (apps, helpers []*pod.Container) {
	apps, helpers = w.Parts(p.Roles.Of)
	for _, c := range slices.Clone(apps) {
		others := slices.DeleteFunc(slices.Clone(apps), func(other *pod.Container) bool { return other == c })
		if _, ok := called(p, c, others); ok && p.Roles.Of(c).Kind == pod.Proxy {
			apps, helpers = others, append(helpers, c)
		}
	}
	return apps, helpers
}

// gated says whether something waits for a container: a startup or readiness probe, a postStart hook (which holds back what
// starts after it), or the probe of another container on its port.
func gated(c *pod.Container) bool {
	if c.Probe(pod.Startup) != nil || c.Probe(pod.Readiness) != nil || !c.Node.Get("lifecycle", "postStart").IsNull() {
		return true
	}
	for _, other := range c.Workload.Running() {
		for _, kind := range []pod.ProbeKind{pod.Startup, pod.Readiness} {
			if port := other.ProbedPort(other.Probe(kind)); port != 0 && other != c && slices.Contains(c.Listens(), port) {
				return true
			}
		}
	}
	return false
}

func unprobed(p *analysis.Pass, c *pod.Container, way way, apps []*pod.Container) analysis.Finding {
	role := p.Roles.Of(c)
	why, at := pod.WhyHelper(c, role)
	severity, lost := analysis.Warning, "traffic reaches it before it listens"
	if way.outward {
		severity, lost = analysis.Notice, "the Pod counts as ready before the app can reach what is behind it"
	}
	return analysis.Finding{
		Severity:  severity,
		Message:   fmt.Sprintf("The proxy %s of %s has no startup or readiness probe: %s.", c.Name, c.Workload, lost),
		Object:    analysis.Ref(c.Workload.Object),
		Container: c.Name,
		Place:     analysis.At(c.Node.Get("name")),
		Evidence: []analysis.Evidence{
			{Text: fmt.Sprintf("%s is a proxy: %s", c.Name, why), Place: analysis.At(at)},
			{Text: way.text, Place: analysis.At(way.node)},
		},
		Anchors: []analysis.Place{analysis.At(way.node)},
		Fix:     fix(p.State, c, role, way, apps),
	}
}

// unasked returns the first app that exposes a port, where no app of the Pod is asked whether it is ready; nil else.
func unasked(apps []*pod.Container) *pod.Container {
	var app *pod.Container
	for _, c := range apps {
		if c.Probe(pod.Readiness) != nil || c.Probe(pod.Startup) != nil {
			return nil
		}
		if app == nil && len(c.Ports) > 0 {
			app = c
		}
	}
	return app
}

// masked finds an app that exposes a port and is not asked whether it is ready, while a helper beside it is.
func masked(p *analysis.Pass, apps, helpers []*pod.Container) (analysis.Finding, bool) {
	app := unasked(apps)
	if app == nil {
		return analysis.Finding{}, false
	}
	for _, c := range helpers {
		probe := c.Probe(pod.Readiness)
		if probe == nil || asks(p, c, probe, apps) {
			continue
		}
		return analysis.Finding{
			Message:   fmt.Sprintf("%s counts as ready when the helper %s is, as the app %s has no readiness probe.", app.Workload, c.Name, app.Name),
			Object:    analysis.Ref(app.Workload.Object),
			Container: app.Name,
			Subject:   "readiness",
			Place:     analysis.At(app.Node.Get("name")),
			Evidence: []analysis.Evidence{
				{Text: fmt.Sprintf("%s exposes a port", app.Name), Place: analysis.At(app.Ports[0].Node)},
				{Text: fmt.Sprintf("%s alone is asked whether it is ready", c.Name), Place: analysis.At(probe)},
			},
			Anchors: []analysis.Place{analysis.At(probe)},
			Fix: &analysis.Fix{
				Safety:      analysis.Review,
				Description: fmt.Sprintf("Give %s a readiness probe of its own.", app.Name),
				Obstacles:   []string{fmt.Sprintf("What tells that %s is ready is known to its author alone.", app.Name)},
			},
		}, true
	}
	return analysis.Finding{}, false
}

// asks says whether a helper's probe may ask an app: on its port, by a command that names it, or through a proxy, unless the
// path is known to be the proxy's own.
func asks(p *analysis.Pass, c *pod.Container, probe *manifest.Node, apps []*pod.Container) bool {
	command := strings.Join(probe.Get("exec", "command").Strings(), " ")
	for _, app := range apps {
		for _, port := range app.Listens() {
			if c.ProbedPort(probe) == port || strings.Contains(command, strconv.Itoa(port)) {
				return true
			}
		}
	}
	role := p.Roles.Of(c)
	if role.Kind != pod.Proxy || probe.Get("tcpSocket") != nil {
		return false
	}
	return role.Family.Path == "" || probe.Get("httpGet", "path").Text() != role.Family.Path
}
