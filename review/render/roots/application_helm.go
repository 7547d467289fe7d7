package roots

import (
	"path"
	"strings"

	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

// helmSource makes a root of a source that is a chart in this repository.
func (f *finder) helmSource(s *source) {
	c := f.charts[s.dir]
	switch {
	case c == nil:
		f.skip(s.node.Get("path"), s.app.object, "%s has no Chart.yaml that can be read", called(s.dir))
		return
	case c.library:
		f.skip(s.node.Get("path"), s.app.object, "chart %s is a library, which renders nothing by itself", c.name)
		return
	case !f.whole(c):
		f.skip(s.node.Get("path"), s.app.object, "chart %s lacks a dependency", c.name)
		return
	}
	options := s.node.Get("helm")
	l := &layers{f: f, object: s.app.object, root: s.root(), own: f.ownValues(c)}
	for _, n := range options.Get("valueFiles").Seq() {
		if !f.valueFile(s, l, n, options.Get("ignoreMissingValueFiles").Text() == "true") {
			return
		}
	}
	if object := options.Get("valuesObject"); !object.IsNull() {
		l.node(object)
	} else {
		l.text(options.Get("values"))
	}
	for _, n := range options.Get("parameters").Seq() {
		l.parameter(n.Get("name").Text(), s.environment(n.Get("value").Text()), n.Get("forceString").Text() == "true", n.Get("value"))
	}
	for _, n := range options.Get("fileParameters").Seq() {
		if !f.fileParameter(s, l, n) {
			return
		}
	}
	release := options.Get("releaseName").Text()
	if release == "" {
		release = s.app.name
	}
	namespace := s.app.namespace
	if over := options.Get("namespace").Text(); over != "" {
		namespace = over
	}
	l.finish(&wire.Helm{Chart: c.dir, Release: release, Namespace: namespace, SkipCRDs: options.Get("skipCrds").Text() == "true"}, f.chartReads(c))
}

// valueFile adds a file of values: relative to the chart, from the root of the repository, or of another source (`$ref/…`).
func (f *finder) valueFile(s *source, l *layers, n *manifest.Node, ignoreMissing bool) bool {
	text := s.valuePath(n.Text())
	p, inside := "", false
	switch ref, rest, _ := strings.Cut(text, "/"); {
	case text == "":
		return true
	case strings.Contains(text, "://"):
		f.skip(n, s.app.object, "the values file %s is outside of this repository", told(text))
		return false
	case strings.HasPrefix(ref, "$"):
		url, known := s.refs[ref[1:]]
		if !known {
			f.skip(n, s.app.object, "no source of the Application has the ref %s", ref[1:])
			return false
		}
		if !f.mine(url) {
			f.skip(n, s.app.object, "the values file %s of %s is outside of this repository", rest, shown(url))
			return false
		}
		p, inside = within("", rest)
	case strings.HasPrefix(text, "/"):
		p, inside = within("", strings.TrimLeft(text, "/"))
	default:
		p, inside = within(s.dir, text)
	}
	switch {
	case !inside:
		f.skip(n, s.app.object, "%s leads out of the repository", text)
	case f.tree.exists(p):
		return l.file(p, n)
	case ignoreMissing:
		l.root.depends.add(p)
		return true
	default:
		f.skip(n, s.app.object, "the values file %s does not exist in the repository", called(p))
	}
	return false
}

// valuePath replaces variables of the build in the path of a values file. A ref looks like one and is none.
func (s *source) valuePath(text string) string {
	ref, rest, _ := strings.Cut(text, "/")
	if name, is := strings.CutPrefix(ref, "$"); is {
		if _, known := s.refs[name]; known || !strings.HasPrefix(name, "ARGOCD_") {
			return ref + "/" + s.environment(rest)
		}
	}
	return s.environment(text)
}

// fileParameter adds a value whose text is a file's content.
func (f *finder) fileParameter(s *source, l *layers, n *manifest.Node) bool {
	text := s.environment(n.Get("path").Text())
	p, inside := within(s.dir, text)
	if strings.HasPrefix(text, "/") {
		p, inside = within("", strings.TrimLeft(text, "/"))
	}
	if !inside || !f.tree.exists(p) {
		f.skip(n.Get("path"), s.app.object, "the file %s of a parameter does not exist in the repository", path.Clean(text))
		return false
	}
	l.root.depends.add(p)
	l.content(n.Get("name").Text(), string(f.tree.data(p)), n.Get("path"))
	return true
}
