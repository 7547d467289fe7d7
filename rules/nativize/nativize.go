// Package nativize plans the edits by which plain containers become native sidecars: entries of initContainers with
// restartPolicy: Always, with their comments and in the style of the file.
//
// A plan is whole or an error: nothing is moved that an overlay or a patch of the state would miss. It imports no rule.
package nativize

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/lifecycle"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// Since is the minor of the Kubernetes version from which native sidecars are on by default (KEP-753, beta in 1.29).
const Since = 29

// Plan is what changes in the containers of one workload.
type Plan struct {
	Workload *pod.Workload
	Move     *pod.Container   // becomes a native sidecar; one of containers
	Within   []edit.Edit      // further changes inside it
	Drop     []*pod.Container // containers that go
}

// Edits returns the edits of a plan.
func (p Plan) Edits() ([]edit.Edit, error) {
	restart, err := edit.InsertPair(p.Move.Node, []string{"image", "name"}, "restartPolicy", "Always\n")
	if err != nil {
		return nil, err
	}
	block, err := edit.Extract(p.Move.Node, append(restart, p.Within...))
	if err != nil {
		return nil, err
	}
	gone := []*manifest.Node{p.Move.Node}
	for _, c := range p.Drop {
		gone = append(gone, c.Node)
	}
	removed, err := edit.RemoveItems(edit.KeepEmpty, gone...)
	if err != nil {
		return nil, err
	}
	added, err := p.insert(block)
	if err != nil {
		return nil, err
	}
	orphans, err := p.orphans()
	return edit.Join(removed, added, orphans), err
}

// orphans removes the volumes that only dropped containers mount.
func (p Plan) orphans() ([]edit.Edit, error) {
	mounted := func(in []*pod.Container, volume string) bool {
		return slices.ContainsFunc(in, func(c *pod.Container) bool { return len(c.MountOf(volume)) > 0 })
	}
	kept := slices.DeleteFunc(slices.Clone(p.Workload.Containers), func(c *pod.Container) bool { return slices.Contains(p.Drop, c) })
	var gone []*manifest.Node
	for _, v := range p.Workload.Volumes {
		if !v.Template && mounted(p.Drop, v.Name) && !mounted(kept, v.Name) {
			gone = append(gone, v.Node)
		}
	}
	if len(gone) == 0 {
		return nil, nil
	}
	return edit.RemoveItems(edit.RemoveKey, gone...)
}

// insert adds the sidecar to initContainers, which it makes when there is none.
func (p Plan) insert(block edit.Block) ([]edit.Edit, error) {
	spec := p.spec()
	if spec == nil {
		return nil, fmt.Errorf("%s:%d: the list of containers is made by a template", p.Workload.Spec.File.Path, p.Workload.Spec.Span.Start.Line)
	}
	list := spec.Get(string(pod.InitContainers))
	if list == nil {
		value, err := edit.LayoutAt(spec).Render([]edit.Block{block})
		if err != nil {
			return nil, err
		}
		return edit.InsertPair(spec, above(spec), string(pod.InitContainers), value)
	}
	return edit.InsertItem(list, p.index(), block)
}

// spec is the mapping that holds the containers as the one to be moved is written: that of a patch, where a patch adds it. It is nil
// where the Pod spec is nowhere written.
func (p Plan) spec() *manifest.Node {
	if p.Workload.Spec.Written() == nil {
		return nil
	}
	if w := p.Move.Node.Written(); w != nil && w.Parent != nil && w.Parent.Parent != nil {
		return w.Parent.Parent
	}
	return p.Workload.Spec
}

// above is the key behind which initContainers go: before containers, as most files have them, unless these come first.
func above(spec *manifest.Node) []string {
	last := "containers"
	for _, pair := range spec.Resolve().Pairs {
		if pair.Key.Value == "containers" {
			break
		}
		last = pair.Key.Value
	}
	return []string{last, "containers"}
}

