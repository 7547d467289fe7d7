package origin

import "github.com/podcheck/podcheck/rules/manifest"

// place is where a rendered node is written.
type place struct {
	file      *manifest.File
	span      manifest.Span
	source    *manifest.Node // of plain YAML, with the very value
	precision manifest.Precision
}

// at is the place of a node that is written as it is rendered. The node can be a rendered one itself: of an Application, say, that a
// chart makes.
func at(n *manifest.Node) place {
	p := of(n)
	if p.precision == manifest.Exact {
		p.source = n.Written().Resolve()
	}
	return p
}

// of is the place of a node that decides the rendered value without having it.
func of(n *manifest.Node) place {
	return place{file: n.File, span: n.Span, precision: n.Precision()}
}

// top is a file as a whole, by its first line.
func top(f *manifest.File) place {
	_, end := f.Line(1)
	return place{file: f, span: manifest.Span{Start: f.PosAt(0), End: f.PosAt(end)}, precision: manifest.WholeFile}
}

// around is the place of what holds something at p.
func (p place) around() place {
	p.source = nil
	p.precision = max(p.precision, manifest.Enclosing)
	return p
}

// put gives a node its place.
func (p place) put(n *manifest.Node) {
	n.File, n.Span = p.file, p.span
	n.Origin = &manifest.Origin{Source: p.source, Precision: p.precision}
	if p.source != nil && p.source.Kind == n.Kind {
		n.Style = p.source.Style
	}
}

// same says whether a rendered scalar has the value of a written one.
func same(rendered, written *manifest.Node) bool {
	rendered, written = rendered.Resolve(), written.Resolve()
	if rendered == nil || written == nil || rendered.Kind != manifest.Scalar || written.Kind != manifest.Scalar {
		return false
	}
	if rendered.IsNull() || written.IsNull() {
		return rendered.IsNull() && written.IsNull()
	}
	return rendered.Value == written.Value && rendered.Tag == written.Tag
}
