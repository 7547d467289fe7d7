package splitsidecar

import (
	"fmt"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

// podSelectors gives the way to the selector of Pods in objects of network plugins and meshes whose rules can't be moved mechanically,
// by API group and kind. Sources: the API references of Cilium 1.17, Istio 1.26 and Linkerd 2.17.
var podSelectors = map[string][]string{
	"cilium.io/CiliumNetworkPolicy":            {"spec", "endpointSelector"},
	"security.istio.io/AuthorizationPolicy":    {"spec", "selector"},
	"security.istio.io/PeerAuthentication":     {"spec", "selector"},
	"security.istio.io/RequestAuthentication":  {"spec", "selector"},
	"telemetry.istio.io/Telemetry":             {"spec", "selector"},
	"networking.istio.io/Sidecar":              {"spec", "workloadSelector"},
	"networking.istio.io/EnvoyFilter":          {"spec", "workloadSelector"},
	"policy.linkerd.io/Server":                 {"spec", "podSelector"},
	"crd.projectcalico.org/NetworkPolicy":      {"spec", "selector"},
	"projectcalico.org/NetworkPolicy":          {"spec", "selector"},
	"operator.victoriametrics.com/VMPodScrape": {"spec", "selector"},
}

// otherPolicies refuses to take away Pods that policies of a plugin or a mesh select.
func (m *merger) otherPolicies() []string {
	var out []string
	for _, o := range m.state.Objects {
		way, known := podSelectors[pod.Group(o.APIVersion)+"/"+o.Kind]
		if !known || m.state.Near(o, m.helper.Object) != analysis.Together {
			continue
		}
		n := o.Node.Get(way...)
		if selectsByText(n.Text(), m.helper.Labels) && !selectsByText(n.Text(), m.app.Labels) {
			out = append(out, fmt.Sprintf("%s selects the Pods of %s; decide first what it should mean for those of %s.", title(o), m.helper, m.app))
			continue
		}
		labels := map[string]string{}
		for _, key := range []string{"matchLabels", "labels"} {
			for k, v := range n.Get(key).StringMap() {
				labels[strings.TrimPrefix(strings.TrimPrefix(k, "k8s:"), "any:")] = v
			}
		}
		selector := pod.LabelSelector{Labels: labels}
		if len(labels) > 0 && selector.Matches(m.helper.Labels) && !selector.Matches(m.app.Labels) {
			out = append(out, fmt.Sprintf("%s selects the Pods of %s; decide first what it should mean for those of %s.", title(o), m.helper, m.app))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// selectsByText says whether a selector of Calico asks for one of the labels: key == 'value'.
func selectsByText(selector string, labels map[string]string) bool {
	for k, v := range labels {
		for _, quote := range []string{"'", `"`} {
			if strings.Contains(strings.ReplaceAll(selector, " ", ""), k+"=="+quote+v+quote) {
				return true
			}
		}
	}
	return false
}
