package review

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
)

// runner runs the catalogue over a state.
type runner func(*analysis.State, *analysis.Config) ([]analysis.Finding, error)

// verifier proves fixes on one state.
type verifier struct {
	state    *analysis.State
	config   *analysis.Config
	run      runner
	findings []analysis.Finding // of the state
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
	mended := v.apply(changed)
	found, err := v.run(mended, v.config)
	if err != nil {
		return nil, "The result could not be analysed."
	}
	if obstacle := v.judge(f, mended, found); obstacle != "" {
		return nil, obstacle
	}
	return changed, ""
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

// apply makes the state with the changed files.
func (v *verifier) apply(changed map[string][]byte) *analysis.State {
	var files []*manifest.File
	for _, f := range v.state.Files {
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
func (v *verifier) judge(f *analysis.Finding, mended *analysis.State, found []analysis.Finding) string {
	was, is := count(v.findings), count(found)
	key := identity(f, f.Place.Path)
	if is[key] >= was[key] {
		return "The change does not remove the fault."
	}
	for i := range found {
		n := &found[i]
		key := identity(n, n.Place.Path)
		if is[key] <= was[key] || v.carried(n, mended, is) {
			continue
		}
		return fmt.Sprintf("The change would cause another finding: %s at %s:%d.", n.Rule, n.Place.Path, n.Place.Span.Start.Line)
	}
	return ""
}

func count(findings []analysis.Finding) map[string]int {
	n := map[string]int{}
	for i := range findings {
		n[identity(&findings[i], findings[i].Place.Path)]++
	}
	return n
}

// carried says whether a finding is one that the container brought along when the fix moved it to another object.
func (v *verifier) carried(n *analysis.Finding, mended *analysis.State, is map[string]int) bool {
	return n.Container != "" && slices.ContainsFunc(v.findings, func(old analysis.Finding) bool {
		if old.Rule != n.Rule || old.Container != n.Container || old.Subject != n.Subject || is[identity(&old, old.Place.Path)] > 0 {
			return false
		}
		return !slices.ContainsFunc(mended.Objects, func(o *manifest.Object) bool {
			return objectID(analysis.Ref(o)) == objectID(old.Object)
		})
	})
}
