package review

import (
	"fmt"
	"maps"
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
	layout     *layout // of the state; nil until asked for
}

// verify applies a finding's fix in memory and analyses the result. It returns the files that change, nil for one that goes;
// or why the fix is not offered, as a sentence.
func (v *verifier) verify(f *analysis.Finding) (changed map[string][]byte, obstacle string) {
	p := v.prove([]*analysis.Finding{f})
	if p.obstacle != "" {
		return nil, p.obstacle
	}
	return p.changed, ""
}

// proof is what applying the fixes of some findings at once gives.
type proof struct {
	changed  map[string][]byte  // as edit.Apply returns them
	mended   *analysis.State    // the files that were looked at, after
	found    []analysis.Finding // in them
	obstacle string             // why the fixes are not offered, a sentence; "" when they hold
	blamed   map[int]string     // to which of the findings the obstacle belongs, with its own sentence; empty when it is unknown
}

func refuted(obstacle string) proof { return proof{obstacle: obstacle} }

// prove applies the fixes of findings in memory, all at once, and analyses the result: every file that changes must hold, all of
// the findings must be gone, and no other one may come.
func (v *verifier) prove(findings []*analysis.Finding) proof {
	var edits []edit.Edit
	for _, f := range findings {
		edits = append(edits, f.Fix.Edits...)
	}
	files := v.files(edits)
	changed, err := edit.Apply(files, edits)
	if err != nil {
		return refuted(fmt.Sprintf("The change does not fit the files: %v.", err))
	}
	if len(changed) == 0 {
		return refuted("The change leaves every file as it is.")
	}
	if err := edit.Verify(files, changed, edits); err != nil {
		return refuted(fmt.Sprintf("The change does not hold: %v.", err))
	}
	near := v.near(findings...)
	was, err := v.before(near)
	if err != nil {
		return refuted("The files around the change could not be analysed.")
	}
	mended := apply(v.state, near, changed)
	found, err := v.run(mended, v.config)
	if err != nil {
		return refuted("The result could not be analysed.")
	}
	p := proof{changed: changed, mended: mended, found: found}
	p.obstacle, p.blamed = judge(findings, was, mended, found)
	if p.obstacle == "" {
		p.obstacle = v.judgeBuilds(findings, was, mended)
	}
	return p
}

// apply makes the state of some files of a state with the changed ones among them.
func apply(state *analysis.State, before []*manifest.File, changed map[string][]byte) *analysis.State {
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
	return state.Of(files, changed)
}

// judge says what stands against fixes whose result is analysed: a finding is still there, or another one is new. A finding
// that is new is blamed on the fixes that write its document, else its file.
func judge(fixed []*analysis.Finding, before []analysis.Finding, mended *analysis.State, found []analysis.Finding) (obstacle string, blamed map[int]string) {
	was, is := count(before), count(found)
	blamed = map[int]string{}
	blame := func(members []int, sentence string) {
		if obstacle == "" {
			obstacle = sentence
		}
		for _, i := range members {
			if blamed[i] == "" {
				blamed[i] = sentence
			}
		}
	}
	left := maps.Clone(was)
	for _, f := range fixed {
		left[identity(f, f.Place.Path)]--
	}
	for i, f := range fixed {
		if key := identity(f, f.Place.Path); is[key] > left[key] {
			blame([]int{i}, "The change does not remove the fault.")
		}
	}
	for i := range found {
		n := &found[i]
		if key := identity(n, n.Place.Path); is[key] <= was[key] || carried(n, before, mended, is) {
			continue
		}
		blame(writersOf(fixed, n, mended), fmt.Sprintf("The change would cause another finding: %s at %s:%d.", n.Rule, n.Place.Path, n.Place.Span.Start.Line))
	}
	return obstacle, blamed
}

// writersOf are the fixes that write a file, and of these, where there are any, those that are about an object of the same name.
func writersOf(fixed []*analysis.Finding, n *analysis.Finding, mended *analysis.State) []int {
	var byFile, byObject []int
	for i, f := range fixed {
		if slices.ContainsFunc(f.Fix.Edits, func(e edit.Edit) bool { return e.Path == n.Place.Path }) {
			byFile = append(byFile, i)
			if concerns(f, n.Object) {
				byObject = append(byObject, i)
			}
		}
	}
	if len(byObject) > 0 {
		return byObject
	}
	return byFile
}

// concerns says whether a finding is about an object or relates it.
func concerns(f *analysis.Finding, o analysis.Object) bool {
	return f.Object == o || slices.ContainsFunc(f.Related, func(r analysis.Related) bool { return r.Object == o })
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
