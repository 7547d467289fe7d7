package origin

import (
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Build is one build of kustomize.
type Build struct {
	Name   string                           // becomes Object.Root
	Dir    string                           // folder that is built
	File   func(path string) *manifest.File // the parsed files of the repository, nil for a path without one
	Over   *manifest.Node                   // what is laid over the build, nil for nothing: see NewLayers
	Within []string                         // paths of the files below Dir; needed only where Dir has no kustomization and one is generated
}

// Layers are the sources of one build: the kustomizations that it goes through, and the files that they name. One serves one goroutine at
// a time.
type Layers struct {
	Build
	trees  map[string]map[string][]way // by folder, and by the path of a file: how its objects reach the folder's kustomization
	texts  map[*manifest.Node]text
	visits int // of components
}

// NewLayers are the layers of a build. Its Over is the node of a mapping with fields named as in a kustomization, such as
// spec.source.kustomize of an Argo CD Application or the spec of a Flux Kustomization.
func NewLayers(b Build) *Layers {
	b.Dir = clean(b.Dir)
	b.Within = slices.Sorted(func(yield func(string) bool) {
		for _, p := range b.Within {
			if isKustomization(p) && below(clean(path.Dir(p)), b.Dir) && !yield(p) {
				return
			}
		}
	})
	return &Layers{Build: b, trees: map[string]map[string][]way{}, texts: map[*manifest.Node]text{}}
}

// layer is one kustomization on the way of an object.
type layer struct {
	dir  string
	node *manifest.Node // of its fields
}

// way is the kustomizations that an object goes through, in the order of building.
type way []layer

// and is a way that goes on through further kustomizations.
func (w way) and(further ...layer) way {
	return append(slices.Clip(w), further[:min(len(further), max(maxLayers-len(w), 0))]...)
}

// Limits of the ways that are looked at; a base can reach a root by exponentially many.
const (
	maxVisits = 20_000
	maxWays   = 16
	maxLayers = 256 // of one way
)

// waysOf returns the ways of the objects of a file to the root; at least one.
func (l *Layers) waysOf(file string) []way {
	ways := l.tree(l.Dir)[file]
	if len(ways) == 0 {
		ways = l.generated(file)
	}
	if l.Over == nil {
		return ways
	}
	over := make([]way, len(ways))
	for i, w := range ways {
		over[i] = w.and(l.components(layer{l.Dir, l.Over}, nil)...)
	}
	return over
}

// generated are the ways of a file where a kustomization is generated that takes in the files and folders below: through the topmost
// kustomizations there, or through none.
func (l *Layers) generated(file string) []way {
	var ways []way
	var dirs []string
	for _, p := range l.Within {
		dir := clean(path.Dir(p))
		if slices.ContainsFunc(dirs, func(above string) bool { return below(dir, above) }) {
			continue
		}
		dirs = append(dirs, dir)
		ways = append(ways, l.tree(dir)[file]...)
	}
	if len(ways) == 0 {
		return []way{{}}
	}
	return ways
}

func below(dir, above string) bool {
	return above == "" || dir == above || strings.HasPrefix(dir, above+"/")
}

var kustomizationNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

func isKustomization(file string) bool {
	return slices.Contains(kustomizationNames, path.Base(file))
}

// kustomization reads that of a folder.
func (l *Layers) kustomization(dir string) (layer, bool) {
	for _, name := range kustomizationNames {
		if f := l.File(path.Join(dir, name)); f != nil && len(f.Documents) > 0 {
			if root := f.Documents[0].Root.Resolve(); root != nil && root.Kind == manifest.Mapping {
				return layer{dir, root}, true
			}
		}
	}
	return layer{}, false
}

// components are the components that a kustomization names, with those within them, and then itself.
func (l *Layers) components(k layer, above []string) way {
	var out way
	for _, item := range k.node.Get("components").Seq() {
		dir := join(k.dir, item.Text())
		if component, ok := l.kustomization(dir); ok && !slices.Contains(above, dir) && l.visits < maxVisits && len(out) < maxLayers {
			l.visits++
			out = append(out, l.components(component, append(slices.Clip(above), dir))...)
		}
	}
	return append(out, k)
}

// tree returns the ways of all files that the kustomization of a folder takes in.
func (l *Layers) tree(dir string) map[string][]way {
	if known, ok := l.trees[dir]; ok {
		return known
	}
	l.trees[dir] = nil
	if root, ok := l.kustomization(dir); ok {
		t := tree{layers: l}
		l.trees[dir] = t.below(root, nil)
	}
	return l.trees[dir]
}

// tree collects the ways from files to a kustomization.
type tree struct {
	layers *Layers
	visits int
}

// below returns the ways of the files that a kustomization takes in, up to and with itself.
func (t *tree) below(k layer, above []string) map[string][]way {
	t.visits++
	taken := map[string][]way{}
	above = append(slices.Clip(above), k.dir)
	for _, list := range []string{"resources", "bases"} {
		for _, item := range k.node.Get(list).Seq() {
			t.take(taken, join(k.dir, item.Text()), above)
		}
	}
	for _, item := range k.node.Get("components").Seq() {
		dir := join(k.dir, item.Text())
		component, ok := t.layers.kustomization(dir)
		if !ok || slices.Contains(above, dir) || t.visits > maxVisits {
			continue
		}
		own := t.below(component, above)
		through := t.layers.components(component, append(slices.Clip(above), dir))
		for file, ways := range taken {
			for i, w := range ways {
				ways[i] = w.and(through...)
			}
			taken[file] = ways
		}
		gather(taken, own)
	}
	for _, ways := range taken {
		for i, w := range ways {
			ways[i] = w.and(k)
		}
	}
	return taken
}

// take adds the ways of a resource: a file, or what a folder takes in.
func (t *tree) take(taken map[string][]way, resource string, above []string) {
	if k, ok := t.layers.kustomization(resource); ok && !slices.Contains(above, resource) && t.visits <= maxVisits {
		gather(taken, t.below(k, above))
		return
	}
	gather(taken, map[string][]way{resource: {{}}})
}

func gather(into, from map[string][]way) {
	for file, ways := range from {
		into[file] = append(into[file], ways[:min(len(ways), maxWays-min(len(into[file]), maxWays))]...)
	}
}

// join is the path of what a kustomization of a folder names.
func join(dir, name string) string {
	if name == "" || strings.HasPrefix(name, "/") || strings.Contains(name, "\n") {
		return ""
	}
	return clean(path.Join(dir, name))
}

func clean(dir string) string {
	if dir = strings.Trim(path.Clean(dir), "/"); dir == "." {
		return ""
	}
	return dir
}
