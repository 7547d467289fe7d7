// Package pernodeagent finds agents of the node that ride along in many Pods.
package pernodeagent

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "per-node-agent",
	Title:    "An agent that reads what belongs to the node rides along in many Pods",
	Severity: analysis.Notice,
	Doc:      doc,
	Run:      run,
}

// many is the number of Pods from which one agent for each node is plainly less.
const many = 3

// rider is an agent of the node in a Pod of an app.
type rider struct {
	c     *pod.Container
	reads pod.Mount
	path  string // of the node
}

func run(p *analysis.Pass) error {
	around := analysis.NewSurroundings(p.State)
	patches := p.State.Patches()
	byImage := map[string][]rider{}
	var order []string
	for _, w := range p.State.Workloads {
		if len(w.Running()) < 2 || w.Kind() == "DaemonSet" || w.Finite() || patches.Unknown(w) || serverless(w) {
			continue
		}
		for _, c := range w.Running() {
			r, ok := riderOf(c)
			if !ok || private(c, around) {
				continue
			}
			image := path.Base(pod.Repository(c.Image))
			if byImage[image] == nil {
				order = append(order, image)
			}
			byImage[image] = append(byImage[image], r)
		}
	}
	for _, image := range order {
		riders := byImage[image]
		if workloads, pods := count(riders); pods >= many {
			for _, r := range riders {
				p.Report(finding(r, image, riders, workloads, pods))
			}
		}
	}
	return nil
}

// count counts workloads and Pods, a workload that stands in several overlays once.
func count(riders []rider) (workloads, pods int) {
	seen := map[string]bool{}
	for _, r := range riders {
		if w := r.c.Workload; !seen[w.String()] {
			seen[w.String()] = true
			replicas, _ := w.Replicas()
			workloads, pods = workloads+1, pods+replicas
		}
	}
	return workloads, pods
}

// agents are the images of programs that are made to run once for each node.
var agents = []pod.Family{
	{Image: "fluent-bit"}, {Image: "fluentd"}, {Image: "fluentd-kubernetes-daemonset"}, {Image: "aws-for-fluent-bit"}, {Image: "fluent-bit-plugin-loki"},
	{Image: "filebeat"}, {Image: "promtail"}, {Image: "vector"}, {Image: "logagent"}, {Image: "elastic-agent"}, {Image: "metricbeat"}, {Image: "grafana/alloy"},
	{Image: "grafana/agent"}, {Image: "datadog/agent"}, {Image: "datadoghq/agent"}, {Image: "newrelic/infrastructure"}, {Image: "node-exporter"},
	{Image: "node_exporter"}, {Image: "cadvisor"}, {Image: "telegraf"}, {Image: "splunk-universalforwarder"}, {Image: "universalforwarder"}, {Image: "netdata/netdata"},
}

// ofNode are folders and sockets that belong to the node and not to one Pod.
var ofNode = []string{
	"/", "/var/log", "/var/log/pods", "/var/log/containers", "/var/log/journal", "/run/log/journal", "/var/lib/docker", "/var/lib/docker/containers", "/proc", "/sys",
	"/sys/fs/cgroup", "/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock",
}

func riderOf(c *pod.Container) (rider, bool) {
	family, _ := pod.FamilyOf(c.Image, agents)
	if !slices.ContainsFunc(agents, func(a pod.Family) bool { return a.Image == family.Image }) {
		return rider{}, false
	}
	for _, m := range c.Mounts {
		if v := c.Workload.Volume(m.Volume); v != nil && v.Type == "hostPath" {
			if folder := path.Clean(v.Source.Get("path").Text()); slices.Contains(ofNode, folder) {
				return rider{c: c, reads: m, path: folder}, true
			}
		}
	}
	return rider{}, false
}

// private says whether an agent has anything to do with its own Pod: a volume that is not the node's, localhost, processes, or
// a folder of the node that an app of the Pod writes to.
func private(c *pod.Container, around analysis.Surroundings) bool {
	couplings := pod.CouplingsOf(c.Workload, around.Of(c.Workload))
	for _, other := range c.Workload.Running() {
		if other == c {
			continue
		}
		if slices.ContainsFunc(couplings.Between(c, other), func(one pod.Coupling) bool {
			return one.Kind == pod.ByLocalhost || one.Kind == pod.ByProcess
		}) {
			return true
		}
		for _, m := range c.Mounts {
			v := c.Workload.Volume(m.Volume)
			shared := len(other.MountOf(m.Volume)) > 0
			if shared && (v == nil || v.Type != "hostPath" && v.Type != "configMap" && v.Type != "secret" && v.Type != "projected") {
				return true
			}
		}
	}
	return false
}

// serverless says whether the Pods run without a node of their own, where a DaemonSet has no place.
func serverless(w *pod.Workload) bool {
	text := strings.ToLower(textOf(w.Spec.Get("nodeSelector")) + textOf(w.Spec.Get("tolerations")) + textOf(w.Meta))
	for _, c := range w.Running() {
		text += strings.ToLower(textOf(c.Node.Get("env")))
	}
	return strings.Contains(text, "fargate") || strings.Contains(text, "virtual-kubelet") || strings.Contains(text, "virtual-node")
}

func textOf(n *manifest.Node) string {
	if n == nil || n.File == nil {
		return ""
	}
	return string(n.File.Data[n.Span.Start.Offset:n.Span.End.Offset])
}

func amount(workloads int) string {
	if workloads == 1 {
		return "this workload"
	}
	return fmt.Sprintf("%d workloads", workloads)
}

func finding(r rider, image string, riders []rider, workloads, pods int) analysis.Finding {
	c := r.c
	f := analysis.Finding{
		Message: fmt.Sprintf("The agent %s in %s reads what belongs to the node (%s) and rides along in %d Pods: a DaemonSet runs it once for each node.",
			c.Name, c.Workload, r.path, pods),
		Object:    analysis.Ref(c.Workload.Object),
		Container: c.Name,
		Place:     analysis.AtImage(c),
		Evidence: []analysis.Evidence{
			{Text: fmt.Sprintf("mounts %s of the node, and nothing that is its Pod's alone", r.path), Place: analysis.At(r.reads.Node)},
			{Text: fmt.Sprintf("%s rides along in %d Pods of %s", image, pods, amount(workloads)), Place: analysis.At(c.Node.Get("image"))},
		},
		Anchors: []analysis.Place{analysis.At(c.Node.Get("name"))},
	}
	for _, other := range riders {
		if other.c.Workload != c.Workload && len(f.Related) < 5 {
			f.Related = append(f.Related, analysis.Related{Object: analysis.Ref(other.c.Workload.Object), Place: analysis.At(other.c.Node.Get("image"))})
		}
	}
	return f
}
