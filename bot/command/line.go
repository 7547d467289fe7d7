package command

import "strings"

// firstLine is the first line that addresses the bot and that a reader sees as plain text.
func firstLine(body string) (string, bool) {
	var fence string // the run of characters that opened the code block we are in
	comment := false // inside an HTML comment
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\r\n")
		text, indented := unindent(line)
		switch {
		case comment:
			comment = !strings.Contains(line, "-->") || leavesCommentOpen(line)
		case fence != "":
			if closes(text, fence) && !indented {
				fence = ""
			}
		case indented:
		case opensFence(text) != "":
			fence = opensFence(text)
		case addresses(text):
			return text, true
		default:
			comment = leavesCommentOpen(line)
		}
	}
	return "", false
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
