package analysis

import (
	"maps"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Build is what one root of rendering gives: a kustomization, a chart with its values, what an Application or a HelmRelease points
// at. The nodes of its objects stand for places in the repository's files (manifest.Origin).
type Build struct {
	Root     string // its name, which the objects carry; distinct in a state
	Place    Place  // where it is asked for
	Maker    string // the Root of the build that makes the object which asks for it; "" when that stands in a file
	Objects  []*manifest.Object
	Takes    map[string]bool        // files that it takes in: their objects are deployed as they are built, and not as they are written
	Fills    map[string]bool        // templates that it fills in: nothing is missed by not looking at them
	Files    []string               // that it reads, sorted
	Reads    func(path string) bool // whether it depends on a file: one of Files, or one that is not there yet
	Problems []manifest.Problem     // why it, or a part of it, was not built
	Beside   bool                   // of a change: nothing that changes can affect it
}

// Rebuild builds a root again with other files, nil for one that is gone; it gives nil when the root is gone with them.
type Rebuild func(b *Build, changed map[string][]byte) *Build

// Rendered is the state of files and of what is built from them. Unseen is what the files refer to and nothing is known of. Rebuild
// proves changes of the files.
func Rendered(files []*manifest.File, builds []*Build, unseen []manifest.Problem, rebuild Rebuild) *State {
	s := newState(files, builds)
	s.Unseen, s.rebuild = unseen, rebuild
	return s
}

// Of is the state of some files of this one, and of what is built from them. Changed are those of them that have other content than
// here, and with nil those that are gone. It costs what these files and builds cost.
func (s *State) Of(files []*manifest.File, changed map[string][]byte) *State {
	whole := s
	if s.whole != nil {
		whole = s.whole
	}
	if len(s.Builds) == 0 {
		out := NewState(files)
		out.whole = whole
		return out
	}
	within := map[string]bool{}
	for _, f := range files {
		within[f.Path] = true
	}
	for path := range changed {
		within[path] = true
	}
	var builds []*Build
	for _, b := range s.Builds {
		if !b.concerns(within, changed) {
			continue
		}
		if b = s.built(b, changed); b != nil {
			builds = append(builds, b)
		}
	}
	out := newState(s.with(files, within, builds), builds)
	out.whole, out.rebuild, out.replaced = whole, s.rebuild, s.replaced.with(changed)
	return out
}

// with is files and those besides in which objects of builds stand: rules edit these too.
func (s *State) with(files []*manifest.File, known map[string]bool, builds []*Build) []*manifest.File {
	out := slices.Clone(files)
	add := func(path string) {
		if f := s.byPath[path]; f != nil && !known[path] {
			known[path] = true
			out = append(out, f)
		}
	}
	for _, b := range builds {
		for path := range b.Takes {
			add(path)
		}
		for _, o := range b.Objects {
			add(o.File.Path)
		}
	}
	slices.SortFunc(out, func(a, b *manifest.File) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// concerns says whether a build has to do with some files, or depends on one that changes. That a kustomization is among them says
// nothing: they are context of everything.
func (b *Build) concerns(files map[string]bool, changed map[string][]byte) bool {
	for path := range changed {
		if b.Reads != nil && b.Reads(path) {
			return true
		}
	}
	near := func(path string) bool { return files[path] && !IsKustomization(path) }
	return near(b.Place.Path) || slices.ContainsFunc(b.Files, near) ||
		slices.ContainsFunc(b.Objects, func(o *manifest.Object) bool { return near(o.File.Path) })
}

// built is a build as it is after a change.
func (s *State) built(b *Build, changed map[string][]byte) *Build {
	depends := func(path string) bool { return b.Reads != nil && b.Reads(path) }
	if s.rebuild == nil || !slices.ContainsFunc(slices.Collect(maps.Keys(changed)), depends) {
		return b
	}
	return s.rebuild(b, s.replaced.with(changed))
}

// contents are files that differ from those that were rendered first; nil for one that is gone.
type contents map[string][]byte

func (c contents) with(changed map[string][]byte) contents {
	out := maps.Clone(changed)
	for path, data := range c {
		if _, newer := out[path]; !newer && out != nil {
			out[path] = data
		}
	}
	if out == nil {
		return c
	}
	return out
}

// Lacks says whether a state could not build a root of another state, although it asks for it: then nothing is known of what that
// deployed.
func (s *State) Lacks(other *State, root string) bool {
	there, here := other.builds[root], s.builds[root]
	switch {
	case there == nil:
		return false
	case here != nil:
		return len(here.Objects) == 0 && len(here.Problems) > 0
	}
	return slices.ContainsFunc(s.Unseen, func(p manifest.Problem) bool { return p.Path == there.Place.Path })
}

// Taken says whether the objects of a file are those of builds, so that the file itself is not looked at.
func (s *State) Taken(path string) bool { return s.taken[path] }

// variants says whether two roots deploy the same thing apart, to two clusters or under two names: they build one file, or objects of
// one name.
func (s *State) variants(a, b string) bool {
	if a > b {
		a, b = b, a
	}
	key := [2]string{a, b}
	answer, known := s.apart[key]
	if !known {
		answer = s.share(s.builds[a], s.builds[b])
		s.apart[key] = answer
	}
	return answer
}

func (s *State) share(a, b *Build) bool {
	if a == nil || b == nil {
		return false
	}
	for path := range a.Takes {
		if b.Takes[path] {
			return true
		}
	}
	names := map[Object]bool{}
	for _, o := range a.Objects {
		names[rendered(o)] = true
	}
	return slices.ContainsFunc(b.Objects, func(o *manifest.Object) bool { return names[rendered(o)] })
}

// rendered names an object as it is deployed.
func rendered(o *manifest.Object) Object {
	return Object{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}
}
