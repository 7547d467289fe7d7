package review

import (
	"cmp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// comparison is the findings of two states side by side.
type comparison struct {
	before, after *analysis.State
	changes       *changes
	was, is       []analysis.Finding
	partner       map[int]int // index in was to index in is
	taken         map[int]bool
	listedBefore  int // so many of was are findings of their own; another one stands for the others
	listed        int // likewise of is

	deployedBefore, deployedAfter deployments
	doubledBefore, doubledAfter   map[string]bool // identities of workloads in which a key stands twice
}

// withCovered is findings followed by those that they stand for.
func withCovered(findings []analysis.Finding) []analysis.Finding {
	out := slices.Clone(findings)
	for _, f := range findings {
		out = append(out, f.Covers...)
	}
	return out
}

// compare gives the findings of two states their status. A finding that only changed its object's name, its file or its lines
// is unchanged; so is one that another of the same cause stood for before, and that is left when that one is mended.
func compare(before, after *analysis.State, c *changes, was, is []analysis.Finding) []Finding {
	x := &comparison{
		before: before, after: after, changes: c, was: withCovered(was), is: withCovered(is),
		partner: map[int]int{}, taken: map[int]bool{}, listedBefore: len(was), listed: len(is),
	}
	x.deployedBefore = deploymentsOf(before, c.headPath)
	x.deployedAfter = deploymentsOf(after, func(path string) string { return path })
	x.doubledBefore, x.doubledAfter = doubledIn(before), doubledIn(after)
	same := func(w *analysis.Finding) []string { return []string{identity(w, c.headPath(w.Place.Path))} }
	x.pair(same, x.sameFile)
	x.pair(same, x.moved)
	x.pair(same, x.sameBuilt)
	renamed := findRenames(before, after, c, x.was)
	keys := func(w *analysis.Finding) []string { return renamed.of(w, c.headPath) }
	x.pair(keys, x.sameFile)
	x.pair(keys, func(_, _ *analysis.Finding) bool { return true })
	x.pairParts()
	x.pairDeployed()
	x.pairUnnamed()
	return x.findings()
}

// pair joins the findings before, by any of their keys, with findings after that nothing is joined with yet.
func (x *comparison) pair(keys func(*analysis.Finding) []string, may func(w, i *analysis.Finding) bool) {
	open := map[string][]int{}
	for i := range x.is {
		if !x.taken[i] {
			key := identity(&x.is[i], x.is[i].Place.Path)
			open[key] = append(open[key], i)
		}
	}
	for w := range x.was {
		if _, done := x.partner[w]; done {
			continue
		}
		for _, key := range keys(&x.was[w]) {
			at := slices.IndexFunc(open[key], func(i int) bool { return may(&x.was[w], &x.is[i]) })
			if at >= 0 {
				i := open[key][at]
				x.partner[w], x.taken[i] = i, true
				open[key] = slices.Delete(open[key], at, at+1)
				break
			}
		}
	}
}

// pairParts joins what is left of findings in workloads that one object stands for, where it calls a workload otherwise or has come
// to stand for several, or for one: those first that the change left alone.
func (x *comparison) pairParts() {
	was, is := partsOf(x.before), partsOf(x.after)
	if len(was)+len(is) == 0 {
		return
	}
	key := func(f *analysis.Finding) string {
		whole := *f
		whole.Object.Part = ""
		return identity(&whole, f.Place.Path)
	}
	for _, touched := range []bool{false, true} {
		for w := range x.was {
			a := &x.was[w]
			id := objectID(a.Object)
			if _, done := x.partner[w]; done || len(was[id])+len(is[id]) == 0 || is[id][a.Object.Part] {
				continue
			}
			for i := range x.is {
				b := &x.is[i]
				if !x.taken[i] && key(a) == key(b) && !was[id][b.Object.Part] && x.changes.changed(b.Place) == touched {
					x.partner[w], x.taken[i] = i, true
					break
				}
			}
		}
	}
}

// partsOf are the names of the workloads that one object stands for, by its identity, where there are several.
func partsOf(s *analysis.State) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, o := range s.Objects {
		if o.Part == "" {
			continue
		}
		id := objectID(analysis.Ref(o))
		if out[id] == nil {
			out[id] = map[string]bool{}
		}
		out[id][o.Part] = true
	}
	return out
}

// pairUnnamed joins what is left of findings without an object by their words: the place of a document among others is all
// that tells such findings apart, and documents come and go above them.
func (x *comparison) pairUnnamed() {
	for w := range x.was {
		if _, done := x.partner[w]; done || x.was[w].Object.Name != "" {
			continue
		}
		for i := range x.is {
			a, b := &x.was[w], &x.is[i]
			if !x.taken[i] && b.Object == a.Object && a.Rule == b.Rule && a.Message == b.Message && x.sameFile(a, b) {
				x.partner[w], x.taken[i] = i, true
				break
			}
		}
	}
}

func (x *comparison) sameFile(w, i *analysis.Finding) bool {
	return x.changes.headPath(w.Place.Path) == i.Place.Path
}

// moved says whether the object left its file; two objects of one name in two files are two objects.
func (x *comparison) moved(w, i *analysis.Finding) bool {
	return !holds(x.after.File(x.changes.headPath(w.Place.Path)), w.Object)
}

