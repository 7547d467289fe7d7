package splitsidecar

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// movePeers re-points the peers of a policy that mean the helper's Pods: the app's now do what the helper did. In policies over the app
// itself such peers mean nothing any more, as both are one Pod.
func (m *merger) movePeers(p policy) error {
	for _, d := range directions {
		for _, rule := range p.rules(d) {
			for _, peer := range rule.Get(d.peers).Seq() {
				if err := m.movePeer(p, d, rule, peer); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (m *merger) movePeer(p policy, d direction, rule, peer *manifest.Node) error {
	choice := peer.Get("podSelector")
	selector := pod.SelectorOf(choice)
	if choice == nil || selector.All() || !selector.Matches(m.helper.Labels) || selector.Matches(m.app.Labels) {
		return nil
	}
	if p.selector.Matches(m.app.Labels) || p.selector.Matches(m.helper.Labels) {
		return nil // within one Pod no policy asks; see obsolete
	}
	if err := m.labelledAlike(p.object); err != nil {
		return err
	}
	if err := m.numberPorts(p, d, rule); err != nil {
		return err
	}
	if len(m.selected(p.object, selector)) == 0 {
		edits, err := m.repoint(peer, "podSelector", true)
		if err := m.change(p.object, edits, err); err != nil {
			return err
		}
		m.did("%s names the Pods of %s where it named those of %s", title(p.object), m.app, m.helper)
		return nil
	}
	labels, err := m.appLabels()
	if err != nil {
		return err
	}
	fresh := edit.Map{{Key: "podSelector", Value: edit.Map{{Key: "matchLabels", Value: labelMap(labels)}}}}
	block, err := edit.LayoutAt(peer).Render(fresh)
	if err != nil {
		return err
	}
	if where := peer.Get("namespaceSelector"); where != nil {
		return fmt.Errorf("%s names the Pods of %s among others, by namespace; add those of %s first", title(p.object), m.helper, m.app)
	}
	edits, err := edit.AppendItem(rule.Get(d.peers), block)
	m.did("%s names the Pods of %s too, as it names those of %s among others", title(p.object), m.app, m.helper)
	return m.change(p.object, edits, err)
}

// numberPorts makes an egress rule to the helper's Pods name ports by number; see narrow.
func (m *merger) numberPorts(p policy, d direction, rule *manifest.Node) error {
	if d != egress {
		return nil
	}
	for _, port := range rule.Get("ports").Seq() {
		text := port.Get("port").Text()
		if number := m.portNumber(text); number != 0 && fmt.Sprint(number) != text {
			edits, err := setNumber(port, "port", number)
			if err := m.change(p.object, edits, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// obsolete says whether a rule of a policy over the app lets through nothing but what goes between the app and the helper.
func (m *merger) obsolete(d direction, rule *manifest.Node) bool {
	peers := rule.Get(d.peers).Seq()
	return len(peers) > 0 && !slices.ContainsFunc(peers, func(peer *manifest.Node) bool {
		selector := pod.SelectorOf(peer.Get("podSelector"))
		return peer.Get("podSelector") == nil || peer.Get("namespaceSelector") != nil || selector.All() || !selector.Matches(m.helper.Labels) || selector.Matches(m.app.Labels)
	})
}

// admit makes the policies of an app leave its sidecar what the helper had: where the app's Pods are isolated and the helper's were
// not, the helper's ports must stay open, and what it calls must be the app.
func (m *merger) admit(policies []policy) error {
	if by := isolating(policies, m.app.Labels, egress); by >= 0 && !isolated(policies, m.helper.Labels, egress) && !m.callsOnlyApp() {
		return fmt.Errorf("%s limits whom the Pods of %s may call, and nothing limits that for %s; allow first what %s needs", title(policies[by].object), m.app, m.helper, m.main.Name)
	}
	by := isolating(policies, m.app.Labels, ingress)
	if by < 0 || isolated(policies, m.helper.Labels, ingress) || !m.listens() {
		return m.dropObsolete(policies, nil)
	}
	at := slices.IndexFunc(policies, func(p policy) bool {
		return p.selector.Matches(m.app.Labels) && p.isolates(ingress) && len(m.selected(p.object, p.selector)) == 0
	})
	if at < 0 {
		return fmt.Errorf("%s limits who may call the Pods of %s, and nothing limits that for %s; allow first what %s serves", title(policies[by].object), m.app, m.helper, m.main.Name)
	}
	return m.dropObsolete(policies, &policies[at])
}

// callsOnlyApp says whether all that the helper calls is the app: an exporter of its metrics.
func (m *merger) callsOnlyApp() bool {
	return m.role.Kind == pod.MetricsExporter && m.relation == upstream
}

// dropObsolete removes the rules of the app's policies that let through nothing any more, and adds one for the helper's ports to the
// policy that opens.
func (m *merger) dropObsolete(policies []policy, opens *policy) error {
	for _, p := range policies {
		if !p.selector.Matches(m.app.Labels) || p.selector.Matches(m.helper.Labels) {
			continue
		}
		for _, d := range directions {
			if err := m.rewriteRules(p, d, opens != nil && opens.object == p.object && d == ingress); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *merger) rewriteRules(p policy, d direction, opens bool) error {
	spec, rules := p.object.Node.Get("spec"), p.rules(d)
	var gone []*manifest.Node
	for _, rule := range rules {
		if m.obsolete(d, rule) {
			gone = append(gone, rule)
		}
	}
	if len(gone) == len(rules) && !opens && d == egress && spec.Get("policyTypes").IsNull() {
		gone = nil // without rules the policy would no longer isolate
	}
	var edits []edit.Edit
	if len(gone) > 0 {
		removed, err := edit.RemoveItems(edit.KeepEmpty, gone...)
		if err != nil {
			return err
		}
		edits = removed
		m.did("%s no longer names the Pods of %s: what goes between it and %s stays within one Pod", title(p.object), m.helper, m.app)
	}
	if !opens {
		return m.change(p.object, edits, nil)
	}
	rule, err := m.portList(spec)
	if err != nil {
		return err
	}
	m.did("%s lets in what %s serves, as nothing kept it out before", title(p.object), m.main.Name)
	m.changes = append(m.changes, fmt.Sprintf("%s opens port %d of %s to all, as it was open before.", title(p.object), m.listening()[0].Number, m.main.Name))
	if len(gone) > 0 && len(gone) == len(rules) {
		entry, err := edit.LayoutAt(spec).Render(edit.Map{{Key: d.rules, Value: []edit.Block{rule}}})
		if err != nil {
			return err
		}
		edits, err = edit.ReplacePair(spec, d.rules, entry)
		return m.change(p.object, edits, err)
	}
	var added []edit.Edit
	if list := spec.Get(d.rules); list != nil {
		added, err = edit.AppendItem(list, rule)
	} else {
		var value edit.Block
		if value, err = edit.LayoutAt(spec).Render([]edit.Block{rule}); err == nil {
			added, err = edit.InsertPair(spec, []string{"policyTypes", "podSelector"}, d.rules, value)
		}
	}
	return m.change(p.object, edit.Join(edits, added), err)
}
