package splitsidecar

import (
	"fmt"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

// unrelatedWords are words of flags and variables that name peers of another purpose than the one a helper serves: where it
// listens, reports, logs, or who authenticates its users.
var unrelatedWords = []string{
	"listen", "bind", "push", "pushgateway", "remote", "otlp", "otel", "trace", "tracing", "jaeger", "zipkin", "log", "logs", "logging", "loki",
	"oidc", "issuer", "redirect", "callback", "login", "logout", "redeem", "validate", "profile", "jwks", "session", "cookie", "whitelist", "allowed",
	"domain", "domains", "http-proxy", "https-proxy", "no-proxy", "sentry", "vault", "external", "web", "metrics", "telemetry", "statsd", "realm", "discovery",
	"webhook-secret", "ca", "cert", "tls", "kubeconfig", "kubernetes", "apiserver",
}

// upstreamWords are words that name the upstream of a proxy.
var upstreamWords = []string{"upstream", "upstreams", "backend", "target", "origin", "dest", "destination", "forward"}

// byUpstream finds the one app that the helper's arguments or environment name. A second target in the cluster, known or
// not, means that the helper serves more than one.
func byUpstream(p *analysis.Pass, w *pod.Workload, main *pod.Container, role pod.Role) *pair {
	switch role.Kind {
	case pod.MetricsExporter, pod.Proxy, pod.Adapter, pod.ConfigSync, pod.FileWatcher:
	default:
		return nil
	}
	if role.Kind == pod.Proxy && pooler(role.Family.Image) {
		return nil // serves the clients of what it stands before, seen here or not
	}
	pr := &pair{helper: w, main: main, role: role, relation: upstream}
	for _, link := range purposeful(p.State, w, main, role) {
		ref, found := link.Reference, link.Lookup
		if found.Outside {
			continue
		}
		if len(found.Targets) != 1 || found.Targets[0].Workload == w {
			return nil
		}
		target := found.Targets[0]
		if pr.app != nil && pr.app != target.Workload {
			return nil
		}
		pr.app = target.Workload
		pr.evidence = append(pr.evidence, analysis.Evidence{
			Text: fmt.Sprintf("%s of container %s names %s, which leads to %s and nothing else", ref.From, main.Name, ref.Host, pr.app), Place: analysis.At(ref.Node),
		})
		if target.Service != nil {
			pr.evidence = append(pr.evidence, analysis.Evidence{Text: fmt.Sprintf("Service/%s selects the Pods of %s", target.Service.Object.WrittenName(), pr.app), Place: analysis.At(target.Service.Object.Node.Get("spec", "selector"))})
		}
	}
	if pr.app == nil || !p.Roles.HasApp(pr.app) || pr.app.Kind() == "DaemonSet" || !pr.withoutOwnClients(p) {
		return nil
	}
	return pr
}

// purposeful returns the references that say whom the helper serves: those of upstream flags, variables and directives where
// it has any, and for a proxy that authenticates no others.
func purposeful(s *analysis.State, w *pod.Workload, main *pod.Container, role pod.Role) []analysis.Link {
	var all, upstreams []analysis.Link
	for _, link := range append(ownLinks(s, w, main), s.FileLinks(w)...) {
		key := link.Reference.Key
		words := strings.Split(key, "-")
		switch {
		case containsAny(words, upstreamWords):
			upstreams = append(upstreams, link)
		case !containsAny(words, unrelatedWords) && !slices.Contains(unrelatedWords, key):
			all = append(all, link)
		}
	}
	if len(upstreams) > 0 {
		return upstreams
	}
	if role.Kind == pod.Proxy && role.Family.Image != "" && authenticates(role.Family.Image) {
		return nil
	}
	return all
}

// ownLinks are the links of one container.
func ownLinks(s *analysis.State, w *pod.Workload, c *pod.Container) []analysis.Link {
	return slices.DeleteFunc(slices.Clone(s.Links(w)), func(l analysis.Link) bool { return l.Container != c })
}

// authenticates says whether a proxy always has its upstream in a flag of that name, so that its other peers are none.
func authenticates(family string) bool {
	return strings.Contains(family, "oauth") || strings.Contains(family, "gatekeeper") || strings.Contains(family, "rbac-proxy") || strings.Contains(family, "louketo")
}

func containsAny(words, wanted []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(wanted, w) })
}

// withoutOwnClients says whether nobody but the app calls the helper. Callers of a proxy in the data path are the app's
// callers; those of anything else are clients of a service.
func (pr *pair) withoutOwnClients(p *analysis.Pass) bool {
	if pr.role.Kind == pod.Proxy {
		return true
	}
	for _, w := range clients(p, pr.helper) {
		if w != pr.app {
			return false
		}
	}
	return true
}

func pooler(family string) bool {
	return slices.Contains([]string{"pgbouncer", "pgcat", "pgpool", "mysql-router", "maxscale", "proxysql", "twemproxy", "mcrouter", "cloud-sql-proxy", "gce-proxy", "cloudsql-proxy", "alloydb-auth-proxy"}, family)
}

// clients returns the workloads that name the helper in arguments or environment, each once. Monitoring that scrapes it is not
// among them: it names its targets in configuration of its own.
func clients(p *analysis.Pass, helper *pod.Workload) []*pod.Workload {
	var out []*pod.Workload
	for _, w := range p.State.Workloads {
		if w != helper && !w.Partial && len(references(p, w, helper)) > 0 {
			out = append(out, w)
		}
	}
	return out
}

// references returns the references of one workload that lead to another and nowhere else.
func references(p *analysis.Pass, from, to *pod.Workload) []located {
	return locate(p.State.Links(from), to)
}

func locate(links []analysis.Link, to *pod.Workload) []located {
	var out []located
	for _, link := range links {
		if link.To(to) {
			out = append(out, located{link.Reference, link.Lookup.Targets[0]})
		}
	}
	return out
}

// byClient finds the one app that names the helper's Service: an ambassador or a scraper that only this app calls.
func byClient(p *analysis.Pass, w *pod.Workload, main *pod.Container, role pod.Role) *pair {
	switch role.Kind {
	case pod.Proxy, pod.MetricsExporter, pod.Adapter:
	default:
		return nil
	}
	callers := clients(p, w)
	if len(callers) != 1 || callers[0].Finite() || !p.Roles.HasApp(callers[0]) || callers[0].Kind() == "DaemonSet" {
		return nil
	}
	app := callers[0]
	pr := &pair{helper: w, app: app, main: main, role: role, relation: client}
	for _, l := range references(p, app, w) {
		if l.target.Nearness != analysis.Together {
			return nil
		}
		pr.evidence = append(pr.evidence, analysis.Evidence{
			Text: fmt.Sprintf("%s of %s names %s, which leads to %s; nothing else names it", l.ref.From, app, l.ref.Host, w), Place: analysis.At(l.ref.Node),
		})
	}
	return pr
}

// locateReferences collects what has to become localhost when both share a Pod, in both directions.
func (pr *pair) locateReferences(p *analysis.Pass) {
	pr.toApp = append(references(p, pr.helper, pr.app), locate(p.State.FileLinks(pr.helper), pr.app)...)
	pr.toHelper = append(references(p, pr.app, pr.helper), locate(p.State.FileLinks(pr.app), pr.helper)...)
}
