package review

import (
	"fmt"
	"maps"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// judgeBuilds says what stands against fixes in what is rendered from them: a root no longer builds, one without the fault is reached
// too, or a container is lost on the way.
func (v *verifier) judgeBuilds(fixed []*analysis.Finding, before []analysis.Finding, mended *analysis.State) string {
	meant := rootsOf(fixed, before)
	asked := v.asked(meant)
	now := map[string]*analysis.Build{}
	for _, b := range mended.Builds {
		now[b.Root] = b
	}
	var was, is []string
	for _, b := range v.state.Builds {
		after := now[b.Root]
		switch {
		case after == b || after == nil && !meant[b.Root]: // nothing of it changed
			continue
		case after != nil && len(after.Problems) > len(b.Problems):
			return fmt.Sprintf("With the change, %s can't be rendered any more.", b.Root)
		case after != nil && !meant[b.Root] && !asked.same(b, after):
			return fmt.Sprintf("The change would also change what %s deploys, which has no such fault.", b.Root)
		}
		was = append(was, imagesOf(b)...)
		if after != nil {
			is = append(is, imagesOf(after)...)
		}
	}
	slices.Sort(was)
	slices.Sort(is)
	if !slices.Equal(was, is) {
		return "Rendered with the change, the Pods would not have the same containers."
	}
	return ""
}

// rootsOf are the roots that render the faults of fixes, or what takes part in them.
func rootsOf(fixed []*analysis.Finding, before []analysis.Finding) map[string]bool {
	out, ids := map[string]bool{}, map[string]bool{}
	add := func(f *analysis.Finding) {
		for _, root := range f.Roots {
			out[root] = true
		}
		for _, r := range f.Related {
			out[r.Object.Root] = true
		}
	}
	for _, f := range fixed {
		add(f)
		ids[identity(f, f.Place.Path)] = true
	}
	for i := range before {
		if ids[identity(&before[i], before[i].Place.Path)] { // another root has the fault at a place of its own
			add(&before[i])
		}
	}
	return out
}

// asking are the objects that some builds make for others to be asked for, by the place of their names.
type asking map[string]map[analysis.Place]bool

// asked are the objects that ask for some roots, and for the roots that make them: a fix of what a release deploys stands in the release.
func (v *verifier) asked(roots map[string]bool) asking {
	out, wanted := asking{}, maps.Clone(roots)
	for again := true; again; {
		again = false
		for _, b := range v.state.Builds {
			if b.Maker == "" || !wanted[b.Root] || out[b.Maker][b.Place] {
				continue
			}
			if out[b.Maker] == nil {
				out[b.Maker] = map[analysis.Place]bool{}
			}
			out[b.Maker][b.Place], wanted[b.Maker], again = true, true, true
		}
	}
	return out
}

// same says whether a build makes what it made before, but for the objects that ask for others.
func (a asking) same(was, is *analysis.Build) bool {
	if len(was.Objects) != len(is.Objects) {
		return false
	}
	for i, o := range was.Objects {
		if !a[was.Root][analysis.At(o.Node.Get("metadata", "name"))] && !manifest.Equal(o.Node, is.Objects[i].Node) {
			return false
		}
	}
	return true
}

// imagesOf are those of all containers that a build deploys, one for each container.
func imagesOf(b *analysis.Build) []string {
	var out []string
	for _, o := range b.Objects {
		if w := pod.WorkloadOf(o); w != nil {
			for _, c := range w.Containers {
				out = append(out, c.Node.Get("image").Text())
			}
		}
	}
	return out
}
