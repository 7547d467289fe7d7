// Package origin finds where a rendered object is written.
//
// An object that kustomize or Helm made becomes a *manifest.Object whose tree has the values as rendered, while each node's File and
// Span are the place in the repository that a person edits to change it, and its Origin says how precise that place is and which node
// of plain YAML has that very value. Rules read such an object as any other; edits act on Origin.Source, and refuse where there is none.
//
// A place is found by reading the sources beside the rendered object, and held against it: a node is Exact with a Source only where
// that node decodes to the rendered value. So a patch that was taken for applied by mistake can't mislead further than to a field of
// the same value.
//
// Invariants: every node of an object has a File of the repository and a Span within it; a scalar that is Exact and has a Source has
// the value of that Source; the files read are never changed, and none of their nodes becomes part of a rendered tree; nothing here
// panics on foreign bytes.
//
// It is pure, and imports neither kustomize nor Helm.
package origin

import (
	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

// renderedName is what the throw-away file of a rendered object is called. It must not look like a template of a chart.
const renderedName = "rendered.yaml"

// rendered reads the one object of rendered text; nil when there is none.
func rendered(o wire.Object) *manifest.Object {
	file := manifest.Parse(renderedName, o.YAML)
	if len(file.Objects) == 0 {
		return nil
	}
	return file.Objects[0]
}

// objectOf is a rendered object with its tree as placed.
func objectOf(in *manifest.Object, node *manifest.Node, build string, file *manifest.File) *manifest.Object {
	return &manifest.Object{
		File: file, Node: node, Root: build,
		APIVersion: in.APIVersion, Kind: in.Kind, Namespace: in.Namespace, Name: in.Name,
	}
}

// documentAt returns the document of a file that holds an offset, the first when none does, nil when the file has none.
func documentAt(f *manifest.File, offset int) *manifest.Document {
	for _, d := range f.Documents {
		if d.Start <= offset && offset < d.End {
			return d
		}
	}
	if len(f.Documents) > 0 {
		return f.Documents[0]
	}
	return nil
}
