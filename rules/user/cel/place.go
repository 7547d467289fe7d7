package cel

import (
	"strings"
	"unicode/utf8"

	"github.com/podcheck/podcheck/rules/manifest"
)

// within says where an expression begins in the text of its node.
type within struct {
	offset int // bytes of the node's text before the expression
}

// place is the range of the file that a line (1-based) and column (0-based, in code points) of an expression mean: exact in plain
// and quoted text on one line and in literal blocks, the whole node where folding or escapes hide it.
func (w within) place(n *manifest.Node, line, column int) manifest.Span {
	n = n.Resolve()
	before := n.Text()[:w.offset]
	if line == 1 {
		column += utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	}
	lines := strings.Split(n.Text(), "\n")
	index := strings.Count(before, "\n") + line - 1
	if line < 1 || index >= len(lines) || lines[index] == "" {
		return n.Span
	}
	row := n.Span.Start.Line + index
	if n.Style == manifest.Literal {
		row++
	} else if index > 0 {
		return n.Span
	}
	start, end := n.File.Line(row)
	at := strings.Index(string(n.File.Data[start:end]), lines[index])
	if at < 0 {
		return n.Span
	}
	runes := []rune(lines[index])
	from := start + at + len(string(runes[:min(max(column, 0), len(runes))]))
	return manifest.Span{Start: n.File.PosAt(from), End: n.File.PosAt(start + at + len(lines[index]))}
}
