package roots

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// chart is a folder with a Chart.yaml.
type chart struct {
	dir      string
	file     *manifest.File
	root     *manifest.Node
	name     string
	library  bool
	folders  []string        // of dependencies by file://
	vendored map[string]bool // names of the charts in its charts folder
	faults   []fault
	state    buildState
}

// readCharts reads all charts of the repository.
func (f *finder) readCharts() {
	for _, p := range f.tree.paths {
		if path.Base(p) != "Chart.yaml" {
			continue
		}
		file := f.tree.file(p)
		root := rootOf(file)
		if name := root.Get("name").Text(); name != "" {
			f.charts[folderOf(p)] = &chart{dir: folderOf(p), file: file, root: root, name: name, library: root.Get("type").Text() == "library"}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(f.charts)) {
		f.readDependencies(f.charts[dir])
	}
}

// readDependencies looks where the dependencies of a chart are.
func (f *finder) readDependencies(c *chart) {
	lists := []*manifest.Node{c.root.Get("dependencies")}
	if older := f.tree.root(path.Join(c.dir, "requirements.yaml")); older != nil {
		lists = append(lists, older.Get("dependencies"))
	}
	for _, list := range lists {
		for _, n := range list.Seq() {
			if c.vendored == nil {
				c.vendored = f.vendored(c.dir)
			}
			f.readDependency(c, n)
		}
	}
}

func (f *finder) readDependency(c *chart, n *manifest.Node) {
	name, repository := n.Get("name").Text(), n.Get("repository").Text()
	if name == "" || c.vendored[name] {
		return
	}
	local, isLocal := strings.CutPrefix(repository, "file://")
	dir, inside := within(c.dir, local)
	switch {
	case isLocal && !inside:
		c.faults = append(c.faults, fault{n.Get("repository"), fmt.Sprintf("%s leads out of the repository", repository)})
	case isLocal && f.charts[dir] == nil:
		c.faults = append(c.faults, fault{n.Get("repository"), fmt.Sprintf("%s holds no chart", repository)})
	case isLocal:
		c.folders = append(c.folders, dir)
	default:
		from := ""
		if repository != "" {
			from = " from " + shownRepository(repository)
		}
		c.faults = append(c.faults, fault{n.Get("name"), fmt.Sprintf("chart %s%s, which chart %s depends on, is not in its charts folder", name, from, c.name)})
	}
}

// shownRepository is the address of a chart repository as it can be told. An alias of one stays as it is.
func shownRepository(repository string) string {
	if strings.HasPrefix(repository, "@") || strings.HasPrefix(repository, "alias:") {
		return repository
	}
	return shown(repository)
}

// vendored returns the names of the charts that the charts folder of a chart has, as folders and as archives. The version behind the
// name of an archive can hold dashes, and so can the name: all that the name may be are in the set.
func (f *finder) vendored(dir string) map[string]bool {
	names := map[string]bool{}
	folder := path.Join(dir, "charts")
	for _, p := range f.tree.below(folder) {
		sub, base := path.Split(strings.TrimPrefix(p, folder+"/"))
		switch {
		case sub == "" && strings.HasSuffix(base, ".tgz"):
			for i, c := range base {
				if c == '-' {
					names[base[:i]] = true
				}
			}
		case base == "Chart.yaml" && strings.Count(sub, "/") == 1:
			if chart := f.charts[folderOf(p)]; chart != nil {
				names[chart.name] = true
			}
		}
	}
	return names
}

// subchart says whether a folder lies below the charts folder of another chart.
func (f *finder) subchart(dir string) bool {
	for up := dir; up != ""; up = folderOf(up) {
		if path.Base(up) == "charts" && f.charts[folderOf(up)] != nil {
			return true
		}
	}
	return false
}

// whole says whether a chart has all its dependencies.
func (f *finder) whole(c *chart) bool {
	if c.state == unknown {
		c.state = visiting // charts that depend on each other are Helm's to refuse
		good := len(c.faults) == 0
		for _, dir := range c.folders {
			good = f.whole(f.charts[dir]) && good
		}
		if c.state = broken; good {
			c.state = sound
		}
	}
	return c.state != broken
}

// chartReads is what the rendering of a chart reads: its folder and those of its dependencies.
func (f *finder) chartReads(c *chart) *inputs {
	reads := newInputs()
	for next := []*chart{c}; len(next) > 0; next = next[1:] {
		if at := next[0]; !reads.folders[at.dir] && !f.spent() {
			f.taken++
			reads.folders[at.dir] = true
			for _, dir := range at.folders {
				next = append(next, f.charts[dir])
			}
		}
	}
	return reads
}

// findCharts makes roots of the charts that nothing else renders, with their own values.
func (f *finder) findCharts() {
	dependedOn := map[string]bool{}
	dirs := slices.Sorted(maps.Keys(f.charts))
	for _, dir := range dirs {
		if c := f.charts[dir]; f.whole(c) {
			for _, dir := range c.folders {
				dependedOn[dir] = true
			}
		}
	}
	for _, dir := range dirs {
		c := f.charts[dir]
		if f.subchart(dir) {
			continue
		}
		f.tellFaults(c.file, c.faults)
		if !f.whole(c) || c.library || dependedOn[dir] || f.usedCharts[dir] {
			continue
		}
		f.add(Root{
			Name: "chart " + called(dir), File: c.file.Path, Place: analysis.At(c.root.Get("name")),
			Helm:   &wire.Helm{Chart: dir, Release: c.name, Namespace: namespaceOf("", c.name)},
			Values: []Values{f.ownValues(c)}, Namespace: namespaceOf("", c.name), reads: f.chartReads(c),
		})
	}
}

// namespaceOf is the namespace that a chart is rendered for. Where nobody says which, it is one of the release's own: what else runs
// there is not known, and two charts must not seem to share one.
func namespaceOf(namespace, release string) string {
	if namespace == "" {
		return release
	}
	return namespace
}

// ownValues are the values in a chart's own values.yaml.
func (f *finder) ownValues(c *chart) Values {
	return Values{Node: f.tree.root(path.Join(c.dir, "values.yaml"))}
}
