package edit

import (
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// remark is a comment as it stands in a file: a line of its own, or behind something.
type remark struct {
	offset int // of the #
	text   string
}

// remarks returns the comments of a file in order: what begins with a # outside of its scalars.
func remarks(f *manifest.File) []remark {
	s := commentScanner{text: f.Data}
	for _, d := range f.Documents {
		s.walk(d.Root)
	}
	s.gap(len(f.Data))
	return s.found
}

type commentScanner struct {
	text  text
	at    int // everything above has been looked at
	found []remark
}

func (s *commentScanner) walk(n *manifest.Node) {
	switch {
	case n == nil || !validSpan(n):
	case n.Kind == manifest.Scalar || n.Kind == manifest.Alias:
		s.gap(n.Span.Start.Offset)
		if isBlockScalar(n) {
			s.at = headerStart(n) + len(blockHeader(n))
			s.gap(min(s.text.lineEnd(s.at), len(s.text)))
		}
		s.at = max(s.at, n.Span.End.Offset)
	default:
		for _, child := range children(n) {
			s.walk(child)
		}
	}
}

// gap looks for comments in what no scalar holds, up to an offset.
func (s *commentScanner) gap(end int) {
	for s.at < end {
		i := s.at
		s.at++
		if s.text[i] != '#' || i > 0 && !strings.ContainsRune(" \t\r\n", rune(s.text[i-1])) && s.text.column(i) > 0 {
			continue
		}
		s.at = s.text.breakStart(i)
		s.found = append(s.found, remark{i, strings.TrimSpace(string(s.text[i:s.at]))})
	}
}

// lost returns a comment that stands in a file between two offsets but not in what came of it, though neither it nor what it belongs
// to was to go; "" when there is none. Comments of texts that were put in count too.
func (in *intended) lost(f *manifest.File, from, to int, after *manifest.File) string {
	present := map[string]int{}
	for _, r := range remarks(after) {
		present[r.text]++
	}
	own := in.extents(f)
	var wanted []remark
	for _, r := range remarks(f) {
		if from <= r.offset && r.offset < to && !slices.ContainsFunc(own, func(e [2]int) bool { return e[0] <= r.offset && r.offset < e[1] }) {
			wanted = append(wanted, r)
		}
	}
	for _, added := range in.added {
		wanted = append(wanted, remarks(added)...)
	}
	for _, r := range wanted {
		if present[r.text]--; present[r.text] < 0 {
			return r.text
		}
	}
	return ""
}

// extents are the ranges of the lines of what goes, with the comments that belong to it.
func (in *intended) extents(f *manifest.File) [][2]int {
	var out [][2]int
	for i := range in.documents {
		out = append(out, [2]int{f.Documents[i].Start, f.Documents[i].End})
	}
	for n, o := range in.nodes {
		if o.gone {
			start, end := ownLines(n)
			out = append(out, [2]int{start, end})
		}
	}
	return out
}

// ownLines returns the range of the lines of an item or of a pair, named by its value, with the comments of its own.
func ownLines(n *manifest.Node) (int, int) {
	t, start := text(n.File.Data), n.Span.Start.Offset
	from, to, err := 0, 0, error(nil)
	if i, ok := indexOf(n); ok {
		from, to, err = itemLines(n.Parent, i)
	} else if p, ok := pairOf(n); ok {
		start = p.Key.Span.Start.Offset
		from, to, err = pairLines(n.Parent, slices.Index(n.Parent.Pairs, p))
	}
	if err != nil || inFlow(n) || to == 0 {
		return start, t.lineEnd(n.Span.End.Offset)
	}
	return from, to
}
