package splitsidecar

import (
	"fmt"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// obstacles returns what hinders the move, as sentences; each check is one reason why pressing the button could break something.
func (m *merger) obstacles() []string {
	var out []string
	for _, check := range []func() []string{
		m.otherNamespace, m.rendered, m.replicas, m.portClash, m.placement, m.serviceAccount, m.podSettings, m.scaling, m.policies, m.scraping,
		m.claimTemplates, m.generated, m.tlsUpstream,
	} {
		out = append(out, check()...)
	}
	return out
}

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
			out = append(out, fmt.Sprintf("%s is rendered from the chart %s; change the chart's values instead.", w, chart))
		}
	}
	return out
}

// chartOf returns the chart that an object says it was rendered from (Helm's recommended label helm.sh/chart).
func chartOf(o *manifest.Object) string {
	for _, label := range []string{"helm.sh/chart", "chart"} {
		if chart := o.Node.Get("metadata", "labels", label).Text(); chart != "" {
			return chart
		}
	}
	return ""
}

// many says whether the app can have more than one Pod.
func (m *merger) many() bool {
	replicas, _ := m.app.Replicas()
	return replicas > 1 || len(m.scalers(m.app)) > 0
}

func (m *merger) replicas() []string {
	var out []string
	replicas, _ := m.app.Replicas()
	if !m.many() {
		return nil
	}
	for _, c := range m.helper.Running() {
		for _, word := range c.CommandLine() {
			if strings.Contains(word, "leader-elect") {
				out = append(out, fmt.Sprintf("%s must run once (%s), and %s has %d replicas.", m.helper, word, m.app, replicas))
			}
		}
	}
	for _, c := range m.pair.shared {
		if !c.app.Template && !transient(m.role.Kind) {
			out = append(out, fmt.Sprintf("%s has %d replicas that share the %s: each of its Pods would run a %s over the same files.", m.app, replicas, c.storage, m.role.Kind))
		}
	}
	return out
}

// transient says whether what a helper of that kind reads or writes may go with the Pod: logs in transit, copies of a repository.
func transient(k pod.Kind) bool {
	return k == pod.LogShipper || k == pod.ConfigSync
}

func (m *merger) portClash() []string {
	var out []string
	for _, h := range m.helper.Running() {
		for _, a := range m.app.Running() {
			out = append(out, samePort(h, a)...)
		}
	}
	return out
}

