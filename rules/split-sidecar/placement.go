package splitsidecar

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

func (m *merger) otherNamespace() []string {
	a, b := m.state.Namespace(m.helper.Object), m.state.Namespace(m.app.Object)
	if a != b && a != "" && b != "" {
		return []string{fmt.Sprintf("%s is in namespace %s and %s in %s: what the helper mounts and may do does not exist there.", m.helper, a, m.app, b)}
	}
	return nil
}

// rendered refuses workloads that another tool writes.
func (m *merger) rendered() []string {
	var out []string
	for _, w := range []*pod.Workload{m.helper, m.app} {
		if chart := chartOf(w.Object); chart != "" {
			out = append(out, fmt.Sprintf("%s is rendered from %s; change the chart's values instead.", w, chart))
		}
	}
	return out
}

// otherOwners refuses workloads whose Pods are not what their template says alone: Knative takes further containers only where its
// operator allows them, and OpenShift sets the image of a container by a trigger.
func (m *merger) otherOwners() []string {
	var out []string
	for _, w := range []*pod.Workload{m.helper, m.app} {
		if pod.Group(w.Object.APIVersion) == "serving.knative.dev" {
			out = append(out, fmt.Sprintf("%s is run by Knative, which takes init containers and sidecars only where its operator allows them.", w))
		}
	}
	for _, trigger := range m.helper.Object.Node.Get("spec", "triggers").Seq() {
		if trigger.Get("type").Text() == "ImageChange" {
			out = append(out, fmt.Sprintf("A trigger of %s sets its image; as a sidecar it needs one in %s.", m.helper, m.app))
		}
	}
	if m.helper.Object.Node.Get("metadata", "annotations", "image.openshift.io/triggers") != nil {
		out = append(out, fmt.Sprintf("A trigger of %s sets its image; as a sidecar it needs one in %s.", m.helper, m.app))
	}
	return out
}

// chartOf returns the chart that an object says it was rendered from, for people (Helm's recommended labels).
func chartOf(o *manifest.Object) string {
	for _, label := range []string{"helm.sh/chart", "chart"} {
		if chart := o.Node.Get("metadata", "labels", label).Text(); chart != "" {
			return "the chart " + chart
		}
	}
	if o.Node.Get("metadata", "labels", "app.kubernetes.io/managed-by").Text() == "Helm" {
		return "a chart of Helm"
	}
	return ""
}

// placement compares where both may run: in one Pod they run where the app runs.
func (m *merger) placement() []string {
	var out []string
	for key, value := range m.helper.Spec.Get("nodeSelector").StringMap() {
		if m.app.Spec.Get("nodeSelector", key).Text() != value {
			out = append(out, fmt.Sprintf("%s runs only on nodes with %s=%s, which %s does not ask for.", m.helper, key, value, m.app))
		}
	}
	slices.Sort(out)
	required := m.helper.Spec.Get("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
	if !required.IsNull() && !manifest.Equal(required, m.app.Spec.Get("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")) {
		out = append(out, fmt.Sprintf("%s requires nodes (nodeAffinity) that %s does not ask for.", m.helper, m.app))
	}
	for _, field := range []string{"runtimeClassName", "schedulerName"} {
		if n := m.helper.Spec.Get(field); !n.IsNull() && !manifest.Equal(n, m.app.Spec.Get(field)) {
			out = append(out, fmt.Sprintf("%s sets %s to %s, and %s does not.", m.helper, field, n.Text(), m.app))
		}
	}
	return append(out, m.affinity()...)
}

// affinity finds Pods that must run beside the helper's, which no longer exist by themselves.
func (m *merger) affinity() []string {
	var out []string
	for _, w := range m.state.Workloads {
		if w == m.helper || m.state.Near(w.Object, m.helper.Object) != analysis.Together {
			continue
		}
		for _, term := range w.Spec.Get("affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution").Seq() {
			selector := pod.SelectorOf(term.Get("labelSelector"))
			if !selector.All() && selector.Matches(m.helper.Labels) && !selector.Matches(m.app.Labels) {
				out = append(out, fmt.Sprintf("%s must run beside the Pods of %s (podAffinity), which would be gone.", w, m.helper))
			}
		}
	}
	return out
}

// placeHelper says what of the helper's own placement goes: the Pod runs where the app may run.
func (m *merger) placeHelper() error {
	have := m.app.Spec.Get("tolerations").Seq()
	for _, n := range m.helper.Spec.Get("tolerations").Seq() {
		if !slices.ContainsFunc(have, func(a *manifest.Node) bool { return manifest.Equal(n, a) }) {
			m.did("the tolerations of %s are left out: its containers run where %s may run", m.helper, m.app)
			break
		}
	}
	for _, field := range []string{"affinity", "topologySpreadConstraints", "priorityClassName"} {
		if n := m.helper.Spec.Get(field); !n.IsNull() && !manifest.Equal(n, m.app.Spec.Get(field)) {
			m.did("%s of %s is left out: its containers are scheduled with %s", field, m.helper, m.app)
		}
	}
	return nil
}
