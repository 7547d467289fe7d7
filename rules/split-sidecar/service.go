package splitsidecar

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// namedPortsSince is the minor of the Kubernetes version from which a Service finds the named port of a native sidecar
// (kubernetes/kubernetes#128850).
const namedPortsSince = 33

// moveServices keeps the helper's Services reachable: each is re-pointed to the app's Pods, so that callers that this
// repository does not show go on working. Where the app was the one client, none is left, and the Service goes.
func (m *merger) moveServices() error {
	for _, svc := range m.state.Services {
		if !svc.Selects(m.helper) || m.state.Near(svc.Object, m.helper.Object) == analysis.Apart {
			continue
		}
		if svc.Selects(m.app) {
			if err := m.targets(svc); err != nil {
				return err
			}
			continue // selects the Pods of both, as before
		}
		if m.relation == client && m.onlyForApp(svc) {
			m.remove(svc.Object, "Service/%s is removed: %s was its one client", svc.Object.WrittenName(), m.app)
			for _, p := range svc.Ports {
				m.closed = append(m.closed, fmt.Sprintf("port %d of Service/%s", p.Port, svc.Object.WrittenName()))
			}
			continue
		}
		if err := m.repointService(svc); err != nil {
			return err
		}
	}
	return nil
}

// repointService makes a Service select the app's Pods. Its name, labels and ports stay, and with them what names it.
func (m *merger) repointService(svc *pod.Service) error {
	if err := m.labelledAlike(svc.Object); err != nil {
		return err
	}
	edits, err := m.repoint(svc.Object.Node.Get("spec"), "selector", false)
	if err := m.change(svc.Object, edits, err); err != nil {
		return err
	}
	m.did("Service/%s selects the Pods of %s; its name and ports stay", svc.Object.WrittenName(), m.app)
	return m.targets(svc)
}

// targets makes the ports of a Service lead to the helper's in the merged Pod.
func (m *merger) targets(svc *pod.Service) error {
	for _, p := range svc.Ports {
		if _, err := strconv.Atoi(p.TargetPort); err == nil {
			continue
		}
		own, name := m.portNumber(p.TargetPort), m.ports[p.TargetPort]
		var edits []edit.Edit
		var err error
		switch {
		case own == 0 && hasPort(m.app, p.TargetPort):
			return fmt.Errorf("%s asks for a port named %s, which %s lacks and %s has", title(svc.Object), p.TargetPort, m.helper, m.app)
		case own == 0:
			continue
		case name != "" && svc.Selects(m.app):
			return fmt.Errorf("%s asks for the port %s of both %s and %s; give one of them another name first", title(svc.Object), p.TargetPort, m.helper, m.app)
		case m.native && m.minor < namedPortsSince:
			edits, err = setNumber(p.Node, "targetPort", own)
			m.did("port %d of Service/%s names %s by its number: before Kubernetes 1.%d a Service does not find named ports of native sidecars", p.Port, svc.Object.WrittenName(), p.TargetPort, namedPortsSince)
		default:
			err = m.renamed(p.Node.Get("targetPort"), func(e edit.Edit) { edits = append(edits, e) })
		}
		if err := m.change(svc.Object, edits, err); err != nil {
			return err
		}
	}
	return nil
}

// setNumber replaces the value of a key by a number, which as text would be the name of a port.
func setNumber(parent *manifest.Node, key string, value int) ([]edit.Edit, error) {
	entry, err := edit.LayoutAt(parent).Render(edit.Map{{Key: key, Value: value}})
	if err != nil {
		return nil, err
	}
	return edit.ReplacePair(parent.Resolve(), key, entry)
}

