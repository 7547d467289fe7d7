package roots

import (
	"fmt"
	"path"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// application is an Application of Argo CD: one that is written or rendered, or one that an ApplicationSet makes.
type application struct {
	object    *manifest.Object // that asks for it
	spec      *manifest.Node
	label     string // what people call it
	name      string
	namespace string   // of its destination
	depends   []string // files of an ApplicationSet's parameters
}

// source is one source of an Application.
type source struct {
	app  *application
	node *manifest.Node
	name string            // what people call it
	dir  string            // its folder
	refs map[string]string // repository URLs of the Application's sources by their ref
}

// findApplications makes roots of Argo CD's Applications and ApplicationSets. The revision that a source names is not looked at: what
// is reviewed is what this repository would give there.
func (f *finder) findApplications() {
	f.each(argoGroup, "Application", func(o *manifest.Object) {
		f.application(&application{object: o, spec: o.Node.Get("spec"), label: labelOf(o), name: o.Name})
	})
	f.each(argoGroup, "ApplicationSet", f.applicationSet)
}

// application follows all sources of an Application.
func (f *finder) application(app *application) {
	if f.enough(app.object) {
		return
	}
	app.namespace = app.spec.Get("destination", "namespace").Text()
	sources := app.spec.Get("sources").Seq()
	single := len(sources) == 0
	if single {
		sources = []*manifest.Node{app.spec.Get("source")}
		if dry := app.spec.Get("sourceHydrator", "drySource"); dry != nil {
			sources[0] = dry
		}
	}
	refs := map[string]string{}
	for _, n := range sources {
		if ref := n.Get("ref").Text(); ref != "" {
			refs[ref] = n.Get("repoURL").Text()
		}
	}
	for i, n := range sources {
		s := &source{app: app, node: n, name: app.label, refs: refs}
		if !single {
			s.name = fmt.Sprintf("%s, source %d", app.label, i+1)
		}
		f.source(s)
	}
}

// source follows one source, if it is in this repository.
func (f *finder) source(s *source) {
	url := s.node.Get("repoURL")
	at, text := s.node.Get("path"), s.node.Get("path").Text()
	chart := s.node.Get("chart").Text()
	switch {
	case url.Text() == "" || s.node.Get("ref").Text() != "" && text == "" && chart == "":
		return // part of an object, or only a place for values
	case chart != "":
		f.skip(s.node.Get("chart"), s.app.object, "chart %s from %s is outside of this repository", chart, shown(url.Text()))
		return
	case !f.mine(url.Text()):
		f.skip(url, s.app.object, "%s of %s is outside of this repository", describe(text), shown(url.Text()))
		return
	}
	if at == nil {
		at = url
	}
	dir, inside := within("", text)
	switch {
	case !inside:
		f.skip(at, s.app.object, "%s leads out of the repository", text)
	case !f.tree.folder(dir):
		f.skip(at, s.app.object, "the folder %s does not exist in the repository", called(dir))
	default:
		s.dir = dir
		s.node = f.parameterFiles(s)
		f.sourceOfType(s)
	}
}

// describe names what is taken from another repository.
func describe(p string) string {
	if p = strings.Trim(p, "/"); p == "" || p == "." {
		return "the root"
	}
	return p
}

// parameterFiles lays the files over a source in which Argo CD keeps overrides beside the manifests.
func (f *finder) parameterFiles(s *source) *manifest.Node {
	node := s.node
	for _, name := range []string{".argocd-source.yaml", ".argocd-source-" + s.app.name + ".yaml"} {
		p := path.Join(s.dir, name)
		if s.app.name == "" || !f.tree.exists(p) {
			continue
		}
		s.app.depends = append(s.app.depends, p)
		if patch := f.tree.root(p); patch != nil {
			node = f.overlaid(node, patch)
		}
	}
	return node
}

// sourceOfType finds out what a source is as Argo CD does: what its fields say, else what its folder holds; a kustomization before a
// chart.
func (f *finder) sourceOfType(s *source) {
	set := func(field string) bool { return !s.node.Get(field).IsNull() }
	_, inChart := f.charts[s.dir]
	inChart = inChart || f.tree.exists(path.Join(s.dir, "Chart.yaml"))
	switch {
	case set("plugin"):
		f.skip(s.node.Get("plugin"), s.app.object, "the plugin %s is not run", pluginName(s.node.Get("plugin")))
	case set("kustomize"):
		f.kustomizeSource(s)
	case set("helm"):
		f.helmSource(s)
	case set("directory"):
		f.directorySource(s)
	case f.hasKustomization(s.dir):
		f.kustomizeSource(s)
	case inChart:
		f.helmSource(s)
	default:
		f.directorySource(s)
	}
}

func pluginName(n *manifest.Node) string {
	if name := n.Get("name").Text(); name != "" {
		return name
	}
	return "of the source"
}

// root is what all sources of an Application have in common.
func (s *source) root() Root {
	return Root{
		Name: s.name, File: s.app.object.File.Path, Place: placeOf(s.app.object), Namespace: s.app.namespace,
		object: s.app.object, depends: newInputs(s.app.depends...),
	}
}

// environment replaces the variables that Argo CD knows while it builds; unknown ones become empty, as there.
func (s *source) environment(text string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	return expand(text, map[string]string{
		"ARGOCD_APP_NAME": s.app.name, "ARGOCD_APP_NAMESPACE": s.app.namespace, "ARGOCD_APP_PROJECT_NAME": s.app.spec.Get("project").Text(),
		"ARGOCD_APP_SOURCE_PATH": s.node.Get("path").Text(), "ARGOCD_APP_SOURCE_REPO_URL": s.node.Get("repoURL").Text(),
		"ARGOCD_APP_SOURCE_TARGET_REVISION": s.node.Get("targetRevision").Text(),
	})
}
