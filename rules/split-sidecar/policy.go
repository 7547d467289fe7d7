package splitsidecar

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// direction is one of the two that a NetworkPolicy rules over, and where its rules and their peers stand.
type direction struct{ policyType, rules, peers string }

var (
	ingress    = direction{"Ingress", "ingress", "from"}
	egress     = direction{"Egress", "egress", "to"}
	directions = []direction{ingress, egress}
)

// policy is a NetworkPolicy in the namespace of the helper.
type policy struct {
	object   *manifest.Object
	selector pod.LabelSelector
}

func (m *merger) networkPolicies() []policy {
	var out []policy
	for _, o := range m.state.Objects {
		if o.Kind == "NetworkPolicy" && pod.Group(o.APIVersion) == "networking.k8s.io" && m.state.Near(o, m.helper.Object) == analysis.Together {
			out = append(out, policy{o, pod.SelectorOf(o.Node.Get("spec", "podSelector"))})
		}
	}
	return out
}

// isolates says whether a policy isolates the Pods that it selects in a direction. Without policyTypes it does so for what comes in, and
// for what goes out when it has rules for that (networking.k8s.io/v1).
func (p policy) isolates(d direction) bool {
	types := p.object.Node.Get("spec", "policyTypes").Strings()
	if len(types) > 0 {
		return slices.Contains(types, d.policyType)
	}
	return d == ingress || len(p.rules(d)) > 0
}

func (p policy) rules(d direction) []*manifest.Node { return p.object.Node.Get("spec", d.rules).Seq() }

func isolated(policies []policy, labels map[string]string, d direction) bool {
	return isolating(policies, labels, d) >= 0
}

// isolating is the index of the first policy that isolates Pods of these labels in a direction, -1 when none does.
func isolating(policies []policy, labels map[string]string, d direction) int {
	return slices.IndexFunc(policies, func(p policy) bool { return p.selector.Matches(labels) && p.isolates(d) })
}

// movePolicies makes the network policies right for the merged Pod: the helper's own, those of its peers, and those of the app, which
// now hold for the helper too.
func (m *merger) movePolicies() error {
	policies := m.networkPolicies()
	for _, p := range policies {
		if p.selector.Matches(m.helper.Labels) && !p.selector.Matches(m.app.Labels) {
			if err := m.moveOwnPolicy(p, policies); err != nil {
				return err
			}
		}
	}
	for _, p := range policies {
		if slices.Contains(m.removed, p.object) {
			continue
		}
		if err := m.movePeers(p); err != nil {
			return err
		}
	}
	return m.admit(policies)
}

// moveOwnPolicy takes a policy of the helper to the app's Pods, where these are isolated in the same directions already, so that its
// rules only add to what they may. Where the app is not isolated at all, isolating it would cut off the app: the policy goes when all
// that it does is to allow.
func (m *merger) moveOwnPolicy(p policy, policies []policy) error {
	if others := m.selected(p.object, p.selector); len(others) > 0 {
		return fmt.Errorf("%s selects the Pods of %s and of %s; split it first", title(p.object), m.helper, others[0])
	}
	have, open := 0, ""
	for _, d := range directions {
		switch {
		case !p.isolates(d):
		case isolated(policies, m.app.Labels, d):
			have += min(len(p.rules(d)), 1)
		case len(p.rules(d)) == 0 && (d == egress || m.listens()):
			return fmt.Errorf("%s denies %s to %s, and nothing denies it to %s; decide first what it should mean for the Pods of both", title(p.object), d.rules, m.helper, m.app)
		default:
			open = d.rules
		}
	}
	switch {
	case have > 0 && open != "":
		return fmt.Errorf("%s limits the %s of %s, and nothing limits that of %s; decide first what it should mean for the Pods of both", title(p.object), open, m.helper, m.app)
	case have == 0:
		m.remove(p.object, "%s is removed: no policy isolates %s in its directions, and this one would cut it off", title(p.object), m.app)
		m.changes = append(m.changes, fmt.Sprintf("%s goes: it limited %s, and nothing limits the Pods of %s that way.", title(p.object), m.main.Name, m.app))
		return nil
	}
	return m.repointPolicy(p)
}

// listens says whether the helper is known to take requests.
func (m *merger) listens() bool { return len(m.listening()) > 0 }

// listening are the ports on which the helper's containers take requests.
func (m *merger) listening() []pod.Port {
	var out []pod.Port
	for _, c := range m.helper.Running() {
		for _, p := range c.Ports {
			if p.Number != 0 {
				out = append(out, p)
			}
		}
	}
	return out
}

// repointPolicy makes a policy of the helper select the app's Pods. What it lets in is held to the helper's ports.
func (m *merger) repointPolicy(p policy) error {
	if err := m.labelledAlike(p.object); err != nil {
		return err
	}
	for _, rule := range p.rules(ingress) {
		if err := m.narrow(p, rule); err != nil {
			return err
		}
	}
	for _, rule := range p.rules(egress) {
		if p.isolates(egress) && rule.Get("to").IsNull() && rule.Get("ports").IsNull() {
			return fmt.Errorf("%s lets %s call everything, and %s may not; decide first what the Pods of both may call", title(p.object), m.helper, m.app)
		}
	}
	edits, err := m.repoint(p.object.Node.Get("spec"), "podSelector", true)
	if err := m.change(p.object, edits, err); err != nil {
		return err
	}
	m.did("%s selects the Pods of %s, and adds to what other policies allow these", title(p.object), m.app)
	return nil
}

// narrow holds an ingress rule of the helper to the helper's ports, by number: not every network plugin finds named ports of native
// sidecars.
func (m *merger) narrow(p policy, rule *manifest.Node) error {
	ports := rule.Get("ports")
	if !ports.IsNull() {
		for _, port := range ports.Seq() {
			number := m.portNumber(port.Get("port").Text())
			switch {
			case number == 0:
				return fmt.Errorf("%s lets in a port that no container of %s declares; declare it first", title(p.object), m.helper)
			case fmt.Sprint(number) == port.Get("port").Text():
				continue
			}
			edits, err := setNumber(port, "port", number)
			if err := m.change(p.object, edits, err); err != nil {
				return err
			}
		}
		return nil
	}
	list, err := m.portList(rule)
	if err != nil {
		return err
	}
	edits, err := edit.InsertPairs(rule, nil, list)
	m.did("%s lets in the ports of %s alone", title(p.object), m.main.Name)
	return m.change(p.object, edits, err)
}

// portList renders the helper's ports as those of a rule.
func (m *merger) portList(at *manifest.Node) (edit.Block, error) {
	var ports []edit.Map
	for _, p := range m.listening() {
		entry := edit.Map{{Key: "port", Value: p.Number}}
		if p.Protocol != "TCP" {
			entry = append(entry, edit.Field{Key: "protocol", Value: p.Protocol})
		}
		ports = append(ports, entry)
	}
	if len(ports) == 0 {
		return "", fmt.Errorf("no container of %s declares a port, so that a policy over the Pods of %s can't be held to its ports; declare them first", m.helper, m.app)
	}
	return edit.LayoutAt(at).Render(edit.Map{{Key: "ports", Value: ports}})
}
