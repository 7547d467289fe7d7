package roots

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// buildState is what is known of a kustomization's build.
type buildState int

const (
	unknown buildState = iota
	visiting
	sound
	broken
)

// buildable says whether a folder can be built as far as its files say. Whoever reaches a cycle, a file that is not there or something
// remote can't.
func (f *finder) buildable(dir string) bool {
	k := f.kustomizations[dir]
	if k == nil {
		return false
	}
	if k.state != unknown {
		return k.state == sound
	}
	k.state = visiting
	good := len(k.faults) == 0
	for _, ref := range k.folders {
		if next := f.kustomizations[ref.dir]; next != nil && next.state == visiting {
			k.faults = append(k.faults, fault{ref.at, called(ref.dir) + " leads back to this kustomization: a cycle"})
			good = false
		} else if !f.buildable(ref.dir) {
			good = false
		}
	}
	if k.state = broken; good {
		k.state = sound
	}
	return good
}

// unbuildable says that a folder can't be built, and the first cause: one of its kustomization, else one of those that it takes in.
func (f *finder) unbuildable(dir string) string {
	text := fmt.Sprintf("the kustomization in %s can't be built", called(dir))
	k, why := f.cause(dir, map[string]bool{})
	switch {
	case k == nil:
		return text
	case k.dir == dir:
		return text + ": " + why
	}
	return fmt.Sprintf("%s: %s: %s", text, k.file.Path, why)
}

// cause finds the first kustomization from a folder on that can't be built itself, nil when that isn't known.
func (f *finder) cause(dir string, seen map[string]bool) (*kustomization, string) {
	k := f.kustomizations[dir]
	if k == nil || k.state == sound || seen[dir] {
		return nil, ""
	}
	seen[dir] = true
	if len(k.faults) > 0 {
		return k, cmp.Or(k.faults[0].message, "the file can't be read")
	}
	for _, ref := range k.folders {
		if found, why := f.cause(ref.dir, seen); found != nil {
			return found, why
		}
	}
	return nil, ""
}

// build is all that the build of some kustomizations reads and takes in.
type build struct {
	takes   []string // sorted
	reads   *inputs
	folders map[string]bool
}

// closure follows kustomizations transitively. They must be buildable.
func (f *finder) closure(dirs ...string) build {
	b := build{reads: newInputs(), folders: map[string]bool{}}
	takes := map[string]bool{}
	for len(dirs) > 0 {
		dir := dirs[len(dirs)-1]
		dirs = dirs[:len(dirs)-1]
		k := f.kustomizations[dir]
		if b.folders[dir] || k == nil || f.spent() {
			continue
		}
		b.folders[dir] = true
		f.taken += 1 + len(k.reads)
		b.reads.add(k.file.Path)
		b.reads.add(k.reads...)
		b.reads.add(k.takes...)
		for _, p := range k.takes {
			takes[p] = true
		}
		for _, ref := range k.folders {
			dirs = append(dirs, ref.dir)
		}
	}
	b.takes = slices.Sorted(maps.Keys(takes))
	return b
}

// findKustomizations makes roots of the kustomizations that nothing else builds. What a kustomization that can't be built itself takes
// in is built for its own sake.
func (f *finder) findKustomizations() {
	referred := map[string]bool{}
	dirs := slices.Sorted(maps.Keys(f.kustomizations))
	for _, dir := range dirs {
		if f.buildable(dir) {
			for _, ref := range f.kustomizations[dir].folders {
				referred[ref.dir] = true
			}
		}
	}
	for _, dir := range dirs {
		k := f.kustomizations[dir]
		f.tellFaults(k.file, k.faults)
		if k.state != sound || k.component || referred[dir] || f.usedFolders[dir] {
			continue
		}
		b := f.closure(dir)
		f.add(Root{
			Name: called(dir), File: k.file.Path, Place: headOf(k.root), Kustomize: &wire.Kustomize{Dir: dir},
			reads: b.reads, Takes: b.takes,
		})
	}
}

// maxFaults is how many faults of one file are told.
const maxFaults = 20

func (f *finder) tellFaults(file *manifest.File, faults []fault) {
	for i, fault := range faults {
		if fault.message == "" || i >= maxFaults {
			continue
		}
		p := manifest.Problem{Kind: manifest.NotAnalysed, Path: file.Path, Span: headOf(rootOf(file)).Span, Message: oneLine(fault.message)}
		if fault.at != nil && fault.at.File != nil && f.tree.exists(fault.at.File.Path) {
			p.Path, p.Span = fault.at.File.Path, fault.at.Span
		}
		f.unseen = append(f.unseen, p)
	}
}

// headOf is the place of the first key of a mapping.
func headOf(n *manifest.Node) analysis.Place {
	if n != nil && n.Kind == manifest.Mapping && len(n.Pairs) > 0 {
		return analysis.At(n.Pairs[0].Key)
	}
	return analysis.At(n)
}

// markBuilt notes that an object builds the kustomizations of a closure.
func (f *finder) markBuilt(dirs ...string) {
	for _, dir := range dirs {
		f.usedFolders[dir] = true
	}
}
