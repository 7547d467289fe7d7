package splitsidecar

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// count is the largest number of Pods that a workload, a patch of it or a kustomization declares.
func (m *merger) count(w *pod.Workload) int {
	most, _ := w.Replicas()
	add := func(n *manifest.Node) {
		if v, ok := number(n); ok {
			most = max(most, v)
		}
	}
	built := m.state.BuiltTogether(w.Object.File.Path)
	for _, p := range m.state.Workloads {
		if p.Partial && p.Kind() == w.Kind() && p.Name() == w.Name() && (built[path.Dir(p.Object.File.Path)] || m.state.Near(p.Object, w.Object) == analysis.Together) {
			add(p.Object.Node.Get("spec", "replicas"))
		}
	}
	for _, k := range m.state.Builders(w.Object.File.Path) {
		for _, entry := range k.Root.Get("replicas").Seq() {
			if entry.Get("name").Text() == w.Name() {
				add(entry.Get("count"))
			}
		}
	}
	return most
}

func number(n *manifest.Node) (int, bool) {
	v, err := strconv.Atoi(n.Text())
	return v, err == nil && v >= 0
}

// unbounded stands for a number of Pods that nothing here limits.
const unbounded = math.MaxInt

// most is the largest number of Pods that a workload can have, autoscalers included.
func (m *merger) most(w *pod.Workload) int {
	most := m.count(w)
	ceiling := func(n *manifest.Node, otherwise int) {
		if v, ok := number(n); ok {
			otherwise = v
		}
		most = max(most, otherwise)
	}
	by := m.autoscalers(w)
	for _, h := range by.horizontal {
		ceiling(h.Object.Node.Get("spec", "maxReplicas"), unbounded)
	}
	for _, s := range by.events {
		ceiling(s.Object.Node.Get("spec", "maxReplicaCount"), 100) // the default of keda.sh/v1alpha1
	}
	return most
}

// many says whether the app can have more than one Pod.
func (m *merger) many() bool { return m.most(m.app) > 1 }

// podsOf says how many Pods the app has, for people: "3 Pods", "up to 5 Pods".
func (m *merger) podsOf(w *pod.Workload) string {
	count, most := m.count(w), m.most(w)
	switch {
	case most == unbounded:
		return "any number of Pods"
	case most > count:
		return fmt.Sprintf("up to %d Pods", most)
	case count == 1:
		return "1 Pod"
	}
	return fmt.Sprintf("%d Pods", count)
}

// replicas refuses a helper that must run once in the Pods of an app that runs several times.
func (m *merger) replicas() []string {
	if !m.many() {
		return nil
	}
	var out []string
	for _, c := range m.helper.Running() {
		once := slices.DeleteFunc(c.CommandLine(), func(word string) bool { return !strings.Contains(word, "leader-elect") })
		if asked := wholeCluster(c); asked != "" {
			once = append(once, asked)
		}
		for _, word := range once {
			out = append(out, fmt.Sprintf("%s must run once (%s), and %s has %s.", m.helper, word, m.app, m.podsOf(m.app)))
		}
	}
	for _, s := range m.pair.shared {
		switch {
		case s.app.Template:
		case !transient(m.role.Kind):
			out = append(out, fmt.Sprintf("%s has %s that share the %s: each of them would run %s over the same files.", m.app, m.podsOf(m.app), s.storage, m.role.Kind.Indefinite()))
		case !m.handsOverAll(s):
			out = append(out, fmt.Sprintf("%s keeps more on the %s than it hands over, and has %s: an emptyDir in its place would lose the rest.", m.app, s.storage, m.podsOf(m.app)))
		}
	}
	return out
}

// clusterFlags make an exporter report on all nodes of what it asks, or on what these have in common. All can be set by variables too.
// Source: the README of prometheus-community/elasticsearch_exporter.
var clusterFlags = []string{"es.all", "es.cluster_settings", "es.indices", "es.indices_settings", "es.indices_mappings", "es.shards", "es.snapshots"}

// wholeCluster is the flag or variable by which a container reports on a whole cluster, "" for none.
func wholeCluster(c *pod.Container) string {
	for _, line := range c.CommandLine() {
		for _, word := range strings.Fields(line) {
			name, value, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
			if strings.HasPrefix(word, "-") && slices.Contains(clusterFlags, name) && (!given || isTrue(value)) {
				return word
			}
		}
	}
	for _, e := range c.Env {
		names := func(flag string) bool { return strings.ToUpper(strings.ReplaceAll(flag, ".", "_")) == e.Name }
		if slices.ContainsFunc(clusterFlags, names) && isTrue(e.Value.Text()) {
			return e.Name
		}
	}
	return ""
}

func isTrue(text string) bool {
	v, err := strconv.ParseBool(text)
	return err == nil && v
}

// transient says whether what a helper of that kind reads or writes may go with the Pod: logs in transit, copies of a repository.
func transient(k pod.Kind) bool {
	return k == pod.LogShipper || k == pod.ConfigSync
}

// handsOverAll says whether the helper sees everything that the app mounts of shared storage.
func (m *merger) handsOverAll(s shared) bool {
	for _, a := range mounts(m.app, s.app) {
		seen := false
		for _, h := range mounts(m.helper, s.helper) {
			outer, inner := strings.Trim(h.SubPath, "/"), strings.Trim(a.SubPath, "/")
			seen = seen || outer == "" || outer == inner || strings.HasPrefix(inner, outer+"/")
		}
		if !seen {
			return false
		}
	}
	return true
}
