package manifest

import "bytes"

// This file finds where a node ends. Plain and block scalars have no escapes: every byte of their value that is no white
// space stands in the source as it is, so the value itself leads to the end, whatever the indentation.

// scalarEnd returns the end of a scalar whose content starts at an offset, -1 when the source does not hold it.
func scalarEnd(data []byte, start int, style Style, value string) int {
	if start >= len(data) {
		return -1
	}
	switch style {
	case SingleQuoted:
		return quotedEnd(data, start, '\'')
	case DoubleQuoted:
		return quotedEnd(data, start, '"')
	case Literal, Folded:
		return blockEnd(data, start, value)
	}
	if end := start + len(value); end <= len(data) && string(data[start:end]) == value {
		return end
	}
	return matchText(data, start, value)
}

func quotedEnd(data []byte, start int, quote byte) int {
	if data[start] != quote {
		return -1
	}
	for i := start + 1; i < len(data); i++ {
		switch {
		case data[i] == '\\' && quote == '"':
			i++
		case data[i] != quote:
		case quote == '\'' && i+1 < len(data) && data[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return -1
}

// blockEnd returns the end of the last line with text of a block scalar, or of its header when it has none.
func blockEnd(data []byte, start int, value string) int {
	if data[start] != '|' && data[start] != '>' {
		return -1
	}
	header := start + 1
	for header < len(data) && bytes.IndexByte([]byte("+-0123456789"), data[header]) >= 0 {
		header++
	}
	line := lineEnd(data, header)
	if line == len(data) {
		return header
	}
	end := matchText(data, line, value)
	if end == line {
		return header
	}
	if end < 0 {
		return -1
	}
	return lineEnd(data, end)
}

// lineEnd returns the offset of the next line break, or the end of data.
func lineEnd(data []byte, i int) int {
	for i < len(data) && breakLen(data, i) == 0 {
		i++
	}
	return i
}

// matchText follows the non-white bytes of value through the source and returns the offset behind the last; start when
// there is none, -1 when the source differs.
func matchText(data []byte, start int, value string) int {
	end, i := start, start
	for v := 0; v < len(value); {
		if n := whiteLen(value, v); n > 0 {
			v += n
			continue
		}
		for i < len(data) {
			n := whiteLen(data, i)
			if n == 0 {
				break
			}
			i += n
		}
		if i >= len(data) || data[i] != value[v] {
			return -1
		}
		i++
		v++
		end = i
	}
	return end
}

// whiteLen returns the length of the blank or line break at i, 0 when there is none.
func whiteLen[T string | []byte](text T, i int) int {
	switch c := text[i]; {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		return 1
	case c == 0xC2 && i+1 < len(text) && text[i+1] == 0x85:
		return 2
	case c == 0xE2 && i+2 < len(text) && text[i+1] == 0x80 && (text[i+2] == 0xA8 || text[i+2] == 0xA9):
		return 3
	}
	return 0
}

// skipProperties returns where the content behind anchor and tag begins, and where the last of these ends; both are start
// when there are none. A node has one of each at most: a second one is the next node's.
func skipProperties(data []byte, start, anchorLen int) (content, end int) {
	content, end = start, start
	anchored, tagged := anchorLen == 0, false
	for content < len(data) {
		switch {
		case data[content] == '&' && !anchored:
			end, anchored = content+len("&")+anchorLen, true
		case data[content] == '!' && !tagged:
			end, tagged = tagEnd(data, content), true
		default:
			return content, end
		}
		content = skipSeparation(data, end)
	}
	return content, end
}

func tagEnd(data []byte, i int) int {
	if bytes.HasPrefix(data[i:], []byte("!<")) {
		if n := bytes.IndexByte(data[i:], '>'); n >= 0 {
			return i + n + 1
		}
	}
	for i < len(data) && whiteLen(data, i) == 0 && bytes.IndexByte([]byte(",[]{}"), data[i]) < 0 {
		i++
	}
	return i
}

// skipSeparation skips white space and comments.
func skipSeparation(data []byte, i int) int {
	return skipAny(data, i, "")
}

// skipFlowSeparators skips what can stand between the last entry of a flow collection and its closing bracket.
func skipFlowSeparators(data []byte, i int) int {
	return skipAny(data, i, ",:?")
}

func skipAny(data []byte, i int, also string) int {
	for i < len(data) {
		if n := whiteLen(data, i); n > 0 {
			i += n
			continue
		}
		switch {
		case data[i] == '#':
			i = lineEnd(data, i)
		case bytes.IndexByte([]byte(also), data[i]) >= 0:
			i++
		default:
			return i
		}
	}
	return i
}

// behindColon returns where an absent value stands: behind the colon of the key that ends at an offset, or directly
// behind the key when it has no colon. A colon before other text begins the next key.
func behindColon(data []byte, keyEnd int, style Style) int {
	i := skipSeparation(data, keyEnd)
	if i >= len(data) || data[i] != ':' {
		return keyEnd
	}
	next := i + 1
	if next == len(data) || whiteLen(data, next) > 0 || style == Flow && bytes.IndexByte([]byte(",]}"), data[next]) >= 0 {
		return next
	}
	return keyEnd
}
