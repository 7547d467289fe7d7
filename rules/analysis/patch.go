package analysis

import (
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// Patches are the patches of a state: what kustomizations lay over other objects. An object to which one applies may have what
// it lacks in its own file, and a patch has what it lacks in the object that it patches.
type Patches struct {
	files map[string]bool
	gaps  map[string]bool // folders of kustomizations that name a change which the state doesn't have
	texts []patchText
	graph func() kustomizationGraph
}

type patchText struct {
	dir, text string
}

// Patches collects the patches that the kustomizations of the state name or hold.
func (s *State) Patches() Patches {
	p := Patches{files: map[string]bool{}, gaps: map[string]bool{}, graph: s.graph}
	for _, k := range s.Kustomizations() {
		if s.lacksChange(k) {
			p.gaps[k.Dir] = true
		}
		for _, item := range k.Root.Get("patches").Seq() {
			p.add(s, k, item.Get("path"))
			p.add(s, k, item.Get("patch"))
		}
		for _, item := range k.Root.Get("patchesJson6902").Seq() {
			p.add(s, k, item.Get("path"))
			p.add(s, k, item.Get("patch"))
		}
		for _, item := range k.Root.Get("patchesStrategicMerge").Seq() {
			p.add(s, k, item)
		}
	}
	for _, w := range s.Workloads {
		if w.Partial {
			dir := path.Dir(w.Object.File.Path)
			text := source(w.Object.Node)
			p.texts = append(p.texts, patchText{dir, text})
		}
	}
	return p
}

// add takes a patch: the path of its file, or its text.
func (p *Patches) add(s *State, k Kustomization, n *manifest.Node) {
	text := n.Text()
	if text == "" {
		return
	}
	if f := s.File(path.Join(k.Dir, text)); f != nil && !strings.Contains(text, "\n") {
		p.files[f.Path] = true
		text = string(f.Data)
	}
	p.texts = append(p.texts, patchText{k.Dir, text})
}

// Names says whether a kustomization names a file as a patch.
func (p Patches) Names(file string) bool { return p.files[file] }

func source(n *manifest.Node) string {
	return string(n.File.Data[n.Span.Start.Offset:n.Span.End.Offset])
}

// Unknown says whether what a workload lacks is unknown and not absent: it is partial, a kustomization uses its file as a patch,
// the file is called one, what builds it asks for a change that the state doesn't have, or it has no selector, which the API server
// demands of a complete workload (apps/v1).
func (p Patches) Unknown(w *pod.Workload) bool {
	if w.Object.Root != "" { // its patches are applied
		return w.Partial
	}
	if w.Partial || p.files[w.Object.File.Path] || p.lacking(w.Object.File.Path) {
		return true
	}
	for _, word := range pod.Words(path.Base(w.Object.File.Path)) {
		if word == "patch" || word == "patches" {
			return true
		}
	}
	switch w.Object.APIVersion {
	case "apps/v1", "apps/v1beta2":
		return w.Object.Node.Get("spec", "selector").IsNull()
	}
	return false
}

// lacking says whether a kustomization that takes in a file, or a component of one, asks for a change that the state doesn't have.
func (p Patches) lacking(file string) bool {
	if len(p.gaps) == 0 {
		return false
	}
	g := p.graph()
	for dir := range reach(g.components, slices.Collect(maps.Keys(reach(g.users, []string{file})))) {
		if p.gaps[dir] {
			return true
		}
	}
	return false
}

// lacksChange says whether a kustomization changes what it builds by a patch, a replacement, a transformer or a component that is not
// in the state: it is remote, left out of the repository, or can't be read.
func (s *State) lacksChange(k Kustomization) bool {
	var named []*manifest.Node
	for _, list := range []string{"patches", "patchesJson6902", "replacements"} {
		for _, item := range k.Root.Get(list).Seq() {
			named = append(named, item.Get("path"))
		}
	}
	for _, list := range []string{"patchesStrategicMerge", "transformers", "components"} {
		named = append(named, k.Root.Get(list).Seq()...)
	}
	return slices.ContainsFunc(named, func(n *manifest.Node) bool {
		text := n.Text()
		if text == "" || strings.ContainsAny(text, "\n{") { // the change itself
			return false
		}
		at := path.Join(k.Dir, text)
		return !s.whole.holds(at) && !s.holds(at)
	})
}

// holds says whether the state has a file, or a kustomization in a folder.
func (s *State) holds(at string) bool {
	if s == nil || s.byPath[at] != nil {
		return s != nil
	}
	return slices.ContainsFunc(kustomizationNames, func(name string) bool { return s.byPath[path.Join(at, name)] != nil })
}

// kustomizationGraph says what each kustomization takes in through resources, bases and components, and what takes it in. Nodes
// are paths of folders and files.
type kustomizationGraph struct {
	parts, users, components map[string][]string
}

func (s *State) kustomizationGraph() kustomizationGraph {
	g := kustomizationGraph{parts: map[string][]string{}, users: map[string][]string{}, components: map[string][]string{}}
	for _, k := range s.Kustomizations() {
		for _, list := range []string{"resources", "bases", "components"} {
			for _, item := range k.Root.Get(list).Seq() {
				part := path.Join(k.Dir, item.Text())
				g.parts[k.Dir] = append(g.parts[k.Dir], part)
				g.users[part] = append(g.users[part], k.Dir)
				if list == "components" {
					g.components[k.Dir] = append(g.components[k.Dir], part)
				}
			}
		}
	}
	return g
}

// builtWith returns all that some kustomization builds together with a file.
func (g kustomizationGraph) builtWith(file string) map[string]bool {
	return reach(g.parts, slices.Collect(maps.Keys(reach(g.users, []string{file}))))
}

// BuiltTogether returns the files and folders that some kustomization builds together with a file.
func (s *State) BuiltTogether(file string) map[string]bool {
	return s.graph().builtWith(file)
}

func reach(edges map[string][]string, from []string) map[string]bool {
	seen := map[string]bool{}
	for queue := from; len(queue) > 0; queue = queue[1:] {
		if at := queue[0]; !seen[at] {
			seen[at] = true
			queue = append(queue, edges[at]...)
		}
	}
	return seen
}

// Mention says whether a patch that may apply to a workload holds all of the words: a volume's name and `volume`, say, where the
// patch may add it. A patch may apply when it is near the workload, names it, or one kustomization builds both.
func (p Patches) Mention(w *pod.Workload, words ...string) bool {
	if w.Object.Root != "" {
		return false
	}
	dir := path.Dir(w.Object.File.Path)
	builtWith := sync.OnceValue(func() map[string]bool { return p.graph().builtWith(w.Object.File.Path) })
	return slices.ContainsFunc(p.texts, func(t patchText) bool {
		lacks := slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(t.text, word) })
		return !lacks && (nearFolders(t.dir, dir) == Together || strings.Contains(t.text, w.Name()) || builtWith()[t.dir])
	})
}
