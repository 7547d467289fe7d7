// Package vpasidecarpolicy finds VerticalPodAutoscalers that size a helper as they size the app, with no policy of its own.
package vpasidecarpolicy

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
	"github.com/podcheck/podcheck/rules/vpapolicy"
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
		a.Object.WrittenName(), strings.Join(names, ", "), w)
	return f
}

// fix gives each helper a policy.
func fix(p *analysis.Pass, a *pod.VerticalAutoscaler, helpers []*pod.Container) *analysis.Fix {
	f := &analysis.Fix{Safety: analysis.Review, Description: "Give the helper a policy of its own."}
	f.Obstacles = p.State.Patched(a.Object, "/spec/resourcePolicy")
	var policies []vpapolicy.Policy
	for _, c := range helpers {
		policy, known := vpapolicy.For(c.Name, c.DeclaresResources(), p.Roles.Of(c).Requests())
		if !known {
			f.Obstacles = append(f.Obstacles, policy.Change)
			continue
		}
		policies = append(policies, policy)
		f.Changes = append(f.Changes, policy.Change)
	}
	if len(f.Obstacles) > 0 {
		f.Changes = nil
		return f
	}
	edits, err := vpapolicy.Add(a, policies)
	if err != nil {
		f.Changes, f.Obstacles = nil, []string{"The file can't be edited with certainty: " + strings.TrimSuffix(err.Error(), ".") + "."}
		return f
	}
	f.Edits = edits
	f.Changes = append(f.Changes, "Everything else in the Pod is sized as before.")
	return f
}
