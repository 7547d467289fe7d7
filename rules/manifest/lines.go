package manifest

import (
	"bytes"
	"sort"
)

const byteOrderMark = "\xef\xbb\xbf"

// lineTable holds the offsets at which lines begin; the first is 0.
type lineTable []int

// gitLines breaks lines as git, GitHub and editors count them: behind every line feed.
func gitLines(data []byte) lineTable {
	table := make(lineTable, 1, 1+bytes.Count(data, []byte{'\n'}))
	for i := 0; ; {
		n := bytes.IndexByte(data[i:], '\n')
		if n < 0 {
			return table
		}
		i += n + 1
		table = append(table, i)
	}
}

// yamlLines breaks lines as the YAML scanner does: also at a lone carriage return, NEL, LS and PS. It is git's table
// itself for the files that hold none of these.
func yamlLines(data []byte, git lineTable) lineTable {
	if !hasRareBreak(data) {
		return git
	}
	table := lineTable{0}
	for i := 0; i < len(data); {
		if n := breakLen(data, i); n > 0 {
			i += n
			table = append(table, i)
			continue
		}
		i++
	}
	return table
}

func hasRareBreak(data []byte) bool {
	if bytes.IndexByte(data, '\r') >= 0 && bytes.Count(data, []byte("\r")) != bytes.Count(data, []byte("\r\n")) {
		return true
	}
	return bytes.Contains(data, []byte("\u0085")) || bytes.Contains(data, []byte("\u2028")) || bytes.Contains(data, []byte("\u2029"))
}

// breakLen returns the length of the YAML line break at offset i, 0 when there is none.
func breakLen(data []byte, i int) int {
	switch c := data[i]; {
	case c == '\n':
		return 1
	case c == '\r':
		if i+1 < len(data) && data[i+1] == '\n' {
			return 2
		}
		return 1
	case c == 0xC2 && i+1 < len(data) && data[i+1] == 0x85:
		return 2
	case c == 0xE2 && i+2 < len(data) && data[i+1] == 0x80 && (data[i+2] == 0xA8 || data[i+2] == 0xA9):
		return 3
	}
	return 0
}

// index returns the index of the line that holds offset.
func (t lineTable) index(offset int) int {
	return sort.SearchInts(t, offset+1) - 1
}

func (t lineTable) pos(offset int) Pos {
	line := t.index(offset)
	return Pos{Offset: offset, Line: line + 1, Column: offset - t[line] + 1}
}

func (f *File) table() lineTable {
	if f.lines == nil {
		return gitLines(f.Data)
	}
	return f.lines
}

// PosAt returns the place of a byte offset, which is clamped to the file. Lines are those of git and GitHub: they end with
// a line feed.
func (f *File) PosAt(offset int) Pos {
	return f.table().pos(min(max(offset, 0), len(f.Data)))
}

// LineOf returns the 1-based line that holds a byte offset.
func (f *File) LineOf(offset int) int {
	return f.PosAt(offset).Line
}

// Line returns the range of the 1-based line n without its line break (LF or CRLF); an empty range at the end of the file
// when there is no such line. The range with its break is that from its start to the start of the next line.
func (f *File) Line(n int) (start, end int) {
	table := f.table()
	if n < 1 || n > len(table) {
		return len(f.Data), len(f.Data)
	}
	start = table[n-1]
	if n == len(table) {
		return start, len(f.Data)
	}
	end = table[n] - 1
	if end > start && f.Data[end-1] == '\r' {
		end--
	}
	return start, end
}

// Lines returns the first and the last line of the node's own text.
func (n *Node) Lines() (first, last int) {
	if n == nil {
		return 0, 0
	}
	return n.Span.Start.Line, n.Span.End.Line
}

// spanTo returns the range from start to end as a Span, looking lines up only when a break lies between.
func (f *File) spanTo(start, end int) Span {
	from := f.lines.pos(start)
	next := len(f.Data) + 1
	if from.Line < len(f.lines) {
		next = f.lines[from.Line]
	}
	if end < next {
		return Span{from, Pos{Offset: end, Line: from.Line, Column: from.Column + end - start}}
	}
	return Span{from, f.lines.pos(end)}
}