// index is the sidecar's place among the init containers: before the first setup container that dials it, else behind all, as one
// of them may prepare what it reads.
func (p Plan) index() int {
	setups := p.Workload.In(pod.InitContainers)
	for i, c := range setups {
		if !c.Native && len(lifecycle.DialsTo(c, p.Move)) > 0 {
			return i
		}
	}
	return len(setups)
}

// Needs returns the setup containers that dial a container and so need it to run before them.
func Needs(w *pod.Workload, server *pod.Container) []*pod.Container {
	return slices.DeleteFunc(w.In(pod.InitContainers), func(c *pod.Container) bool {
		return c.Native || len(lifecycle.DialsTo(c, server)) == 0
	})
}

// Obstacles says why a container should not be moved: patches of the state look for it where it stands, setup containers before the
// one that needs it prepare its volumes, nothing else is left in containers, or it is an entry of a chart's values.
func (p Plan) Obstacles(state *analysis.State) []string {
	var out []string
	if left := len(p.Workload.In(pod.Containers)) - 1 - len(p.Drop); left < 1 {
		out = append(out, "No other container would be left in `containers`.")
	}
	for _, c := range p.Workload.In(pod.InitContainers) {
		if c.Name == p.Move.Name {
			out = append(out, "An init container has the name "+c.Name+" already.")
		}
	}
	if c := p.prepares(); c != nil {
		out = append(out, fmt.Sprintf("The setup container %s writes into a volume of %s, and a setup container before it needs %s: their order is for their author to decide.", c.Name, p.Move.Name, p.Move.Name))
	}
	for _, w := range state.Workloads {
		if w.Partial && w.Kind() == p.Workload.Kind() && w.Name() == p.Workload.Name() && patches(w, p.Move.Name) {
			out = append(out, fmt.Sprintf("The patch in %s changes %s in `containers`, and must move with it.", w.Object.File.Path, p.Move.Name))
		}
	}
	out = append(out, p.jsonPatches(state)...)
	if advice := p.inValues(); advice != "" && len(out) == 0 {
		return []string{advice}
	}
	return out
}

// prepares returns a setup container that stands at or behind the sidecar's place and writes into one of its volumes.
func (p Plan) prepares() *pod.Container {
	for _, c := range p.Workload.In(pod.InitContainers)[p.index():] {
		if c.Native || len(lifecycle.DialsTo(c, p.Move)) > 0 {
			continue
		}
		for _, m := range c.Mounts {
			if v := p.Workload.Volume(m.Volume); v != nil && v.Writable() && !m.ReadOnly && len(p.Move.MountOf(m.Volume)) > 0 {
				return c
			}
		}
	}
	return nil
}

func patches(w *pod.Workload, container string) bool {
	return slices.ContainsFunc(w.In(pod.Containers), func(c *pod.Container) bool { return c.Name == container })
}

// jsonPatches names the kustomizations whose JSON patches count the items of containers.
func (p Plan) jsonPatches(state *analysis.State) []string {
	var out []string
	for _, k := range state.Kustomizations() {
		for _, field := range []string{"patches", "patchesJson6902"} {
			for _, patch := range k.Root.Get(field).Seq() {
				target := patch.Get("target")
				if target.Get("kind").Text() == p.Workload.Kind() && target.Get("name").Text() == p.Workload.Name() && strings.Contains(patchText(state, k, patch), "/containers/") {
					out = append(out, fmt.Sprintf("The JSON patch in %s counts the items of `containers`, and must change with them.", k.File.Path))
				}
			}
		}
	}
	return out
}

// patchText is the text of a patch: its own, or that of the file that it names.
func patchText(state *analysis.State, k analysis.Kustomization, patch *manifest.Node) string {
	if file := state.File(path.Join(k.Dir, patch.Get("path").Text())); file != nil {
		return string(file.Data)
	}
	return patch.Get("patch").Text()
}

// Sentence is an error of an edit as an obstacle.
func Sentence(err error) string {
	return "The file can't be edited with certainty: " + strings.TrimSuffix(err.Error(), ".") + "."
}
