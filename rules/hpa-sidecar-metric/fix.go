package hpasidecarmetric

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/hpametric"
)

func (s scaled) fix() *analysis.Fix {
	f := &analysis.Fix{
		Safety:      analysis.Review,
		Description: fmt.Sprintf("Scale by the %s of container %s alone: a ContainerResource metric.", s.metric.Resource, s.apps[0].Name),
	}
	if len(s.apps) > 1 {
		f.Description = fmt.Sprintf("Scale by the %s of one container alone: a ContainerResource metric.", s.metric.Resource)
	}
	plan := hpametric.Plan{By: s.by, Metric: s.metric, Target: s.target, Apps: s.apps}
	f.Obstacles = append(plan.Obstacles(s.pass.Config.Target()), s.pass.State.Patched(s.by.Object, "/spec/metrics")...)
	if len(f.Obstacles) > 0 {
		return f
	}
	edits, err := plan.Edits()
	if err != nil {
		f.Obstacles = []string{"The file can't be edited with certainty: " + strings.TrimSuffix(err.Error(), ".") + "."}
		return f
	}
	f.Edits, f.Changes, f.Steps = edits, s.changes(), plan.Steps()
	return f
}

func (s scaled) changes() []string {
	app := s.apps[0]
	var out []string
	switch request := app.Request(s.metric.Resource); {
	case s.metric.Utilization == "":
		out = append(out, fmt.Sprintf("The target of %s counts for %s alone; what %s uses no longer adds to it.", s.metric.Value, app.Name, hpametric.Names(s.helpers)))
	case request == nil:
		out = append(out, fmt.Sprintf("The target of %s %% counts for %s alone, which must request %s for it.", s.metric.Utilization, app.Name, s.metric.Resource))
	default:
		out = append(out, fmt.Sprintf("The target of %s %% counts for %s alone, so of the %s that it requests.", s.metric.Utilization, app.Name, request.Text()))
	}
	out = append(out, fmt.Sprintf("The number of Pods follows %s closer, and will differ from that of today at the same load.", app.Name))
	return append(out, fmt.Sprintf("Renaming the container %s stops the autoscaler until the metric is renamed too.", app.Name))
}
