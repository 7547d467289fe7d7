package hpasidecarmetric

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
)

// containerResourceSince is the minor of the Kubernetes version in which ContainerResource metrics are on by default (KEP-1610,
// beta in 1.27, stable in 1.30).
const containerResourceSince = 27

func (s scaled) fix() *analysis.Fix {
	f := &analysis.Fix{
		Safety:      analysis.Review,
		Description: fmt.Sprintf("Scale by the %s of container %s alone: a ContainerResource metric.", s.metric.Resource, s.apps[0].Name),
	}
	if len(s.apps) > 1 {
		f.Description = fmt.Sprintf("Scale by the %s of one container alone: a ContainerResource metric.", s.metric.Resource)
	}
	if f.Obstacles = s.obstacles(); len(f.Obstacles) > 0 {
		return f
	}
	edits, err := s.edits()
	if err != nil {
		f.Obstacles = []string{"The file can't be edited with certainty: " + strings.TrimSuffix(err.Error(), ".") + "."}
		return f
	}
	f.Edits, f.Changes = edits, s.changes()
	f.Steps = []string{fmt.Sprintf("the metric becomes a ContainerResource metric of container %s, with its target as it was", s.apps[0].Name)}
	if s.by.Object.APIVersion == "autoscaling/v2beta2" {
		f.Steps = append(f.Steps, "apiVersion becomes autoscaling/v2, which has the same fields; Kubernetes 1.26 and later don't serve v2beta2")
	}
	return f
}

func (s scaled) obstacles() []string {
	var out []string
	if target := s.pass.Config.Target(); target < containerResourceSince {
		out = append(out, fmt.Sprintf("Kubernetes 1.%d has ContainerResource metrics only behind the feature gate HPAContainerMetrics; they are on by default from 1.%d.", target, containerResourceSince))
	}
	switch version := s.by.Object.APIVersion; version {
	case "autoscaling/v2", "autoscaling/v2beta2":
	default:
		out = append(out, fmt.Sprintf("%s has no ContainerResource metrics to change this one to: move the autoscaler to autoscaling/v2 first.", version))
	}
	switch app := s.apps[0].Name; {
	case len(s.apps) > 1:
		out = append(out, fmt.Sprintf("%s has several apps (%s), and which one's load should decide is not known.", s.target, names(s.apps)))
	case app == "" || strings.ContainsAny(app, "${"):
		out = append(out, fmt.Sprintf("The name of the app's container in %s is not known.", s.target))
	}
	return out
}

// edits change the metric where it stands, so that its target and its comments stay.
func (s scaled) edits() ([]edit.Edit, error) {
	var groups [][]edit.Edit
	replace := func(n *manifest.Node, value string) error {
		e, err := edit.ReplaceScalar(n, value)
		groups = append(groups, []edit.Edit{e})
		return err
	}
	source, ok := s.metric.Node.Pair("resource")
	if !ok {
		return nil, fmt.Errorf("the metric has its resource from a merge key")
	}
	if err := replace(s.metric.Type, "ContainerResource"); err != nil {
		return nil, err
	}
	if err := replace(source.Key, "containerResource"); err != nil {
		return nil, err
	}
	if s.by.Object.APIVersion == "autoscaling/v2beta2" {
		if err := replace(s.by.Object.Node.Get("apiVersion"), "autoscaling/v2"); err != nil {
			return nil, err
		}
	}
	name, err := edit.LayoutAt(source.Value).Render(s.apps[0].Name)
	if err != nil {
		return nil, err
	}
	added, err := edit.InsertPair(source.Value, []string{"name"}, "container", name)
	return edit.Join(append(groups, added)...), err
}

func (s scaled) changes() []string {
	app := s.apps[0]
	var out []string
	switch request := app.Request(s.metric.Resource); {
	case s.metric.Utilization == "":
		out = append(out, fmt.Sprintf("The target of %s counts for %s alone; what %s uses no longer adds to it.", s.metric.Value, app.Name, names(s.helpers)))
	case request == nil:
		out = append(out, fmt.Sprintf("The target of %s %% counts for %s alone, which must request %s for it.", s.metric.Utilization, app.Name, s.metric.Resource))
	default:
		out = append(out, fmt.Sprintf("The target of %s %% counts for %s alone, so of the %s that it requests.", s.metric.Utilization, app.Name, request.Text()))
	}
	out = append(out, fmt.Sprintf("The number of Pods follows %s closer, and will differ from that of today at the same load.", app.Name))
	return append(out, fmt.Sprintf("Renaming the container %s stops the autoscaler until the metric is renamed too.", app.Name))
}
