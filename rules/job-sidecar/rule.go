// Package jobsidecar finds Pods that should complete and can't: beside the work runs a helper that never ends.
//
// A finding needs certainty that the helper never ends (its script, its command, an image that only serves) and another container
// that isn't such a helper. Peers that end, pipelines and helpers that end by themselves are silent. Where another container ends
// the helper, the Job completes at a price, and the finding is about that workaround.
package jobsidecar

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/lifecycle"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "job-sidecar",
	Title:    "A Job never completes because a helper beside its work never ends, or completes only by a workaround",
	Severity: analysis.Error,
	Safety:   analysis.Safe,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	for _, w := range lifecycle.Workloads(p.State) {
		if !w.Finite() {
			continue
		}
		helpers := endless(p, w)
		for _, h := range helpers {
			if len(helpers) < len(w.In(pod.Containers)) {
				p.Report(h.finding(p))
			}
		}
	}
	return nil
}

// helper is a container that would never end by itself.
type helper struct {
	*pod.Container
	role    pod.Role
	why     lifecycle.Reason
	endings []lifecycle.Ending // by which another container ends it after all
	blind   []lifecycle.Ending // signals that would end it if the Pod shared its processes
}

// endless lists the containers of a workload that never end by themselves. A bare Pod may be restarted never and serve all the same:
// there only what is a helper counts.
func endless(p *analysis.Pass, w *pod.Workload) []*helper {
	var out []*helper
	for _, c := range w.In(pod.Containers) {
		role := p.Roles.Of(c)
		if waiting := lifecycle.Waiting(c); len(waiting) > 0 {
			why := lifecycle.Reason{Text: "runs its program in the background until the file is there", Node: lifecycle.ScriptOf(c).Node}
			out = append(out, &helper{Container: c, role: role, why: why, endings: waiting})
			continue
		}
		why := lifecycle.Endless(c, role)
		if why == nil {
			why = serves(c)
		}
		if why != nil && (w.Kind() != "Pod" || role.Helper()) {
			out = append(out, &helper{Container: c, role: role, why: *why, endings: lifecycle.Endings(p.State, c)})
		}
	}
	for _, h := range out {
		h.reach()
		if len(out) > 1 && h.role.Kind != pod.Proxy {
			h.endings = slices.DeleteFunc(h.endings, func(e lifecycle.Ending) bool { return e.How == lifecycle.Quit }) // it means the proxy
		}
	}
	return out
}

// servingWords are words of names that say of a container with a port of its own that it serves beside others.
var servingWords = []string{"adapter", "proxy", "exporter", "metrics", "sidecar", "daemon", "server", "gateway"}

// serves says that a container of an unknown image serves: it declares a port, is named like a helper, has no command of its own,
// and no other container of the Pod declares a port.
func serves(c *pod.Container) *lifecycle.Reason {
	if len(c.Ports) == 0 || len(c.Words()) > 0 {
		return nil
	}
	for _, other := range c.Workload.In(pod.Containers) {
		if other != c && len(other.Ports) > 0 {
			return nil
		}
	}
	for _, word := range pod.Words(c.Name) {
		if slices.Contains(servingWords, word) {
			text := fmt.Sprintf("declares port %d, is named %s, and so serves until it is stopped", c.Ports[0].Number, c.Name)
			return &lifecycle.Reason{Text: text, Node: c.Ports[0].Node}
		}
	}
	return nil
}

// reach drops the signals that can't reach the helper: without a shared process namespace a container sees only its own.
func (h *helper) reach() {
	if shared(h.Workload) {
		return
	}
	kill := func(e lifecycle.Ending) bool { return e.How == lifecycle.Kill }
	h.blind = slices.DeleteFunc(slices.Clone(h.endings), func(e lifecycle.Ending) bool { return !kill(e) })
	h.endings = slices.DeleteFunc(h.endings, kill)
}

// shared says whether the containers of a Pod see each other's processes.
func shared(w *pod.Workload) bool {
	return w.Spec.Get("shareProcessNamespace").Text() == "true" || w.Spec.Get("hostPID").Text() == "true"
}

func (h *helper) finding(p *analysis.Pass) analysis.Finding {
	f := analysis.Finding{
		Severity:  analysis.Error,
		Message:   fmt.Sprintf("%s never completes: container %s%s runs beside its work and never ends.", h.Workload, h.Name, h.kind()),
		Object:    analysis.Ref(h.Workload.Object),
		Container: h.Name,
		Place:     analysis.At(h.why.Node),
		Evidence:  h.evidence(),
		Anchors:   h.anchors(),
		Fix:       h.fix(p),
	}
	if h.why.Node == h.Node.Get("image") {
		f.Place = analysis.AtImage(h.Container)
	}
	if len(h.endings) > 0 {
		by := h.endings[0]
		f.Severity, f.Container, f.Subject = analysis.Warning, by.By.Name, h.Name
		f.Message = fmt.Sprintf("%s completes only by a workaround: container %s %s.", h.Workload, by.By.Name, by.Text)
		f.Place = holder(by)
	}
	return f
}

// holder is what ends the helper as it stands in the Job: the command, where the script is one of a ConfigMap.
func holder(e lifecycle.Ending) analysis.Place {
	if e.Script != nil && e.Script.Node != scriptNode(e.By) {
		return analysis.At(e.By.Words()[0])
	}
	return place(e)
}

func scriptNode(c *pod.Container) *manifest.Node {
	if s := lifecycle.ScriptOf(c); s != nil {
		return s.Node
	}
	return nil
}

// place is what ends the helper, where it stands in one line of the file.
func place(e lifecycle.Ending) analysis.Place {
	if e.Script == nil || len(e.Stmts) == 0 {
		return analysis.At(e.Node)
	}
	return lifecycle.PlaceOf(e.Script, e.Stmts[0])
}

// kind is what the helper is, set off by commas; "" when only its behaviour is known.
func (h *helper) kind() string {
	switch {
	case !h.role.Helper():
		return ""
	case h.role.Kind == pod.Adapter:
		return ", an adapter,"
	}
	return ", a " + string(h.role.Kind) + ","
}

func (h *helper) evidence() []analysis.Evidence {
	out := []analysis.Evidence{{Text: "container " + h.Name + " " + h.why.Text, Place: analysis.At(h.why.Node)}}
	for _, e := range h.endings {
		out = append(out, analysis.Evidence{Text: "container " + e.By.Name + " " + e.Text, Place: place(e)})
	}
	for _, e := range h.blind {
		text := fmt.Sprintf("container %s %s, which finds nothing without shareProcessNamespace", e.By.Name, e.Text)
		out = append(out, analysis.Evidence{Text: text, Place: place(e)})
	}
	policy := h.Workload.Spec.Get("restartPolicy")
	text := h.Workload.Kind() + " completes when all of its containers have ended"
	if policy != nil {
		return append(out, analysis.Evidence{Text: text, Place: analysis.At(policy)})
	}
	return append(out, analysis.Evidence{Text: text, Place: analysis.At(h.Workload.Object.Node.Get("kind"))})
}

// anchors are further lines of the fault: the helper's name and image, then those of the work.
func (h *helper) anchors() []analysis.Place {
	var out []analysis.Place
	for _, c := range append([]*pod.Container{h.Container}, h.Workload.In(pod.Containers)...) {
		for _, n := range []*manifest.Node{c.Node.Get("name"), c.Node.Get("image")} {
			if n != nil {
				out = append(out, analysis.At(n))
			}
		}
	}
	return out
}
