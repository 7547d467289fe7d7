package manifest

import "bytes"

// sketch is a rough reading of a document that the YAML parser refused, good enough to say where the fault began: which
// brackets were open, which quoted string ran over several lines, and where template actions stand.
type sketch struct {
	data   []byte
	i, end int
	at     int // the fault

	open   []int // offsets of the brackets open at the fault
	action int   // the first action where a value or a line begins, -1 for none
	// The last quoted string over several lines that ends on the line of the fault; quoteEnd 0 for none.
	quoteStart, quoteEnd int

	brackets []int
	lineFrom int  // where the line begins
	fresh    bool // a value may begin here
	column   int  // where the last token began that can be a key
	parent   int  // the column that a block scalar must be indented beyond
}

func sketchOf(data []byte, start, end, at int) *sketch {
	s := &sketch{data: data, i: start, end: end, at: at, action: -1, lineFrom: start, fresh: true}
	for s.i < s.end {
		if s.i <= at {
			s.open = append(s.open[:0], s.brackets...)
		}
		s.step()
	}
	if at >= end {
		s.open = s.brackets
	}
	return s
}

func (s *sketch) step() {
	c := s.data[s.i]
	switch {
	case breakLen(s.data, s.i) > 0:
		s.i += breakLen(s.data, s.i)
		s.lineFrom, s.fresh = s.i, true
	case isBlank(c):
		s.i++
	case c == '#' && s.spaced():
		s.i = min(lineEnd(s.data, s.i), s.end)
	case s.fresh && (c == '-' || c == '?') && s.separates(s.i+1):
		s.parent = s.i - s.lineFrom
		s.i++
	case c == ':' && s.separates(s.i+1):
		s.parent, s.fresh = s.column, true
		s.i++
	case s.fresh:
		s.token(c)
	default:
		s.inside(c)
	}
}

// token reads the first character of a token.
func (s *sketch) token(c byte) {
	s.column, s.fresh = s.i-s.lineFrom, false
	text := s.data[s.i:s.end]
	lineBegins := len(bytes.TrimLeft(s.data[s.lineFrom:s.i], " \t")) == 0
	if s.action < 0 && (isAction(text) || bytes.HasPrefix(text, []byte("${{")) || isPlaceholder(text, lineBegins)) {
		s.action = s.i
	}
	switch {
	case c == '"' || c == '\'':
		s.quoted(c)
	case c == '[' || c == '{':
		s.brackets = append(s.brackets, s.i)
		s.fresh = true
		s.i++
	case (c == '|' || c == '>') && len(s.brackets) == 0:
		s.block()
	default:
		s.inside(c)
	}
}

// inside reads a character within or behind a token. An action there is data, unless it stands on the line at fault.
func (s *sketch) inside(c byte) {
	if s.action < 0 && isAction(s.data[s.i:s.end]) && s.onLineOfFault() {
		s.action = s.i
	}
	if len(s.brackets) > 0 {
		switch c {
		case ',':
			s.fresh = true
		case ']', '}':
			s.brackets = s.brackets[:len(s.brackets)-1]
		}
	}
	s.i++
}

func (s *sketch) quoted(quote byte) {
	start := s.i
	end := quotedEnd(s.data[:s.end], start, quote)
	if end < 0 { // never closed, as the parser says itself
		s.i = s.end
		return
	}
	s.i = end
	if bytes.IndexByte(s.data[start:end], '\n') < 0 {
		return
	}
	s.lineFrom = bytes.LastIndexByte(s.data[:end], '\n') + 1
	if s.at >= end && bytes.IndexByte(s.data[end:min(s.at, s.end)], '\n') < 0 {
		s.quoteStart, s.quoteEnd = start, end
	}
}

// block skips a block scalar: the lines that are blank or indented beyond the parent.
func (s *sketch) block() {
	s.i = lineEnd(s.data, s.i)
	for s.i < s.end {
		line := s.i + breakLen(s.data, s.i)
		text := line
		for text < s.end && s.data[text] == ' ' {
			text++
		}
		if text < s.end && breakLen(s.data, text) == 0 && text-line <= s.parent {
			return
		}
		s.i = lineEnd(s.data, text)
	}
	s.i = min(s.i, s.end)
}

func (s *sketch) onLineOfFault() bool {
	from, to := min(s.i, s.at), max(s.i, s.at)
	return to-from < 1<<10 && bytes.IndexByte(s.data[from:min(to, len(s.data))], '\n') < 0
}

func (s *sketch) spaced() bool {
	return s.i == s.lineFrom || whiteLen(s.data, s.i-1) > 0
}

// separates says whether a `-`, `?` or `:` before offset i is an indicator.
func (s *sketch) separates(i int) bool {
	return i >= s.end || whiteLen(s.data, i) > 0 || len(s.brackets) > 0 && bytes.IndexByte([]byte(",[]{}"), s.data[i]) >= 0
}
