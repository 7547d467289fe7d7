package review

import (
	"maps"
	"path"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
)

// near are the files that a change can have to do with: those that it touches or that its findings name, those with an object
// that may share a namespace with one of theirs, those that a kustomization builds together with one of theirs, and what says how
// files belong together. Rules relate no others, so that proving a fix costs what the application costs and not what the
// repository does.
func (v *verifier) near(findings ...*analysis.Finding) []*manifest.File {
	touched := map[string]bool{}
	for _, f := range findings {
		touched[f.Place.Path] = true
		for _, p := range partners(f) {
			touched[p.Path] = true
		}
		if f.Fix != nil {
			for _, path := range editedPaths(f.Fix.Edits) {
				touched[path] = true
			}
		}
	}
	if 2*len(touched) > len(v.state.Files) {
		return v.state.Files
	}
	if v.layout == nil {
		v.layout = newLayout(v.state)
	}
	together, around := map[string]bool{}, v.layout.around(v.state, touched)
	for path := range touched {
		maps.Copy(together, v.state.BuiltTogether(path))
	}
	var near []*manifest.File
	for _, p := range v.layout.files {
		if p.always || touched[p.file.Path] || together[p.file.Path] || together[p.folder] || slices.ContainsFunc(p.homes, func(n int) bool { return around[n] }) {
			near = append(near, p.file)
		}
	}
	return near
}

// home is all that decides whether two objects may share a namespace, and one object that has it.
type home struct {
	namespace, folder, root string
	object                  *manifest.Object
}

// placed is a file with what decides whether a change may have to do with it.
type placed struct {
	file   *manifest.File
	folder string
	always bool  // it says how files belong together, or it has no object, so that nothing tells
	homes  []int // of its objects, in layout.homes
}

// layout is where everything in a state is.
type layout struct {
	files  []placed // in the order of the state
	byPath map[string]int
	homes  []home
}

func newLayout(s *analysis.State) *layout {
	l := &layout{byPath: map[string]int{}}
	for i, file := range s.Files {
		l.files = append(l.files, placed{file: file, folder: path.Dir(file.Path), always: len(file.Objects) == 0 || analysis.IsKustomization(file.Path)})
		l.byPath[file.Path] = i
	}
	numbers := map[home]int{}
	for _, o := range s.Objects {
		i, ok := l.byPath[o.File.Path]
		if !ok {
			continue
		}
		at := home{namespace: s.Namespace(o), folder: l.files[i].folder, root: o.Root}
		n, known := numbers[at]
		if !known {
			n = len(l.homes)
			numbers[at] = n
			at.object = o
			l.homes = append(l.homes, at)
		}
		if !slices.Contains(l.files[i].homes, n) {
			l.files[i].homes = append(l.files[i].homes, n)
		}
	}
	return l
}

// around tells of each home whether an object there may share a namespace with one of some files.
func (l *layout) around(s *analysis.State, paths map[string]bool) []bool {
	var seeds []int
	for path := range paths {
		if i, ok := l.byPath[path]; ok {
			seeds = append(seeds, l.files[i].homes...)
		}
	}
	slices.Sort(seeds)
	seeds = slices.Compact(seeds)
	around := make([]bool, len(l.homes))
	for n, at := range l.homes {
		around[n] = slices.ContainsFunc(seeds, func(seed int) bool { return s.Near(l.homes[seed].object, at.object) != analysis.Apart })
	}
	return around
}

// before are the findings of some files of the state, remembered for the next fix that has to do with the same ones.
func (v *verifier) before(files []*manifest.File) ([]analysis.Finding, error) {
	if v.knownFiles != nil && slices.Equal(files, v.knownFiles) {
		return v.known, nil
	}
	found, err := v.run(v.state.Of(files, nil), v.config)
	if err != nil {
		return nil, err
	}
	v.known, v.knownFiles = found, files
	return found, nil
}

// files are the files of the state that edits change.
func (v *verifier) files(edits []edit.Edit) map[string][]byte {
	files := map[string][]byte{}
	for _, path := range editedPaths(edits) {
		if f := v.state.File(path); f != nil {
			files[path] = f.Data
		}
	}
	return files
}
