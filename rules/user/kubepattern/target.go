package kubepattern

import (
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
)

// run reports every target whose relationships are as the definition says.
func (p *pattern) run(pass *analysis.Pass) error {
	c := newCluster(pass.State)
	dependencies := map[string][]*resource{}
	for id, s := range p.dependencies {
		dependencies[id] = s.choose(c)
	}
	for _, target := range p.target.choose(c) {
		holds := func(l link) bool { return l.holds(c, target, dependencies[l.with]) }
		ok := !slices.ContainsFunc(p.all, func(l link) bool { return !holds(l) }) &&
			(len(p.some) == 0 || slices.ContainsFunc(p.some, holds)) && !slices.ContainsFunc(p.none, holds)
		if c.steps > maxSteps {
			return errTooExpensive
		}
		if ok {
			f := finding(target)
			f.Message = p.message.say(map[string]*resource{"target": target})
			if target.kind != target.object.Kind {
				f.Subject = target.String()
			}
			pass.Report(f)
		}
	}
	return nil
}

func (s side) choose(c *cluster) []*resource {
	var out []*resource
	for _, r := range c.resources {
		if r.kind == s.kind && r.apiVersion == s.apiVersion && r.value() != nil && s.filters.match(r.value()) {
			out = append(out, r)
		}
	}
	return out
}

// holds says whether a target has the relationship with at least one of the candidates.
func (l link) holds(c *cluster, target *resource, candidates []*resource) bool {
	return slices.ContainsFunc(candidates, func(dependency *resource) bool {
		return c.spend() && dependency != target && l.between(c, target, dependency)
	})
}

func (l link) between(c *cluster, target, dependency *resource) bool {
	switch l.kind {
	case "owns":
		return owns(target, dependency)
	case "ownedBy":
		return owns(dependency, target)
	case "selects":
		return selectsLabels(target, dependency) && c.together(target, dependency)
	case "selectedBy":
		return selectsLabels(dependency, target) && c.together(target, dependency)
	}
	return !slices.ContainsFunc(l.criteria, func(k criterion) bool {
		return !k.holds(k.target.values(target.value()), k.dependency.values(dependency.value()))
	})
}

// owns says whether a resource is the owner of another, or of its owner.
func owns(owner, r *resource) bool {
	for depth := 0; r.owner != nil && depth < 10; depth++ {
		if r = r.owner; r == owner {
			return true
		}
	}
	return false
}

// holds compares what both paths lead to; of several values on either side one pair is enough.
func (k criterion) holds(target, dependency []any) bool {
	if k.operator == "LABEL_SELECTOR" {
		if k.target.selects() {
			return selectors(target, dependency)
		}
		return selectors(dependency, target)
	}
	return slices.ContainsFunc(flat(target), func(t any) bool {
		return slices.ContainsFunc(flat(dependency), func(d any) bool {
			if k.operator == "CONTAINS" {
				return contains([]any{t}, scalar(d))
			}
			return scalar(t) != "" && scalar(t) == scalar(d)
		})
	})
}

// selectors says whether one of the selectors means one of the sets of labels.
func selectors(selectors, labels []any) bool {
	return slices.ContainsFunc(selectors, func(s any) bool {
		return len(entries(s)) > 0 && slices.ContainsFunc(labels, func(l any) bool {
			_, ok := l.(map[string]any)
			return ok && selectedBy(s, entries(l))
		})
	})
}
