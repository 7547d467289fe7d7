package command

import (
	"regexp"
	"strings"
)

// firstLine is the first line that addresses the bot and that a reader sees as plain text.
func firstLine(body string) (string, bool) {
	var b block
	for line := range strings.Lines(body) {
		if text, plain := b.read(strings.TrimRight(line, "\r\n")); plain && addresses(text) {
			return text, true
		}
	}
	return "", false
}

// block is what is open at the end of a line of Markdown. Source: CommonMark, "Container blocks" and "Leaf blocks".
type block struct {
	fence     string // the run of characters that opened the code block we are in
	comment   bool   // inside an HTML comment
	paragraph bool
	quote     *block
}

// read reads the next line. Plain text is outside of code, comments and quotes.
func (b *block) read(line string) (text string, plain bool) {
	text, indented := unindent(line)
	switch {
	case b.comment:
		b.comment = !strings.Contains(line, "-->") || leavesCommentOpen(line)
	case b.fence != "":
		if closes(text, b.fence) && !indented {
			b.fence = ""
		}
	case strings.TrimSpace(text) == "":
		b.paragraph, b.quote = false, nil
	case b.quote.open() && (indented || !begins.MatchString(text)): // goes on with the quote, as if ">" stood before it
	case indented:
		b.quote = nil
	case text[0] == '>':
		if b.quote == nil {
			b.quote = &block{}
		}
		b.paragraph = false
		b.quote.read(strings.TrimPrefix(text[1:], " "))
	case opensFence(text) != "":
		*b = block{fence: opensFence(text)}
	default:
		*b = block{comment: leavesCommentOpen(line), paragraph: paragraph(text)}
		return text, true
	}
	return "", false
}

// open says whether a quote ends in a paragraph, which the next line of text goes on with.
func (b *block) open() bool { return b != nil && (b.paragraph || b.quote.open()) }

var (
	// begins is what ends a paragraph without a blank line: a quote, heading, list, code block, HTML or thematic break.
	begins   = regexp.MustCompile("^(>|#{1,6}([ \t]|$)|[-+*]([ \t]|$)|1[.)]([ \t]|$)|```|~~~|<[!?/a-zA-Z]|([-*_][ \t]*){3,}$)")
	listMark = regexp.MustCompile(`^([-+*]|\d{1,9}[.)])([ \t]+|$)`)
)

// paragraph says whether a line is text, alone or in a list.
func paragraph(text string) bool {
	for mark := listMark.FindString(text); mark != ""; mark = listMark.FindString(text) {
		text = text[len(mark):]
	}
	return text != "" && !begins.MatchString(text)
}

// unindent drops up to three leading blanks; with more the line is code.
func unindent(line string) (text string, indented bool) {
	text = strings.TrimLeft(line, " ")
	return text, len(line)-len(text) > 3
}

// opensFence returns the run of backticks or tildes that opens a code block, "" when the line opens none.
func opensFence(text string) string {
	for _, mark := range []string{"`", "~"} {
		rest := strings.TrimLeft(text, mark)
		run := text[:len(text)-len(rest)]
		if len(run) >= 3 && (mark == "~" || !strings.Contains(rest, "`")) {
			return run
		}
	}
	return ""
}

func closes(text, fence string) bool {
	rest := strings.TrimLeft(text, fence[:1])
	return len(text)-len(rest) >= len(fence) && strings.TrimSpace(rest) == ""
}

func leavesCommentOpen(line string) bool {
	return strings.LastIndex(line, "<!--") > strings.LastIndex(line, "-->")
}

func addresses(text string) bool {
	if len(text) < len(Prefix) || !strings.EqualFold(text[:len(Prefix)], Prefix) {
		return false
	}
	rest := text[len(Prefix):]
	return rest == "" || rest[0] == ' ' || rest[0] == '\t'
}
