package edit

import (
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/podcheck/podcheck/rules/manifest"
)

// ReplaceWithin replaces every occurrence of a substring of a scalar's decoded value where it stands in the source: within
// a line of a text block, between quotes, or in plain text. It refuses when an occurrence runs over a line break, or when
// the changed scalar would have to be written in another form than the block it stands in.
func ReplaceWithin(n *manifest.Node, old, replacement string) ([]Edit, error) {
	n, err := written(n)
	if err != nil {
		return nil, err
	}
	if err := scalarInPlace(n); err != nil {
		return nil, err
	}
	switch {
	case old == "" || !strings.Contains(n.Value, old):
		return nil, refuse(n, "the value does not contain %s", strconv.Quote(old))
	case !utf8.ValidString(replacement):
		return nil, refuse(n, "the value is not valid UTF-8")
	}
	value := strings.ReplaceAll(n.Value, old, replacement)
	edits, err := replaceWithin(n, value, old, replacement)
	return mean(edits, err, become(n, value))
}

func replaceWithin(n *manifest.Node, value, old, replacement string) ([]Edit, error) {
	if !fits(n, value, replacement) {
		return replaceLine(n, value)
	}
	runs, ok := align(n)
	if !ok {
		return nil, refuse(n, "the value does not correspond to the text of the file")
	}
	return replaceRuns(n, runs, old, replacement)
}

// replaceLine rewrites a scalar of one line.
func replaceLine(n *manifest.Node, value string) ([]Edit, error) {
	if isBlockScalar(n) || strings.Contains(source(n), "\n") {
		return nil, refuse(n, "the new text does not fit into the lines of this value")
	}
	e, err := replaceScalar(n, value)
	return []Edit{e}, err
}

// fits says whether the scalar's style can hold a changed value where its present one stands.
func fits(n *manifest.Node, value, replacement string) bool {
	switch n.Style {
	case manifest.DoubleQuoted:
		return true
	case manifest.SingleQuoted, manifest.Literal, manifest.Folded:
		return singleLine(strings.ReplaceAll(replacement, "\t", " "))
	}
	if n.Tag != "!!str" || !singleLine(replacement) {
		return false
	}
	return plainHolds(strings.Join(strings.Split(value, "\n"), " "), inFlow(n))
}

// run is a stretch of a decoded value that stands in the source byte for byte (or, for an escape, as one unit).
type run struct {
	value, source int // offsets
	width, length int // bytes in the value and in the source; equal but for an escape
}

func replaceRuns(n *manifest.Node, runs []run, old, replacement string) ([]Edit, error) {
	var edits []Edit
	for at := 0; ; {
		i := strings.Index(n.Value[at:], old)
		if i < 0 {
			break
		}
		start, end := at+i, at+i+len(old)
		from, ok1 := sourceAt(runs, start, false)
		to, ok2 := sourceAt(runs, end, true)
		if !ok1 || !ok2 || to < from || strings.ContainsAny(string(n.File.Data[from:to]), "\n\r") {
			return nil, refuse(n, "%s runs over a line break of the value", strconv.Quote(old))
		}
		edits = append(edits, put(n, from, to, inStyle(n, replacement)))
		at = end
	}
	return edits, linesStay(n, edits)
}

func inStyle(n *manifest.Node, s string) string {
	switch n.Style {
	case manifest.DoubleQuoted:
		return escape(s)
	case manifest.SingleQuoted:
		return strings.ReplaceAll(s, "'", "''")
	}
	return s
}

// sourceAt finds the source offset of an offset of the value; an end belongs to the run before it.
func sourceAt(runs []run, off int, end bool) (int, bool) {
	i := sort.Search(len(runs), func(i int) bool {
		if end {
			return runs[i].value+runs[i].width >= off
		}
		return runs[i].value+runs[i].width > off
	})
	if i == len(runs) || off < runs[i].value {
		return 0, false
	}
	r, by := runs[i], off-runs[i].value
	switch {
	case r.width == r.length:
		return r.source + by, true
	case by == 0:
		return r.source, true
	case by == r.width:
		return r.source + r.length, true
	}
	return 0, false
}

// linesStay refuses edits after which a line of a value over several lines would begin or end with other blanks, or be
// blank: that would change how the lines are folded or indented.
func linesStay(n *manifest.Node, edits []Edit) error {
	t := text(n.File.Data)
	block := isBlockScalar(n)
	if !block && !strings.Contains(source(n), "\n") {
		return nil
	}
	for i := 0; i < len(edits); {
		start, end := t.lineStart(edits[i].Start), t.breakStart(edits[i].Start)
		start, end = max(start, n.Span.Start.Offset), min(end, n.Span.End.Offset)
		j := i
		for j < len(edits) && edits[j].Start <= end {
			j++
		}
		after, err := splice(t[start:end], start, edits[i:j])
		if err != nil {
			return refuse(n, "the new text does not fit into the lines of this value")
		}
		was, is := string(t[start:end]), string(after)
		sameLead := len(was)-len(strings.TrimLeft(was, " \t")) == len(is)-len(strings.TrimLeft(is, " \t"))
		sameTail := block || len(was)-len(strings.TrimRight(was, " \t")) == len(is)-len(strings.TrimRight(is, " \t"))
		switch {
		case !sameLead || !sameTail || strings.TrimSpace(is) == "":
			return refuse(n, "the new text would change how the lines of this value begin or end")
		case hasTemplate(was):
			return refuse(n, "the line holds a template expression")
		}
		i = j
	}
	return nil
}
