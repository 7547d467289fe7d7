package review

import (
	"bytes"
	"slices"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/podcheck/podcheck/rules/edit"
)

// propose proves a finding's fix and returns the suggestions that together are the fix, where it can be said in these. A fix
// that is not proven loses its edits and says why. One whose patch would print values of a Secret has none.
func (v *verifier) propose(f *Finding, diff *changes) []suggestion {
	if f.Fix == nil || len(f.Fix.Edits) == 0 {
		return nil
	}
	changed, obstacle := v.verify(&f.Finding)
	if obstacle == "" && v.editsSecret(f.Fix.Edits) {
		obstacle = "The change would move values of a Secret, which are never printed."
	}
	if obstacle != "" {
		fix := *f.Fix
		fix.Edits, fix.Steps, fix.Changes = nil, nil, nil
		fix.Obstacles = append(slices.Clone(fix.Obstacles), obstacle)
		f.Fix = &fix
		return nil
	}
	files := v.files(f.Fix.Edits)
	if patch, err := edit.Patch(files, changed); err == nil && !v.patchShowsSecret(patch) {
		f.Patch = patch
	}
	return v.suggestions(diff, files, changed, f.Fix.Edits)
}

// suggestions are those that, committed as GitHub commits them, give exactly the changed files; none otherwise.
func (v *verifier) suggestions(diff *changes, files, changed map[string][]byte, edits []edit.Edit) []suggestion {
	all := suggest(diff, files, edits)
	if len(all) == 0 {
		return nil
	}
	for _, s := range all {
		if showsSecret(v.state.File(s.Path), s.Start, s.End) {
			return nil
		}
	}
	got, err := applySuggestions(files, all)
	if err != nil {
		return nil
	}
	for path, want := range files {
		if data, touched := changed[path]; touched {
			want = data
		}
		if want == nil || !bytes.Equal(got[path], want) {
			return nil
		}
	}
	return all
}

func (v *verifier) editsSecret(edits []edit.Edit) bool {
	return slices.ContainsFunc(edits, func(e edit.Edit) bool {
		file := v.state.File(e.Path)
		first, last := linesOf(lineStarts(file.Data), e)
		return e.End > e.Start && showsSecret(file, first+1, last+1)
	})
}

// patchShowsSecret looks at the lines before of every hunk, context included. A patch that cannot be read back is not shown.
func (v *verifier) patchShowsSecret(patch string) bool {
	files, _, err := gitdiff.Parse(bytes.NewReader([]byte(patch)))
	if err != nil {
		return true
	}
	for _, f := range files {
		for _, h := range f.TextFragments {
			if showsSecret(v.state.File(f.OldName), int(h.OldPosition), int(h.OldPosition+h.OldLines-1)) {
				return true
			}
		}
	}
	return false
}
