package review

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
)

// runner runs the catalogue over a state.
type runner func(*analysis.State, *analysis.Config) ([]analysis.Finding, error)

// verifier proves fixes on one state.
type verifier struct {
	state      *analysis.State
	config     *analysis.Config
	run        runner
	known      []analysis.Finding // of knownFiles, as they are before any fix
	knownFiles []*manifest.File
}

// verify applies a finding's fix in memory and analyses the result. It returns the files that change, nil for one that goes;
// or why the fix is not offered, as a sentence.
func (v *verifier) verify(f *analysis.Finding) (changed map[string][]byte, obstacle string) {
	files := v.files(f.Fix.Edits)
	changed, err := edit.Apply(files, f.Fix.Edits)
	if err != nil {
		return nil, fmt.Sprintf("The change does not fit the files: %v.", err)
	}
	if len(changed) == 0 {
		return nil, "The change leaves every file as it is."
	}
	if _, err := edit.Verify(files, changed, f.Fix.Edits); err != nil {
		return nil, fmt.Sprintf("The change does not hold: %v.", err)
	}
	near := v.near(f, changed)
	was, err := v.before(near)
	if err != nil {
		return nil, "The files around the change could not be analysed."
	}
	mended := apply(near, changed)
	found, err := v.run(mended, v.config)
	if err != nil {
		return nil, "The result could not be analysed."
	}
	if obstacle := judge(f, was, mended, found); obstacle != "" {
		return nil, obstacle
	}
	return changed, ""
}

// near are the files that a change can have to do with: those that it touches or that the finding names, those with an object
// that may share a namespace with one of theirs, those that a kustomization builds together with one of theirs, and what says how
// files belong together. Rules relate no others, so that proving a fix costs what the application costs and not what the
// repository does.
func (v *verifier) near(f *analysis.Finding, changed map[string][]byte) []*manifest.File {
	touched := map[string]bool{f.Place.Path: true}
	for path := range changed {
		touched[path] = true
	}
	for _, e := range f.Evidence {
		touched[e.Place.Path] = true
	}
	for _, r := range f.Related {
		touched[r.Place.Path] = true
	}
	var seeds []*manifest.Object
	together := map[string]bool{}
	for path := range touched {
		maps.Copy(together, v.state.BuiltTogether(path))
		if file := v.state.File(path); file != nil {
			seeds = append(seeds, v.places(file)...)
		}
	}
	return slices.DeleteFunc(slices.Clone(v.state.Files), func(file *manifest.File) bool {
		return !touched[file.Path] && !together[file.Path] && !together[path.Dir(file.Path)] && len(file.Objects) > 0 && !analysis.IsKustomization(file.Path) &&
			!slices.ContainsFunc(v.places(file), func(o *manifest.Object) bool {
				return slices.ContainsFunc(seeds, func(seed *manifest.Object) bool { return v.state.Near(seed, o) != analysis.Apart })
			})
	})
}

// places are the objects of a file, one for each namespace: what is near one of them is near all.
func (v *verifier) places(file *manifest.File) []*manifest.Object {
	var out []*manifest.Object
	for _, o := range file.Objects {
		if !slices.ContainsFunc(out, func(known *manifest.Object) bool { return v.state.Namespace(known) == v.state.Namespace(o) }) {
			out = append(out, o)
		}
	}
	return out
}

// before are the findings of some files of the state, remembered for the next fix that has to do with the same ones.
func (v *verifier) before(files []*manifest.File) ([]analysis.Finding, error) {
	if v.known != nil && slices.Equal(files, v.knownFiles) {
		return v.known, nil
	}
	found, err := v.run(analysis.NewState(files), v.config)
	if err != nil {
		return nil, err
	}
	v.known, v.knownFiles = found, files
	return found, nil
}

func (v *verifier) files(edits []edit.Edit) map[string][]byte {
	files := map[string][]byte{}
	for _, path := range editedPaths(edits) {
		if f := v.state.File(path); f != nil {
			files[path] = f.Data
		}
	}
	return files
}

// apply makes the state of some files with the changed ones among them.
func apply(before []*manifest.File, changed map[string][]byte) *analysis.State {
	var files []*manifest.File
	for _, f := range before {
		data, touched := changed[f.Path]
		if !touched {
			files = append(files, f)
			continue
		}
		if data == nil {
			continue
		}
		files = append(files, manifest.Parse(f.Path, data))
	}
	return analysis.NewState(files)
}

// judge says what stands against a fix whose result is analysed: the finding is still there, or another one is new.
func judge(f *analysis.Finding, before []analysis.Finding, mended *analysis.State, found []analysis.Finding) string {
	was, is := count(before), count(found)
	key := identity(f, f.Place.Path)
	if is[key] >= was[key] {
		return "The change does not remove the fault."
	}
	for i := range found {
		n := &found[i]
		key := identity(n, n.Place.Path)
		if is[key] <= was[key] || carried(n, before, mended, is) {
			continue
		}
		return fmt.Sprintf("The change would cause another finding: %s at %s:%d.", n.Rule, n.Place.Path, n.Place.Span.Start.Line)
	}
	return ""
}

// count counts findings by identity, those included that others stand for.
func count(findings []analysis.Finding) map[string]int {
	n := map[string]int{}
	all := withCovered(findings)
	for i := range all {
		n[identity(&all[i], all[i].Place.Path)]++
	}
	return n
}

// carried says whether a finding is one that the container brought along when the fix moved it to another object.
func carried(n *analysis.Finding, before []analysis.Finding, mended *analysis.State, is map[string]int) bool {
	return n.Container != "" && slices.ContainsFunc(before, func(old analysis.Finding) bool {
		if old.Rule != n.Rule || old.Container != n.Container || old.Subject != n.Subject || is[identity(&old, old.Place.Path)] > 0 {
			return false
		}
		return !slices.ContainsFunc(mended.Objects, func(o *manifest.Object) bool {
			return objectID(analysis.Ref(o)) == objectID(old.Object)
		})
	})
}
