// Package helperexposed finds Services that make reachable what a helper offers to the app beside it alone.
package helperexposed

import (
	_ "embed"
	"fmt"
	"regexp"
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
	Name:     "helper-exposed",
	Title:    "A Service exposes a port of a helper that only the app beside it uses",
	Severity: analysis.Notice,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	patches := p.State.Patches()
	for _, w := range p.State.Workloads {
		if len(w.Running()) < 2 || w.Finite() || patches.Unknown(w) {
			continue
		}
		apps, helpers := w.Parts(p.Roles.Of)
		helpers = slices.DeleteFunc(helpers, func(c *pod.Container) bool { return meantToBeReached(p, c) })
		if len(apps) == 0 || len(helpers) == 0 {
			continue
		}
		for _, svc := range p.State.Selecting(w) {
			if p.State.Near(svc.Object, w.Object) != analysis.Together {
				continue
			}
			for _, c := range helpers {
				report(p, svc, c, apps)
			}
		}
	}
	return nil
}

func report(p *analysis.Pass, svc *pod.Service, c *pod.Container, apps []*pod.Container) {
	role := p.Roles.Of(c)
	for _, port := range svc.Ports {
		number := svc.ContainerPort(c.Workload, port.Port)
		if !belongs(c, number) || isAside(port, c, number) {
			continue
		}
		app, call := caller(apps, number)
		if app == nil || used(p, svc, port, c.Workload) {
			continue
		}
		why, at := pod.WhyHelper(c, role)
		p.Report(analysis.Finding{
			Message: fmt.Sprintf("Service/%s exposes port %d of the helper %s in %s, which only %s uses, on localhost.",
				svc.Object.WrittenName(), number, c.Name, c.Workload, app.Name),
			Object:    analysis.Ref(svc.Object),
			Container: c.Name,
			Subject:   strconv.Itoa(number),
			Place:     analysis.At(port.Node),
			Evidence: []analysis.Evidence{
				{Text: fmt.Sprintf("%s helps: %s", c.Name, why), Place: analysis.At(at)},
				{Text: fmt.Sprintf("%s calls it on localhost, and nothing here calls port %d of the Service", app.Name, port.Port), Place: analysis.At(call)},
			},
			Related: []analysis.Related{{Object: analysis.Ref(c.Workload.Object), Place: analysis.At(c.Workload.Object.Node.Get("metadata", "name"))}},
			Anchors: []analysis.Place{analysis.At(c.Node.Get("name"))},
		})
	}
}

// belongs says whether a port is the container's, and no other's of its Pod.
func belongs(c *pod.Container, number int) bool {
	return number != 0 && slices.Contains(c.Listens(), number) && !slices.ContainsFunc(c.Workload.Running(), func(other *pod.Container) bool {
		return other != c && slices.Contains(other.Listens(), number)
	})
}

// aside are words of ports that are meant to be asked from outside: by Prometheus, by people, by probes.
var aside = []string{"metrics", "prometheus", "prom", "exporter", "monitoring", "health", "healthz", "healthcheck", "probe", "status", "stats", "web", "ui", "http", "https"}

func isAside(port pod.ServicePort, c *pod.Container, number int) bool {
	names := append(pod.Words(port.Name), pod.Words(port.TargetPort)...)
	for _, p := range c.Ports {
		if p.Number == number {
			names = append(names, pod.Words(p.Name)...)
		}
	}
	return slices.ContainsFunc(names, func(word string) bool { return slices.Contains(aside, word) })
}

var local = regexp.MustCompile(`(?:^|[^-.\w])(?:localhost|127\.0\.0\.1|\[::1\]):(\d{1,5})(?:$|\D)`)

// loopback is a host that stands alone, and its port elsewhere.
var loopback = regexp.MustCompile(`^(?:--?[\w.-]+=)?(?:localhost|127\.0\.0\.1|::1)$`)

// calls returns the scalar in which a container names a port of its own Pod's network, or the port where the host stands apart;
// port 0 asks for any.
func calls(c *pod.Container, port int) *manifest.Node {
	apart := false
	for _, n := range c.Texts() {
		text := c.Expand(n.Text())
		apart = apart || loopback.MatchString(text)
		for _, m := range local.FindAllStringSubmatch(text, -1) {
			if m[1] == strconv.Itoa(port) || port == 0 {
				return n
			}
		}
	}
	if !apart {
		return nil
	}
	for _, n := range c.Texts() {
		text := n.Text()
		if flag, value, ok := strings.Cut(text, "="); ok && strings.HasPrefix(flag, "-") {
			text = value
		}
		if text == strconv.Itoa(port) || port == 0 {
			return n
		}
	}
	return nil
}

func caller(apps []*pod.Container, port int) (*pod.Container, *manifest.Node) {
	for _, app := range apps {
		if n := calls(app, port); n != nil {
			return app, n
		}
	}
	return nil, nil
}

// meantToBeReached says whether a helper offers something to callers from outside: metrics, a service for many, or the app, which
// it may stand in front of when it calls into its own Pod.
func meantToBeReached(p *analysis.Pass, c *pod.Container) bool {
	role := p.Roles.Of(c)
	return role.Kind == pod.MetricsExporter || role.Central || calls(c, 0) != nil
}

// used says whether anything in the state may ask for a port of a Service: a workload that calls it, or another that names it at
// all, since host and port are often told apart; or any other object that names both.
func used(p *analysis.Pass, svc *pod.Service, port pod.ServicePort, own *pod.Workload) bool {
	for _, w := range p.State.Workloads {
		if w != own && mentions(w, svc.Object.Name) {
			return true
		}
		for _, link := range p.State.Links(w) {
			if link.Reference.Port != port.Port && link.Reference.Port != 0 {
				continue
			}
			if slices.ContainsFunc(link.Lookup.Targets, func(t analysis.Target) bool { return t.Service == svc }) {
				return true
			}
		}
	}
	return slices.ContainsFunc(p.State.Objects, func(o *manifest.Object) bool {
		return o != svc.Object && pod.WorkloadOf(o) == nil && o.Kind != "Service" && names(o, svc, port)
	})
}

// mentions says whether a name stands as a host name's label in what the containers of a workload are told.
func mentions(w *pod.Workload, name string) bool {
	label := func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }
	return slices.ContainsFunc(w.Containers, func(c *pod.Container) bool {
		return slices.ContainsFunc(c.Texts(), func(n *manifest.Node) bool {
			return slices.Contains(strings.FieldsFunc(n.Text(), label), name)
		})
	})
}

// names says whether an object (a route, a monitor, configuration) has the Service and the port in its text. Monitors select
// Services by labels, so that the port's name is enough.
func names(o *manifest.Object, svc *pod.Service, port pod.ServicePort) bool {
	text := string(o.Node.File.Data[o.Node.Span.Start.Offset:o.Node.Span.End.Offset])
	number := strings.Contains(text, strconv.Itoa(port.Port)) || port.Name != "" && strings.Contains(text, port.Name)
	return number && (strings.Contains(text, svc.Object.Name) || strings.HasSuffix(o.Kind, "Monitor"))
}
