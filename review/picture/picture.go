// Package picture draws the Pods that a change is about, before and after it: containers by role, with the volumes that they
// share and the upstreams that they reach between them.
//
// It is pure: two states and the findings in, a small model out, which is written as Mermaid for GitHub and as SVG for the page
// of a review. Names come from manifests and are foreign text: nothing in them can end a label, and they are drawn on one line
// without invisible characters. Values of variables and arguments are never drawn, only the hosts that they name.
//
// It imports rules and is imported by review: it must not import review.
package picture

import "github.com/podcheck/podcheck/rules/analysis"

const (
	nodes      = 20 // of both sides together
	containers = 6  // of one Pod; of more, the last node says how many are left out
)

// Picture is the Pods of some workloads before and after a change.
type Picture struct {
	Before, After Side
	Left          int // workloads that there was no room for
}

// Side is one of the two states.
type Side struct {
	Pods  []Pod
	Edges []Edge
}

// Pod is the Pod of one workload.
type Pod struct {
	Name       string // Kind/name of the workload
	Containers []Container
}

// Container is one container, or what stands for several.
type Container struct {
	Name   string
	Role   string // as the helper table says it: app, log-shipper; init for an ordinary init container
	Native bool   // a native sidecar
	Marked bool   // a finding is about it
	More   int    // it stands for so many that are not drawn; it has no name then
}

// Edge joins two containers of a side, counted through all its Pods.
type Edge struct {
	From, To int
	Label    string // the volume or the upstream
	Shared   bool   // a volume that both mount; otherwise From reaches To
}

// Draw makes the picture of the workloads that findings are about: those that came with a change, and those that went.
func Draw(before, after *analysis.State, cfg *analysis.Config, came, went []analysis.Finding) Picture {
	was, is := newScene(before, cfg, went), newScene(after, cfg, came)
	var p Picture
	room := nodes
	for _, s := range subjects(came, went) {
		old, current := was.find(s), is.find(s)
		if was.has(old) || is.has(current) {
			continue
		}
		cost := was.cost(old) + is.cost(current)
		if cost > room {
			p.Left++
			continue
		}
		room -= cost
		was.add(old)
		is.add(current)
	}
	p.Before, p.After = was.side(), is.side()
	return p
}

// Empty says whether the picture shows nothing that words don't: no Pods, Pods that stay as they are, or single containers
// without anything between them.
func (p Picture) Empty() bool {
	return p.Before.same(p.After) || !p.Before.telling() && !p.After.telling()
}

// telling says whether there is anything between containers.
func (s Side) telling() bool {
	for _, pod := range s.Pods {
		if len(pod.Containers) > 1 {
			return true
		}
	}
	return len(s.Edges) > 0
}

// same says whether two sides look alike but for what findings are about.
func (s Side) same(other Side) bool {
	if len(s.Pods) != len(other.Pods) || len(s.Edges) != len(other.Edges) {
		return false
	}
	for i, e := range s.Edges {
		if e != other.Edges[i] {
			return false
		}
	}
	a, b := s.containers(), other.containers()
	if len(a) != len(b) {
		return false
	}
	for i, pod := range s.Pods {
		if pod.Name != other.Pods[i].Name || len(pod.Containers) != len(other.Pods[i].Containers) {
			return false
		}
	}
	for i := range a {
		a[i].Marked, b[i].Marked = false, false
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// containers are those of all Pods, as edges count them.
func (s Side) containers() []Container {
	var out []Container
	for _, pod := range s.Pods {
		out = append(out, pod.Containers...)
	}
	return out
}
