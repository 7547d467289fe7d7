// Package restartcoupling finds settings by which the failure of one container of a Pod restarts another: a liveness probe of one that
// asks the other, and a restart rule that restarts all.
//
// Only liveness probes count: readiness may well depend on a neighbour. A probe whose port the container serves itself is its own,
// whatever stands behind it, and a neighbour that exists to answer probes may be asked.
package restartcoupling

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/lifecycle"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "restart-coupling",
	Title:    "A container is restarted when another container of its Pod fails",
	Severity: analysis.Warning,
	Safety:   analysis.SafetyNone,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	for _, w := range lifecycle.Workloads(p.State) {
		for _, c := range w.Running() {
			if k := coupled(c); k != nil {
				p.Report(k.finding())
			}
			if f := restartsAll(p, c); f != nil {
				p.Report(*f)
			}
		}
	}
	return nil
}

// coupling is a liveness probe of one container that asks another.
type coupling struct {
	probed, asked *pod.Container
	port          string         // as written
	node          *manifest.Node // that names the port
	why           string         // how the port is known to be the other's
	at            *manifest.Node
}

// coupled returns how a container's liveness depends on another container of its Pod, nil when it doesn't.
func coupled(c *pod.Container) *coupling {
	probe := c.Node.Get("livenessProbe")
	for _, kind := range []string{"httpGet", "tcpSocket", "grpc"} {
		host := probe.Get(kind, "host").Text()
		if port := probe.Get(kind, "port"); port != nil && (host == "" || local(host)) {
			return asks(c, port, port.Text())
		}
	}
	for _, n := range probe.Get("exec", "command").Seq() {
		for _, m := range loopback.FindAllStringSubmatch(n.Text(), -1) {
			if k := asks(c, n, m[1]); k != nil {
				return k
			}
		}
	}
	return nil
}

func local(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

var loopback = regexp.MustCompile(`(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]| +(?:-p +)?)(\d{2,5})\b`)

// asks finds the one other container that serves a port which the probed one does not.
func asks(c *pod.Container, node *manifest.Node, port string) *coupling {
	if serves(c, port) != nil {
		return nil
	}
	var found *coupling
	for _, other := range c.Workload.Running() {
		at := serves(other, port)
		if other == c || at == nil || answers(other) {
			continue
		}
		if found != nil {
			return nil
		}
		found = &coupling{probed: c, asked: other, port: port, node: node, at: at, why: fmt.Sprintf("container %s serves port %s, and %s does not", other.Name, port, c.Name)}
	}
	if found != nil && unknown(c, port) {
		return nil
	}
	return found
}

// unknown says whether a container may serve a number itself without saying so: it declares no port at all. A port that another
// container declares is that one's, as both would clash.
func unknown(c *pod.Container, port string) bool {
	number, err := strconv.Atoi(port)
	return err == nil && len(c.Ports) == 0 && !slices.ContainsFunc(c.Workload.Running(), func(other *pod.Container) bool {
		return slices.ContainsFunc(other.Ports, func(p pod.Port) bool { return p.Number == number })
	})
}

// serves returns where a container says that it serves a port, by number or name; nil when it doesn't.
func serves(c *pod.Container, port string) *manifest.Node {
	for _, p := range c.Ports {
		if p.Name == port || strconv.Itoa(p.Number) == port {
			return p.Node
		}
	}
	if number, err := strconv.Atoi(port); err == nil && slices.Contains(lifecycle.Serves(c), number) {
		return c.Node.Get("name")
	}
	return nil
}

// answers says whether a container exists to answer the probes of others.
func answers(c *pod.Container) bool {
	if image := path.Base(pod.Repository(c.Image)); image == "livenessprobe" || strings.HasPrefix(image, "exechealthz") {
		return true
	}
	return slices.ContainsFunc(pod.Words(c.Name), func(w string) bool {
		return w == "probe" || w == "liveness" || w == "health" || w == "healthz" || strings.HasPrefix(w, "healthcheck")
	})
}

func (k *coupling) finding() analysis.Finding {
	message := fmt.Sprintf("The liveness probe of %s asks %s: when %s fails, the kubelet restarts %s, and %s goes on as it is.",
		k.probed.Name, k.asked.Name, k.asked.Name, k.probed.Name, k.asked.Name)
	if _, err := strconv.Atoi(k.port); err != nil {
		message = fmt.Sprintf("The liveness probe of %s names the port %s of %s; a probe knows its own container's ports only, so it fails, and %s is restarted again and again.",
			k.probed.Name, k.port, k.asked.Name, k.probed.Name)
	}
	return analysis.Finding{
		Message:   message,
		Object:    analysis.Ref(k.probed.Workload.Object),
		Container: k.probed.Name,
		Subject:   "livenessProbe " + k.asked.Name,
		Place:     analysis.At(k.node),
		Evidence:  []analysis.Evidence{{Text: k.why, Place: analysis.At(k.at)}},
		Anchors:   []analysis.Place{analysis.At(k.at), analysis.At(k.probed.Node.Get("name")), analysis.At(k.asked.Node.Get("name"))},
	}
}

// restartsAll finds a helper with a restart rule that restarts every container of the Pod (Kubernetes 1.35).
func restartsAll(p *analysis.Pass, c *pod.Container) *analysis.Finding {
	if !p.Roles.Of(c).Helper() {
		return nil
	}
	for _, rule := range c.Node.Get("restartPolicyRules").Seq() {
		action := rule.Get("action")
		if action.Text() != "RestartAllContainers" {
			continue
		}
		return &analysis.Finding{
			Message:   fmt.Sprintf("When the helper %s ends in the way that its rule names, every container of %s is restarted.", c.Name, c.Workload),
			Object:    analysis.Ref(c.Workload.Object),
			Container: c.Name,
			Subject:   "restartPolicyRules",
			Place:     analysis.At(action),
			Evidence:  []analysis.Evidence{{Text: fmt.Sprintf("%s is %s beside the app", c.Name, p.Roles.Of(c).Kind.Indefinite()), Place: analysis.At(c.Node.Get("name"))}},
			Anchors:   []analysis.Place{analysis.At(c.Node.Get("name"))},
		}
	}
	return nil
}
