package splitsidecar

import (
	"fmt"
)

// obstacles returns what hinders the move, as sentences; each check is one reason why pressing the button could break something.
func (m *merger) obstacles() []string {
	var out []string
	for _, check := range []func() []string{
		m.otherNamespace, m.rendered, m.otherOwners, m.variants, m.replicas, m.portClash, m.placement, m.serviceAccount, m.podSettings, m.injected, m.autoscaling,
		m.otherPolicies, m.scraping, m.claimTemplates, m.builtApart, m.patchedLists, m.startOrder, m.tlsUpstream,
	} {
		out = append(out, check()...)
	}
	return out
}

func (m *merger) claimTemplates() []string {
	if m.helper.Object.Node.Get("spec", "volumeClaimTemplates").IsNull() {
		return nil
	}
	return []string{fmt.Sprintf("%s has volume claim templates of its own, which the Pods of %s can't take over.", m.helper, m.app)}
}

func (m *merger) tlsUpstream() []string {
	var out []string
	for _, l := range append(m.pair.toApp[:len(m.pair.toApp):len(m.pair.toApp)], m.pair.toHelper...) {
		if l.ref.Scheme == "https" {
			out = append(out, fmt.Sprintf("%s calls %s over TLS, and a certificate for that name is not one for localhost.", capital(l.ref.From), l.ref.Host))
		}
	}
	return out
}
