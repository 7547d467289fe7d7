package analysis

import (
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// Target is what a reference of a container leads to.
type Target struct {
	Workload *pod.Workload
	Service  *pod.Service // nil when the state has no such Service and the workload has the name itself
	Nearness Nearness
}

// Lookup is the answer to one reference.
type Lookup struct {
	Targets []Target
	Outside bool // a host that is not in the cluster, by its name
}

// Resolve finds the workloads that a reference of a container of from leads to: through Services of that name, in every form
// that the cluster's DNS knows, or, where the state has no such Service, workloads of that name (or a StatefulSet with that
// serviceName). No targets and not outside means unknown: something in the cluster that the state does not hold.
func (s *State) Resolve(r pod.Reference, from *pod.Workload) Lookup {
	name, ns, cluster := splitHost(r.Host)
	if name == "" {
		return Lookup{Outside: true}
	}
	in := func(o *manifest.Object) Nearness {
		if ns == "" {
			return s.Near(from.Object, o)
		}
		return s.inNamespace(from.Object, o, ns)
	}
	services := false
	var targets []Target
	for _, svc := range s.services[name] {
		near := in(svc.Object)
		if near == Apart {
			continue
		}
		services = true
		for _, w := range s.SelectedBy(svc) {
			targets = appendTarget(targets, Target{Workload: w, Service: svc, Nearness: near})
		}
	}
	if !services {
		for _, w := range s.answering[name] {
			if near := in(w.Object); near != Apart {
				targets = appendTarget(targets, Target{Workload: w, Nearness: near})
			}
		}
	}
	return Lookup{Targets: targets, Outside: len(targets) == 0 && !cluster && !services}
}

// inNamespace says whether an object is in a namespace that a host name spells out.
func (s *State) inNamespace(from, o *manifest.Object, ns string) Nearness {
	switch own := s.Namespace(o); {
	case own == ns:
		return Together
	case own == "":
		return s.Near(from, o)
	}
	return Apart
}

// answersTo returns the names of Services that would by convention lead to a workload: its own name, the serviceName of a
// StatefulSet, and the label by which its Pods are told apart.
func answersTo(w *pod.Workload) []string {
	if w.Partial || w.Finite() {
		return nil
	}
	names := []string{w.Name()}
	if w.Kind() == "StatefulSet" {
		names = append(names, w.Object.Node.Get("spec", "serviceName").Text())
	}
	for _, label := range []string{"app.kubernetes.io/name", "app", "k8s-app", "name", "component"} {
		if value := w.Labels[label]; value != "" {
			names = append(names, value)
			break
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Link is a reference of a container and what it leads to.
type Link struct {
	Container *pod.Container
	Reference pod.Reference
	Lookup    Lookup
}

// To says whether the reference leads to a workload and nowhere else.
func (l Link) To(w *pod.Workload) bool {
	return len(l.Lookup.Targets) == 1 && l.Lookup.Targets[0].Workload == w
}

// Links returns what the arguments and the environment of a workload's containers refer to, in their order, ConfigMaps that the
// environment comes from included. What files name is in FileLinks.
func (s *State) Links(w *pod.Workload) []Link {
	links, known := s.links[w]
	if !known {
		for _, c := range w.Containers {
			for _, ref := range append(pod.References(c), s.variables(c)...) {
				links = append(links, Link{c, ref, s.Resolve(ref, w)})
			}
		}
		s.links[w] = links
	}
	return links
}

// label is one label of Pods.
type label struct{ key, value string }

// label remembers a workload that a Service may select.
func (s *State) label(w *pod.Workload) {
	if w.Partial || w.Finite() {
		return
	}
	for key, value := range w.Labels {
		s.labelled[label{key, value}] = append(s.labelled[label{key, value}], w)
	}
}

// SelectedBy returns the long-running workloads whose Pods a Service selects.
func (s *State) SelectedBy(svc *pod.Service) []*pod.Workload {
	out, known := s.selected[svc]
	if !known {
		for _, w := range s.fewest(svc.Selector) {
			if svc.Selects(w) && s.Near(svc.Object, w.Object) != Apart {
				out = append(out, w)
			}
		}
		s.selected[svc] = out
	}
	return out
}

// Selecting returns the Services that may be in a workload's namespace and select its Pods, in the order of the state.
func (s *State) Selecting(w *pod.Workload) (out []*pod.Service) {
	var candidates []int
	for key, value := range w.Labels {
		candidates = append(candidates, s.selectors[label{key, value}]...)
	}
	slices.Sort(candidates)
	for _, i := range candidates {
		if svc := s.Services[i]; svc.Selects(w) && s.Near(svc.Object, w.Object) != Apart {
			out = append(out, svc)
		}
	}
	return out
}

// leastKey is the label of a selector that stands for it; ok is false when it has none.
func leastKey(selector map[string]string) (least string, ok bool) {
	for key := range selector {
		if !ok || key < least {
			least, ok = key, true
		}
	}
	return least, ok
}

// fewest are the workloads with that label of a selector which the fewest have.
func (s *State) fewest(selector map[string]string) (few []*pod.Workload) {
	first := true
	for key, value := range selector {
		if have := s.labelled[label{key, value}]; first || len(have) < len(few) {
			few, first = have, false
		}
	}
	return few
}

func appendTarget(targets []Target, t Target) []Target {
	for _, old := range targets {
		if old.Workload == t.Workload {
			return targets
		}
	}
	return append(targets, t)
}

// splitHost reads the name and namespace of a Service out of a host: name, name.ns, name.ns.svc, name.ns.svc.<cluster domain>,
// and the Pod of a StatefulSet before any of them. cluster says that the form can only be the cluster's.
func splitHost(host string) (name, ns string, cluster bool) {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	for i, label := range labels {
		if label == "svc" && i >= 2 {
			return labels[i-2], labels[i-1], true
		}
	}
	switch len(labels) {
	case 1:
		return labels[0], "", true
	case 2:
		if base, ordinal, ok := cutLast(labels[0], "-"); ok && strings.Trim(ordinal, "0123456789") == "" && strings.HasPrefix(labels[1], base) {
			return labels[1], "", true
		}
		return labels[0], labels[1], false
	case 3:
		if base, ordinal, ok := cutLast(labels[0], "-"); ok && ordinal != "" && strings.Trim(ordinal, "0123456789") == "" && strings.HasPrefix(labels[1], base) {
			return labels[1], labels[2], true
		}
	}
	return "", "", false
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
