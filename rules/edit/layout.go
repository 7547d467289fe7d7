package edit

import (
	"bytes"
	"encoding/json"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Layout is how a file indents and breaks lines.
type Layout struct {
	MapIndent int    // columns from a key to the keys of its mapping
	SeqIndent int    // columns from a key to the dashes of its sequence; 0 in the compact style
	DashWidth int    // columns from a dash to its item
	LineEnd   string // "\n" or "\r\n"
}

// LayoutAt returns the layout in use at a node: that of the nearest siblings, then of the whole file, then two columns each.
func LayoutAt(n *manifest.Node) Layout {
	if w := n.Written(); w != nil {
		n = w
	}
	s := sampler{mapIndent: -1, seqIndent: -1, dashWidth: -1}
	if n != nil && n.File != nil {
		s.text = n.File.Data
		for a := n; a != nil && !s.done(); a = a.Parent {
			s.walk(a)
		}
		for _, d := range n.File.Documents {
			s.walk(d.Root)
		}
	}
	l := Layout{MapIndent: or(s.mapIndent, 2), SeqIndent: or(s.seqIndent, 2), DashWidth: or(s.dashWidth, 2), LineEnd: "\n"}
	if n != nil && n.File != nil && validSpan(n) && bytes.ContainsRune(s.text, '\n') {
		l.LineEnd = s.text.lineBreak(n.Span.Start.Offset)
	}
	return l
}

func or(seen, otherwise int) int {
	if seen < 0 {
		return otherwise
	}
	return seen
}

// sampler takes the first example of each indent that it meets; -1 is unknown.
type sampler struct {
	text                            text
	mapIndent, seqIndent, dashWidth int
}

func (s *sampler) done() bool { return s.mapIndent >= 0 && s.seqIndent >= 0 && s.dashWidth >= 0 }

func (s *sampler) walk(n *manifest.Node) {
	if n == nil || s.done() || isFlow(n) || !validSpan(n) {
		return
	}
	for _, p := range n.Pairs {
		s.pair(p)
	}
	for i, item := range n.Items {
		s.item(n, i, item)
	}
	for _, p := range n.Pairs {
		s.walk(p.Value)
	}
	for _, item := range n.Items {
		s.walk(item)
	}
}

func (s *sampler) pair(p manifest.Pair) {
	v := p.Value
	if v == nil || !validSpan(v) || v.Style != manifest.Block || p.Key.Span.Start.Line == v.Span.Start.Line {
		return
	}
	by := s.text.column(v.Span.Start.Offset) - s.text.column(p.Key.Span.Start.Offset)
	switch {
	case v.Kind == manifest.Mapping && s.mapIndent < 0 && by > 0:
		s.mapIndent = by
	case v.Kind == manifest.Sequence && s.seqIndent < 0 && by >= 0:
		s.seqIndent = by
	}
}

func (s *sampler) item(seq *manifest.Node, i int, item *manifest.Node) {
	if s.dashWidth >= 0 || source(item) == "" {
		return
	}
	if at, err := dash(seq, i); err == nil && s.text.lineStart(at) == s.text.lineStart(item.Span.Start.Offset) {
		s.dashWidth = item.Span.Start.Offset - at
	}
}

// dash returns the offset of the dash of the item at an index of a block sequence.
func dash(seq *manifest.Node, index int) (int, error) {
	t, at := text(seq.File.Data), seq.Span.Start.Offset
	if index > 0 {
		at = seq.Items[index-1].Span.End.Offset
	}
	for at < len(t) {
		switch t[at] {
		case ' ', '\t', '\r', '\n':
			at++
		case '#':
			at = t.lineEnd(at)
		case '-':
			return at, nil
		default:
			return 0, refuse(seq, "the dashes of this sequence are not where they are expected")
		}
	}
	return 0, refuse(seq, "the dashes of this sequence are not where they are expected")
}

// colon returns the offset behind the colon of a pair.
func colon(p manifest.Pair) (int, error) {
	t, at := p.Key.File.Data, p.Key.Span.End.Offset
	for at < len(t) && t[at] == ' ' {
		at++
	}
	if at >= len(t) || t[at] != ':' {
		return 0, refuse(p.Key, "the key is not directly followed by a colon")
	}
	return at + 1, nil
}

// indexOf returns the place of a node among the items of its sequence.
func indexOf(n *manifest.Node) (int, bool) {
	if n == nil || n.Parent == nil || n.Parent.Kind != manifest.Sequence {
		return 0, false
	}
	for i, item := range n.Parent.Items {
		if item == n {
			return i, true
		}
	}
	return 0, false
}

// pairOf returns the entry of the parent mapping whose value a node is.
func pairOf(n *manifest.Node) (manifest.Pair, bool) {
	if n != nil && n.Parent != nil && n.Parent.Kind == manifest.Mapping {
		for _, p := range n.Parent.Pairs {
			if p.Value == n {
				return p, true
			}
		}
	}
	return manifest.Pair{}, false
}

// inFlow says whether a node stands within a flow collection.
func inFlow(n *manifest.Node) bool {
	for a := n.Parent; a != nil; a = a.Parent {
		if isFlow(a) {
			return true
		}
	}
	return false
}

// isJSON says whether a node's document is JSON, where only JSON may be written.
func isJSON(n *manifest.Node) bool {
	root := n
	for root.Parent != nil {
		root = root.Parent
	}
	return isFlow(root)
}

// strictJSON says whether a node's document is JSON to the letter.
func strictJSON(n *manifest.Node) bool {
	for _, d := range n.File.Documents {
		if d.Start <= n.Span.Start.Offset && n.Span.Start.Offset < d.End {
			return json.Valid(bytes.TrimPrefix(n.File.Data[d.Content:d.End], byteOrderMark))
		}
	}
	return false
}
