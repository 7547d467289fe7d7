package review

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// judgeBuilds says what stands against fixes in what is rendered from them: a root no longer builds, one without the fault is reached
// too, or a container is lost on the way.
func (v *verifier) judgeBuilds(fixed []*analysis.Finding, before []analysis.Finding, mended *analysis.State) string {
	meant := rootsOf(fixed, before)
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
		case after != nil && !meant[b.Root] && !sameObjects(b, after):
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

func sameObjects(a, b *analysis.Build) bool {
	return slices.EqualFunc(a.Objects, b.Objects, func(x, y *manifest.Object) bool { return manifest.Equal(x.Node, y.Node) })
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
