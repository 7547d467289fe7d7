package roots

import (
	"crypto/sha256"
	"fmt"
	"path"
	"strings"

	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

// libraryChart is the chart whose values are read without it.
const libraryChart = "app-template"

// chartReference is where a HelmRelease has its chart from.
type chartReference struct {
	node       *manifest.Node // spec of a chart: of the release, or of the HelmChart that it names
	ref        *manifest.Node // to a source
	chart      string         // name in a chart repository, or path in this one; "" for a chart that is the source itself
	chartNode  *manifest.Node
	valueFiles []*manifest.Node
	files      []string // of the objects that say so, beside the release
}

// helmRelease makes a root of a HelmRelease whose chart is in this repository, and sets those of a library chart aside.
func (f *finder) helmRelease(o *manifest.Object) {
	spec := o.Node.Get("spec")
	c := f.chartOf(o, spec)
	if c == nil || f.enough(o) {
		return // part of an object
	}
	if f.isLibrary(o, c) {
		f.libraries = append(f.libraries, o)
		return
	}
	dir, inside, elsewhere := f.sourceFolder(o, c.ref, c.chart)
	chart := f.charts[dir]
	switch {
	case elsewhere != "" && c.chart == "":
		f.skip(c.chartNode, o, "chart %s", elsewhere)
	case elsewhere != "":
		f.skip(c.chartNode, o, "chart %s from %s", c.chart, elsewhere)
	case !inside:
		f.skip(c.chartNode, o, "%s leads out of the repository", c.chart)
	case chart == nil:
		f.skip(c.chartNode, o, "%s has no Chart.yaml that can be read", called(dir))
	case chart.library:
		f.skip(c.chartNode, o, "chart %s is a library, which renders nothing by itself", chart.name)
	case !f.whole(chart):
		f.skip(c.chartNode, o, "chart %s lacks a dependency", chart.name)
	default:
		f.release(o, spec, c, chart)
	}
}

// chartOf finds where a release has its chart from, nil when it doesn't say.
func (f *finder) chartOf(o *manifest.Object, spec *manifest.Node) *chartReference {
	if inner := spec.Get("chart", "spec"); !inner.Get("chart").IsNull() {
		return referenceIn(inner)
	}
	ref := spec.Get("chartRef")
	if ref.Get("name").Text() == "" {
		return nil
	}
	if ref.Get("kind").Text() == "HelmChart" {
		for _, chart := range f.lookup(sourceGroup, "HelmChart", ref.Get("name").Text(), referredNamespace(o, ref)) {
			c := referenceIn(chart.Node.Get("spec"))
			c.files = append(c.files, chart.File.Path)
			return c
		}
	}
	return &chartReference{node: spec, ref: ref, chartNode: ref.Get("name")}
}

func referenceIn(n *manifest.Node) *chartReference {
	c := &chartReference{node: n, ref: n.Get("sourceRef"), chart: n.Get("chart").Text(), chartNode: n.Get("chart"), valueFiles: n.Get("valuesFiles").Seq()}
	if one := n.Get("valuesFile"); one.Text() != "" {
		c.valueFiles = append([]*manifest.Node{one}, c.valueFiles...)
	}
	return c
}

// isLibrary says whether a chart is the library chart, by its name or by the address of the source that is the chart.
func (f *finder) isLibrary(o *manifest.Object, c *chartReference) bool {
	if kind := c.ref.Get("kind").Text(); kind == "GitRepository" || kind == "Bucket" {
		return false
	}
	if c.chart != "" {
		return c.chart == libraryChart
	}
	name := c.ref.Get("name").Text()
	found := f.lookup(sourceGroup, c.ref.Get("kind").Text(), name, referredNamespace(o, c.ref))
	for _, source := range found {
		if url := source.Node.Get("spec", "url").Text(); path.Base(strings.TrimRight(url, "/")) == libraryChart {
			return true
		}
	}
	return len(found) == 0 && name == libraryChart
}

// release makes the root.
func (f *finder) release(o *manifest.Object, spec *manifest.Node, c *chartReference, chart *chart) {
	root := Root{Name: labelOf(o), File: o.File.Path, Place: placeOf(o), object: o, depends: newInputs(c.files...)}
	l := &layers{f: f, object: o, root: root, own: f.ownValues(chart)}
	reads := f.chartReads(chart)
	if !f.chartValueFiles(o, c, chart, l, reads) {
		return
	}
	for _, n := range spec.Get("valuesFrom").Seq() {
		if !f.valuesFrom(o, n, l) {
			return
		}
	}
	l.node(spec.Get("values"))
	post := &over{f: f}
	var renderers []*manifest.Node
	for _, n := range spec.Get("postRenderers").Seq() {
		renderers = append(renderers, n.Get("kustomize"))
	}
	fluxPatches(post, renderers...)
	if labels := post.flow(spec.Get("commonMetadata", "labels")); labels != "" {
		post.line("labels", "[{pairs: "+labels+"}]")
	}
	if post.err != nil {
		l.err = post.err
	}
	namespace := spec.Get("targetNamespace").Text()
	if namespace == "" {
		namespace = o.Namespace
	}
	l.finish(&wire.Helm{Chart: chart.dir, Release: releaseName(o, spec), Namespace: namespace, Post: post.bytes()}, reads)
}

// chartValueFiles lets the values files that a release names take the place of the chart's own.
func (f *finder) chartValueFiles(o *manifest.Object, c *chartReference, chart *chart, l *layers, reads *inputs) bool {
	if len(c.valueFiles) == 0 {
		return true
	}
	reads.except = map[string]bool{path.Join(chart.dir, "values.yaml"): true}
	l.own = Values{}
	for _, n := range c.valueFiles {
		p, inside := within("", strings.TrimLeft(n.Text(), "/"))
		switch {
		case !inside:
			f.skip(n, o, "%s leads out of the repository", n.Text())
			return false
		case f.tree.exists(p):
			if !l.file(p, n) {
				return false
			}
		case c.node.Get("ignoreMissingValuesFiles").Text() == "true":
			l.root.depends.add(p)
		default:
			f.skip(n, o, "the values file %s does not exist in the repository", called(p))
			return false
		}
	}
	return true
}

// valuesFrom adds the values of a ConfigMap. Those of a Secret are unknown: without a path, anything could be in it.
func (f *finder) valuesFrom(o *manifest.Object, n *manifest.Node, l *layers) bool {
	kind, name, target := n.Get("kind").Text(), n.Get("name").Text(), n.Get("targetPath").Text()
	optional := n.Get("optional").Text() == "true"
	if kind == "Secret" {
		if target == "" && !optional {
			f.skip(n.Get("name"), o, "the values in Secret/%s are unknown", name)
			return false
		}
		return true
	}
	source := f.configMap(o, name)
	key := n.Get("valuesKey").Text()
	if key == "" {
		key = "values.yaml"
	}
	var value *manifest.Node
	if source != nil {
		value = source.Node.Get("data", key)
	}
	switch {
	case value == nil && optional:
		return true
	case source == nil:
		f.skip(n.Get("name"), o, "ConfigMap/%s, which holds values, is not in the repository", name)
		return false
	case value == nil:
		f.skip(n.Get("name"), o, "ConfigMap/%s has no key %s", name, key)
		return false
	case encrypted(source):
		f.skip(n.Get("name"), o, "the values in ConfigMap/%s are encrypted", name)
		return false
	case strings.ContainsAny(target, "[]"):
		f.skip(n.Get("targetPath"), o, "a value within a list (%s) is not followed", target)
		return false
	}
	l.root.depends.add(source.File.Path)
	if target == "" {
		l.text(value)
	} else {
		l.at(splitKeys(target), value)
	}
	return true
}

// The length of a release's name that Helm allows, and that of the hash that Flux puts behind a cut one.
const (
	maxRelease  = 53
	releaseHash = 12
)

// releaseName is the name that Flux gives a release.
func releaseName(o *manifest.Object, spec *manifest.Node) string {
	name := spec.Get("releaseName").Text()
	if name == "" {
		name = o.Name
		if target := spec.Get("targetNamespace").Text(); target != "" {
			name = target + "-" + name
		}
	}
	if len(name) <= maxRelease {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:maxRelease-releaseHash-1] + "-" + fmt.Sprintf("%x", sum)[:releaseHash]
}
