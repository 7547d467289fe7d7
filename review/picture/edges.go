package picture

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

// edges joins the drawn containers, which at numbers.
func (s *scene) edges(at map[*pod.Container]int) []Edge {
	var out []Edge
	add := func(from, to *pod.Container, label string, shared bool) {
		a, fromDrawn := at[from]
		b, toDrawn := at[to]
		e := Edge{From: a, To: b, Label: label, Shared: shared}
		if fromDrawn && toDrawn && a != b && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	for _, volume := range s.volumes() {
		hub := volume.hub(s.roles)
		for _, c := range volume.mountedBy {
			add(hub, c, volume.label, true)
		}
	}
	for _, w := range s.workloads {
		for _, l := range slices.Concat(s.state.Links(w), s.state.FileLinks(w)) {
			if to := s.target(w, l); to != nil {
				add(l.Container, to, upstream(l.Reference), false)
			}
		}
		for _, c := range s.local(w) {
			add(c.A, c.B, "localhost", false)
		}
	}
	return out
}

// storage is a volume that containers of the scene mount.
type storage struct {
	workload  *pod.Workload
	volume    *pod.Volume
	label     string
	mountedBy []*pod.Container
}

// volumes are the volumes that at least two containers mount, in one Pod or over shared storage. What the kubelet writes from
// ConfigMaps and Secrets joins nobody.
func (s *scene) volumes() []*storage {
	var all []*storage
	for _, w := range s.workloads {
		for _, c := range w.Containers {
			for _, m := range c.Mounts {
				v := w.Volume(m.Volume)
				if v == nil || !v.Writable() {
					continue
				}
				i := slices.IndexFunc(all, func(known *storage) bool { return s.one(known, w, v) })
				if i < 0 {
					i = len(all)
					all = append(all, &storage{workload: w, volume: v, label: label(v)})
				}
				if !slices.Contains(all[i].mountedBy, c) {
					all[i].mountedBy = append(all[i].mountedBy, c)
				}
			}
		}
	}
	return slices.DeleteFunc(all, func(v *storage) bool { return len(v.mountedBy) < 2 })
}

// one says whether a workload's volume is a known one.
func (s *scene) one(known *storage, w *pod.Workload, v *pod.Volume) bool {
	if known.workload == w && known.volume == v {
		return true
	}
	return (v.Uses(w, known.volume) || known.volume.Uses(known.workload, v)) && s.state.Near(known.workload.Object, w.Object) != analysis.Apart
}

func label(v *pod.Volume) string {
	if storage := v.Storage(); storage != "" {
		return storage
	}
	if v.Template {
		return "claim template " + v.Name
	}
	if v.Type == "" {
		return "volume " + v.Name
	}
	return v.Type + " " + v.Name
}

// hub is the container that the others of a volume are joined with: the first app.
func (v *storage) hub(roles *analysis.Roles) *pod.Container {
	for _, c := range v.mountedBy {
		if roles.Of(c).Kind == pod.App {
			return c
		}
	}
	return v.mountedBy[0]
}

// target is the drawn container that a reference leads to in another Pod: the one that listens on its port, else the first app.
func (s *scene) target(from *pod.Workload, l analysis.Link) *pod.Container {
	if len(l.Lookup.Targets) != 1 {
		return nil
	}
	t := l.Lookup.Targets[0]
	if t.Workload == from { // over localhost
		return nil
	}
	port := l.Reference.Port
	if t.Service != nil {
		port = t.Service.ContainerPort(t.Workload, port)
	}
	var app *pod.Container
	for _, c := range t.Workload.Running() {
		if slices.Contains(c.Listens(), port) {
			return c
		}
		if app == nil && s.roles.Of(c).Kind == pod.App {
			app = c
		}
	}
	return app
}

func upstream(r pod.Reference) string {
	if r.Port == 0 {
		return r.Host
	}
	return fmt.Sprintf("%s:%d", r.Host, r.Port)
}

// local are the couplings of a Pod over localhost that its containers name; where one may mean several others, none is drawn.
func (s *scene) local(w *pod.Workload) []pod.Coupling {
	var named []pod.Coupling
	for _, c := range pod.CouplingsOf(w, s.around.Of(w)).All {
		if c.Kind == pod.ByLocalhost && c.Node != c.A.Node.Get("image") {
			named = append(named, c)
		}
	}
	return slices.DeleteFunc(slices.Clone(named), func(c pod.Coupling) bool {
		return slices.ContainsFunc(named, func(other pod.Coupling) bool { return other.A == c.A && other.Node == c.Node && other.B != c.B })
	})
}
