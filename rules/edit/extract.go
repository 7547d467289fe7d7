package edit

import (
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Extract returns the text of a node, to be put elsewhere: unindented, with LF line ends, with the comments in it, behind
// it and, for an item or a block value, directly above it that are its own. Edits within the node's lines are applied
// first; offsets are those of the file. The node may be an item, a value or a root.
func Extract(n *manifest.Node, edits []Edit) (Block, error) {
	if err := Editable(n); err != nil {
		return "", err
	}
	t := text(n.File.Data)
	lead, col, end, err := extent(n)
	if err != nil {
		return "", err
	}
	start := n.Span.Start.Offset
	own := Join(edits)
	for _, e := range t.terminate(n) {
		if !slices.ContainsFunc(edits, func(other Edit) bool { return other.Start == e.Start && other.End >= e.End }) {
			own = Join(own, []Edit{e})
		}
	}
	for _, e := range own {
		if e.Path != n.File.Path || e.Start < start || e.End > end {
			return "", refuse(n, "a change of the moved text lies outside of it")
		}
	}
	body, err := splice(t[start:end], start, own)
	if err != nil {
		return "", refuse(n, "two changes of the moved text overlap")
	}
	return Block(comments(lead) + unindent(string(body), col)), nil
}

// extent returns the comments above a node, the column of its text, and where its lines end.
func extent(n *manifest.Node) (lead string, col, end int, err error) {
	t := text(n.File.Data)
	start := n.Span.Start.Offset
	behind := t.ownEnd
	if isBlockScalar(n) { // elsewhere, comments below a text block could become text of it
		behind = func(n *manifest.Node, _ int) int { return t.nodeEnd(n) }
	}
	switch {
	case inFlow(n):
		return "", 0, n.Span.End.Offset, nil
	case n.Parent == nil:
		return "", t.column(start), behind(n, t.column(start)-1), nil
	}
	if i, ok := indexOf(n); ok {
		at, err := dash(n.Parent, i)
		if err != nil {
			return "", 0, 0, err
		}
		from := at
		if t.firstOnLine(at) {
			from = t.leadStart(t.lineStart(at), t.column(at), floor(n.Parent, i), i == 0)
		}
		col := t.column(start)
		if n.Style != manifest.Block {
			col = t.column(at) // what continues a scalar is indented against the dash
		}
		return string(t[from:at]) + strings.TrimPrefix(string(t[at+1:start]), " "), col, behind(n, t.column(at)), nil
	}
	p, ok := pairOf(n)
	if !ok {
		return "", 0, 0, refuse(n, "only items and values can be moved")
	}
	keyCol := t.column(p.Key.Span.Start.Offset)
	if n.Style != manifest.Block {
		return "", keyCol, behind(n, keyCol), nil
	}
	from := t.lineStart(start)
	from = t.leadStart(from, t.column(start), t.lineEnd(p.Key.Span.End.Offset), true)
	return string(t[min(from, start):t.lineStart(start)]), t.column(start), behind(n, keyCol), nil
}

// comments returns the comment lines of a text, unindented.
func comments(s string) string {
	var out strings.Builder
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
			out.WriteString(line + "\n")
		}
	}
	return out.String()
}

// unindent moves every line but the first left by up to n columns, as far as it is indented.
func unindent(s string, n int) string {
	var out strings.Builder
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for i, line := range strings.Split(strings.TrimSuffix(s, "\n"), "\n") {
		if i > 0 {
			blanks := len(line) - len(strings.TrimLeft(line, " "))
			line = line[min(n, blanks):]
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}
