package splitsidecar

import (
	"fmt"
	"path"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// removeHelper removes the objects that go: the helper, what scales, guards or names it alone. Files go with the last thing in them,
// and with a file its kustomization entries; patches and replica counts go with what they are about.
func (m *merger) removeHelper() error {
	m.remove(m.helper.Object, "%s is removed", m.helper)
	var gone []*manifest.Object
	for _, o := range m.removed {
		if chart := chartOf(o); chart != "" {
			return fmt.Errorf("%s is rendered from %s; change its values instead", title(o), chart)
		}
		patches, err := m.dropPatches(o)
		if err != nil {
			return err
		}
		gone = append(gone, patches...)
	}
	m.dropCounts()
	if err := m.dropHealthChecks(); err != nil {
		return err
	}
	edits, err := edit.RemoveObjects(append(gone, m.removed...)...)
	if err != nil {
		return err
	}
	for _, e := range edits {
		if f := m.state.File(e.Path); e.Start > 0 || e.End < len(f.Data) {
			continue
		}
		m.did("file %s is removed, as nothing else is in it", e.Path)
		m.unlist(e.Path)
	}
	m.edits = append(m.edits, edits...)
	return m.rewriteKustomizations()
}

// dropPatches drops the patches of an object that goes, and returns what goes of their files. A patch of the helper's Pods is not the
// merge's to decide.
func (m *merger) dropPatches(o *manifest.Object) ([]*manifest.Object, error) {
	var gone []*manifest.Object
	for _, p := range m.state.PatchesOf(o) {
		if o == m.helper.Object && !givenUp(p) && (p.Only || p.Named || m.buildsNot(p.By)) {
			return nil, fmt.Errorf("%s patches %s (%s); move what the patch does first", p.By.File.Path, m.helper, p.List)
		}
		switch {
		case !p.Only && !p.Named:
			continue // holds for others as well
		case p.Only && !slices.Contains(m.dropped, p.Item):
			m.dropped = append(m.dropped, p.Item)
			m.did("the patch of %s in %s is removed", title(o), p.By.File.Path)
		}
		if p.File == nil || m.usedBesides(p) {
			continue
		}
		if p.Only {
			gone = append(gone, p.File.Objects...)
		} else {
			gone = append(gone, p.Object)
		}
	}
	return gone, nil
}

// buildsNot says whether a kustomization does not build the app.
func (m *merger) buildsNot(k analysis.Kustomization) bool {
	return slices.ContainsFunc(m.apart(m.helper.Object, m.app.Object), func(o analysis.Kustomization) bool { return o.File == k.File })
}

// usedBesides says whether another entry than those that go names the file of a patch.
func (m *merger) usedBesides(p analysis.ObjectPatch) bool {
	for _, k := range m.state.Kustomizations() {
		for _, list := range analysis.PatchLists {
			for _, item := range k.Root.Get(list).Seq() {
				if item == p.Item || slices.Contains(m.dropped, item) {
					continue
				}
				for _, name := range []string{item.Text(), item.Get("path").Text()} {
					if name != "" && m.state.File(path.Join(k.Dir, name)) == p.File {
						return p.Only
					}
				}
			}
		}
	}
	return false
}

// dropCounts drops the replica counts of kustomizations that name the helper: without a workload of that name the build fails.
func (m *merger) dropCounts() {
	for _, k := range m.state.Builders(m.helper.Object.File.Path) {
		for _, entry := range k.Root.Get("replicas").Seq() {
			if entry.Get("name").Text() == m.helper.Name() && !m.otherOfName(k) {
				m.dropped = append(m.dropped, entry)
				m.did("the replica count of %s in %s is removed", m.helper.Name(), k.File.Path)
			}
		}
	}
}

// dropHealthChecks takes the helper out of what Flux waits for: without a workload of that name it would wait in vain.
func (m *merger) dropHealthChecks() error {
	for _, o := range m.state.Objects {
		if o.Kind != "Kustomization" || pod.Group(o.APIVersion) != "kustomize.toolkit.fluxcd.io" {
			continue
		}
		var gone []*manifest.Node
		for _, check := range o.Node.Get("spec", "healthChecks").Seq() {
			in, ns := check.Get("namespace").Text(), m.state.Namespace(m.helper.Object)
			if check.Get("kind").Text() == m.helper.Kind() && check.Get("name").Text() == m.helper.Name() && (in == ns || in == "" || ns == "") {
				gone = append(gone, check)
			}
		}
		if len(gone) == 0 {
			continue
		}
		edits, err := edit.RemoveItems(edit.RemoveKey, gone...)
		if err := m.change(o, edits, err); err != nil {
			return err
		}
		m.did("the health check of %s in %s is removed", m.helper, title(o))
	}
	return nil
}

// otherOfName says whether a kustomization builds another workload of the helper's name.
func (m *merger) otherOfName(k analysis.Kustomization) bool {
	return slices.ContainsFunc(m.state.Workloads, func(w *pod.Workload) bool {
		return w != m.helper && !w.Partial && w.Name() == m.helper.Name() &&
			slices.ContainsFunc(m.state.Builders(w.Object.File.Path), func(o analysis.Kustomization) bool { return o.File == k.File })
	})
}

// unlist drops the entries of kustomizations that take in a file or folder which goes.
func (m *merger) unlist(p string) {
	for _, k := range m.state.Kustomizations() {
		if entry := k.Entry(p); entry != nil && !slices.Contains(m.dropped, entry) {
			m.dropped = append(m.dropped, entry)
			m.did("the entry %s in %s is removed", entry.Text(), k.File.Path)
		}
	}
}

// rewriteKustomizations takes the dropped items out. A kustomization in which nothing is left goes as a whole, and with it its entry in
// others: kustomize refuses to build an empty one.
func (m *merger) rewriteKustomizations() error {
	empty := map[*manifest.File]bool{}
	for again := true; again; {
		again = false
		for _, k := range m.state.Kustomizations() {
			if empty[k.File] || !m.emptied(k) {
				continue
			}
			empty[k.File], again = true, true
			before := len(m.dropped)
			m.unlist(k.Dir)
			if len(m.dropped) == before {
				return fmt.Errorf("nothing would be left in %s; take it out of what deploys it first", k.File.Path)
			}
			edits, err := edit.RemoveDocuments(k.File.Documents...)
			if err != nil {
				return err
			}
			m.edits = append(m.edits, edits...)
			m.did("file %s is removed, as nothing else is in it", k.File.Path)
		}
	}
	lists := map[*manifest.Node][]*manifest.Node{}
	var order []*manifest.Node
	for _, item := range m.dropped {
		if !empty[item.File] {
			if lists[item.Parent] == nil {
				order = append(order, item.Parent)
			}
			lists[item.Parent] = append(lists[item.Parent], item)
		}
	}
	for _, list := range order {
		edits, err := edit.RemoveItems(edit.RemoveKey, lists[list]...)
		if err != nil {
			return err
		}
		m.edits = append(m.edits, edits...)
	}
	return nil
}

// emptied says whether the merge takes away all that a kustomization builds.
func (m *merger) emptied(k analysis.Kustomization) bool {
	dropped := false
	for _, field := range []string{"resources", "bases", "components", "configMapGenerator", "secretGenerator", "generators", "helmCharts", "helmChartInflationGenerator", "crds"} {
		for _, item := range k.Root.Get(field).Seq() {
			if !slices.Contains(m.dropped, item) {
				return false
			}
			dropped = true
		}
	}
	return dropped
}