// repoint makes the selector under a key choose the app's Pods: of a Service a mapping of labels, elsewhere one with matchLabels.
func (m *merger) repoint(parent *manifest.Node, key string, matchLabels bool) ([]edit.Edit, error) {
	want, err := m.appLabels()
	if err != nil {
		return nil, err
	}
	selector := parent.Get(key)
	labels := selector
	if matchLabels {
		labels = selector.Get("matchLabels")
	}
	if !slices.Equal(keysOf(want), labels.Keys()) || matchLabels && len(selector.Keys()) != 1 {
		value := labelMap(want)
		if matchLabels {
			value = edit.Map{{Key: "matchLabels", Value: value}}
		}
		entry, err := edit.LayoutAt(parent).Render(edit.Map{{Key: key, Value: value}})
		if err != nil {
			return nil, err
		}
		return edit.ReplacePair(parent, key, entry)
	}
	var edits []edit.Edit
	for _, label := range labels.Keys() {
		if n := labels.Get(label); n.Text() != want[label] {
			e, err := edit.ReplaceScalar(n, want[label])
			if err != nil {
				return nil, err
			}
			edits = append(edits, e)
		}
	}
	return edits, nil
}

func keysOf(labels map[string]string) []string {
	var out []string
	for k := range labels {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func labelMap(labels map[string]string) edit.Map {
	var out edit.Map
	for _, key := range keysOf(labels) {
		out = append(out, edit.Field{Key: key, Value: labels[key]})
	}
	return out
}

// appLabels are the labels by which the app's Pods are told from those of others: those that it selects them by, else all.
func (m *merger) appLabels() (map[string]string, error) {
	for _, labels := range []map[string]string{m.app.Selector(), m.app.Labels} {
		others := slices.ContainsFunc(m.state.Workloads, func(w *pod.Workload) bool {
			return w != m.app && w != m.helper && !w.Partial && m.state.Near(w.Object, m.app.Object) == analysis.Together &&
				pod.LabelSelector{Labels: labels}.Matches(w.Labels)
		})
		if !others && len(labels) > 0 {
			return labels, nil
		}
	}
	return nil, fmt.Errorf("no label tells the Pods of %s from those of others; give them one first", m.app)
}

// onlyForApp says whether nothing but the app's own references leads to a Service: no route, no monitor, no other text of the
// repository names it, and nobody outside of the cluster reaches it.
func (m *merger) onlyForApp(svc *pod.Service) bool {
	if kind := svc.Object.Node.Get("spec", "type").Text(); kind != "" && kind != "ClusterIP" {
		return false
	}
	name := regexp.MustCompile(`(?:^|[^-.\w])` + regexp.QuoteMeta(svc.Object.Name) + `(?:$|[^-\w])`)
	own := map[*manifest.Node]bool{}
	for _, l := range append(m.toApp[:len(m.toApp):len(m.toApp)], m.toHelper...) {
		own[l.ref.Node] = true
	}
	for _, o := range m.state.Objects {
		if o == svc.Object || o == m.helper.Object || m.state.Near(o, svc.Object) == analysis.Apart && !strings.Contains(o.Kind, "Route") {
			continue
		}
		if o.Kind == "ServiceMonitor" && pod.SelectorOf(o.Node.Get("spec", "selector")).Matches(svc.Object.Node.Get("metadata", "labels").StringMap()) {
			return false
		}
		if namesService(o, name, own) {
			return false
		}
	}
	return true
}

// namesService says whether an object's text has a Service's name where it may mean the Service: not in metadata, nor as the name of
// a part of the object's own, and not in one of the references that are known.
func namesService(o *manifest.Object, name *regexp.Regexp, known map[*manifest.Node]bool) bool {
	workload := pod.WorkloadOf(o) != nil
	found := false
	o.Node.Each(func(key string, value *manifest.Node) {
		if key != "metadata" && key != "kind" && key != "apiVersion" {
			eachScalar(value, "", func(key string, n *manifest.Node) {
				if workload && (slices.Contains([]string{"name", "image", "app", "claimName", "secretName", "serviceName"}, key) || strings.Contains(key, "/")) {
					return
				}
				found = found || !known[n] && name.MatchString(n.Text())
			})
		}
	})
	return found
}

// eachScalar calls f for the scalars below a node, with the key that they stand under.
func eachScalar(n *manifest.Node, key string, f func(key string, n *manifest.Node)) {
	if n == nil {
		return
	}
	if n.Kind == manifest.Scalar {
		f(key, n)
	}
	for _, item := range n.Items {
		eachScalar(item, key, f)
	}
	for _, p := range n.Pairs {
		eachScalar(p.Value, p.Key.Value, f)
	}
}
