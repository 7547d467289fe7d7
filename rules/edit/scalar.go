package edit

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/podcheck/podcheck/rules/manifest"
	"sigs.k8s.io/yaml"
)

// Quote writes a string as a scalar in a style, or in the nearest one that can hold it, on one line: it decodes to exactly
// that string in YAML 1.1 and 1.2, as text and not as a number, boolean, null or date.
func Quote(value string, like manifest.Style) string { return quote(value, like, false) }

// quote is Quote; within a flow collection its punctuation is special too.
func quote(value string, like manifest.Style, flow bool) string {
	switch {
	case like == manifest.SingleQuoted && singleLine(value):
		return "'" + strings.ReplaceAll(value, "'", "''") + "'"
	case like == manifest.DoubleQuoted || !singleLine(value):
		return `"` + escape(value) + `"`
	case plainHolds(value, flow):
		return value
	case strings.ContainsAny(value, `"\`) && !strings.Contains(value, "'"):
		return "'" + value + "'"
	}
	return `"` + escape(value) + `"`
}

// plainHolds says whether a string can stand unquoted. What an emitter would quote is quoted.
func plainHolds(value string, flow bool) bool {
	if value == "" || value == "<<" || !singleLine(value) || hasTemplate(value) {
		return false
	}
	if flow && (strings.ContainsAny(value, ",[]{}?") || strings.HasPrefix(value, ":")) {
		return false
	}
	if strings.HasSuffix(value, ":") || strings.HasPrefix(value, "---") || strings.HasPrefix(value, "...") {
		return false
	}
	// The emitter breaks long lines at blanks, which says nothing about quotes.
	out, err := yaml.Marshal(value)
	return err == nil && !bytes.ContainsAny(out[:1], `'"|>`)
}

// singleLine says whether a string can stand unescaped on a line.
func singleLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, escaped)
}

func escaped(r rune) bool {
	return r <= 0xffff && !unicode.IsPrint(r)
}

