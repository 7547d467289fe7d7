package splitsidecar

import (
	"fmt"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
)

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
		if !h.IsNull() && !manifest.Equal(h, a) && (!a.IsNull() || field != "fsGroup" || m.ownsFiles()) {
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

// ownsFiles says whether file ownership matters to the helper: it mounts a claim, which the group may be needed to read as well, or a
// volume that it may write.
func (m *merger) ownsFiles() bool {
	for _, c := range m.helper.Containers {
		for _, mount := range c.Mounts {
			if v := m.helper.Volume(mount.Volume); v != nil && (v.Type == "persistentVolumeClaim" || v.Type == "emptyDir" && !mount.ReadOnly) {
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

// injectors are the beginnings of annotations and labels by which something outside of the manifest adds to a Pod or gives it rights.
var injectors = []string{
	"vault.hashicorp.com/", "sidecar.istio.io/", "linkerd.io/", "iam.amazonaws.com/", "k8s.v1.cni.cncf.io/", "azure.workload.identity/", "aadpodidbinding",
	"conjur.org/", "consul.hashicorp.com/", "operator.1password.io/inject",
}

// injected refuses a helper whose Pod gets something by an annotation or label that the app's Pod has not, or has otherwise.
func (m *merger) injected() []string {
	var out []string
	for _, kind := range []string{"annotations", "labels"} {
		have := m.app.Meta.Get(kind)
		m.helper.Meta.Get(kind).Each(func(key string, value *manifest.Node) {
			known := slices.ContainsFunc(injectors, func(begin string) bool { return strings.HasPrefix(key, begin) })
			if known && have.Get(key).Text() != value.Text() {
				out = append(out, fmt.Sprintf("The Pods of %s get something by %s: %s, which those of %s lack.", m.helper, key, value.Text(), m.app))
			}
		})
	}
	return out
}

// defaultGrace is the time in seconds that Kubernetes gives Pods to end (PodSpec, terminationGracePeriodSeconds).
const defaultGrace = 30

// moveGrace gives the Pod the time to end that the helper needs: a native sidecar ends behind the app, within the same time.
func (m *merger) moveGrace() error {
	const field = "terminationGracePeriodSeconds"
	wanted, ok := number(m.helper.Spec.Get(field))
	if !ok {
		return nil
	}
	have, given := number(m.app.Spec.Get(field))
	if !given {
		have = defaultGrace
	}
	if wanted <= have {
		return nil
	}
	m.did("the Pods of %s get %d seconds to end instead of %d, as %s has them", m.app, wanted, have, m.helper)
	if n := m.app.Spec.Get(field); n != nil {
		edits, err := setNumber(m.app.Spec, field, wanted)
		return m.change(m.app.Object, edits, err)
	}
	value, err := edit.LayoutAt(m.app.Spec).Render(wanted)
	if err != nil {
		return err
	}
	edits, err := edit.InsertPair(m.app.Spec, nil, field, value)
	return m.change(m.app.Object, edits, err)
}
