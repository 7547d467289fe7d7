package edit

import (
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// RemovePair removes a key and its value from a mapping, with the lines and comments of their own. A mapping that loses
// its only key becomes `{}`.
func RemovePair(m *manifest.Node, key string) ([]Edit, error) {
	m, err := writtenPair(m, key)
	if err != nil {
		return nil, err
	}
	index := pairIndex(m, key)
	if index < 0 {
		return nil, refuse(m, "the mapping has no key %s", key)
	}
	edits, err := removePair(m, index)
	return mean(edits, err, operation{place: placeOf(m.Pairs[index].Value), gone: true})
}

func removePair(m *manifest.Node, index int) ([]Edit, error) {
	if err := reachable(m); err != nil {
		return nil, err
	}
	p := m.Pairs[index]
	if err := Editable(p.Value); err != nil {
		return nil, err
	}
	if err := Editable(p.Key); err != nil {
		return nil, err
	}
	switch {
	case tagged(m):
		return nil, refuse(m, "a collection with an explicit tag is not edited")
	case hasTwice(m, p.Key.Value):
		return nil, refuse(m, "the mapping has the key %s twice", p.Key.Value)
	case hasMerge(m):
		return nil, refuse(m, "a mapping with a merge key is not edited")
	case isFlow(m) && !bracketed(m):
		return nil, refuse(m, "an entry without braces is not edited")
	case isFlow(m):
		return removeFlow(m, len(m.Pairs), []int{index}, func(i int) (int, int) {
			return m.Pairs[i].Key.Span.Start.Offset, m.Pairs[i].Value.Span.End.Offset
		}), nil
	case !bareKey(m):
		return nil, refuse(m, "a mapping with explicit keys (`? key`) is not edited")
	case len(m.Pairs) == 1:
		return removeOnlyPair(m)
	case !text(m.File.Data).firstOnLine(p.Key.Span.Start.Offset):
		return removeFirstPair(m)
	}
	start, end, err := pairLines(m, index)
	if err != nil {
		return nil, err
	}
	t := text(m.File.Data)
	open := index > 0 && t.takenUp(m.Pairs[index-1].Value, t.column(p.Key.Span.Start.Offset), end)
	start, end = t.withBlankLines(start, end, pairFloor(m, index), index == 0, open)
	return []Edit{put(m, start, end, "")}, nil
}

func pairIndex(m *manifest.Node, key string) int {
	if m != nil && m.Kind == manifest.Mapping {
		for i, p := range m.Pairs {
			if p.Key.Kind == manifest.Scalar && p.Key.Value == key {
				return i
			}
		}
	}
	return -1
}

func hasTwice(m *manifest.Node, key string) bool {
	i := pairIndex(m, key)
	return i >= 0 && slices.ContainsFunc(m.Pairs[i+1:], func(p manifest.Pair) bool { return p.Key.Kind == manifest.Scalar && p.Key.Value == key })
}

// pairLines returns the range of the lines of a pair that starts a line, its own comments included.
func pairLines(m *manifest.Node, index int) (int, int, error) {
	t, p := text(m.File.Data), m.Pairs[index]
	at := p.Key.Span.Start.Offset
	if !t.firstOnLine(at) {
		return 0, 0, refuse(p.Key, "the key stands behind a dash")
	}
	col := t.column(at)
	start := t.leadStart(t.lineStart(at), col, pairFloor(m, index), index == 0)
	return start, t.ownEnd(p.Value, col), nil
}

// pairFloor returns the offset behind the lines of what stands before a pair. Comments at the top of a document are the
// document's.
func pairFloor(m *manifest.Node, index int) int {
	t := text(m.File.Data)
	if index > 0 {
		return t.nodeEnd(m.Pairs[index-1].Value)
	}
	if p, ok := pairOf(m); ok {
		return t.lineEnd(p.Key.Span.End.Offset)
	}
	return t.lineStart(m.Pairs[0].Key.Span.Start.Offset)
}

// removeFirstPair removes the pair that shares its line with a dash: the one after it takes its place.
func removeFirstPair(m *manifest.Node) ([]Edit, error) {
	t, start, next := text(m.File.Data), m.Pairs[0].Key.Span.Start.Offset, m.Pairs[1].Key.Span.Start.Offset
	for at := t.lineEnd(m.Pairs[0].Value.Span.End.Offset); at < t.lineStart(next); at = t.lineEnd(at) {
		if !t.blank(at) {
			return nil, refuse(m.Pairs[1].Key, "a comment stands between the first key of the item and the second")
		}
	}
	return []Edit{put(m, start, next, "")}, nil
}

func removeOnlyPair(m *manifest.Node) ([]Edit, error) {
	t := text(m.File.Data)
	if p, ok := pairOf(m); ok && p.Key.Span.Start.Line != m.Span.Start.Line {
		start, end, err := pairLines(m, 0)
		if err != nil {
			return nil, err
		}
		behind, err := colon(p)
		return []Edit{put(m, behind, behind, " {}"), put(m, t.skipBlankAbove(start, pairFloor(m, 0)), end, "")}, err
	}
	end := m.Span.End.Offset
	if leaf := lastLeaf(m); isBlockScalar(leaf) {
		end = t.nodeEnd(leaf)
		end = t.breakStart(t.before(end))
	}
	return []Edit{put(m, m.Pairs[0].Key.Span.Start.Offset, end, "{}")}, nil
}

// endsOpen says whether a node ends with a block scalar that takes up the blank lines behind it.
func endsOpen(n *manifest.Node) bool {
	leaf := lastLeaf(n)
	return isBlockScalar(leaf) && strings.Contains(blockHeader(leaf), "+")
}

// takenUp says whether a text block at the end of an entry at column col would take up what follows it at an offset: the rest of the
// line, blank lines if it keeps them, and blanks and comments that are indented like text.
func (t text) takenUp(n *manifest.Node, col, at int) bool {
	if !isBlockScalar(lastLeaf(n)) {
		return false
	}
	if t.lineStart(at) != at {
		if t.line(at) != "" {
			return true
		}
		at = t.lineEnd(at)
	}
	for ; at < len(t) && t.blank(at); at = t.lineEnd(at) {
		if endsOpen(n) || t.line(at) != "" {
			return true
		}
	}
	if at == len(t) {
		return false
	}
	c, ok := t.comment(at)
	return ok && c.column > col
}

// withBlankLines widens a range of removed lines so that the blank lines above and below it don't add up, and none is left at the
// top of a collection. Blank lines above floor are not touched; open says that what stands there would take up blank lines below.
func (t text) withBlankLines(start, end, floor int, first, open bool) (int, int) {
	above := start > floor && t.blank(t.before(start))
	below := end < len(t) && t.blank(end)
	if below && (above || (open || first && !t.commentAbove(start)) && start == floor) {
		for end < len(t) && t.blank(end) {
			end = t.lineEnd(end)
		}
		return start, end
	}
	if above && t.endsBlock(start, end) {
		start = t.skipBlankAbove(start, floor)
	}
	return start, end
}

// skipBlankAbove returns where the blank lines above a line start, but not above floor.
func (t text) skipBlankAbove(start, floor int) int {
	for start > floor && t.blank(t.before(start)) {
		start = t.before(start)
	}
	return start
}

// commentAbove says whether a comment has the line above the one that starts at start.
func (t text) commentAbove(start int) bool {
	if start == 0 {
		return false
	}
	_, ok := t.comment(t.before(start))
	return ok
}

// endsBlock says whether the line behind a range is indented less than its first line, or the file ends there.
func (t text) endsBlock(start, end int) bool {
	indent := func(at int) int { line := t.line(at); return len(line) - len(strings.TrimLeft(line, " -")) }
	return end >= len(t) || indent(end) < indent(start)
}
