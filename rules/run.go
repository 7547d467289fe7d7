package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
)

// Run runs the catalogue over a state and returns the findings that the configuration lets through, one for each cause, ignored
// ones included and marked: most severe first, then by path and place. A rule that fails hides no other: its error comes with
// its name.
func Run(state *analysis.State, cfg *analysis.Config) ([]analysis.Finding, error) {
	return runRules(Catalogue, state, cfg)
}

func runRules(catalogue []*analysis.Rule, state *analysis.State, cfg *analysis.Config) ([]analysis.Finding, error) {
	if cfg == nil {
		cfg = &analysis.Config{}
	}
	r := runner{state: state, cfg: cfg, roles: analysis.NewRoles(cfg), ignoring: newIgnoring(state, cfg)}
	var findings []analysis.Finding
	var failed error
	for _, rule := range slices.Concat(catalogue, cfg.User) {
		found, err := r.run(rule)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("rule %s: %w", rule.Name, err))
		}
		findings = append(findings, found...)
	}
	findings = oneCause(findings)
	Sort(findings)
	return oneOfRoots(findings), failed
}

// oneOfRoots leaves one finding of a fault that several roots render from the same place. It must be sorted.
func oneOfRoots(findings []analysis.Finding) []analysis.Finding {
	type fault struct {
		rule, container, subject string
		object                   analysis.Object
		place                    analysis.Place
	}
	first := map[fault]int{}
	out := findings[:0]
	for _, f := range findings {
		root := f.Object.Root
		if root == "" {
			out = append(out, f)
			continue
		}
		key := fault{f.Rule, f.Container, f.Subject, f.Object, f.Place}
		key.object.Root, key.object.Part = "", ""
		if i, known := first[key]; known {
			out[i].Roots = append(out[i].Roots, root)
			continue
		}
		first[key] = len(out)
		f.Roots = []string{root}
		out = append(out, f)
	}
	for i := range out {
		if roots := out[i].Roots; len(roots) > 1 {
			slices.Sort(roots)
			out[i].Roots = slices.Compact(roots)
			out[i].Evidence = append(slices.Clip(out[i].Evidence), analysis.Evidence{Text: "built by " + strings.Join(out[i].Roots, ", ")})
		}
	}
	return out
}

// runner runs rules over one state with one configuration.
type runner struct {
	state    *analysis.State
	cfg      *analysis.Config
	roles    *analysis.Roles
	ignoring *ignoring
}

// run runs one rule. A panic is a defect of the rule, and is reported as its error: what others find still counts.
func (r *runner) run(rule *analysis.Rule) (found []analysis.Finding, err error) {
	defer func() {
		if defect := recover(); defect != nil {
			found, err = nil, fmt.Errorf("defect, please report it: %v", defect)
		}
	}()
	pass := &analysis.Pass{Rule: rule, State: r.state, Config: r.cfg, Roles: r.roles}
	pass.Report = func(f analysis.Finding) {
		f.Rule = rule.Name
		if f.Severity == analysis.Off {
			f.Severity = rule.Severity
		}
		f.Severity = r.cfg.Severity(rule, f.Severity, f.Place.Path)
		if f.Severity == analysis.Off {
			return
		}
		f.Ignored = r.ignoring.reason(f)
		found = append(found, f)
	}
	return found, rule.Run(pass)
}

// Sort orders findings: most severe first, then by path, place, rule, object and container.
func Sort(findings []analysis.Finding) {
	slices.SortStableFunc(findings, func(a, b analysis.Finding) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.Place.Path, b.Place.Path),
			cmp.Compare(a.Place.Span.Start.Offset, b.Place.Span.Start.Offset),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Object.String(), b.Object.String()),
			cmp.Compare(a.Container, b.Container),
			cmp.Compare(a.Subject, b.Subject),
		)
	})
}
