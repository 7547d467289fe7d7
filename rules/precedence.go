package rules

import (
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
)

// row says that a finding of the rule by stands for those of the rules over on the same object.
type row struct {
	by        string
	over      []string
	container bool // only on the same container
	edits     bool // only when the finding has edits: what it stands for goes with these
}

// precedence says which findings speak for others of the same cause: one cause, one finding. It has no circles.
var precedence = []row{
	// A mount of a volume that isn't there, and a volume that nobody mounts, are two halves of one misspelt name.
	{by: "undefined-volume", over: []string{"unshared-volume"}},
	// A path on a volume that the container does not get can't be right.
	{by: "undefined-volume", over: []string{"path-mismatch"}, container: true},
	{by: "unshared-volume", over: []string{"path-mismatch"}, container: true},
	// A Job that never completes is why its helper should be a native sidecar; and with native sidecars what an app does to wait
	// for its helpers has no reason any more.
	{by: "job-sidecar", over: []string{"native-sidecar"}, container: true},
	{by: "job-sidecar", over: []string{"sidecar-order"}},
	{by: "native-sidecar", over: []string{"sidecar-order"}},
	// The merge makes the helper's containers native sidecars, in the order that they need. What it carries along unmended (scripts,
	// volumes without a limit, missing probes) is found on its own; what takes an app and a helper in one Pod can't be found before.
	{by: "split-sidecar", over: []string{"native-sidecar", "sidecar-order"}, edits: true},
}

// subject is a rule's findings on one object of one file, or on one container of it.
type subject struct {
	rule      string
	object    analysis.Object
	path      string
	container string // "" for the whole object
}

// oneCause takes out the findings that another one stands for, and leaves them in its Covers. An ignored finding stands for
// none, and none stands for it: it is listed as ignored.
func oneCause(findings []analysis.Finding) []analysis.Finding {
	first := map[subject]int{}
	for i, f := range findings {
		for _, container := range []string{f.Container, ""} {
			on := subject{f.Rule, f.Object, f.Place.Path, container}
			if _, known := first[on]; !known && f.Ignored == "" && f.Object.Name != "" {
				first[on] = i
			}
		}
	}
	speaker := make([]int, len(findings))
	covers := map[int][]analysis.Finding{}
	for i := range findings {
		speaker[i] = speakerOf(findings, i, first)
		root := i
		for next := speaker[i]; next >= 0; next = speakerOf(findings, root, first) {
			root = next
		}
		if root != i {
			covers[root] = append(covers[root], findings[i])
		}
	}
	var out []analysis.Finding
	for i, f := range findings {
		if speaker[i] < 0 {
			f.Covers = covers[i]
			out = append(out, f)
		}
	}
	return out
}

// speakerOf returns the finding that stands for another one, -1 if none does.
func speakerOf(findings []analysis.Finding, i int, first map[subject]int) int {
	f := &findings[i]
	if f.Ignored != "" {
		return -1
	}
	for _, r := range precedence {
		on := subject{rule: r.by, object: f.Object, path: f.Place.Path}
		if r.container {
			on.container = f.Container
		}
		by, found := first[on]
		if !found || !slices.Contains(r.over, f.Rule) || r.container && f.Container == "" {
			continue
		}
		if fix := findings[by].Fix; !r.edits || fix != nil && len(fix.Edits) > 0 {
			return by
		}
	}
	return -1
}
