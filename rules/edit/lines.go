package edit

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// text is a file's bytes with the arithmetic of lines. Columns are 0-based and count bytes; a byte order mark has none.
type text []byte

var byteOrderMark = []byte("\xef\xbb\xbf")

// lineStart returns the offset of the first byte of the line that holds off.
func (t text) lineStart(off int) int {
	if i := bytes.LastIndexByte(t[:off], '\n'); i >= 0 {
		return i + 1
	}
	if bytes.HasPrefix(t, byteOrderMark) && off >= len(byteOrderMark) {
		return len(byteOrderMark)
	}
	return 0
}

// lineEnd returns the offset behind the line break of the line that holds off.
func (t text) lineEnd(off int) int {
	if i := bytes.IndexByte(t[off:], '\n'); i >= 0 {
		return off + i + 1
	}
	return len(t)
}

// breakStart returns the offset of the line break of the line that holds off.
func (t text) breakStart(off int) int {
	end := t.lineEnd(off)
	if end > off && t[end-1] == '\n' {
		end--
		if end > off && t[end-1] == '\r' {
			end--
		}
	}
	return end
}

func (t text) column(off int) int { return off - t.lineStart(off) }

// line returns the line that starts at a given offset, without its break.
func (t text) line(start int) string { return string(t[start:t.breakStart(start)]) }

func (t text) blank(start int) bool { return strings.TrimSpace(t.line(start)) == "" }

// before returns the start of the line above the one that starts at start.
func (t text) before(start int) int { return t.lineStart(start - 1) }

// firstOnLine says whether only blanks stand before off on its line.
func (t text) firstOnLine(off int) bool {
	return strings.Trim(string(t[t.lineStart(off):off]), " ") == ""
}

