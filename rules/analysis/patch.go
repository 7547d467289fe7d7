package analysis

import (
	"path"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// Patches are the patches of a state: what kustomizations lay over other objects. An object to which one applies may have what
// it lacks in its own file, and a patch has what it lacks in the object that it patches.
type Patches struct {
	files map[string]bool
	texts []patchText
}

type patchText struct {
	dir, text string
}

// Patches collects the patches that the kustomizations of the state name or hold.
func (s *State) Patches() Patches {
	p := Patches{files: map[string]bool{}}
	for _, k := range s.Kustomizations() {
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

func source(n *manifest.Node) string {
	return string(n.File.Data[n.Span.Start.Offset:n.Span.End.Offset])
}

// Unknown says whether what a workload lacks is unknown and not absent: it is partial, a kustomization uses its file as a patch,
// or it has no selector, which the API server demands of a complete one (apps/v1).
func (p Patches) Unknown(w *pod.Workload) bool {
	if w.Partial || p.files[w.Object.File.Path] {
		return true
	}
	switch w.Object.APIVersion {
	case "apps/v1", "apps/v1beta2":
		return w.Object.Node.Get("spec", "selector").IsNull()
	}
	return false
}

// Mention says whether a patch that may apply to a workload, being near it or naming it, speaks of a volume of that name.
func (p Patches) Mention(w *pod.Workload, volume string) bool {
	dir := path.Dir(w.Object.File.Path)
	for _, t := range p.texts {
		if !strings.Contains(t.text, volume) || !strings.Contains(strings.ToLower(t.text), "volume") {
			continue
		}
		if nearFolders(t.dir, dir) != Apart || strings.Contains(t.text, w.Name()) {
			return true
		}
	}
	return false
}
