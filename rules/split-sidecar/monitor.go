package splitsidecar

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// selected are the whole workloads, other than the helper and its app, whose Pods a selector of an object chooses.
func (m *merger) selected(o *manifest.Object, selector pod.LabelSelector) []*pod.Workload {
	return slices.DeleteFunc(slices.Clone(m.state.Workloads), func(w *pod.Workload) bool {
		return w.Partial || w == m.helper || w == m.app || !selector.Matches(w.Labels) || m.state.Near(o, w.Object) != analysis.Together
	})
}

// moveBudgets removes the disruption budgets that guard nothing but the helper's Pods. One that counts Pods of others by number could
// never be met with fewer of them.
func (m *merger) moveBudgets() error {
	for _, o := range m.state.Objects {
		if o.Kind != "PodDisruptionBudget" || m.state.Near(o, m.helper.Object) != analysis.Together {
			continue
		}
		selector := pod.SelectorOf(o.Node.Get("spec", "selector"))
		if !selector.Matches(m.helper.Labels) || o.Node.Get("spec", "selector").IsNull() {
			continue
		}
		if !selector.Matches(m.app.Labels) && len(m.selected(o, selector)) == 0 {
			m.remove(o, "%s is removed: it guards nothing but the Pods of %s", title(o), m.helper)
			continue
		}
		if v, ok := number(o.Node.Get("spec", "minAvailable")); ok && v > 1 {
			return fmt.Errorf("%s demands %d Pods and counts those of %s among them; decide first how many it should be", title(o), v, m.helper)
		}
	}
	return nil
}

// moveMonitors re-points the PodMonitors of the helper to the app's Pods. A ServiceMonitor stays, as the Service does that it selects;
// of it only a container's port changes its name.
func (m *merger) moveMonitors() error {
	for _, o := range m.state.Objects {
		var err error
		switch {
		case o.Kind == "PodMonitor" && m.monitors(o):
			err = m.movePodMonitor(o)
		case o.Kind == "ServiceMonitor" && m.monitorsService(o):
			err = m.renameEndpoints(o, o.Node.Get("spec", "endpoints"), "targetPort")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) movePodMonitor(o *manifest.Object) error {
	selector := pod.SelectorOf(o.Node.Get("spec", "selector"))
	switch others := m.selected(o, selector); {
	case !selector.Matches(m.helper.Labels) || selector.Matches(m.app.Labels):
		return nil
	case len(others) > 0:
		return fmt.Errorf("%s selects the Pods of %s and of %s; split it first", title(o), m.helper, others[0])
	}
	if err := m.labelledAlike(o); err != nil {
		return err
	}
	for _, endpoint := range o.Node.Get("spec", "podMetricsEndpoints").Seq() {
		if name := endpoint.Get("port").Text(); name != "" && m.portNumber(name) == 0 && hasPort(m.app, name) {
			return fmt.Errorf("%s asks for a port named %s, which %s lacks and %s has", title(o), name, m.helper, m.app)
		}
	}
	edits, err := m.repoint(o.Node.Get("spec"), "selector", true)
	if err := m.change(o, edits, err); err != nil {
		return err
	}
	m.did("%s selects the Pods of %s", title(o), m.app)
	return m.renameEndpoints(o, o.Node.Get("spec", "podMetricsEndpoints"), "port")
}

// monitors says whether a PodMonitor looks for Pods in the helper's namespace.
func (m *merger) monitors(o *manifest.Object) bool {
	where := o.Node.Get("spec", "namespaceSelector")
	switch names := where.Get("matchNames").Strings(); {
	case where.Get("any").Text() == "true":
		return true
	case len(names) > 0:
		return slices.Contains(names, m.state.Namespace(m.helper.Object))
	}
	return m.state.Near(o, m.helper.Object) == analysis.Together
}

// monitorsService says whether a ServiceMonitor selects a Service of the helper.
func (m *merger) monitorsService(o *manifest.Object) bool {
	selector := pod.SelectorOf(o.Node.Get("spec", "selector"))
	return m.monitors(o) && slices.ContainsFunc(m.state.Services, func(svc *pod.Service) bool {
		return svc.Selects(m.helper) && m.state.Near(svc.Object, m.helper.Object) == analysis.Together && selector.Matches(svc.Object.Node.Get("metadata", "labels").StringMap())
	})
}

// renameEndpoints makes endpoints of a monitor follow ports that have a new name.
func (m *merger) renameEndpoints(o *manifest.Object, endpoints *manifest.Node, field string) error {
	for _, endpoint := range endpoints.Seq() {
		var edits []edit.Edit
		err := m.renamed(endpoint.Get(field), func(e edit.Edit) { edits = append(edits, e) })
		if err := m.change(o, edits, err); err != nil {
			return err
		}
	}
	return nil
}