// sameBuilt says whether both are about the one object of a build: what shows the fault stands elsewhere, in an overlay, say.
func (x *comparison) sameBuilt(w, i *analysis.Finding) bool {
	return slices.ContainsFunc(w.Roots, func(root string) bool {
		return slices.Contains(i.Roots, root) && buildsOne(x.before, root, w.Object) && buildsOne(x.after, root, i.Object)
	})
}

func buildsOne(s *analysis.State, root string, o analysis.Object) bool {
	n := 0
	for _, b := range s.Builds {
		if b.Root != root {
			continue
		}
		for _, other := range b.Objects {
			if objectID(analysis.Ref(other)) == objectID(o) {
				n++
			}
		}
	}
	return n == 1
}

func holds(f *manifest.File, o analysis.Object) bool {
	return f != nil && slices.ContainsFunc(f.Objects, func(other *manifest.Object) bool { return objectID(analysis.Ref(other)) == objectID(o) })
}

func (x *comparison) findings() []Finding {
	var out []Finding
	keysBefore, keysAfter := copiesOf(x.before, x.was), copiesOf(x.after, x.is)
	for i, f := range x.is[:x.listed] {
		status := Introduced
		if x.taken[i] || unknown(x.before, x.after, &f) || x.cameToLight(&f) || x.onlyApart(&f, x.deployedAfter, x.deployedBefore) {
			status = Unchanged
		}
		if f.Ignored != "" {
			status = Ignored
		}
		out = append(out, Finding{Finding: f, Key: keysAfter.key(&f, f.Place.Path), Status: status, Reason: f.Ignored})
	}
	for w, f := range x.was[:x.listedBefore] {
		if _, same := x.partner[w]; same {
			continue
		}
		status := Fixed
		if x.wentDark(&f) || unknown(x.after, x.before, &f) || x.onlyApart(&f, x.deployedBefore, x.deployedAfter) {
			status = Unchanged
		}
		out = append(out, Finding{Finding: f, Key: keysBefore.key(&f, x.changes.headPath(f.Place.Path)), Status: status})
	}
	finish(out)
	return out
}

// unknown says whether a state could not render what has a fault in the other one: then nobody knows whether it is new, or mended.
func unknown(s, other *analysis.State, f *analysis.Finding) bool {
	return len(f.Roots) > 0 && !slices.ContainsFunc(f.Roots, func(root string) bool { return !s.Lacks(other, root) })
}

// doubledIn are the workloads in which a key stands twice, so that nobody knows what they are.
func doubledIn(s *analysis.State) map[string]bool {
	found := map[string]bool{}
	for _, w := range s.Workloads {
		if w.Ambiguous() {
			found[objectID(analysis.Ref(w.Object))] = true
		}
	}
	return found
}

// about says whether any of some objects is what a finding is about.
func about(f *analysis.Finding, objects map[string]bool) bool {
	return objects[objectID(f.Object)] || slices.ContainsFunc(f.Related, func(r analysis.Related) bool { return objects[objectID(r.Object)] })
}

// outOfSight says whether a state knows nothing of an object of a finding of the other one: the object's file has a document that
// cannot be read, and does not hold it. A fault that is out of sight is not fixed, and one that comes in sight again is not new.
func outOfSight(s *analysis.State, path func(string) string, f *analysis.Finding) bool {
	lost := func(o analysis.Object, at analysis.Place) bool {
		file := s.File(path(at.Path))
		if file == nil || o.Name == "" || holds(file, o) || s.Taken(file.Path) {
			return false
		}
		return slices.ContainsFunc(file.Problems, func(p manifest.Problem) bool { return p.Doc == nil || p.Doc.Root == nil })
	}
	return lost(f.Object, f.Place) || slices.ContainsFunc(f.Related, func(r analysis.Related) bool { return lost(r.Object, r.Place) })
}

// cameToLight says whether a change only made readable what has a fault, and left alone all lines that show it.
func (x *comparison) cameToLight(f *analysis.Finding) bool {
	hidden := outOfSight(x.before, x.changes.basePath, f) || about(f, x.doubledBefore) && !about(f, x.doubledAfter)
	return hidden && !slices.ContainsFunc(places(f), x.changes.changed)
}

// wentDark says whether a change only made unreadable what had a fault.
func (x *comparison) wentDark(f *analysis.Finding) bool {
	return outOfSight(x.after, x.changes.headPath, f) || about(f, x.doubledAfter) && !about(f, x.doubledBefore)
}

// finish sorts findings, most severe first, then by path and line, and gives them unique keys and IDs. Findings of the state
// after come first where keys are given, so that these depend on nothing that was mended.
func finish(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(boolOrder(a.Status == Fixed, b.Status == Fixed), byPlace(a, b))
	})
	distinguish(findings)
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), byPlace(a, b))
	})
	setIDs(findings)
}

func byPlace(a, b Finding) int {
	p, q := a.Place, b.Place
	return cmp.Or(strings.Compare(p.Path, q.Path), cmp.Compare(p.Span.Start.Line, q.Span.Start.Line),
		cmp.Compare(p.Span.Start.Column, q.Span.Start.Column), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Key, b.Key))
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
