package pod

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// loopback finds a name or address of the Pod's own network, with its port.
var loopback = regexp.MustCompile(`(?i)(?:^|[^-.\w])(localhost|127\.0\.0\.1|\[::1\]|ip6-localhost)(?::(\d{1,5}))?(?:$|[^-.\w])`)

// mention is a place in a container's text, or in a ConfigMap that it reads, that names the Pod's own network.
type mention struct {
	port  string // "" when not written
	where string
	node  *manifest.Node
	own   bool // of a probe or hook, which asks its own container unless the port is another's
}

// localCouplings finds the containers that a container reaches inside the Pod: on localhost, by a Service that leads back to
// the Pod, or by a probe on another's port. Where it does not say which one, it may be any.
func (l listening) localCouplings(c *Container, around Surroundings) []Coupling {
	var out []Coupling
	for _, m := range mentions(c, around) {
		for _, other := range l.peers(c, m) {
			known := slices.ContainsFunc(out, func(o Coupling) bool { return o.B == other })
			if !known {
				out = append(out, Coupling{Kind: ByLocalhost, A: c, B: other, Text: fmt.Sprintf("%s of %s leads to %s", m.where, c.Name, other.Name), Node: m.node})
			}
		}
	}
	return out
}

// peers are the containers that a mention may mean.
func (l listening) peers(c *Container, m mention) []*Container {
	var listening, others []*Container
	for _, other := range l.w.Running() {
		if other == c {
			continue
		}
		others = append(others, other)
		if l.on(other, m.port) {
			listening = append(listening, other)
		}
	}
	switch {
	case len(listening) > 0:
		return listening
	case m.own || l.on(c, m.port):
		return nil
	}
	return others
}

func mentions(c *Container, around Surroundings) []mention {
	var out []mention
	c.Node.Each(func(key string, value *manifest.Node) {
		switch key {
		case "name", "image", "resources", "volumeMounts", "ports":
			return
		}
		own := strings.HasSuffix(key, "Probe") || key == "lifecycle"
		eachScalar(value, 0, func(n *manifest.Node) { out = append(out, inText(n, n.Text(), own, "what "+key+" says")...) })
		if port := value.Get("httpGet", "port"); own && port != nil {
			out = append(out, mention{port: port.Text(), where: "the " + key, node: port, own: true})
		}
		if port := value.Get("tcpSocket", "port"); own && port != nil {
			out = append(out, mention{port: port.Text(), where: "the " + key, node: port, own: true})
		}
	})
	for _, r := range References(c) {
		for _, s := range around.Services {
			if host, _, _ := strings.Cut(r.Host, "."); host == s.Object.Name {
				port := ""
				if n := s.ContainerPort(c.Workload, r.Port); n != 0 {
					port = fmt.Sprint(n)
				}
				out = append(out, mention{port: port, where: r.From + ", Service/" + s.Object.WrittenName() + ",", node: r.Node})
			}
		}
	}
	for _, source := range configsOf(c) {
		if source.configMap {
			out = append(out, around.ConfigMap(source.name).mentions(source.name, around.Services)...)
		}
	}
	return out
}

// ConfigMap is what a ConfigMap says about the network of a Pod, whichever reads it.
type ConfigMap struct {
	loopbacks []mention                 // one for each port
	words     map[string]*manifest.Node // what may be the first label of a host
}

// mostPorts bounds what is kept of one ConfigMap; one that names more ports may mean any.
const mostPorts = 64

// ConfigMapOf reads a ConfigMap.
func ConfigMapOf(o *manifest.Object) *ConfigMap {
	m := &ConfigMap{words: map[string]*manifest.Node{}}
	ports := map[string]bool{}
	eachScalar(o.Node.Get("data"), 0, func(n *manifest.Node) {
		for word := range strings.FieldsFuncSeq(n.Text(), func(r rune) bool {
			return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}) {
			m.words[word] = n
		}
		for _, found := range inText(n, n.Text(), false, "ConfigMap/"+o.WrittenName()) {
			if len(ports) >= mostPorts {
				found.port = ""
			}
			if !ports[found.port] {
				ports[found.port] = true
				m.loopbacks = append(m.loopbacks, found)
			}
		}
	})
	return m
}

func (m *ConfigMap) mentions(name string, services []*Service) []mention {
	if m == nil {
		return nil
	}
	out := m.loopbacks
	for _, s := range services {
		if n := m.words[s.Object.Name]; n != nil {
			out = append(out[:len(out):len(out)], mention{where: "ConfigMap/" + name + ", which names Service/" + s.Object.WrittenName() + ",", node: n})
		}
	}
	return out
}

func inText(n *manifest.Node, text string, own bool, where string) []mention {
	var out []mention
	for _, m := range loopback.FindAllStringSubmatch(text, -1) {
		spelled := m[1]
		if m[2] != "" {
			spelled += ":" + m[2]
		}
		out = append(out, mention{port: m[2], where: where + ", " + spelled + ",", node: n, own: own})
	}
	return out
}

// eachScalar calls f for the scalars below a node.
func eachScalar(n *manifest.Node, depth int, f func(*manifest.Node)) {
	n = n.Resolve()
	if n == nil || depth > 20 {
		return
	}
	if n.Kind == manifest.Scalar {
		f(n)
	}
	for _, item := range n.Seq() {
		eachScalar(item, depth+1, f)
	}
	n.Each(func(_ string, value *manifest.Node) { eachScalar(value, depth+1, f) })
}

// config is a ConfigMap or Secret that a container reads.
type config struct {
	name      string
	configMap bool
	node      *manifest.Node
}

// configsOf lists what a container's configuration consists of besides its own text. Variables from a Secret are left out:
// they are credentials.
func configsOf(c *Container) []config {
	var out []config
	for _, m := range c.Mounts {
		v := c.Workload.Volume(m.Volume)
		if v == nil {
			continue
		}
		switch v.Type {
		case "configMap":
			out = append(out, config{v.Source.Get("name").Text(), true, m.Node})
		case "secret":
			out = append(out, config{v.Source.Get("secretName").Text(), false, m.Node})
		case "projected":
			for _, source := range v.Source.Get("sources").Seq() {
				if name := source.Get("configMap", "name"); name != nil {
					out = append(out, config{name.Text(), true, m.Node})
				}
				if name := source.Get("secret", "name"); name != nil {
					out = append(out, config{name.Text(), false, m.Node})
				}
			}
		}
	}
	for _, from := range c.Node.Get("envFrom").Seq() {
		if name := from.Get("configMapRef", "name"); name != nil {
			out = append(out, config{name.Text(), true, from})
		}
	}
	for _, e := range c.Env {
		if name := e.Node.Get("valueFrom", "configMapKeyRef", "name"); name != nil {
			out = append(out, config{name.Text(), true, e.Node})
		}
	}
	return out
}

// unseen lists what a container is told by configuration that the state does not hold.
func unseen(c *Container, around Surroundings) []Coupling {
	var out []Coupling
	for _, source := range configsOf(c) {
		kind := "Secret"
		if source.configMap {
			kind = "ConfigMap"
			if around.ConfigMap(source.name) != nil {
				continue
			}
		}
		out = append(out, Coupling{A: c, Text: fmt.Sprintf("what %s/%s tells %s is unknown", kind, source.name, c.Name), Node: source.node})
	}
	return out
}
