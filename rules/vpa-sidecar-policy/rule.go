// Package vpasidecarpolicy finds VerticalPodAutoscalers that size a helper as they size the app, with no policy of its own.
package vpasidecarpolicy

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "vpa-sidecar-policy",
	Title:    "A vertical autoscaler without container policies sizes a helper as it sizes the app",
	Severity: analysis.Notice,
	Safety:   analysis.Review,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	var scaling *analysis.Scaling
	for _, o := range p.State.Objects {
		a := pod.VerticalAutoscalerOf(o)
		if a == nil || !a.Active || len(a.Policies) > 0 {
			continue
		}
		if scaling == nil {
			s := analysis.NewScaling(p.State)
			scaling = &s
		}
		targets := scaling.Targets(o, a.Target)
		if len(targets) != 1 {
			continue
		}
		if apps, helpers := targets[0].Parts(p.Roles.Of); len(apps) > 0 && len(helpers) > 0 {
			p.Report(finding(p, a, targets[0], helpers))
		}
	}
	return nil
}

func finding(p *analysis.Pass, a *pod.VerticalAutoscaler, w *pod.Workload, helpers []*pod.Container) analysis.Finding {
	var names []string
	f := analysis.Finding{
		Object:  analysis.Ref(a.Object),
		Place:   analysis.At(a.Target.Node.Get("name")),
		Related: []analysis.Related{{Object: analysis.Ref(w.Object), Place: analysis.At(w.Object.Node.Get("metadata", "name"))}},
		Fix:     fix(p, a, helpers),
	}
	for _, c := range helpers {
		names = append(names, c.Name)
		why, at := pod.WhyHelper(c, p.Roles.Of(c))
		f.Evidence = append(f.Evidence, analysis.Evidence{Text: fmt.Sprintf("%s helps: %s", c.Name, why), Place: analysis.At(at)})
		f.Anchors = append(f.Anchors, analysis.At(c.Node.Get("name")))
	}
	f.Message = fmt.Sprintf("VerticalPodAutoscaler/%s has no policy for %s, and sizes it in %s as it sizes the app.",
		a.Object.Name, strings.Join(names, ", "), w)
	return f
}

// fix gives each helper a policy. One that requests something keeps it; one that doesn't is still sized, but never below what
// helpers of its kind need.
func fix(p *analysis.Pass, a *pod.VerticalAutoscaler, helpers []*pod.Container) *analysis.Fix {
	f := &analysis.Fix{Safety: analysis.Review, Description: "Give the helper a policy of its own."}
	var policies []edit.Map
	for _, c := range helpers {
		policy, change := policyOf(c, p.Roles.Of(c))
		if policy == nil {
			f.Obstacles = append(f.Obstacles, change)
			continue
		}
		policies = append(policies, policy)
		f.Changes = append(f.Changes, change)
	}
	if len(f.Obstacles) > 0 {
		f.Changes = nil
		return f
	}
	edits, err := add(a.Object.Node.Get("spec"), policies)
	if err != nil {
		f.Changes, f.Obstacles = nil, []string{"The file can't be edited with certainty: " + strings.TrimSuffix(err.Error(), ".") + "."}
		return f
	}
	f.Edits = edits
	f.Changes = append(f.Changes, "Everything else in the Pod is sized as before.")
	return f
}

func policyOf(c *pod.Container, role pod.Role) (policy edit.Map, change string) {
	if c.DeclaresResources() {
		return edit.Map{{Key: "containerName", Value: c.Name}, {Key: "mode", Value: "Off"}},
			fmt.Sprintf("%s keeps the requests that it declares, and no longer makes the Pod restart for them.", c.Name)
	}
	needs := role.Requests()
	if len(needs) == 0 {
		return nil, fmt.Sprintf("%s requests nothing, and what it needs is not known.", c.Name)
	}
	return edit.Map{{Key: "containerName", Value: c.Name}, {Key: "minAllowed", Value: edit.Map{
			{Key: "cpu", Value: needs["cpu"]}, {Key: "memory", Value: needs["memory"]},
		}}},
		fmt.Sprintf("%s requests nothing by itself, and is never given less than cpu %s and memory %s.", c.Name, needs["cpu"], needs["memory"])
}

// add puts policies into spec.resourcePolicy.containerPolicies, which it makes when there is none.
func add(spec *manifest.Node, policies []edit.Map) ([]edit.Edit, error) {
	layout := edit.LayoutAt(spec)
	parent := spec.Get("resourcePolicy")
	if list, ok := parent.Pair("containerPolicies"); ok {
		var blocks []edit.Block
		for _, policy := range policies {
			block, err := layout.Render(policy)
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, block)
		}
		return edit.AppendItem(list.Value, blocks...)
	}
	entries, err := layout.Render(edit.Map{{Key: "containerPolicies", Value: policies}})
	switch {
	case err != nil:
		return nil, err
	case parent != nil:
		return edit.InsertPairs(parent, nil, entries)
	}
	return edit.InsertPair(spec, []string{"updatePolicy", "targetRef"}, "resourcePolicy", entries)
}
