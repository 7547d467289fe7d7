package review

import (
	"context"
	"maps"
	"slices"

	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
)

const secretReason = "The patch would show values of a Secret, which are never printed."

// MendShown is Mend for a patch that people read: what would show values of a Secret in it, changed or beside a change, is left.
func MendShown(ctx context.Context, state *analysis.State, cfg *analysis.Config, wanted func(*Finding) bool) (Mended, error) {
	return mendShown(ctx, state, cfg, wanted, rules.Run)
}

func mendShown(ctx context.Context, state *analysis.State, cfg *analysis.Config, wanted func(*Finding) bool, run runner) (Mended, error) {
	before := &verifier{state: state}
	hidden := map[string]bool{} // paths whose fixes together would show something
	for {
		var withheld []Left
		m, err := mend(ctx, state, cfg, func(f *Finding) bool {
			switch {
			case !wanted(f):
				return false
			case before.fixShowsSecret(f, hidden):
				withheld = append(withheld, Left{Finding: *f, Reason: secretReason})
				return false
			}
			return true
		}, run)
		if err != nil {
			return Mended{}, err
		}
		shown := before.showing(m.Changed)
		if len(shown) == 0 {
			m.Left = append(m.Left, withheld...)
			m.Rest = slices.DeleteFunc(m.Rest, func(f Finding) bool {
				return slices.ContainsFunc(withheld, func(l Left) bool { return l.Finding.Key == f.Key })
			})
			return m, nil
		}
		known := len(hidden)
		for _, path := range shown {
			hidden[path] = true
		}
		if len(hidden) == known { // a fix that was rewritten on the way
			return Mended{Left: slices.Concat(leftOf(m.Applied, secretReason), m.Left, withheld)}, nil
		}
	}
}

// Patch prints what was changed as a unified diff that `git apply` takes. name gives the files the paths that they have there; nil
// leaves them as they are in the state, which must be the one that was mended. What people see of it must come from MendShown.
func (m *Mended) Patch(state *analysis.State, name func(string) string) (string, error) {
	before, after := map[string][]byte{}, map[string][]byte{}
	for path, data := range m.Changed {
		shown := path
		if name != nil {
			shown = name(path)
		}
		before[shown], after[shown] = state.File(path).Data, data
	}
	return edit.Patch(before, after)
}

// fixShowsSecret says whether the patch of a fix in the state as it is would show values of a Secret.
func (v *verifier) fixShowsSecret(f *Finding, hidden map[string]bool) bool {
	if f.Fix == nil {
		return false
	}
	holds := false
	for _, path := range editedPaths(f.Fix.Edits) {
		file := v.state.File(path)
		if hidden[path] {
			return true
		}
		holds = holds || file != nil && len(secretLines(file)) > 0
	}
	if !holds {
		return false
	}
	changed, err := edit.Apply(v.files(f.Fix.Edits), f.Fix.Edits)
	return err == nil && len(v.showing(changed)) > 0
}

// showing are the paths of the changed files whose patch would show values of a Secret.
func (v *verifier) showing(changed map[string][]byte) []string {
	var out []string
	for _, path := range slices.Sorted(maps.Keys(changed)) {
		file := v.state.File(path)
		if len(secretLines(file)) == 0 {
			continue
		}
		patch, err := edit.Patch(map[string][]byte{path: file.Data}, map[string][]byte{path: changed[path]})
		if err != nil || v.patchShowsSecret(patch) {
			out = append(out, path)
		}
	}
	return out
}

func leftOf(findings []Finding, reason string) []Left {
	var out []Left
	for _, f := range findings {
		out = append(out, Left{Finding: f, Reason: reason})
	}
	return out
}