// samePort says where two containers that share a Pod's network would get in each other's way.
func samePort(h, a *pod.Container) []string {
	var out []string
	clash := func(port int, protocol string) {
		text := fmt.Sprintf("Container %s and container %s of %s both use port %d/%s, and a Pod has one network.", h.Name, a.Name, a.Workload, port, protocol)
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	for _, port := range h.Listens() {
		if slices.Contains(a.Listens(), port) {
			clash(port, "TCP")
		}
	}
	for _, hp := range h.Ports {
		for _, ap := range a.Ports {
			switch {
			case hp.Number != 0 && hp.Number == ap.Number && hp.Protocol == ap.Protocol:
				clash(hp.Number, hp.Protocol)
			case hp.Name != "" && hp.Name == ap.Name:
				out = append(out, fmt.Sprintf("Container %s and container %s of %s both name a port %q: a Service that asks for it by name would reach only one.", h.Name, a.Name, a.Workload, hp.Name))
			}
		}
	}
	return out
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
	return out
}

func (m *merger) serviceAccount() []string {
	account := func(w *pod.Workload) string {
		for _, field := range []string{"serviceAccountName", "serviceAccount"} {
			if name := w.Spec.Get(field).Text(); name != "" && name != "default" {
				return name
			}
		}
		return ""
	}
	h, a := account(m.helper), account(m.app)
	switch {
	case h != "" && h != a:
		if a == "" {
			a = "default"
		}
		return []string{fmt.Sprintf("%s runs with the rights of service account %s, %s with those of %s; a Pod has one.", m.helper, h, m.app, a)}
	case h != "" && withoutToken(m.app) && !withoutToken(m.helper):
		return []string{fmt.Sprintf("%s uses the token of service account %s, and %s mounts none (automountServiceAccountToken: false).", m.helper, h, m.app)}
	}
	return nil
}

func withoutToken(w *pod.Workload) bool {
	return w.Spec.Get("automountServiceAccountToken").Text() == "false"
}

// podSettings are fields of the Pod that a container can't have for itself.
func (m *merger) podSettings() []string {
	var out []string
	for _, field := range []string{"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"} {
		h, a := m.helper.Spec.Get(field).Text() == "true", m.app.Spec.Get(field).Text() == "true"
		if h != a && (h || field != "shareProcessNamespace") {
			out = append(out, fmt.Sprintf("Only one of %s and %s has %s.", m.helper, m.app, field))
		}
	}
	for _, field := range []string{"dnsPolicy", "dnsConfig", "hostAliases", "hostUsers"} {
		if n := m.helper.Spec.Get(field); !n.IsNull() && !manifest.Equal(n, m.app.Spec.Get(field)) {
			out = append(out, fmt.Sprintf("%s sets %s, and %s does not set the same.", m.helper, field, m.app))
		}
	}
	for _, field := range []string{"fsGroup", "supplementalGroups", "sysctls"} {
		h, a := m.helper.Spec.Get("securityContext", field), m.app.Spec.Get("securityContext", field)
		if !h.IsNull() && !manifest.Equal(h, a) && (!a.IsNull() || field != "fsGroup" || m.helperWrites()) {
			out = append(out, fmt.Sprintf("%s sets securityContext.%s to %s, %s to %s, and a Pod has one.", m.helper, field, shown(h), m.app, shown(a)))
		}
	}
	return append(out, m.nonRoot()...)
}

func shown(n *manifest.Node) string {
	if n.IsNull() {
		return "nothing"
	}
	if text := n.Text(); text != "" {
		return text
	}
	return "other values"
}

// helperWrites says whether file ownership matters to the helper: it mounts a volume that it may write.
func (m *merger) helperWrites() bool {
	for _, c := range m.helper.Containers {
		for _, mount := range c.Mounts {
			if v := m.helper.Volume(mount.Volume); v != nil && !mount.ReadOnly && (v.Type == "emptyDir" || v.Type == "persistentVolumeClaim") {
				return true
			}
		}
	}
	return false
}

// nonRoot compares users: a Pod that demands a non-root user would refuse a helper whose image runs as root, and nobody can
// tell from the manifests whether it does.
func (m *merger) nonRoot() []string {
	pod := m.app.Spec.Get("securityContext")
	if pod.Get("runAsNonRoot").Text() != "true" || !pod.Get("runAsUser").IsNull() {
		return nil
	}
	var out []string
	for _, c := range m.helper.Containers {
		if c.Node.Get("securityContext", "runAsUser").IsNull() && m.helper.Spec.Get("securityContext", "runAsUser").IsNull() &&
			c.Node.Get("securityContext", "runAsNonRoot").IsNull() && m.helper.Spec.Get("securityContext", "runAsNonRoot").IsNull() {
			out = append(out, fmt.Sprintf("%s demands runAsNonRoot, and nothing says as which user container %s runs.", m.app, c.Name))
		}
	}
	return out
}

// scalers returns the objects that scale a workload.
func (m *merger) scalers(w *pod.Workload) []*manifest.Object {
	var out []*manifest.Object
	for _, o := range m.state.Objects {
		switch o.Kind {
		case "HorizontalPodAutoscaler", "VerticalPodAutoscaler", "ScaledObject":
		default:
			continue
		}
		for _, field := range []string{"scaleTargetRef", "targetRef"} {
			ref := o.Node.Get("spec", field)
			kind := ref.Get("kind").Text()
			if ref.Get("name").Text() == w.Name() && (kind == w.Kind() || kind == "" && o.Kind == "ScaledObject") && m.state.Near(o, w.Object) == analysis.Together {
				out = append(out, o)
			}
		}
	}
	return out
}

func (m *merger) scaling() []string {
	var out []string
	for _, o := range m.scalers(m.helper) {
		out = append(out, fmt.Sprintf("%s/%s scales %s on its own; as a sidecar it scales with %s.", o.Kind, o.Name, m.helper, m.app))
	}
	for _, o := range m.scalers(m.app) {
		for _, metric := range o.Node.Get("spec", "metrics").Seq() {
			if metric.Get("type").Text() == "Resource" {
				out = append(out, fmt.Sprintf("%s/%s averages %s over all containers of %s; make it a ContainerResource metric first.", o.Kind, o.Name, metric.Get("resource", "name").Text(), m.app))
			}
		}
	}
	return out
}

// policies are objects that select Pods by label and would lose or change their meaning.
func (m *merger) policies() []string {
	var out []string
	for _, o := range m.state.Objects {
		var selector *manifest.Node
		switch o.Kind {
		case "NetworkPolicy":
			selector = o.Node.Get("spec", "podSelector")
		case "PodMonitor", "PodDisruptionBudget":
			selector = o.Node.Get("spec", "selector")
		default:
			continue
		}
		match := selector.Get("matchLabels").StringMap()
		if m.state.Near(o, m.helper.Object) != analysis.Together || !selects(match, m.helper.Labels) {
			continue
		}
		if len(match) == 0 && selector.Get("matchExpressions").IsNull() && selects(match, m.app.Labels) {
			continue // selects every Pod of the namespace
		}
		out = append(out, fmt.Sprintf("%s/%s selects the Pods of %s; decide first what it should mean for those of %s.", o.Kind, o.Name, m.helper, m.app))
	}
	return out
}

func selects(selector, labels map[string]string) bool {
	for k, v := range selector {
		if labels[k] != v {
			return false
		}
	}
	return true
}

// scraping compares the annotations by which Prometheus finds a Pod: there is one port for each Pod.
func (m *merger) scraping() []string {
	h, a := m.helper.Meta.Get("annotations"), m.app.Meta.Get("annotations")
	if h.Get("prometheus.io/scrape").Text() != "true" || a.Get("prometheus.io/scrape").Text() != "true" {
		return nil
	}
	for _, key := range scrapeAnnotations {
		if h.Get(key).Text() != a.Get(key).Text() {
			return []string{fmt.Sprintf("Both Pods are scraped by annotation (%s), at different places, and a Pod has one.", key)}
		}
	}
	return nil
}

var scrapeAnnotations = []string{"prometheus.io/scrape", "prometheus.io/port", "prometheus.io/path", "prometheus.io/scheme"}

func (m *merger) claimTemplates() []string {
	if m.helper.Object.Node.Get("spec", "volumeClaimTemplates").IsNull() {
		return nil
	}
	return []string{fmt.Sprintf("%s has volume claim templates of its own, which the Pods of %s can't take over.", m.helper, m.app)}
}

// generated finds ConfigMaps and Secrets whose names kustomize makes: references to them work only within that kustomization.
func (m *merger) generated() []string {
	var out []string
	for _, k := range m.state.Kustomizations() {
		if k.Entry(m.helper.Object.File.Path) == nil || k.Entry(m.app.Object.File.Path) != nil {
			continue
		}
		for _, list := range []string{"configMapGenerator", "secretGenerator"} {
			for _, g := range k.Root.Get(list).Seq() {
				if name := g.Get("name").Text(); name != "" && m.uses(name) {
					out = append(out, fmt.Sprintf("%s is generated by %s, which does not list %s.", name, k.File.Path, m.app))
				}
			}
		}
	}
	return out
}

// uses says whether the helper's Pod spec names a ConfigMap or Secret.
func (m *merger) uses(name string) bool {
	found := false
	var walk func(n *manifest.Node)
	walk = func(n *manifest.Node) {
		for _, p := range n.Pairs {
			key := p.Key.Value
			if (key == "name" || key == "secretName" || key == "configMapName") && p.Value.Text() == name {
				found = true
			}
			walk(p.Value)
		}
		for _, item := range n.Items {
			walk(item)
		}
	}
	if m.helper.Spec != nil {
		walk(m.helper.Spec)
	}
	return found
}

func (m *merger) tlsUpstream() []string {
	var out []string
	for _, l := range append(m.pair.toApp[:len(m.pair.toApp):len(m.pair.toApp)], m.pair.toHelper...) {
		if l.ref.Scheme == "https" {
			out = append(out, fmt.Sprintf("%s talks TLS to %s, whose certificate does not name localhost.", l.ref.From, l.ref.Host))
		}
	}
	return out
}
