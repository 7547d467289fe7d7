package roots

import (
	"bytes"

	"github.com/podcheck/podcheck/rules/manifest"
)

// embedded reads YAML that is written as the text of a scalar, and gives its nodes their places in the file: line by line for a literal
// block, the whole scalar otherwise. They have no source to edit. It is nil for text that is no YAML.
func (f *finder) embedded(n *manifest.Node) *manifest.Node {
	if n = n.Resolve(); n == nil || n.Kind != manifest.Scalar {
		return nil
	}
	key := n
	if source := n.Written(); source != nil && source.Value == n.Value {
		key = source
	}
	root, known := f.embeddings[key]
	if !known {
		if f.text -= 2 * len(n.Value); f.text >= 0 {
			root = embedded(n)
		}
		f.embeddings[key] = root
	}
	return root
}

func embedded(n *manifest.Node) *manifest.Node {
	plain := rootOf(manifest.Parse("values.yaml", []byte(n.Value)))
	if plain == nil {
		return nil
	}
	if placed := literal(n.Written()); placed != nil && manifest.Equal(plain, placed) {
		return placed
	}
	relocate(plain, n)
	return plain
}

// literal reads the lines of a literal block where they stand.
func literal(n *manifest.Node) *manifest.Node {
	if n == nil || n.Style != manifest.Literal || n.File == nil || n.Span.End.Offset > len(n.File.Data) || n.Span.Start.Offset > n.Span.End.Offset {
		return nil
	}
	text := n.File.Data[n.Span.Start.Offset:n.Span.End.Offset]
	head := bytes.IndexByte(text, '\n')
	if head < 0 {
		return nil
	}
	root := rootOf(manifest.Parse("values.yaml", text[head+1:]))
	offset, line := n.Span.Start.Offset+head+1, n.Span.Start.Line
	visit(root, func(in *manifest.Node) {
		for _, p := range []*manifest.Pos{&in.Span.Start, &in.Span.End} {
			p.Offset, p.Line = p.Offset+offset, p.Line+line
		}
		in.File, in.Origin = n.File, &manifest.Origin{Precision: manifest.Exact}
	})
	return root
}

// relocate gives all nodes of a tree the place of another node.
func relocate(root, place *manifest.Node) {
	visit(root, func(in *manifest.Node) {
		in.File, in.Span, in.Origin = place.File, place.Span, &manifest.Origin{Precision: manifest.Enclosing}
	})
}

// visit calls do for each node that is written in a tree: what aliases refer to is part of the tree already.
func visit(n *manifest.Node, do func(*manifest.Node)) {
	if n == nil {
		return
	}
	do(n)
	for _, p := range n.Pairs {
		visit(p.Key, do)
		visit(p.Value, do)
	}
	for _, item := range n.Items {
		visit(item, do)
	}
}
