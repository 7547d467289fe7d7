package review

import (
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// anchorLines is the longest range that a comment spans as a whole; of a longer one it takes the lines that were added.
const anchorLines = 12

// anchor is where a comment stands on the new side of the diff.
type anchor struct {
	Path      string
	StartLine int // 0 for one line
	Line      int // 0 for the file as a whole
}

// findAnchor chooses where to comment on a finding: its own place, then the places it offers, then its evidence and its
// partners where the change touched them, then a file of these as a whole. False: nothing of it is in the diff.
func findAnchor(c *changes, f *analysis.Finding) (anchor, bool) {
	for _, p := range append([]analysis.Place{f.Place}, f.Anchors...) {
		if a, ok := c.mayCommentOn(p); ok {
			return a, true
		}
	}
	for _, p := range partners(f) {
		if a, ok := c.mayCommentOn(p); ok && c.changedIn(a) {
			return a, true
		}
	}
	for _, p := range places(f) {
		if c.byNew[p.Path] != nil {
			return anchor{Path: p.Path}, true
		}
	}
	return anchor{}, false
}

func places(f *analysis.Finding) []analysis.Place {
	all := append([]analysis.Place{f.Place}, f.Anchors...)
	return append(all, partners(f)...)
}

func partners(f *analysis.Finding) []analysis.Place {
	var all []analysis.Place
	for _, e := range f.Evidence {
		all = append(all, e.Place)
	}
	for _, r := range f.Related {
		all = append(all, r.Place)
	}
	return all
}

// endLine is the last line that a place has bytes on; its span's end is exclusive and may stand at the start of a line.
func endLine(p analysis.Place) int {
	start, end := p.Span.Start, p.Span.End
	if end.Line > start.Line && end.Column <= 1 {
		return end.Line - 1
	}
	return max(start.Line, end.Line)
}

// mayCommentOn answers for a place; of what is rendered, the line may be unknown.
func (c *changes) mayCommentOn(p analysis.Place) (anchor, bool) {
	if p.Precision == manifest.WholeFile {
		return anchor{}, false
	}
	return c.mayComment(p.Path, p.Span.Start.Line, endLine(p))
}

// mayComment answers for the lines start..end of a file which of them GitHub takes a comment on: lines of one hunk's new side.
// A range that leaves the hunk or is long shrinks, to lines that were added where there are some.
func (c *changes) mayComment(path string, start, end int) (anchor, bool) {
	ch := c.byNew[path]
	if ch == nil || start < 1 || end < start {
		return anchor{}, false
	}
	if from, to, ok := commentRange(ch.Hunks, start, end); ok {
		return lineAnchor(path, from, to), true
	}
	return anchor{}, false
}

func lineAnchor(path string, from, to int) anchor {
	if from == to {
		return anchor{Path: path, Line: to}
	}
	return anchor{Path: path, StartLine: from, Line: to}
}

func commentRange(hunks []hunk, start, end int) (from, to int, ok bool) {
	for _, h := range hunks {
		if end-start < anchorLines && h.contains(start, end) {
			return start, end, true
		}
	}
	for _, h := range hunks {
		if from, to := h.firstAdded(start, end); from > 0 {
			return from, to, true
		}
	}
	for _, h := range hunks {
		if from := max(h.Start, start); from <= min(h.End, end) {
			return from, from, true
		}
	}
	return 0, 0, false
}

// firstAdded is the first run of added lines within start..end; of a long run only its first line. 0 without one.
func (h hunk) firstAdded(start, end int) (from, to int) {
	for n := max(h.Start, start); n <= min(h.End, end); n++ {
		if !h.added[n] {
			continue
		}
		for to = n; to < min(h.End, end) && h.added[to+1]; {
			to++
		}
		if to-n >= anchorLines {
			to = n
		}
		return n, to
	}
	return 0, 0
}

// changedIn says whether the change touched a line of the anchor, or deleted lines beside it.
func (c *changes) changedIn(a anchor) bool {
	from := a.StartLine
	if from == 0 {
		from = a.Line
	}
	for _, h := range c.byNew[a.Path].Hunks {
		if !h.contains(from, a.Line) {
			continue
		}
		for n := from; n <= a.Line+1; n++ {
			if h.cut[n] || n <= a.Line && h.added[n] {
				return true
			}
		}
	}
	return false
}