// escape writes a string for use between double quotes, in the escapes that YAML and JSON share.
func escape(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out.WriteRune('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\r':
			out.WriteString(`\r`)
		case escaped(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// ReplaceScalar gives a scalar another value. The quote style stays when it can hold the value. A plain number, boolean or
// null stays one when the value reads as the same type; else the value is written as text.
func ReplaceScalar(n *manifest.Node, value string) (Edit, error) {
	n, err := written(n)
	if err != nil {
		return Edit{}, err
	}
	e, err := replaceScalar(n, value)
	if err != nil {
		return Edit{}, err
	}
	edits, err := mean([]Edit{e}, nil, become(n, value))
	return edits[0], err
}

// become is the intention that a scalar has another value.
func become(n *manifest.Node, value string) operation {
	fresh := stringNode(value)
	if n.Style == manifest.Plain && n.Tag != "!!str" && sameType(n.Tag, value) {
		fresh.Tag, fresh.Style = n.Tag, manifest.Plain
	}
	return operation{place: placeOf(n), value: fresh}
}

func stringNode(value string) *manifest.Node {
	return &manifest.Node{Kind: manifest.Scalar, Style: manifest.DoubleQuoted, Tag: "!!str", Value: value}
}

func replaceScalar(n *manifest.Node, value string) (Edit, error) {
	if err := scalarInPlace(n); err != nil {
		return Edit{}, err
	}
	if !utf8.ValidString(value) {
		return Edit{}, refuse(n, "the value is not valid UTF-8")
	}
	start, end := n.Span.Start.Offset, n.Span.End.Offset
	if isBlockScalar(n) {
		s, err := replaceBlock(n, value)
		return put(n, headerStart(n), end, s), err
	}
	s := scalarText(n, value)
	if start == end {
		if start == 0 || n.File.Data[start-1] != ':' && n.File.Data[start-1] != '-' {
			return Edit{}, refuse(n, "the absent value stands behind neither a colon nor a dash")
		}
		s = " " + s
	}
	return put(n, start, end, s), nil
}

// scalarInPlace says whether the text of a scalar can be changed where it stands. In JSON it can, whatever is around it.
func scalarInPlace(n *manifest.Node) error {
	if n != nil && n.File != nil && n.Anchor == "" && n.Kind == manifest.Scalar && isJSON(n) && strictJSON(n) {
		return nil
	}
	if err := reachable(n); err != nil {
		return err
	}
	switch {
	case n.Kind != manifest.Scalar:
		return refuse(n, "this is not a scalar")
	case tagged(n):
		return refuse(n, "a value with an explicit tag is not edited")
	case n.IsMerge():
		return refuse(n, "a merge key is not edited")
	case isTemplate(n):
		return refuse(n, "the line holds a template expression")
	}
	return nil
}

func scalarText(n *manifest.Node, value string) string {
	flow := inFlow(n)
	switch {
	case n.Style == manifest.Plain && n.Tag != "!!str" && sameType(n.Tag, value):
		return value
	case isJSON(n):
		return quote(value, manifest.DoubleQuoted, true)
	}
	return quote(value, n.Style, flow)
}

// sameType says whether a plain value has a resolved tag in JSON's notation, which every reader agrees on.
func sameType(tag, value string) bool {
	switch tag {
	case "!!bool":
		return value == "true" || value == "false"
	case "!!null":
		return value == "null"
	case "!!int", "!!float":
		n, err := parseBlock(Block(value + "\n"))
		return err == nil && jsonNumber.MatchString(value) && n.Kind == manifest.Scalar && n.Tag == tag
	}
	return false
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// replaceBlock rewrites the text of a block scalar with the indent that it has. A folded one takes a single line.
func replaceBlock(n *manifest.Node, value string) (string, error) {
	t := text(n.File.Data)
	indent, header, eol := t.contentIndent(n), blockHeader(n), t.lineBreak(n.Span.Start.Offset)
	folded := n.Style == manifest.Folded
	s, ok := literalText(value, indent, eol)
	if !ok || strings.ContainsAny(header, "+123456789") || indent >= len(t) ||
		folded && strings.Contains(strings.TrimSuffix(value, "\n"), "\n") || t.nodeEnd(n) != t.lineEnd(n.Span.End.Offset) {
		return "", refuse(n, "the text block cannot hold this value in its present form")
	}
	fresh, body, _ := strings.Cut(s, eol)
	if folded {
		fresh = strings.Replace(fresh, "|", ">", 1)
	}
	if t.nodeEnd(n) == len(t) && t[len(t)-1] != '\n' && strings.HasSuffix(value, "\n") {
		return "", refuse(n, "the text block ends the file without a line break, and the value has one")
	}
	if t.unterminated(n) {
		fresh = header
	}
	comment := string(t[headerStart(n)+len(header) : t.breakStart(headerStart(n))])
	return fresh + comment + eol + strings.TrimSuffix(body, eol), nil
}

// literalText writes a string as a literal block with its text indented by a number of columns, ending with a line break,
// when that form can hold it. An empty eol means "\n".
func literalText(value string, indent int, eol string) (string, bool) {
	if eol == "" {
		eol = "\n"
	}
	body, terminated := strings.CutSuffix(value, "\n")
	if body == "" || strings.HasSuffix(body, "\n") || strings.HasPrefix(body, " ") || strings.HasPrefix(body, "\n") {
		return "", false
	}
	header := "|-"
	if terminated {
		header = "|"
	}
	var out strings.Builder
	out.WriteString(header + eol)
	for _, line := range strings.Split(body, "\n") {
		if !singleLine(strings.ReplaceAll(line, "\t", " ")) || line != "" && strings.TrimSpace(line) == "" {
			return "", false
		}
		if line != "" {
			line = strings.Repeat(" ", indent) + line
		}
		out.WriteString(line + eol)
	}
	return out.String(), true
}
