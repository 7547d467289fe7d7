// Package sidecarresources finds helpers that declare no requests beside an app that does.
package sidecarresources

import (
	_ "embed"
	"fmt"
	"slices"
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
	Name:     "sidecar-resources",
	Title:    "A helper declares no requests beside an app that does",
	Severity: analysis.Warning,
	Safety:   analysis.Review,
	Doc:      doc,
	Run:      run,
}

func run(p *analysis.Pass) error {
	patches := p.State.Patches()
	var around *surroundings
	for _, w := range p.State.Workloads {
		if len(w.Running()) < 2 || patches.Unknown(w) || len(w.Spec.Get("resources").Keys()) > 0 {
			continue
		}
		apps, helpers := w.Parts(p.Roles.Of)
		app, resources := declaring(apps)
		if app == nil {
			continue
		}
		for _, c := range helpers {
			if c.DeclaresResources() || patches.Give(w, c.Name, "resources") {
				continue
			}
			if around == nil {
				around = surroundingsOf(p.State)
			}
			if !around.fill(w, c) {
				p.Report(finding(p, app, c, resources, around.utilisation(w)))
			}
		}
	}
	return nil
}

// declaring returns the app that declares requests of cpu or memory, and of which.
func declaring(apps []*pod.Container) (*pod.Container, []string) {
	for _, app := range apps {
		var resources []string
		for _, resource := range []string{"cpu", "memory"} {
			if app.Request(resource) != nil {
				resources = append(resources, resource)
			}
		}
		if len(resources) > 0 {
			return app, resources
		}
	}
	return nil, nil
}

// surroundings are the objects of a state that give containers requests, or that need them.
type surroundings struct {
	state    *analysis.State
	scaling  analysis.Scaling
	defaults []*manifest.Object // LimitRanges with defaults for containers
	vertical []*pod.VerticalAutoscaler
	scalers  []*pod.HorizontalAutoscaler
}

func surroundingsOf(s *analysis.State) *surroundings {
	out := &surroundings{state: s, scaling: analysis.NewScaling(s)}
	for _, o := range s.Objects {
		if o.Kind == "LimitRange" && o.APIVersion == "v1" && givesDefaults(o) {
			out.defaults = append(out.defaults, o)
		}
		if a := pod.VerticalAutoscalerOf(o); a != nil {
			out.vertical = append(out.vertical, a)
		}
		if a := pod.HorizontalAutoscalerOf(o); a != nil {
			out.scalers = append(out.scalers, a)
		}
	}
	return out
}

func givesDefaults(o *manifest.Object) bool {
	return slices.ContainsFunc(o.Node.Get("spec", "limits").Seq(), func(limit *manifest.Node) bool {
		return limit.Get("type").Text() == "Container" && len(limit.Get("defaultRequest").Keys())+len(limit.Get("default").Keys()) > 0
	})
}

// fill says whether the cluster gives the container requests: by the namespace's LimitRange, or by a vertical autoscaler.
func (s *surroundings) fill(w *pod.Workload, c *pod.Container) bool {
	return slices.ContainsFunc(s.defaults, func(o *manifest.Object) bool { return s.state.Near(o, w.Object) != analysis.Apart }) ||
		slices.ContainsFunc(s.vertical, func(a *pod.VerticalAutoscaler) bool {
			return a.Sizes(c.Name) && slices.Contains(s.scaling.Targets(a.Object, a.Target), w)
		})
}

// utilisation returns a metric that can't be computed without the request.
func (s *surroundings) utilisation(w *pod.Workload) []analysis.Evidence {
	for _, a := range s.scalers {
		for _, m := range a.Resources {
			if m.Utilization != "" && slices.Contains(s.scaling.Targets(a.Object, a.Target), w) {
				return []analysis.Evidence{{
					Text:  fmt.Sprintf("HorizontalPodAutoscaler/%s needs the %s request of every container to compute the utilisation", a.Object.WrittenName(), m.Resource),
					Place: analysis.At(m.Type),
				}}
			}
		}
	}
	return nil
}

func finding(p *analysis.Pass, app, c *pod.Container, resources []string, more []analysis.Evidence) analysis.Finding {
	role := p.Roles.Of(c)
	why, at := pod.WhyHelper(c, role)
	f := analysis.Finding{
		Message:   fmt.Sprintf("The helper %s of %s declares no requests, while %s requests %s.", c.Name, c.Workload, app.Name, strings.Join(resources, " and ")),
		Object:    analysis.Ref(c.Workload.Object),
		Container: c.Name,
		Place:     analysis.At(c.Node.Get("name")),
		Evidence: append([]analysis.Evidence{
			{Text: fmt.Sprintf("%s helps: %s", c.Name, why), Place: analysis.At(at)},
			{Text: fmt.Sprintf("%s declares what it needs", app.Name), Place: analysis.At(app.Request(resources[0]))},
		}, more...),
		Fix: fix(c, role, resources),
	}
	if n := c.Node.Get("resources"); n != nil {
		f.Anchors = []analysis.Place{analysis.At(n)}
	}
	return f
}

// fix requests of each resource that the app requests what helpers of that kind need.
func fix(c *pod.Container, role pod.Role, resources []string) *analysis.Fix {
	f := &analysis.Fix{Safety: analysis.Review, Description: fmt.Sprintf("Request what %s needs.", c.Name)}
	needs := role.Requests()
	var requests edit.Map
	var words []string
	for _, resource := range resources {
		if v := needs[resource]; v != "" {
			requests = append(requests, edit.Field{Key: resource, Value: v})
			words = append(words, resource+" "+v)
		}
	}
	if len(requests) == 0 {
		f.Obstacles = []string{fmt.Sprintf("What %s needs is not known: measure it.", c.Name)}
		return f
	}
	edits, err := add(c.Node, requests)
	if err != nil {
		f.Obstacles = []string{"The file can't be edited with certainty: " + strings.TrimSuffix(err.Error(), ".") + "."}
		return f
	}
	f.Edits = edits
	amount := strings.Join(words, " and ")
	f.Changes = []string{
		fmt.Sprintf("The scheduler reserves %s more for each Pod.", amount),
		fmt.Sprintf("The numbers are those that helpers of its kind (%s) start with; measure, then adjust.", role.Kind),
	}
	return f
}

// add puts requests into the container's resources, which it makes when there are none.
func add(container *manifest.Node, requests edit.Map) ([]edit.Edit, error) {
	layout := edit.LayoutAt(container)
	resources := container.Get("resources")
	if container.Style == manifest.Flow {
		return addFlow(container, resources, requests)
	}
	if list, ok := resources.Pair("requests"); ok {
		entries, err := layout.Render(requests)
		if err != nil {
			return nil, err
		}
		return edit.InsertPairs(list.Value, nil, entries)
	}
	entries, err := layout.Render(edit.Map{{Key: "requests", Value: requests}})
	switch {
	case err != nil:
		return nil, err
	case resources != nil:
		return edit.InsertPairs(resources, nil, entries)
	}
	return edit.InsertPair(container, nil, "resources", entries)
}

// addFlow is add for a container that stands in a flow collection.
func addFlow(container, resources *manifest.Node, requests edit.Map) ([]edit.Edit, error) {
	var pairs []string
	for _, r := range requests {
		pairs = append(pairs, fmt.Sprintf("%s: %s", r.Key, r.Value))
	}
	value := "{" + strings.Join(pairs, ", ") + "}"
	if resources != nil {
		return edit.InsertPairs(resources, nil, edit.Block("requests: "+value+"\n"))
	}
	return edit.InsertPair(container, nil, "resources", edit.Block("{requests: "+value+"}\n"))
}
