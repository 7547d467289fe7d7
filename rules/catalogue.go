// Package rules is the catalogue: the ordered list of all rules, and the run of them over one state.
//
// It is pure: manifests in, findings and fixes out. It knows no GitHub, no git and no files on disk. The core types are in
// rules/analysis, so that each rule is a folder beneath this one that knows no other rule.
package rules

import (
	"github.com/agnivade/levenshtein"

	"github.com/podcheck/podcheck/rules/analysis"
	defaultcontainer "github.com/podcheck/podcheck/rules/default-container"
	emptydirunbounded "github.com/podcheck/podcheck/rules/emptydir-unbounded"
	helperexposed "github.com/podcheck/podcheck/rules/helper-exposed"
	hpasidecarmetric "github.com/podcheck/podcheck/rules/hpa-sidecar-metric"
	invalidmanifest "github.com/podcheck/podcheck/rules/invalid-manifest"
	jobsidecar "github.com/podcheck/podcheck/rules/job-sidecar"
	logreplay "github.com/podcheck/podcheck/rules/log-replay"
	mountoverlap "github.com/podcheck/podcheck/rules/mount-overlap"
	nativesidecar "github.com/podcheck/podcheck/rules/native-sidecar"
	pathmismatch "github.com/podcheck/podcheck/rules/path-mismatch"
	pernodeagent "github.com/podcheck/podcheck/rules/per-node-agent"
	portclash "github.com/podcheck/podcheck/rules/port-clash"
	processnamespace "github.com/podcheck/podcheck/rules/process-namespace"
	readerwritable "github.com/podcheck/podcheck/rules/reader-writable"
	restartcoupling "github.com/podcheck/podcheck/rules/restart-coupling"
	sharedpod "github.com/podcheck/podcheck/rules/shared-pod"
	sidecarorder "github.com/podcheck/podcheck/rules/sidecar-order"
	sidecarprobe "github.com/podcheck/podcheck/rules/sidecar-probe"
	sidecarresources "github.com/podcheck/podcheck/rules/sidecar-resources"
	splitsidecar "github.com/podcheck/podcheck/rules/split-sidecar"
	tailfollow "github.com/podcheck/podcheck/rules/tail-follow"
	undefinedvolume "github.com/podcheck/podcheck/rules/undefined-volume"
	unrelatedcontainers "github.com/podcheck/podcheck/rules/unrelated-containers"
	unsharedvolume "github.com/podcheck/podcheck/rules/unshared-volume"
	vpasidecarpolicy "github.com/podcheck/podcheck/rules/vpa-sidecar-policy"
)

// Catalogue is every rule, in the order in which findings and documentation list them.
var Catalogue = []*analysis.Rule{
	splitsidecar.Rule,
	jobsidecar.Rule,
	nativesidecar.Rule,
	sidecarorder.Rule,
	unrelatedcontainers.Rule,
	sharedpod.Rule,
	pernodeagent.Rule,
	hpasidecarmetric.Rule,
	vpasidecarpolicy.Rule,
	sidecarresources.Rule,
	sidecarprobe.Rule,
	undefinedvolume.Rule,
	unsharedvolume.Rule,
	pathmismatch.Rule,
	mountoverlap.Rule,
	readerwritable.Rule,
	emptydirunbounded.Rule,
	logreplay.Rule,
	tailfollow.Rule,
	processnamespace.Rule,
	portclash.Rule,
	helperexposed.Rule,
	defaultcontainer.Rule,
	restartcoupling.Rule,
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
