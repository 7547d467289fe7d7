package splitsidecar

import (
	"errors"
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/hpametric"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
	"github.com/podcheck/podcheck/rules/vpapolicy"
)

// autoscalers are the objects that scale one workload.
type autoscalers struct {
	horizontal []*pod.HorizontalAutoscaler
	events     []*pod.ScaledObject
	vertical   []*pod.VerticalAutoscaler
	shared     []*manifest.Object // those of them that may as well mean another workload of that name
}

func (m *merger) autoscalers(w *pod.Workload) autoscalers {
	if m.scaling == nil {
		scaling := analysis.NewScaling(m.state)
		m.scaling = &scaling
	}
	var out autoscalers
	means := func(o *manifest.Object, t pod.ScaleTarget) bool {
		targets := m.scaling.Targets(o, t)
		if slices.Contains(targets, w) && len(targets) > 1 {
			out.shared = append(out.shared, o)
		}
		return slices.Contains(targets, w)
	}
	for _, o := range m.state.Objects {
		if h := pod.HorizontalAutoscalerOf(o); h != nil && means(o, h.Target) {
			out.horizontal = append(out.horizontal, h)
		}
		if s := pod.ScaledObjectOf(o); s != nil && means(o, s.Target) {
			out.events = append(out.events, s)
		}
		if v := pod.VerticalAutoscalerOf(o); v != nil && means(o, v.Target) {
			out.vertical = append(out.vertical, v)
		}
	}
	return out
}

// title is Kind/name of an object.
func title(o *manifest.Object) string { return o.Kind + "/" + o.WrittenName() }

// autoscaling refuses a helper that scales for reasons of its own, and metrics that can't be narrowed to the app.
func (m *merger) autoscaling() []string {
	own, apps := m.autoscalers(m.helper), m.autoscalers(m.app)
	var out []string
	for _, h := range own.horizontal {
		switch most := m.most(m.helper); {
		case !byResources(h):
			out = append(out, fmt.Sprintf("%s scales %s by a metric of its own; as a sidecar it scales with %s.", title(h.Object), m.helper, m.app))
		case most > m.most(m.app):
			out = append(out, fmt.Sprintf("%s lets %s have %s; as a sidecar it runs in those of %s, which has %s.", title(h.Object), m.helper, m.podsOf(m.helper), m.app, m.podsOf(m.app)))
		}
	}
	for _, s := range own.events {
		out = append(out, fmt.Sprintf("%s scales %s by triggers of its own; as a sidecar it scales with %s.", title(s.Object), m.helper, m.app))
	}
	for _, o := range append(own.shared, apps.shared...) {
		out = append(out, fmt.Sprintf("%s may mean several workloads of that name.", title(o)))
	}
	for _, plan := range m.metricPlans(apps) {
		out = append(out, of(plan.By.Object, plan.Obstacles(m.minor))...)
		out = append(out, m.state.Patched(plan.By.Object, "/spec/metrics")...)
	}
	for _, s := range apps.events {
		for _, plan := range m.triggerPlans(autoscalers{events: []*pod.ScaledObject{s}}) {
			out = append(out, of(s.Object, plan.Obstacles(m.minor))...)
		}
	}
	return out
}

// of says whose obstacles these are.
func of(o *manifest.Object, obstacles []string) []string {
	var out []string
	for _, text := range obstacles {
		out = append(out, title(o)+": "+text)
	}
	return out
}

// byResources says whether an autoscaler follows nothing but the use of CPU and memory.
func byResources(h *pod.HorizontalAutoscaler) bool {
	return !slices.ContainsFunc(h.Object.Node.Get("spec", "metrics").Seq(), func(n *manifest.Node) bool {
		kind := n.Get("type").Text()
		return kind != "Resource" && kind != "ContainerResource"
	})
}

// metricPlans are the metrics over the app's Pods that would take in the helper.
func (m *merger) metricPlans(by autoscalers) []hpametric.Plan {
	var out []hpametric.Plan
	apps, _ := m.app.Parts(m.roles.Of)
	for _, h := range by.horizontal {
		for _, metric := range h.Resources {
			out = append(out, hpametric.Plan{By: h, Metric: metric, Target: m.app, Apps: apps})
		}
	}
	return out
}

func (m *merger) triggerPlans(by autoscalers) []hpametric.TriggerPlan {
	var out []hpametric.TriggerPlan
	apps, _ := m.app.Parts(m.roles.Of)
	for _, s := range by.events {
		for _, t := range s.Triggers {
			if t.Resource() {
				out = append(out, hpametric.TriggerPlan{Trigger: t, Target: m.app, Apps: apps})
			}
		}
	}
	return out
}

// moveAutoscalers keeps the app's autoscalers to the app, and removes the helper's, whose target goes.
func (m *merger) moveAutoscalers() error {
	own, apps := m.autoscalers(m.helper), m.autoscalers(m.app)
	for _, plan := range m.metricPlans(apps) {
		edits, err := plan.Edits()
		if err := m.change(plan.By.Object, edits, err); err != nil {
			return err
		}
		m.did("%s: the metric over %s becomes one of container %s alone (ContainerResource), with its target as it was", title(plan.By.Object), plan.Metric.Resource, plan.Apps[0].Name)
	}
	for _, s := range apps.events {
		for _, plan := range m.triggerPlans(autoscalers{events: []*pod.ScaledObject{s}}) {
			edits, err := plan.Edits()
			if err := m.change(s.Object, edits, err); err != nil {
				return err
			}
			m.did("%s: the %s trigger watches container %s alone (containerName, KEDA 2.8 and later)", title(s.Object), plan.Trigger.Type, plan.Apps[0].Name)
		}
	}
	for _, v := range apps.vertical {
		if err := m.moveSizing(v); err != nil {
			return err
		}
	}
	for _, h := range own.horizontal {
		m.remove(h.Object, "%s is removed: its target goes, and %s has as many sidecars as Pods", title(h.Object), m.app)
	}
	for _, v := range own.vertical {
		m.remove(v.Object, "%s is removed: its target goes", title(v.Object))
	}
	return nil
}

// moveSizing gives the helpers of the merged Pod policies of their own in a VerticalPodAutoscaler that has none for any container.
func (m *merger) moveSizing(v *pod.VerticalAutoscaler) error {
	if !v.Active || len(v.Policies) > 0 {
		return nil
	}
	if patched := m.state.Patched(v.Object, "/spec/resourcePolicy"); len(patched) > 0 {
		return errors.New(patched[0])
	}
	var policies []vpapolicy.Policy
	add := func(c *pod.Container, name string, declares bool) error {
		policy, known := vpapolicy.For(name, declares, m.roles.Of(c).Requests())
		if !known {
			return fmt.Errorf("%s would size %s as it sizes the app, and what that needs is not known", title(v.Object), name)
		}
		policies = append(policies, policy)
		m.did("%s gets a policy of its own for %s", title(v.Object), name)
		return nil
	}
	_, helpers := m.app.Parts(m.roles.Of)
	for _, c := range helpers {
		if err := add(c, c.Name, c.DeclaresResources()); err != nil {
			return err
		}
	}
	for _, c := range m.helper.In(pod.Containers) {
		if err := add(c, m.nameOf(c), c.DeclaresResources() || m.declares[c]); err != nil {
			return err
		}
	}
	edits, err := vpapolicy.Add(v, policies)
	return m.change(v.Object, edits, err)
}
