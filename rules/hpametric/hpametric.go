// Package hpametric plans the edits by which a metric over all containers of a Pod becomes one over the app's container alone:
// ContainerResource in a HorizontalPodAutoscaler, containerName in a trigger of KEDA.
//
// A metric is changed where it stands, so that its target and its comments stay. A plan is whole or has obstacles. The package
// imports no rule.
package hpametric

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// since is the minor of the Kubernetes version in which ContainerResource metrics are on by default (KEP-1610, beta in 1.27,
// stable in 1.30).
const since = 27

// Plan is one metric of an autoscaler over the Pods of a workload, that will be one over the app's container.
type Plan struct {
	By     *pod.HorizontalAutoscaler
	Metric pod.ResourceMetric
	Target *pod.Workload
	Apps   []*pod.Container // of the Pods; a plan without obstacles has one
}

// Obstacles says why the metric can't be changed, for a target version of Kubernetes 1.minor.
func (p Plan) Obstacles(minor int) []string {
	var out []string
	if minor < since {
		out = append(out, fmt.Sprintf("Kubernetes 1.%d has ContainerResource metrics only behind the feature gate HPAContainerMetrics; they are on by default from 1.%d.", minor, since))
	}
	switch version := p.By.Object.APIVersion; version {
	case "autoscaling/v2", "autoscaling/v2beta2":
	default:
		out = append(out, fmt.Sprintf("%s has no ContainerResource metrics to change this one to: move the autoscaler to autoscaling/v2 first.", version))
	}
	return append(out, named(p.Target, p.Apps)...)
}

// named says why the app's container can't be named.
func named(target *pod.Workload, apps []*pod.Container) []string {
	switch {
	case len(apps) > 1:
		return []string{fmt.Sprintf("%s has several apps (%s), and which one's load should decide is not known.", target, Names(apps))}
	case len(apps) == 0 || apps[0].Name == "" || strings.ContainsAny(apps[0].Name, "${"):
		return []string{fmt.Sprintf("The name of the app's container in %s is not known.", target)}
	}
	return nil
}

// Names lists containers for people.
func Names(containers []*pod.Container) string {
	var out []string
	for _, c := range containers {
		out = append(out, c.Name)
	}
	return strings.Join(out, ", ")
}

// Edits change the metric. v2beta2 becomes v2, which has the same fields.
func (p Plan) Edits() ([]edit.Edit, error) {
	var groups [][]edit.Edit
	replace := func(n *manifest.Node, value string) error {
		e, err := edit.ReplaceScalar(n, value)
		groups = append(groups, []edit.Edit{e})
		return err
	}
	source, ok := p.Metric.Node.Pair("resource")
	if !ok {
		return nil, fmt.Errorf("the metric has its resource from a merge key")
	}
	if err := replace(p.Metric.Type, "ContainerResource"); err != nil {
		return nil, err
	}
	if err := replace(source.Key, "containerResource"); err != nil {
		return nil, err
	}
	if p.beta() {
		if err := replace(p.By.Object.Node.Get("apiVersion"), "autoscaling/v2"); err != nil {
			return nil, err
		}
	}
	name, err := edit.LayoutAt(source.Value).Render(p.Apps[0].Name)
	if err != nil {
		return nil, err
	}
	added, err := edit.InsertPair(source.Value, []string{"name"}, "container", name)
	return edit.Join(append(groups, added)...), err
}

// Steps say what Edits do.
func (p Plan) Steps() []string {
	out := []string{fmt.Sprintf("the metric becomes a ContainerResource metric of container %s, with its target as it was", p.Apps[0].Name)}
	if p.beta() {
		out = append(out, "apiVersion becomes autoscaling/v2, which has the same fields; Kubernetes 1.26 and later don't serve v2beta2")
	}
	return out
}

func (p Plan) beta() bool { return p.By.Object.APIVersion == "autoscaling/v2beta2" }

// TriggerPlan is a cpu or memory trigger of a ScaledObject that will watch the app's container alone (KEDA 2.8 and later).
type TriggerPlan struct {
	Trigger pod.Trigger
	Target  *pod.Workload
	Apps    []*pod.Container
}

// Obstacles says why the trigger can't be changed. KEDA hands it to a HorizontalPodAutoscaler, with the same conditions.
func (p TriggerPlan) Obstacles(minor int) []string {
	var out []string
	if minor < since {
		out = append(out, fmt.Sprintf("Kubernetes 1.%d has ContainerResource metrics only behind the feature gate HPAContainerMetrics; they are on by default from 1.%d.", minor, since))
	}
	return append(out, named(p.Target, p.Apps)...)
}

// Edits change the trigger.
func (p TriggerPlan) Edits() ([]edit.Edit, error) {
	metadata := p.Trigger.Node.Get("metadata")
	name, err := edit.LayoutAt(metadata).Render(p.Apps[0].Name)
	if err != nil {
		return nil, err
	}
	return edit.InsertPair(metadata, nil, "containerName", name)
}
