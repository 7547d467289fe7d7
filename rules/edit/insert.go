package edit

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/podcheck/podcheck/rules/manifest"
)

// AppendItem adds items to the end of a sequence; see InsertItem.
func AppendItem(seq *manifest.Node, items ...Block) ([]Edit, error) {
	return InsertItem(seq, len(seq.Seq()), items...)
}

// InsertItem adds items before the one at index, with the sequence's own indent, dashes and line ends. An empty sequence
// (`[]`, null or absent) becomes one of block style. Comments and commented-out items around keep their place.
func InsertItem(seq *manifest.Node, index int, items ...Block) ([]Edit, error) {
	seq, index, err := writtenIndex(seq, index)
	if err != nil {
		return nil, err
	}
	var added []*manifest.Node
	for _, item := range items {
		n, err := parseBlock(item)
		if err != nil {
			return nil, refuse(seq, "what is to be added can't be read: %v", err)
		}
		added = append(added, n)
	}
	edits, err := insertItem(seq, index, items, added)
	return mean(edits, err, operation{place: placeOf(seq), items: added, index: index})
}

func insertItem(seq *manifest.Node, index int, items []Block, added []*manifest.Node) ([]Edit, error) {
	if err := reachable(seq); err != nil {
		return nil, err
	}
	if tagged(seq) {
		return nil, refuse(seq, "a collection with an explicit tag is not edited")
	}
	switch {
	case len(items) == 0:
		return nil, nil
	case inFlow(seq) || isFlow(seq) && (len(seq.Items) > 0 || isJSON(seq)):
		return insertFlowItem(seq, index, added)
	case isEmpty(seq, manifest.Sequence):
		l := LayoutAt(seq)
		block, err := dashed(items, l.DashWidth)
		if err != nil {
			return nil, err
		}
		return fill(seq, block, l.SeqIndent)
	case seq.Kind != manifest.Sequence:
		return nil, refuse(seq, "this is not a sequence")
	case index < 0 || index > len(seq.Items):
		return nil, refuse(seq, "the sequence has no place %d", index)
	}
	return insertBlockItem(seq, index, items)
}

func insertBlockItem(seq *manifest.Node, index int, items []Block) ([]Edit, error) {
	t := text(seq.File.Data)
	beside := min(index, len(seq.Items)-1)
	at, err := dash(seq, beside)
	if err != nil {
		return nil, err
	}
	col, width := t.column(at), LayoutAt(seq).DashWidth
	if item := seq.Items[beside]; source(item) != "" && t.lineStart(item.Span.Start.Offset) == t.lineStart(at) {
		width = item.Span.Start.Offset - at
	}
	block, err := dashed(items, width)
	if err != nil {
		return nil, err
	}
	block = block.indent(col)
	if index == len(seq.Items) {
		return insertBehind(seq, seq.Items[beside], t.ownEnd(seq.Items[beside], col), block)
	}
	if !t.firstOnLine(at) {
		return nil, refuse(seq, "the first dash stands behind another one on its line")
	}
	return insertBefore(seq, t.leadStart(t.lineStart(at), col, floor(seq, index), index == 0), block), nil
}

// floor returns the offset behind the lines of what stands before an item: the item before, or the key of the sequence.
func floor(seq *manifest.Node, index int) int {
	t := text(seq.File.Data)
	if index > 0 {
		return t.nodeEnd(seq.Items[index-1])
	}
	if p, ok := pairOf(seq); ok {
		return t.lineEnd(p.Key.Span.End.Offset)
	}
	return seq.Span.Start.Offset
}

func insertBefore(n *manifest.Node, at int, b Block) []Edit {
	return []Edit{put(n, at, at, withLineEnds(b, text(n.File.Data).lineBreak(at)))}
}

// insertBehind inserts whole lines at an offset behind the lines of last; the end of the file may lack a line break.
func insertBehind(n, last *manifest.Node, at int, b Block) ([]Edit, error) {
	t := text(n.File.Data)
	eol := t.lineBreak(last.Span.Start.Offset)
	s := withLineEnds(b, eol)
	added, err := parseBlock(b)
	if err != nil {
		return nil, err
	}
	if t.unterminated(last) && strings.HasSuffix(lastLeaf(last).Value, "\n") {
		return nil, refuse(last, "the file ends within the blank lines of a text block")
	}
	if leaf := lastLeaf(last); isBlockScalar(leaf) && t.contentIndent(leaf) == len(t) && at < len(t) && t.blank(at) && t.line(at) != "" {
		return nil, refuse(last, "the blank lines below may be text of this text block")
	}
	if t.takenUp(added, added.File.PosAt(added.Span.Start.Offset).Column-1, at) {
		return nil, refuse(n, "the new text block would take up the blank lines or comments below it")
	}
	if at == len(t) && at > 0 && t[at-1] != '\n' {
		s = eol + s
		if leaf := lastLeaf(added); !isBlockScalar(leaf) || strings.Contains(blockHeader(leaf), "-") {
			s = strings.TrimSuffix(s, eol)
		}
	}
	return append(t.terminate(last), put(n, at, at, s)), nil
}

func withLineEnds(b Block, eol string) string {
	return strings.ReplaceAll(string(b), "\n", eol)
}

// isEmpty says whether a node is null, absent, or an empty collection of a kind.
func isEmpty(n *manifest.Node, kind manifest.Kind) bool {
	return n.IsNull() || n.Kind == kind && isFlow(n) && len(n.Items)+len(n.Pairs) == 0
}

