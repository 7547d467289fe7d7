package review

import (
	"context"

	"github.com/podcheck/podcheck/rules/analysis"
)

// fixable counts the introduced findings that Mend would mend, and those that it would with safe fixes alone. found are the findings
// of the verifier's state.
func (v *verifier) fixable(found []analysis.Finding, findings []Finding) (all, safe int) {
	offered := map[string]*Finding{}
	unsafe := false
	for i := range findings {
		if f := &findings[i]; f.Status == Introduced && f.Fix != nil && len(f.Fix.Edits) > 0 {
			offered[f.Key] = f
			unsafe = unsafe || f.Fix.Safety != analysis.Safe
		}
	}
	if len(offered) == 0 {
		return 0, 0
	}
	all = v.mends(found, func(f *Finding) bool { return offered[f.Key] != nil })
	if !unsafe {
		return all, all
	}
	return all, v.mends(found, func(f *Finding) bool { return offered[f.Key] != nil && f.Fix.Safety == analysis.Safe })
}

func (v *verifier) mends(found []analysis.Finding, wanted func(*Finding) bool) int {
	fresh := &verifier{state: v.state, config: v.config, run: v.run, known: found, knownFiles: v.state.Files}
	m, err := mendFound(context.Background(), fresh, found, wanted)
	if err != nil {
		return 0 // the state could not be analysed, which the result says
	}
	return len(m.Applied)
}
