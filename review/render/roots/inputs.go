package roots

import (
	"maps"
	"slices"
	"strings"
)

// inputs is a set of files: single ones, and all below some folders.
type inputs struct {
	files   map[string]bool
	folders map[string]bool
	except  map[string]bool
}

func newInputs(files ...string) *inputs {
	in := &inputs{files: make(map[string]bool, len(files)), folders: map[string]bool{}}
	in.add(files...)
	return in
}

func (in *inputs) add(files ...string) {
	for _, p := range files {
		in.files[p] = true
	}
}

// has says whether a path belongs to the set. What is hidden at the top of a folder (.git, .github) does not, except .helmignore.
func (in *inputs) has(p string) bool {
	if in == nil || in.except[p] {
		return false
	}
	if in.files[p] {
		return true
	}
	for dir := p; dir != "" && len(in.folders) > 0; {
		dir = folderOf(dir)
		if in.folders[dir] && !hidden(strings.TrimPrefix(p[len(dir):], "/")) {
			return true
		}
	}
	return false
}

func hidden(rest string) bool {
	return strings.HasPrefix(rest, ".") && rest != ".helmignore"
}

// of returns the paths of a tree that belong to the set, sorted.
func (in *inputs) of(t *tree) []string {
	found := map[string]bool{}
	for p := range in.files {
		if t.exists(p) && !in.except[p] {
			found[p] = true
		}
	}
	for dir := range in.folders {
		for _, p := range t.below(dir) {
			if in.has(p) {
				found[p] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}