// fill gives an empty value of a block mapping its first content, on lines of their own.
func fill(n *manifest.Node, content Block, by int) ([]Edit, error) {
	p, ok := pairOf(n)
	if !ok {
		return nil, refuse(n, "only an empty value behind a key can be filled")
	}
	behind, err := colon(p)
	if err != nil {
		return nil, err
	}
	t := text(n.File.Data)
	edits := []Edit{}
	if n.Span.End.Offset > behind {
		start := n.Span.Start.Offset
		switch over := strings.Contains(string(t[behind:n.Span.End.Offset]), "\n"); {
		case over && strings.TrimSpace(string(t[behind:start])) != "":
			return nil, refuse(n, "a comment stands between the key %s and its empty value", p.Key.Value)
		case strings.Contains(source(n), "\n"):
			return nil, refuse(n, "the lines hold a flow collection over several lines")
		}
		edits = append(edits, put(n, behind, n.Span.End.Offset, ""))
	}
	block := content.indent(t.column(p.Key.Span.Start.Offset) + by)
	lines, err := insertBehind(n, p.Key, t.lineEnd(n.Span.End.Offset), block)
	return append(edits, lines...), err
}

// InsertPair adds a key with a value to a mapping: behind the first of the keys in after that the mapping has, else at its
// end. A value that is a mapping or sequence in block style goes on lines of its own, indented as the file does.
func InsertPair(m *manifest.Node, after []string, key string, value Block) ([]Edit, error) {
	m, err := written(m)
	if err != nil {
		return nil, err
	}
	content, err := parseBlock(value)
	if err != nil || !utf8.ValidString(key) {
		return nil, refuse(m, "what is to be added can't be read as YAML")
	}
	entry, err := entry(key, value, LayoutAt(m))
	if err != nil {
		return nil, err
	}
	edits, err := insertPairs(m, after, entry)
	return mean(edits, err, operation{place: placeOf(m), pairs: []manifest.Pair{{Key: stringNode(key), Value: content}}})
}

// InsertPairs is InsertPair for the text of several entries, in the file's layout (see Layout.Render). The mapping may be
// `{}`, null or absent.
func InsertPairs(m *manifest.Node, after []string, entries Block) ([]Edit, error) {
	m, err := written(m)
	if err != nil {
		return nil, err
	}
	added, err := parseBlock(entries)
	if err != nil || added.Kind != manifest.Mapping {
		return nil, refuse(m, "what is to be added is not a mapping")
	}
	edits, err := insertPairs(m, after, entries)
	return mean(edits, err, operation{place: placeOf(m), pairs: added.Pairs})
}

func insertPairs(m *manifest.Node, after []string, entries Block) ([]Edit, error) {
	if err := reachable(m); err != nil {
		return nil, err
	}
	added, err := parseBlock(entries)
	if err != nil || added.Kind != manifest.Mapping {
		return nil, refuse(m, "what is to be added is not a mapping")
	}
	if tagged(m) {
		return nil, refuse(m, "a collection with an explicit tag is not edited")
	}
	if err := addable(m, added, ""); err != nil {
		return nil, err
	}
	switch {
	case inFlow(m) || isFlow(m) && (len(m.Pairs) > 0 || isJSON(m)):
		return insertFlowPairs(m, after, added)
	case isEmpty(m, manifest.Mapping):
		return fill(m, entries, LayoutAt(m).MapIndent)
	case m.Kind != manifest.Mapping:
		return nil, refuse(m, "this is not a mapping")
	}
	t, p := text(m.File.Data), predecessor(m, after)
	if !bareKey(m) {
		return nil, refuse(m, "a mapping with explicit keys (`? key`) is not edited")
	}
	col := t.column(m.Pairs[0].Key.Span.Start.Offset)
	return insertBehind(m, p.Value, t.commentedItemsEnd(p.Value, t.ownEnd(p.Value, col), col), entries.indent(col))
}

// addable says whether the keys of a mapping can be added to another, in the place of one that goes.
func addable(m, added *manifest.Node, gone string) error {
	if hasMerge(m) {
		return refuse(m, "a mapping with a merge key is not edited")
	}
	for _, p := range added.Pairs {
		if p.Key.Value == "" {
			return refuse(m, "a key without a name is not added")
		}
		if _, ok := m.Pair(p.Key.Value); ok && p.Key.Value != gone {
			return refuse(m, "the mapping has a key %s", p.Key.Value)
		}
	}
	return nil
}

func hasMerge(m *manifest.Node) bool {
	return slices.ContainsFunc(m.Pairs, func(p manifest.Pair) bool { return p.Key.IsMerge() })
}

// bareKey says whether the keys of a block mapping stand at the start of their lines, or behind dashes.
func bareKey(m *manifest.Node) bool {
	t := text(m.File.Data)
	return !slices.ContainsFunc(m.Pairs, func(p manifest.Pair) bool {
		at := p.Key.Span.Start.Offset
		return strings.Trim(string(t[t.lineStart(at):at]), " -") != ""
	})
}

func predecessor(m *manifest.Node, after []string) manifest.Pair {
	for _, key := range after {
		if p, ok := m.Pair(key); ok {
			return p
		}
	}
	return m.Pairs[len(m.Pairs)-1]
}
