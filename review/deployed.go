package review

import (
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// deployed names an object as a cluster knows it, whatever it is built from.
type deployed struct{ group, kind, namespace, name string }

// origin is what an object as it is deployed is built from. Its path is the head's.
type origin struct {
	from objectAt
	is   deployed
}

// deployments are the objects of a state as they are deployed.
type deployments struct {
	of         map[analysis.Object][]origin // by what findings call them
	known      map[origin]bool
	namespaces map[objectAt][]string // by what they are built from; "" is unknown
}

func deploymentsOf(s *analysis.State, headPath func(string) string) deployments {
	d := deployments{map[analysis.Object][]origin{}, map[origin]bool{}, map[objectAt][]string{}}
	for _, o := range s.Objects {
		if o.Name == "" {
			continue
		}
		ref := analysis.Ref(o)
		at := origin{objectAt{headPath(fileOf(o)), objectID(ref)}, deployed{group(o), o.Kind, s.Namespace(o), o.Name}}
		d.known[at] = true
		d.namespaces[at.from] = append(d.namespaces[at.from], at.is.namespace)
		if !slices.Contains(d.of[ref], at) {
			d.of[ref] = append(d.of[ref], at)
		}
	}
	return d
}

// fileOf is the path of the file that an object is written in.
func fileOf(o *manifest.Object) string {
	if written := o.Written(); written != nil {
		return written.File.Path
	}
	return o.File.Path
}

// pairDeployed joins what is left of findings in one object of the cluster that another source than before gives, as where an
// application moves onto a base that it shares.
func (x *comparison) pairDeployed() {
	was, is := x.deployedBefore, x.deployedAfter
	type fault struct {
		rule, container, subject string
		in                       deployed
	}
	came := map[fault][]int{}
	for i := range x.is {
		f := &x.is[i]
		if from := is.of[f.Object]; !x.taken[i] && len(from) == 1 && !was.known[from[0]] {
			key := fault{f.Rule, f.Container, f.Subject, from[0].is}
			came[key] = append(came[key], i)
		}
	}
	for w := range x.was {
		f := &x.was[w]
		from := was.of[f.Object]
		if _, done := x.partner[w]; done || len(from) != 1 || is.known[from[0]] {
			continue
		}
		key := fault{f.Rule, f.Container, f.Subject, from[0].is}
		if i := came[key]; len(i) > 0 {
			x.partner[w], x.taken[i[0]], came[key] = i[0], true, i[1:]
		}
	}
}

// onlyApart says whether a finding of several objects is one of this state only because nobody knows the namespace of one of them here,
// while in the other state it is known and sets them apart, as where a root of rendering that gives it comes or goes. No file that
// shows them is touched.
func (x *comparison) onlyApart(f *analysis.Finding, here, there deployments) bool {
	if len(f.Related) == 0 || slices.ContainsFunc(places(f), func(p analysis.Place) bool { return x.changes.touches(p.Path) }) {
		return false
	}
	all := slices.Clone(here.of[f.Object])
	for _, r := range f.Related {
		all = append(all, here.of[r.Object]...)
	}
	for _, a := range all {
		known := there.namespaces[a.from]
		if a.is.namespace != "" || len(known) == 0 || slices.Contains(known, "") || x.changes.touches(a.from.Path) {
			continue
		}
		if slices.ContainsFunc(all, func(b origin) bool {
			others := there.namespaces[b.from]
			return len(others) > 0 && !slices.ContainsFunc(others, func(ns string) bool { return slices.Contains(known, ns) })
		}) {
			return true
		}
	}
	return false
}
