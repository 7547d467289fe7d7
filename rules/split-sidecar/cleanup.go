package splitsidecar

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

// moveServices keeps the helper's Services reachable: each is re-pointed to the app's Pods, so that callers that this
// repository does not show go on working. Where the app was the one client, none is left, and the Service goes.
func (m *merger) moveServices() error {
	for _, svc := range m.state.Services {
		if !svc.Selects(m.helper) || m.state.Near(svc.Object, m.helper.Object) == analysis.Apart {
			continue
		}
		if svc.Selects(m.app) {
			continue // selects the Pods of both, as before
		}
		if m.relation == client {
			m.removed = append(m.removed, svc.Object)
			m.did("Service/%s is removed: %s was its one client", svc.Object.Name, m.app)
			continue
		}
		edits, err := m.repoint(svc)
		if err != nil {
			return err
		}
		m.edits = append(m.edits, edits...)
		m.did("Service/%s selects the Pods of %s", svc.Object.Name, m.app)
	}
	return nil
}

// repoint makes a Service select the app's Pods.
func (m *merger) repoint(svc *pod.Service) ([]edit.Edit, error) {
	selector, want := svc.Object.Node.Get("spec", "selector"), m.app.Selector()
	if !slices.Equal(slices.Sorted(maps.Keys(want)), selector.Keys()) {
		var labels edit.Map
		for _, key := range slices.Sorted(maps.Keys(want)) {
			labels = append(labels, edit.Field{Key: key, Value: want[key]})
		}
		entry, err := edit.LayoutAt(selector).Render(edit.Map{{Key: "selector", Value: labels}})
		if err != nil {
			return nil, err
		}
		return edit.ReplacePair(svc.Object.Node.Get("spec"), "selector", entry)
	}
	var edits []edit.Edit
	for _, key := range selector.Keys() {
		if n := selector.Get(key); n.Text() != want[key] {
			e, err := edit.ReplaceScalar(n, want[key])
			if err != nil {
				return nil, err
			}
			edits = append(edits, e)
		}
	}
	return edits, nil
}

// removeHelper removes the objects that go: the helper's, with the Services that only the app called. Files go with the last
// thing in them, and with a file its kustomization entries.
func (m *merger) removeHelper() error {
	m.removed = append(m.removed, m.helper.Object)
	m.did("%s is removed", m.helper)
	edits, err := edit.RemoveObjects(m.removed...)
	if err != nil {
		return err
	}
	m.edits = append(m.edits, edits...)
	for _, e := range edits {
		if f := m.state.File(e.Path); e.Start > 0 || e.End < len(f.Data) {
			continue
		}
		m.did("file %s is removed, as nothing else is in it", e.Path)
		if err := m.removeEntries(e.Path); err != nil {
			return err
		}
	}
	return nil
}

// removeEntries removes a file from the kustomizations that list it.
func (m *merger) removeEntries(p string) error {
	for _, k := range m.state.Kustomizations() {
		if entry := k.Entry(p); entry != nil {
			edits, err := edit.RemoveItem(entry, edit.RemoveKey)
			if err != nil {
				return err
			}
			m.edits = append(m.edits, edits...)
			m.did("its entry in %s is removed", k.File.Path)
		}
		if patched := patches(k, p, m.helper); patched != "" {
			return fmt.Errorf("%s patches %s (%s); move what the patch does first", k.File.Path, m.helper, patched)
		}
	}
	return nil
}

// patches returns how a kustomization patches the helper; "" when it doesn't.
func patches(k analysis.Kustomization, file string, helper *pod.Workload) string {
	for _, list := range []string{"patches", "patchesStrategicMerge", "patchesJson6902"} {
		for _, item := range k.Root.Get(list).Seq() {
			target := item.Get("target")
			if target.Get("name").Text() == helper.Name() && (target.Get("kind").IsNull() || target.Get("kind").Text() == helper.Kind()) {
				return list
			}
			for _, p := range []string{item.Text(), item.Get("path").Text()} {
				if p != "" && !strings.Contains(p, "\n") && path.Join(k.Dir, p) == file {
					return list
				}
			}
		}
	}
	return ""
}

// summary says in at most five lines what the app gains and loses, with the numbers of this case.
func (m *merger) summary() []string {
	names := make([]string, 0, 1)
	for _, c := range m.helper.In(pod.Containers) {
		names = append(names, c.Name)
	}
	helper, _ := m.helper.Replicas()
	app, _ := m.app.Replicas()
	lines := []string{fmt.Sprintf("%s runs in %s of %s instead of in %s of its own, and starts, stops and is scheduled with it.",
		strings.Join(names, ", "), podsText(app, "the Pod", "each of the %d Pods"), m.app, podsText(helper, "a Pod", "%d Pods"))}
	if len(m.toApp)+len(m.toHelper) > 0 {
		lines = append(lines, "They talk over localhost: no network hop, and nothing in between to resolve or to fail.")
	}
	if len(m.requested) > 0 {
		lines = append(lines, fmt.Sprintf("Each Pod of %s requests %s more.", m.app, strings.Join(m.requested, ", ")))
	}
	lines = append(lines, m.changes...)
	if !m.native {
		lines = append(lines, fmt.Sprintf("Below Kubernetes 1.%d it is a plain container: it starts and stops in no certain order.", nativeSince))
	}
	return lines[:min(len(lines), 5)]
}

func podsText(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}
