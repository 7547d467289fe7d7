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
	together, around := map[string]bool{}, v.around(touched)
	for path := range touched {
		maps.Copy(together, v.state.BuiltTogether(path))
	}
	return slices.DeleteFunc(slices.Clone(v.state.Files), func(file *manifest.File) bool {
		return !touched[file.Path] && !together[file.Path] && !together[path.Dir(file.Path)] && len(file.Objects) > 0 &&
			!analysis.IsKustomization(file.Path) && !slices.ContainsFunc(v.objectsOf(file), around)
	})
}

// objectsOf are the objects of the state that stand in a file, rendered ones included.
func (v *verifier) objectsOf(file *manifest.File) []*manifest.Object {
	if len(v.state.Builds) == 0 {
		return file.Objects
	}
	if v.objects == nil {
		v.objects = map[string][]*manifest.Object{}
		for _, o := range v.state.Objects {
			v.objects[o.File.Path] = append(v.objects[o.File.Path], o)
		}
	}
	return v.objects[file.Path]
}

// home is all that decides whether two objects may share a namespace.
type home struct{ namespace, folder, root string }

func (v *verifier) home(o *manifest.Object) home {
	return home{v.state.Namespace(o), path.Dir(o.File.Path), o.Root}
}

// around answers whether an object may share a namespace with one of some files. It asks once for each namespace of each folder.
func (v *verifier) around(paths map[string]bool) func(*manifest.Object) bool {
	seeds := map[home]*manifest.Object{}
	for path := range paths {
		if file := v.state.File(path); file != nil {
			for _, o := range v.objectsOf(file) {
				seeds[v.home(o)] = o
			}
		}
	}
	known := map[home]bool{}
	return func(o *manifest.Object) bool {
		at := v.home(o)
		answer, asked := known[at]
		if !asked {
			for _, seed := range seeds {
				if v.state.Near(seed, o) != analysis.Apart {
					answer = true
					break
				}
			}
			known[at] = answer
		}
		return answer
	}
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
