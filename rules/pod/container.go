package pod

import (
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Section is the list of the Pod spec that holds a container.
type Section string

// The sections of a Pod spec.
const (
	InitContainers      Section = "initContainers"
	Containers          Section = "containers"
	EphemeralContainers Section = "ephemeralContainers"
)

// Container is one container of a Pod template.
type Container struct {
	Workload *Workload
	Section  Section
	Node     *manifest.Node
	Name     string
	Image    string
	Native   bool // an init container with restartPolicy Always: a native sidecar (Kubernetes 1.29)
	Mounts   []Mount
	Ports    []Port
	Env      []EnvVar

	// What is asked of a container again is remembered, as a State does.
	starts *starts
	files  *Files
}

// Mount is one entry of volumeMounts.
type Mount struct {
	Node     *manifest.Node
	Volume   string
	Path     string
	SubPath  string // subPath, or subPathExpr as written
	ReadOnly bool
}

// Port is one entry of ports.
type Port struct {
	Node     *manifest.Node
	Number   int // 0 when it isn't written as a number
	Name     string
	Protocol string // TCP by default
	HostIP   string
}

// EnvVar is one entry of env. Value is nil when it comes from a field, a ConfigMap or a Secret, or is encrypted.
type EnvVar struct {
	Node  *manifest.Node
	Name  string
	Value *manifest.Node
}

func containerOf(w *Workload, section Section, n *manifest.Node) *Container {
	n = n.Resolve()
	if n == nil || n.Kind != manifest.Mapping {
		return nil
	}
	c := &Container{
		Workload: w, Section: section, Node: n,
		Name: n.Get("name").Text(), Image: n.Get("image").Text(),
		Native: section == InitContainers && n.Get("restartPolicy").Text() == "Always",
	}
	for _, m := range n.Get("volumeMounts").Seq() {
		subPath := m.Get("subPath").Text()
		if subPath == "" {
			subPath = m.Get("subPathExpr").Text()
		}
		c.Mounts = append(c.Mounts, Mount{
			Node: m, Volume: m.Get("name").Text(), Path: m.Get("mountPath").Text(),
			SubPath: subPath, ReadOnly: m.Get("readOnly").Text() == "true",
		})
	}
	for _, p := range n.Get("ports").Seq() {
		number, _ := strconv.Atoi(p.Get("containerPort").Text())
		protocol := p.Get("protocol").Text()
		if protocol == "" {
			protocol = "TCP"
		}
		c.Ports = append(c.Ports, Port{Node: p, Number: number, Name: p.Get("name").Text(), Protocol: protocol, HostIP: p.Get("hostIP").Text()})
	}
	for _, e := range n.Get("env").Seq() {
		v := EnvVar{Node: e, Name: e.Get("name").Text(), Value: e.Get("value")}
		if v.Value.Encrypted() {
			v.Value = nil
		}
		c.Env = append(c.Env, v)
	}
	return c
}

// Words returns command and arguments as written, one node each.
func (c *Container) Words() []*manifest.Node {
	return append(append([]*manifest.Node{}, c.Node.Get("command").Seq()...), c.Node.Get("args").Seq()...)
}

// CommandLine is command and arguments with $(VAR) references to the container's own literal environment expanded, as the
// kubelet does before it starts the container.
func (c *Container) CommandLine() []string {
	var out []string
	for _, n := range c.Words() {
		out = append(out, c.Expand(n.Text()))
	}
	return out
}

// Expand replaces $(VAR) by the literal value of the container's environment; unknown references stay, and $$(VAR) is an
// escaped reference (Kubernetes: "Define Command and Arguments for a Container").
func (c *Container) Expand(text string) string {
	if !strings.Contains(text, "$(") {
		return text
	}
	for _, e := range c.Env {
		if e.Value == nil || e.Name == "" {
			continue
		}
		text = expandOne(text, "$("+e.Name+")", e.Value.Text())
	}
	return text
}

func expandOne(text, reference, value string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, reference)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i])
		if i > 0 && text[i-1] == '$' {
			b.WriteString(reference)
		} else {
			b.WriteString(value)
		}
		text = text[i+len(reference):]
	}
}

// MountOf returns the container's mounts of a volume.
func (c *Container) MountOf(volume string) []Mount {
	var out []Mount
	for _, m := range c.Mounts {
		if m.Volume == volume {
			out = append(out, m)
		}
	}
	return out
}
