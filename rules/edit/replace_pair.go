package edit

import (
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// ReplacePair puts other entries, in the file's layout (see Layout.Render), at the place of a key and its value. It
// refuses to drop comments that stand within the value.
func ReplacePair(m *manifest.Node, key string, entries Block) ([]Edit, error) {
	m, err := writtenPair(m, key)
	if err != nil {
		return nil, err
	}
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
	edits, err := replacePair(m, p, entries, added)
	return mean(edits, err, operation{place: placeOf(p.Value), gone: true}, operation{place: placeOf(m), pairs: added.Pairs})
}

func replacePair(m *manifest.Node, p manifest.Pair, entries Block, added *manifest.Node) ([]Edit, error) {
	switch {
	case tagged(m):
		return nil, refuse(m, "a collection with an explicit tag is not edited")
	case hasTwice(m, p.Key.Value):
		return nil, refuse(m, "the mapping has the key %s twice", p.Key.Value)
	case isFlow(m) && !bracketed(m):
		return nil, refuse(m, "an entry without braces is not edited")
	case isFlow(m):
		s, err := flowPairs(m, added)
		return []Edit{put(m, p.Key.Span.Start.Offset, p.Value.Span.End.Offset, s)}, err
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
	within := func(r remark) bool { return p.Key.Span.End.Offset <= r.offset && r.offset < p.Value.Span.End.Offset }
	if slices.ContainsFunc(remarks(m.File), within) {
		return nil, refuse(p.Value, "a comment within the value would be lost")
	}
	switch {
	case isBlockScalar(lastLeaf(added)) && (end == len(t) || t.takenUp(added, t.column(start), end)):
		return nil, refuse(p.Key, "a text block does not fit at this place")
	case strings.Contains(t.line(end), "#") && endsWithComment(added.File):
		return nil, refuse(p.Key, "two comments do not fit on one line")
	}
	eol := t.lineBreak(start)
	s := strings.TrimLeft(withLineEnds(entries.indent(t.column(start)), eol), " ")
	return []Edit{put(m, start, end, strings.TrimSuffix(s, eol))}, nil
}

// endsWithComment says whether a comment is the last thing in a text.
func endsWithComment(f *manifest.File) bool {
	all, t := remarks(f), text(f.Data)
	return len(all) > 0 && t.lineEnd(all[len(all)-1].offset) == len(t)
}
