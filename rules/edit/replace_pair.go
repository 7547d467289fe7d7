package edit

import (
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// ReplacePair puts other entries, in the file's layout (see Layout.Render), at the place of a key and its value. It
// refuses to drop comments that stand within the value.
func ReplacePair(m *manifest.Node, key string, entries Block) ([]Edit, error) {
	index := pairIndex(m, key)
	if index < 0 {
		return nil, refuse(m, "the mapping has no key %s", key)
	}
	if err := reachable(m); err != nil {
		return nil, err
	}
	p := m.Pairs[index]
	if err := Editable(p.Value); err != nil {
		return nil, err
	}
	added, err := parseBlock(entries)
	if err != nil || added.Kind != manifest.Mapping {
		return nil, refuse(m, "what is to be added is not a mapping")
	}
	if err := addable(m, added, key); err != nil {
		return nil, err
	}
	switch {
	case tagged(m):
		return nil, refuse(m, "a collection with an explicit tag is not edited")
	case hasTwice(m, key):
		return nil, refuse(m, "the mapping has the key %s twice", key)
	case isFlow(m):
		s, err := flowPairs(m, added)
		return []Edit{{m.File.Path, p.Key.Span.Start.Offset, p.Value.Span.End.Offset, s}}, err
	case !bareKey(m):
		return nil, refuse(m, "a mapping with explicit keys (`? key`) is not edited")
	}
	return replaceBlockPair(m, p, entries, added)
}

func replaceBlockPair(m *manifest.Node, p manifest.Pair, entries Block, added *manifest.Node) ([]Edit, error) {
	t := text(m.File.Data)
	start, end := p.Key.Span.Start.Offset, p.Value.Span.End.Offset
	if isBlockScalar(lastLeaf(p.Value)) {
		end = t.breakStart(t.before(t.nodeEnd(p.Value)))
	}
	if t.hasComment(p) {
		return nil, refuse(p.Value, "a comment within the value would be lost")
	}
	if leaf := lastLeaf(added); isBlockScalar(leaf) && (end == len(t) || endsOpen(added)) {
		return nil, refuse(p.Key, "a text block does not fit at this place")
	}
	eol := t.lineBreak(start)
	s := strings.TrimLeft(withLineEnds(entries.indent(t.column(start)), eol), " ")
	return []Edit{{m.File.Path, start, end, strings.TrimSuffix(s, eol)}}, nil
}

// hasComment says whether a comment stands in the lines of a pair before the end of its value.
func (t text) hasComment(p manifest.Pair) bool {
	from, to := p.Key.Span.End.Offset, p.Value.Span.Start.Offset
	if strings.Contains(string(t[from:to]), "#") {
		return true
	}
	for at := t.lineStart(to); at < p.Value.Span.End.Offset; at = t.lineEnd(at) {
		hash := strings.IndexByte(t.line(at), '#')
		if hash >= 0 && at+hash >= to && at+hash < p.Value.Span.End.Offset && !inScalar(p.Value, at+hash) {
			return true
		}
	}
	return false
}
