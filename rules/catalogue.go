// Package rules is the catalogue: the ordered list of all rules, and the run of them over one state.
//
// It is pure: manifests in, findings and fixes out. It knows no GitHub, no git and no files on disk. The core types are in
// rules/analysis, so that each rule is a folder beneath this one that knows no other rule.
package rules

import (
	"github.com/agnivade/levenshtein"

	"github.com/podcheck/podcheck/rules/analysis"
	invalidmanifest "github.com/podcheck/podcheck/rules/invalid-manifest"
	logreplay "github.com/podcheck/podcheck/rules/log-replay"
	splitsidecar "github.com/podcheck/podcheck/rules/split-sidecar"
)

// Catalogue is every rule, in the order in which findings and documentation list them.
var Catalogue = []*analysis.Rule{
	splitsidecar.Rule,
	logreplay.Rule,
	invalidmanifest.Rule,
}

// Find returns the rule of that name, nil if there is none.
func Find(name string) *analysis.Rule {
	for _, r := range Catalogue {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// Names lists the rules' names in the catalogue's order.
func Names() []string {
	names := make([]string, len(Catalogue))
	for i, r := range Catalogue {
		names[i] = r.Name
	}
	return names
}

// Nearest returns the rule name that a misspelt one most likely means.
func Nearest(name string) string {
	best := Catalogue[0].Name
	for _, r := range Catalogue {
		if levenshtein.ComputeDistance(name, r.Name) < levenshtein.ComputeDistance(name, best) {
			best = r.Name
		}
	}
	return best
}
