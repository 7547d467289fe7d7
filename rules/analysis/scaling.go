package analysis

import (
	"path"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// Scaling answers which workloads the autoscalers of a state scale. An autoscaler often stands in an overlay and its target in
// the base, so that besides nearness it counts that one kustomization holds both.
type Scaling struct {
	state *State
	named map[string][]*pod.Workload // whole workloads by Kind/name
	roots []map[string]bool          // files of each kustomization, those of the kustomizations that it refers to included
}

// NewScaling indexes the workloads and kustomizations of a state.
func NewScaling(s *State) Scaling {
	byDir := map[string]Kustomization{}
	for _, k := range s.Kustomizations() {
		byDir[k.Dir] = k
	}
	out := Scaling{state: s, named: map[string][]*pod.Workload{}}
	for _, w := range s.Workloads {
		if !w.Partial && w.Name() != "" {
			name := w.Kind() + "/" + w.Name()
			out.named[name] = append(out.named[name], w)
		}
	}
	for dir := range byDir {
		files := map[string]bool{}
		collect(byDir, dir, files, map[string]bool{})
		out.roots = append(out.roots, files)
	}
	return out
}

func collect(byDir map[string]Kustomization, dir string, files, seen map[string]bool) {
	k, ok := byDir[dir]
	if !ok || seen[dir] {
		return
	}
	seen[dir] = true
	for _, list := range []string{"resources", "bases", "components"} {
		for _, item := range k.Root.Get(list).Seq() {
			if text := item.Text(); text != "" && !strings.Contains(text, "://") {
				files[path.Join(dir, text)] = true
				collect(byDir, path.Join(dir, text), files, seen)
			}
		}
	}
}

// Targets returns the whole workloads that an autoscaler means: of that kind and name, in its namespace. Where a file or folder
// has one, those elsewhere are another's.
func (s Scaling) Targets(by *manifest.Object, t pod.ScaleTarget) []*pod.Workload {
	var out []*pod.Workload
	best := 0
	for _, w := range s.named[t.Kind+"/"+t.Name] {
		if !s.together(by, w.Object) {
			continue
		}
		switch rank := closeness(by, w.Object); {
		case rank > best:
			best, out = rank, []*pod.Workload{w}
		case rank == best:
			out = append(out, w)
		}
	}
	return out
}

func (s Scaling) together(a, b *manifest.Object) bool {
	if s.state.Near(a, b) == Together {
		return true
	}
	if nsA, nsB := s.state.Namespace(a), s.state.Namespace(b); nsA != "" && nsB != "" || a.Root != "" && b.Root != "" {
		return false
	}
	for _, files := range s.roots {
		if files[a.File.Path] && files[b.File.Path] {
			return true
		}
	}
	return false
}

func closeness(a, b *manifest.Object) int {
	switch {
	case a.File == b.File:
		return 3
	case path.Dir(a.File.Path) == path.Dir(b.File.Path):
		return 2
	}
	return 1
}
