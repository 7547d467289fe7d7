package edit

import (
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Extract returns the text of a node, to be put elsewhere: unindented, with LF line ends, with the comments in it, behind
// it and, for an item or a block value, directly above it that are its own. Edits within the node's lines are applied
// first; offsets are those of the file. The node may be an item, a value or a root. The text is proven to decode to the node with
// what the edits mean, and to have every comment.
func Extract(n *manifest.Node, edits []Edit) (Block, error) {
	w, err := written(n)
	if err != nil {
		return "", err
	}
	if w != n && !deployed(w, n) {
		return "", refuse(n, "this is not deployed as it is written here")
	}
	n = w
	if err := Editable(n); err != nil {
		return "", err
	}
	t := text(n.File.Data)
	from, col, own, err := extent(n)
	if err != nil {
		return "", err
	}
	start, end := n.Span.Start.Offset, own
	if isBlockScalar(n) { // elsewhere, comments below a text block could become text of it
		end = min(t.nodeEnd(n), own)
	}
	all := Join(edits)
	for _, e := range t.terminate(n) {
		if !slices.ContainsFunc(edits, func(other Edit) bool { return other.Start == e.Start && other.End >= e.End }) {
			all = Join(all, []Edit{e})
		}
	}
	for _, e := range all {
		if e.Path != n.File.Path || e.Start < start || e.End > end {
			return "", refuse(n, "a change of the moved text lies outside of it")
		}
	}
	body, err := splice(t[start:end], start, all)
	if err != nil {
		return "", refuse(n, "two changes of the moved text overlap")
	}
	block := Block(comments(t[from:start]) + comments(t[end:own]) + unindent(string(body), col))
	return block, moved(n, block, edits, from, own)
}

// deployed says whether a node is rendered as it is written, but for the image of a container that kustomize's images change: they do
// so wherever the container stands.
func deployed(w, n *manifest.Node) bool {
	if manifest.Equal(w, n) {
		return true
	}
	image := n.Get("image")
	if len(n.Pairs) != len(w.Keys()) || image == nil || image.Origin == nil || image.Origin.Source != nil || w.Get("image") == nil {
		return false
	}
	return !slices.ContainsFunc(n.Pairs, func(p manifest.Pair) bool {
		return p.Key.Value != "image" && !manifest.Equal(w.Get(p.Key.Value), p.Value)
	})
}

// moved says whether a text decodes to a node with what the edits mean, and has the comments between two offsets.
func moved(n *manifest.Node, block Block, edits []Edit, from, to int) error {
	meant, err := intend(n.File, edits)
	if err != nil {
		return err
	}
	is, err := parseBlock(block)
	if err != nil || !(digests{}).equal(meant.node(n), is) {
		return refuse(n, "this text would not mean the same elsewhere")
	}
	if comment := meant.lost(n.File, from, to, is.File); comment != "" {
		return refuse(n, "a comment would be lost: %s", comment)
	}
	return nil
}

// extent returns where the lines of a node begin and end, with the comments of its own, and the column of its text.
func extent(n *manifest.Node) (from, col, end int, err error) {
	t := text(n.File.Data)
	start := n.Span.Start.Offset
	switch {
	case inFlow(n):
		return start, 0, n.Span.End.Offset, nil
	case n.Parent == nil:
		return start, t.column(start), t.ownEnd(n, t.column(start)-1), nil
	}
	if i, ok := indexOf(n); ok {
		at, err := dash(n.Parent, i)
		if err != nil {
			return 0, 0, 0, err
		}
		from := at
		if t.firstOnLine(at) {
			from = t.leadStart(t.lineStart(at), t.column(at), floor(n.Parent, i), i == 0)
		}
		col := t.column(start)
		if n.Style != manifest.Block {
			col = t.column(at) // what continues a scalar is indented against the dash
		}
		return from, col, t.ownEnd(n, t.column(at)), nil
	}
	p, ok := pairOf(n)
	if !ok {
		return 0, 0, 0, refuse(n, "only items and values can be moved")
	}
	keyCol := t.column(p.Key.Span.Start.Offset)
	if n.Style != manifest.Block {
		return start, keyCol, t.ownEnd(n, keyCol), nil
	}
	from = t.leadStart(t.lineStart(start), t.column(start), t.lineEnd(p.Key.Span.End.Offset), true)
	return min(from, start), t.column(start), t.ownEnd(n, keyCol), nil
}

// comments returns the comment lines of a text, unindented; one may stand behind a dash.
func comments(t text) string {
	var out strings.Builder
	for line := range strings.Lines(string(t)) {
		if line = strings.TrimSpace(strings.TrimLeft(line, " -")); strings.HasPrefix(line, "#") {
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
