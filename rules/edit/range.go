package edit

import (
	"strings"
	"unicode/utf8"

	"github.com/podcheck/podcheck/rules/manifest"
)

// ReplaceRange replaces the bytes [start,end) of a scalar's decoded value where they stand in the source, as ReplaceWithin does
// for every occurrence of a text.
func ReplaceRange(n *manifest.Node, start, end int, replacement string) ([]Edit, error) {
	n, err := written(n)
	if err != nil {
		return nil, err
	}
	if err := scalarInPlace(n); err != nil {
		return nil, err
	}
	if start < 0 || end < start || end > len(n.Value) || !utf8.ValidString(replacement) {
		return nil, refuse(n, "the value has no such part")
	}
	value := n.Value[:start] + replacement + n.Value[end:]
	edits, err := replaceRange(n, value, start, end, replacement)
	return mean(edits, err, become(n, value))
}

func replaceRange(n *manifest.Node, value string, start, end int, replacement string) ([]Edit, error) {
	runs, ok := align(n)
	if !fits(n, value, replacement) || !ok {
		return replaceLine(n, value)
	}
	from, to, ok := sourceRange(n, runs, start, end)
	if !ok {
		return nil, refuse(n, "the text to be replaced runs over a line break of the value")
	}
	edits := []Edit{put(n, from, to, inStyle(n, replacement))}
	return edits, linesStay(n, edits)
}

// Within is the place in the source of the bytes [start,end) of a scalar's decoded value; the whole scalar when they do not
// stand in one line of it.
func Within(n *manifest.Node, start, end int) manifest.Span {
	n = n.Resolve()
	if w := n.Written(); w != nil {
		n = w
	} else if n != nil {
		return n.Span
	}
	if n == nil || n.File == nil || n.Kind != manifest.Scalar || !validSpan(n) || start < 0 || end < start || end > len(n.Value) {
		if n == nil {
			return manifest.Span{}
		}
		return n.Span
	}
	runs, ok := align(n)
	if !ok {
		return n.Span
	}
	from, to, ok := sourceRange(n, runs, start, end)
	if !ok {
		return n.Span
	}
	return manifest.Span{Start: n.File.PosAt(from), End: n.File.PosAt(to)}
}

// sourceRange finds the source of a part of the value; ok is false when it isn't there on one line.
func sourceRange(n *manifest.Node, runs []run, start, end int) (from, to int, ok bool) {
	from, ok1 := sourceAt(runs, start, false)
	to, ok2 := sourceAt(runs, end, true)
	if !ok1 || !ok2 || to < from || strings.ContainsAny(string(n.File.Data[from:to]), "\n\r") {
		return 0, 0, false
	}
	return from, to, true
}
