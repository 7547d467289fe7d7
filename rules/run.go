package rules

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
)

// Run runs the catalogue over a state and returns the findings that the configuration lets through, ignored ones included and
// marked: most severe first, then by path and place. A rule that fails hides no other: its error comes with its name.
func Run(state *analysis.State, cfg *analysis.Config) ([]analysis.Finding, error) {
	if cfg == nil {
		cfg = &analysis.Config{}
	}
	roles := analysis.NewRoles(cfg)
	var findings []analysis.Finding
	var failed error
	for _, rule := range Catalogue {
		found, err := runRule(rule, state, cfg, roles)
		if err != nil && failed == nil {
			failed = fmt.Errorf("rule %s: %w", rule.Name, err)
		}
		findings = append(findings, found...)
	}
	Sort(findings)
	return findings, failed
}

// runRule runs one rule. A panic is a defect of the rule, and is reported as its error: what others find still counts.
func runRule(rule *analysis.Rule, state *analysis.State, cfg *analysis.Config, roles *analysis.Roles) (found []analysis.Finding, err error) {
	defer func() {
		if r := recover(); r != nil {
			found, err = nil, fmt.Errorf("defect, please report it: %v", r)
		}
	}()
	pass := &analysis.Pass{Rule: rule, State: state, Config: cfg, Roles: roles}
	pass.Report = func(f analysis.Finding) {
		f.Rule = rule.Name
		if f.Severity == analysis.Off {
			f.Severity = rule.Severity
		}
		f.Severity = cfg.Severity(rule, f.Severity, f.Place.Path)
		if f.Severity == analysis.Off {
			return
		}
		f.Ignored = cfg.IgnoreReason(f)
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
