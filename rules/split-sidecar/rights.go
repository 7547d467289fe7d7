package splitsidecar

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

// serviceAccount compares the rights of both: a Pod has one account. One that demonstrably has no rights is not missed.
func (m *merger) serviceAccount() []string {
	h, a := account(m.helper), account(m.app)
	switch {
	case h != "" && h != a && !m.powerless(h):
		if a == "" {
			a = "default"
		}
		return []string{fmt.Sprintf("%s runs with the rights of service account %s, %s with those of %s; a Pod has one.", m.helper, h, m.app, a)}
	case h != "" && h == a && withoutToken(m.app) && !withoutToken(m.helper):
		return []string{fmt.Sprintf("%s uses the token of service account %s, and %s mounts none (automountServiceAccountToken: false).", m.helper, h, m.app)}
	}
	return nil
}

// account is the service account of a workload's Pods, "" for the default one.
func account(w *pod.Workload) string {
	for _, field := range []string{"serviceAccountName", "serviceAccount"} {
		if name := w.Spec.Get(field).Text(); name != "" && name != "default" {
			return name
		}
	}
	return ""
}

func withoutToken(w *pod.Workload) bool {
	return w.Spec.Get("automountServiceAccountToken").Text() == "false"
}

// powerless says whether a service account stands in this repository, and nothing there gives it rights: no binding, no identity of a
// cloud in its annotations or labels, no secrets of its own.
func (m *merger) powerless(account string) bool {
	known := false
	for _, o := range m.state.Objects {
		switch o.Kind {
		case "ServiceAccount":
			if o.Name != account || m.state.Near(o, m.helper.Object) != analysis.Together {
				continue
			}
			known = true
			meta := o.Node.Get("metadata")
			if len(meta.Get("annotations").Keys()) > 0 || strings.Contains(strings.Join(meta.Get("labels").Keys(), " "), "identity") || !o.Node.Get("secrets").IsNull() || !o.Node.Get("imagePullSecrets").IsNull() {
				return false
			}
		case "RoleBinding", "ClusterRoleBinding":
			for _, subject := range o.Node.Get("subjects").Seq() {
				if subject.Get("kind").Text() == "Group" && strings.HasPrefix(subject.Get("name").Text(), "system:serviceaccounts") || subject.Get("name").Text() == account || strings.HasSuffix(subject.Get("name").Text(), ":"+account) {
					return false
				}
			}
		}
	}
	return known
}

// leaveAccount says that the helper's service account stays behind.
func (m *merger) leaveAccount() error {
	if h := account(m.helper); h != "" && h != account(m.app) {
		m.did("service account %s stays behind: nothing in this repository gives it rights", h)
	}
	return nil
}