// lineBreak returns the line break used at off, or above it where the file ends without one.
func (t text) lineBreak(off int) string {
	end := t.lineEnd(off)
	if end == 0 || t[end-1] != '\n' {
		end = bytes.LastIndexByte(t[:end], '\n') + 1
	}
	if end >= 2 && t[end-2] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// comment is a line that holds nothing else.
type comment struct {
	column int    // of the #
	inner  int    // column of the text behind the # and blanks
	text   string // behind the # and blanks
}

func (t text) comment(start int) (comment, bool) {
	line := t.line(start)
	body := strings.TrimLeft(line, " \t")
	if !strings.HasPrefix(body, "#") {
		return comment{}, false
	}
	c := comment{column: len(line) - len(body), text: strings.TrimLeft(strings.TrimLeft(body, "#"), " ")}
	c.inner = len(line) - len(c.text)
	return c, true
}

var (
	commentedPair = regexp.MustCompile(`^[a-z][\w./-]*:(\s|$)`)
	commentedItem = regexp.MustCompile(`^-\s+([\w./-]+:(\s|$)|\S+$)`)
)

// isCode says whether a comment is a commented-out field or item.
func (c comment) isCode() bool {
	return commentedPair.MatchString(c.text) || commentedItem.MatchString(c.text)
}

// below says whether a comment under an entry at column col belongs to the entry: it is indented deeper, or a field that
// was commented out at the start of the line.
func (c comment) below(col int) bool {
	switch {
	case commentedItem.MatchString(c.text) && c.inner <= col+2 && c.column <= col:
		return false
	case c.column < col:
		return c.inner > col && c.isCode()
	}
	return c.column > col
}

// leadStart returns where the comments begin that stand directly above the entry whose line starts at start, and that are
// its own. Nothing above floor is looked at.
func (t text) leadStart(start, col, floor int, first bool) int {
	for start > floor {
		above := t.before(start)
		c, ok := t.comment(above)
		if !ok || above < floor || c.isCode() || !first && c.below(col) || t.continuesItem(above, floor, c) {
			break
		}
		start = above
	}
	return start
}

// continuesItem says whether a comment line is a further line of a commented-out item above it.
func (t text) continuesItem(start, floor int, c comment) bool {
	for start > floor {
		start = t.before(start)
		above, ok := t.comment(start)
		if !ok || above.column != c.column {
			return false
		}
		if commentedItem.MatchString(above.text) {
			return c.inner > above.inner
		}
	}
	return false
}

// ownEnd returns where the lines of an entry at column col end whose last node is n: behind its last line and the
// comments below that belong to it.
func (t text) ownEnd(n *manifest.Node, col int) int {
	end := t.nodeEnd(n)
	for at := end; at < len(t); at = t.lineEnd(at) {
		if t.blank(at) {
			continue
		}
		if c, ok := t.comment(at); !ok || !c.below(col) {
			break
		}
		end = t.lineEnd(at)
	}
	return end
}

// commentedItemsEnd returns where the commented-out items end that stand at an offset behind a sequence in the compact style,
// whose dashes are in the column of its key: what comes behind them as a further key would take them over.
func (t text) commentedItemsEnd(seq *manifest.Node, at, col int) int {
	if seq.Kind != manifest.Sequence || seq.Style != manifest.Block || t.column(seq.Span.Start.Offset) != col {
		return at
	}
	end, item := at, -1
	for ; at < len(t); at = t.lineEnd(at) {
		c, ok := t.comment(at)
		switch {
		case ok && commentedItem.MatchString(c.text):
			item = c.inner
		case !ok || item < 0 || c.inner <= item:
			return end
		}
		end = t.lineEnd(at)
	}
	return end
}

// nodeEnd returns the offset behind the last line of a node. Blank lines that are text of a block scalar at its end are
// the node's.
func (t text) nodeEnd(n *manifest.Node) int {
	end := t.lineEnd(n.Span.End.Offset)
	leaf := lastLeaf(n)
	if !isBlockScalar(leaf) {
		return end
	}
	keep := strings.Contains(blockHeader(leaf), "+")
	indent := t.contentIndent(leaf)
	for at := end; at < len(t) && t.blank(at); at = t.lineEnd(at) {
		if keep || len(t.line(at)) > indent {
			end = t.lineEnd(at)
		}
	}
	return end
}

// contentIndent returns the column of a block scalar's text.
func (t text) contentIndent(n *manifest.Node) int {
	for at := t.lineEnd(headerStart(n)); at < n.Span.End.Offset; at = t.lineEnd(at) {
		if !t.blank(at) {
			line := t.line(at)
			return len(line) - len(strings.TrimLeft(line, " "))
		}
	}
	return len(t)
}

// headerStart returns the offset of a block scalar's | or >, behind a tag.
func headerStart(n *manifest.Node) int {
	src, at := source(n), 0
	for strings.HasPrefix(src[at:], "!") || strings.HasPrefix(src[at:], "&") {
		at += strings.IndexAny(src[at:]+" ", " \t\r\n")
		at += len(src[at:]) - len(strings.TrimLeft(src[at:], " \t"))
	}
	return n.Span.Start.Offset + at
}

// blockHeader returns the indicators of a block scalar: "|", ">-", "|2+", ….
func blockHeader(n *manifest.Node) string {
	src := string(n.File.Data[headerStart(n):n.Span.End.Offset])
	if i := strings.IndexAny(src, " \t\r\n"); i >= 0 {
		src = src[:i]
	}
	return src
}

func lastLeaf(n *manifest.Node) *manifest.Node {
	for n != nil {
		switch {
		case n.Kind == manifest.Mapping && len(n.Pairs) > 0:
			n = n.Pairs[len(n.Pairs)-1].Value
		case n.Kind == manifest.Sequence && len(n.Items) > 0:
			n = n.Items[len(n.Items)-1]
		default:
			return n
		}
	}
	return nil
}

// unterminated says whether a node ends with a block scalar whose last line has no break, which any line behind it would
// add to the scalar's text.
func (t text) unterminated(n *manifest.Node) bool {
	leaf := lastLeaf(n)
	return isBlockScalar(leaf) && !strings.Contains(blockHeader(leaf), "-") &&
		t.nodeEnd(leaf) == len(t) && len(t) > 0 && t[len(t)-1] != '\n'
}

// terminate returns the edit of such a block scalar's header after which its text has no line break at its end, whatever
// follows.
func (t text) terminate(n *manifest.Node) []Edit {
	if !t.unterminated(n) {
		return nil
	}
	leaf := lastLeaf(n)
	start, header := headerStart(leaf), blockHeader(leaf)
	return []Edit{put(n, start, start+len(header), strings.TrimSuffix(header, "+")+"-")}
}
