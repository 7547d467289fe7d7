// Package hpasidecarmetric finds HorizontalPodAutoscalers whose metric takes a helper's use for the app's load.
package hpasidecarmetric

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/hpametric"
	"github.com/podcheck/podcheck/rules/pod"
)

//go:embed doc.md
var doc string

// Rule is the catalogue's entry.
var Rule = &analysis.Rule{
	Name:     "hpa-sidecar-metric",
	Title:    "An autoscaler takes the average over all containers, helpers included, for the load of the app",
	Severity: analysis.Warning,
	Safety:   analysis.Review,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	var scaling *analysis.Scaling
	for _, o := range p.State.Objects {
		a := pod.HorizontalAutoscalerOf(o)
		if a == nil {
			continue
		}
		if scaling == nil {
			s := analysis.NewScaling(p.State)
			scaling = &s
		}
		targets := scaling.Targets(o, a.Target)
		for _, m := range a.Resources {
			if s, ok := scaledOf(p, a, m, targets); ok {
				p.Report(s.finding())
			}
		}
	}
	return nil
}

// scaled is one metric of an autoscaler over Pods of apps and helpers.
type scaled struct {
	pass          *analysis.Pass
	by            *pod.HorizontalAutoscaler
	metric        pod.ResourceMetric
	target        *pod.Workload
	apps, helpers []*pod.Container
}

// scaledOf says whether the metric takes in a helper. Where the autoscaler may mean several workloads, all of them must have an
// app of that name and a helper.
func scaledOf(p *analysis.Pass, a *pod.HorizontalAutoscaler, m pod.ResourceMetric, targets []*pod.Workload) (scaled, bool) {
	s := scaled{pass: p, by: a, metric: m}
	for i, w := range targets {
		apps, helpers := w.Parts(p.Roles.Of)
		if len(apps) == 0 || len(helpers) == 0 || m.Resource == "" {
			return s, false
		}
		if i > 0 && hpametric.Names(apps) != hpametric.Names(s.apps) {
			return s, false
		}
		if i == 0 {
			s.target, s.apps, s.helpers = w, apps, helpers
		}
	}
	return s, s.target != nil
}

func (s scaled) finding() analysis.Finding {
	f := analysis.Finding{
		Message: fmt.Sprintf("HorizontalPodAutoscaler/%s scales %s by the %s of all its containers together, the helper %s included.",
			s.by.Object.WrittenName(), s.target, s.metric.Resource, hpametric.Names(s.helpers)),
		Object:  analysis.Ref(s.by.Object),
		Subject: s.metric.Resource,
		Place:   analysis.At(s.metric.Type),
		Related: []analysis.Related{{Object: analysis.Ref(s.target.Object), Place: analysis.At(s.target.Object.Node.Get("metadata", "name"))}},
		Fix:     s.fix(),
	}
	if len(s.helpers) > 1 {
		f.Message = strings.Replace(f.Message, "the helper ", "the helpers ", 1)
	}
	for _, c := range s.helpers {
		why, at := pod.WhyHelper(c, s.pass.Roles.Of(c))
		f.Evidence = append(f.Evidence, analysis.Evidence{Text: fmt.Sprintf("%s helps: %s", c.Name, why), Place: analysis.At(at)})
		f.Anchors = append(f.Anchors, analysis.At(c.Node.Get("name")))
	}
	f.Evidence = append(f.Evidence, s.numbers()...)
	return f
}

// numbers says what the helpers do to the average.
func (s scaled) numbers() []analysis.Evidence {
	for _, c := range append(s.helpers[:len(s.helpers):len(s.helpers)], s.apps...) {
		if s.metric.Utilization != "" && c.Request(s.metric.Resource) == nil {
			return []analysis.Evidence{{
				Text:  fmt.Sprintf("%s requests no %s, and without one the autoscaler can't compute the utilisation of the Pod at all", c.Name, s.metric.Resource),
				Place: analysis.At(c.Node.Get("name")),
			}}
		}
	}
	theirs, all := s.sum(s.helpers), s.sum(s.helpers)+s.sum(s.apps)
	if s.metric.Utilization == "" || all == 0 {
		return nil
	}
	share := theirs / all * 100
	return []analysis.Evidence{{
		Text: fmt.Sprintf("%.0f %% of the %s that the Pod requests is for helpers: while they idle, 100 %% for %s shows as %.0f %%",
			share, s.metric.Resource, hpametric.Names(s.apps), 100-share),
		Place: analysis.At(s.helpers[0].Request(s.metric.Resource)),
	}}
}

func (s scaled) sum(containers []*pod.Container) float64 {
	total := 0.0
	for _, c := range containers {
		v, _ := pod.Quantity(c.Request(s.metric.Resource).Text())
		total += v
	}
	return total
}
