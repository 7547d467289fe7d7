package edit

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/podcheck/podcheck/rules/manifest"
)

// align finds where each part of a scalar's decoded value stands in the source. It is false when the value that the
// source spells is not the one that the node has.
func align(n *manifest.Node) ([]run, bool) {
	a := aligner{src: source(n), base: n.Span.Start.Offset, value: n.Value}
	var ok bool
	switch n.Style {
	case manifest.Plain:
		ok = a.flow(a.src, 0, plainUnit)
	case manifest.SingleQuoted:
		ok = len(a.src) >= 2 && a.flow(a.src[1:len(a.src)-1], 1, singleUnit)
	case manifest.DoubleQuoted:
		ok = len(a.src) >= 2 && a.flow(a.src[1:len(a.src)-1], 1, doubleUnit)
	default:
		ok = a.block(n)
	}
	return a.runs, ok
}

type aligner struct {
	src, value string
	base, at   int // source offset of src; offset in value
	runs       []run
}

// take records that length bytes of the source at off spell the next part of the value.
func (a *aligner) take(off, length int, part string) bool {
	if !strings.HasPrefix(a.value[a.at:], part) {
		return false
	}
	last := len(a.runs) - 1
	same := length == len(part)
	if last >= 0 && same && a.runs[last].width == a.runs[last].length && a.runs[last].source+a.runs[last].length == a.base+off {
		a.runs[last].width += length
		a.runs[last].length += length
	} else {
		a.runs = append(a.runs, run{value: a.at, source: a.base + off, width: len(part), length: length})
	}
	a.at += len(part)
	return true
}

// skip steps over what line breaks became: blanks and line breaks that stand in the value but not byte for byte.
func (a *aligner) skip(part string) bool {
	if !strings.HasPrefix(a.value[a.at:], part) {
		return false
	}
	a.at += len(part)
	return true
}

// flow aligns plain and quoted scalars: lines are trimmed and folded. A unit is a byte, or an escape.
func (a *aligner) flow(body string, off int, unit func(string) (int, string, bool)) bool {
	for i := 0; i < len(body); {
		if rest := strings.TrimLeft(body[i:], " \t\r"); strings.HasPrefix(rest, "\n") {
			next, folded := fold(body[i:])
			if !a.skip(folded) {
				return false
			}
			i += next
			continue
		}
		length, part, ok := unit(body[i:])
		if !ok || !a.take(off+i, length, part) {
			return false
		}
		i += length
	}
	return a.at == len(a.value)
}

// fold returns the length of a line break with the blanks and empty lines around it, and what it means in the value.
func fold(s string) (int, string) {
	rest := strings.TrimLeft(s, " \t\r\n")
	breaks := strings.Count(s[:len(s)-len(rest)], "\n")
	if breaks == 1 {
		return len(s) - len(rest), " "
	}
	return len(s) - len(rest), strings.Repeat("\n", breaks-1)
}

func plainUnit(s string) (int, string, bool) { return 1, s[:1], true }

func singleUnit(s string) (int, string, bool) {
	if s[0] != '\'' {
		return 1, s[:1], true
	}
	return 2, "'", strings.HasPrefix(s, "''")
}

// doubleUnit decodes one escape with the YAML library; an escaped line break is left alone.
func doubleUnit(s string) (int, string, bool) {
	if s[0] != '\\' {
		return 1, s[:1], true
	}
	if len(s) < 2 || strings.ContainsRune("\r\n", rune(s[1])) {
		return 0, "", false
	}
	length := 2 + map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
	if len(s) < length {
		return 0, "", false
	}
	if length == 6 && isHighSurrogate(s) && len(s) >= 12 && s[6:8] == `\u` {
		length = 12
	}
	var part string
	if err := yaml.Unmarshal([]byte(`"`+s[:length]+`"`), &part); err != nil {
		return 0, "", false
	}
	return length, part, true
}

func isHighSurrogate(s string) bool {
	return (s[2] == 'd' || s[2] == 'D') && strings.ContainsRune("89abAB", rune(s[3]))
}

// block aligns literal and folded blocks, line by line. Between the lines of a folded block any blanks and breaks of the
// value are stepped over: what they became depends on the lines around, and only whole lines are looked up.
func (a *aligner) block(n *manifest.Node) bool {
	t := text(n.File.Data)
	indent := t.contentIndent(n)
	if header := blockHeader(n); strings.ContainsAny(header, "123456789") {
		return false
	}
	for at := t.lineEnd(headerStart(n)); at < n.Span.End.Offset; at = t.lineEnd(at) {
		line := t.line(at)
		if len(line) > indent {
			if strings.TrimLeft(line[:indent], " ") != "" || !a.take(at+indent-a.base, len(line)-indent, line[indent:]) {
				return false
			}
		}
		a.skipBreaks(n.Style, len(line) <= indent)
	}
	return strings.Trim(a.value[a.at:], " \t\n") == ""
}

func (a *aligner) skipBreaks(style manifest.Style, blank bool) {
	if style == manifest.Literal || blank {
		a.skip("\n")
		return
	}
	if a.skip(" ") {
		return
	}
	for a.skip("\n") {
	}
}
