package pod

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// databaseProxies stand for a database, which the app then calls on localhost.
var databaseProxies = []string{"cloud-sql-proxy", "gce-proxy", "alloydb-auth-proxy"}

// IsDatabaseProxy says whether a container stands for a database of the cloud: what calls it, calls the database's port on localhost.
func (r Role) IsDatabaseProxy() bool { return slices.Contains(databaseProxies, r.Family.Image) }

// Texts are the scalars of a container's own words and of its literal environment.
func (c *Container) Texts() []*manifest.Node {
	out := c.Words()
	for _, e := range c.Env {
		if e.Value != nil {
			out = append(out, e.Value)
		}
	}
	return out
}

// Health is what a probe asks of a container.
type Health struct {
	Port   int
	Path   string // "" asks only whether the port is open
	Scheme string // "" is HTTP
}

// HealthOf finds the port that a proxy is known to listen on, beyond localhost, and its own health path there; port is where its
// requests come in, 0 when unknown, and configMap gives the ConfigMap of a name, nil if the state has none. Where it can't be asked,
// the sentence says why.
func HealthOf(c *Container, role Role, port int, kind ProbeKind, configMap func(name string) *manifest.Object) (health Health, obstacle string) {
	if role.IsDatabaseProxy() {
		return databaseHealth(c, kind)
	}
	b, ok := bindFor(c, role, port)
	switch {
	case !ok:
		return Health{}, fmt.Sprintf("On which port %s listens is not written here.", c.Name)
	case b.Scope == Loopback:
		return Health{}, fmt.Sprintf("%s listens on localhost alone, where the kubelet can't ask.", c.Name)
	case !b.Told:
		if why := unreachable(c, role, b.Port, configMap); why != "" {
			return Health{}, why
		}
	}
	h := Health{Port: b.Port, Path: role.Family.Path}
	if own := role.Family.Port; own != b.Port && servesHealthApart(role) || movesHealth(c) {
		h.Path = ""
	}
	if h.Path != "" && isTLS(b) {
		h.Scheme = "HTTPS"
	}
	return h, ""
}

// isTLS says whether a port speaks TLS: by the flag that names it, else by its number.
func isTLS(b Bind) bool {
	if b.Told {
		return strings.Contains(strings.ToLower(b.From), "https")
	}
	return b.Port == 443 || b.Port == 8443
}

// movesHealth says whether a container is told to answer for its health elsewhere than by default.
func movesHealth(c *Container) bool {
	return slices.ContainsFunc(c.Texts(), func(n *manifest.Node) bool { return strings.Contains(n.Text(), "ping-path") }) ||
		slices.ContainsFunc(c.Env, func(e EnvVar) bool { return strings.HasSuffix(e.Name, "PING_PATH") })
}

// servesHealthApart says whether a proxy answers for its health on a port of its own, and not where requests come in.
func servesHealthApart(role Role) bool {
	return slices.Contains([]string{"istio/proxyv2", "linkerd/proxy"}, role.Family.Image)
}

// bindFor is the address to ask: that of the known health port, else that where requests come in, else the only one.
func bindFor(c *Container, role Role, port int) (Bind, bool) {
	var tcp []Bind
	for _, b := range c.Binds() {
		if b.Protocol == "TCP" {
			tcp = append(tcp, b)
		}
	}
	for _, wanted := range []int{role.Family.Port, port} {
		for _, b := range tcp {
			if b.Port == wanted {
				return b, true
			}
		}
	}
	if len(tcp) == 1 {
		return tcp[0], true
	}
	return Bind{}, false
}

// databaseHealth reads how a database proxy is told to answer for its health, which it does only when it is told.
// Sources: cloud-sql-proxy v2 (--health-check, --http-address, --http-port), v1 (-use_http_health_check, -health_check_port).
func databaseHealth(c *Container, kind ProbeKind) (Health, string) {
	flags := map[string]string{}
	for _, word := range c.CommandLine() {
		flag, value, _ := strings.Cut(word, "=")
		flags[strings.TrimLeft(flag, "-")] = value
	}
	ask := Health{Port: 9090, Path: "/readiness"}
	if kind == Startup {
		ask.Path = "/startup"
	}
	told, open, port := flags["health-check"], flags["http-address"] == "0.0.0.0", flags["http-port"]
	needs := "--health-check and --http-address=0.0.0.0"
	_, on := flags["health-check"]
	if path.Base(Repository(c.Image)) == "gce-proxy" {
		told, open, port, ask.Port, needs = flags["use_http_health_check"], true, flags["health_check_port"], 8090, "-use_http_health_check"
		_, on = flags["use_http_health_check"]
	}
	if !on || told == "false" || !open {
		return Health{}, fmt.Sprintf("%s answers probes only with %s.", c.Name, needs)
	}
	if n, err := strconv.Atoi(port); err == nil {
		ask.Port = n
	}
	return ask, ""
}
