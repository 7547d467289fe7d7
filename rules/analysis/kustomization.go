package analysis

import (
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Kustomization is a kustomization file of the state.
type Kustomization struct {
	File *manifest.File
	Root *manifest.Node
	Dir  string
}

// Kustomizations returns the kustomization files of the state, by path.
func (s *State) Kustomizations() []Kustomization {
	var out []Kustomization
	for _, f := range s.Files {
		if !IsKustomization(f.Path) {
			continue
		}
		for _, d := range f.Documents {
			if d.Root != nil {
				out = append(out, Kustomization{File: f, Root: d.Root, Dir: path.Dir(f.Path)})
				break
			}
		}
	}
	return out
}

// IsKustomization says whether kustomize would read a file of that name as a kustomization.
func IsKustomization(p string) bool {
	return slices.Contains(kustomizationNames, path.Base(p))
}

var kustomizationNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// Entry returns the item of resources (or bases, components) that names the file or folder at p, nil if none does.
func (k Kustomization) Entry(p string) *manifest.Node {
	for _, list := range []string{"resources", "bases", "components"} {
		for _, item := range k.Root.Get(list).Seq() {
			if text := item.Text(); text != "" && !strings.Contains(text, "://") && path.Join(k.Dir, text) == p {
				return item
			}
		}
	}
	return nil
}

// kustomized maps the path of each listed file to the namespace that its kustomization sets.
func (s *State) kustomized() map[string]string {
	if s.namespaces != nil {
		return s.namespaces
	}
	s.namespaces = map[string]string{}
	for _, k := range s.Kustomizations() {
		ns := k.Root.Get("namespace").Text()
		if ns == "" {
			continue
		}
		for _, item := range k.Root.Get("resources").Seq() {
			p := path.Join(k.Dir, item.Text())
			if s.byPath[p] != nil {
				s.namespaces[p] = ns
			}
		}
	}
	return s.namespaces
}
