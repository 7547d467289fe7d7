package sidecarprobe

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// way is why a proxy counts as part of the data path.
type way struct {
	text    string
	node    *manifest.Node
	outward bool // between the app and what it calls, not between callers and the app
	port    int  // 0 when unknown
}

// dataPath finds the evidence that requests pass through a proxy. A proxy that guards metrics is not in the data path. One
// between the app and what it calls counts where nobody asks the app, whose answer would cover it.
func dataPath(p *analysis.Pass, c *pod.Container, apps []*pod.Container) (way, bool) {
	if path.Base(pod.Repository(c.Image)) == "kube-rbac-proxy" {
		return way{}, false
	}
	if w, ok := exposed(p, c); ok {
		return w, true
	}
	if w, ok := passesOn(c); ok {
		return w, true
	}
	w, ok := called(p, c, apps)
	return w, ok && !slices.ContainsFunc(apps, func(app *pod.Container) bool {
		return app.Probe(pod.Readiness) != nil || app.Probe(pod.Startup) != nil
	})
}

// aside are words of ports that carry no requests.
var aside = []string{"metrics", "prometheus", "prom", "exporter", "admin", "health", "healthz", "status", "stats", "probe"}

func isAside(name string) bool {
	return slices.ContainsFunc(pod.Words(name), func(word string) bool { return slices.Contains(aside, word) })
}

// exposed finds a Service that leads to the proxy.
func exposed(p *analysis.Pass, c *pod.Container) (way, bool) {
	for _, svc := range p.State.Selecting(c.Workload) {
		if p.State.Near(svc.Object, c.Workload.Object) != analysis.Together {
			continue
		}
		for _, port := range svc.Ports {
			number := svc.ContainerPort(c.Workload, port.Port)
			if number != 0 && slices.Contains(c.Listens(), number) && !isAside(port.Name) && !isAside(port.TargetPort) {
				return way{text: fmt.Sprintf("Service/%s leads to its port %d", svc.Object.WrittenName(), number), node: port.Node, port: number}, true
			}
		}
	}
	return way{}, false
}

var (
	upstream = regexp.MustCompile(`^--?(?:upstream|upstream-url|upstreams|proxy-upstream|forward-to|target)=\S*(?:localhost|127\.0\.0\.1|\[::1\])`)
	local    = regexp.MustCompile(`(?:^|[^-.\w])(?:localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?(?:$|[^-.:\w])`)
)

// passesOn finds an upstream in the same Pod.
func passesOn(c *pod.Container) (way, bool) {
	for _, n := range c.Words() {
		if text := c.Expand(n.Text()); upstream.MatchString(text) {
			w := way{text: fmt.Sprintf("it passes on what it gets: %s", text), node: n}
			if ports := c.Listens(); len(ports) == 1 {
				w.port = ports[0]
			}
			return w, true
		}
	}
	return way{}, false
}

// called finds an app that calls the proxy on localhost: on a port that it is known to listen on, or on one that nobody else in
// the Pod listens on when the proxy stands for a database.
func called(p *analysis.Pass, c *pod.Container, apps []*pod.Container) (way, bool) {
	for _, app := range apps {
		for _, n := range app.Texts() {
			for _, m := range local.FindAllStringSubmatch(app.Expand(n.Text()), -1) {
				port, _ := strconv.Atoi(m[1])
				if port != 0 && slices.Contains(c.Listens(), port) || p.Roles.Of(c).IsDatabaseProxy() && !heard(c, port) {
					return way{text: fmt.Sprintf("%s calls it on %s", app.Name, strings.Trim(m[0], `/'"@=( )`)), node: n, outward: true, port: port}, true
				}
			}
		}
	}
	return way{}, false
}

// heard says whether another container of the Pod listens on a port.
func heard(c *pod.Container, port int) bool {
	return slices.ContainsFunc(c.Workload.Running(), func(other *pod.Container) bool {
		return other != c && slices.Contains(other.Listens(), port)
	})
}
