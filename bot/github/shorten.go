package github

import (
	"strings"
	"unicode/utf8"
)

// Limits of GitHub's texts. It counts characters; counting bytes stays below.
const (
	maxBody       = 65_536 // comments and reviews
	maxCheckText  = 65_535 // summary and text of a check run
	maxTitle      = 255
	maxAnnotation = 64 << 10 // message of an annotation
)

const cutNote = "\n\n*Shortened: the text is longer than GitHub takes.*"

// shorten cuts Markdown to at most limit bytes, at the end of a line where possible, and closes the code block and the
// <details> that the cut leaves open.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	budget := limit - len(cutNote)
	var kept strings.Builder
	var open nesting
	for line := range strings.Lines(text) {
		after := open
		after.read(line)
		// Closing what is open must fit too, whichever way the text ends.
		if kept.Len()+len(line)+max(len(after.closing()), len(open.closing())) > budget {
			break
		}
		kept.WriteString(line)
		open = after
	}
	if kept.Len() == 0 {
		return cutRunes(text, budget) + cutNote
	}
	return strings.TrimRight(kept.String(), "\n") + open.closing() + cutNote
}

// nesting is what is open at the end of a line of Markdown.
type nesting struct {
	fence   string // the run that opened a code block
	details int
}

func (n *nesting) read(line string) {
	text := strings.TrimSpace(line)
	run := fenceRun(text)
	switch {
	case n.fence != "":
		if run != "" && run[0] == n.fence[0] && len(run) >= len(n.fence) && run == text {
			n.fence = ""
		}
	case run != "":
		n.fence = run
	default:
		n.details += strings.Count(text, "<details") - strings.Count(text, "</details>")
		n.details = max(n.details, 0)
	}
}

func (n nesting) closing() string {
	closing := ""
	if n.fence != "" {
		closing = "\n" + n.fence
	}
	return closing + strings.Repeat("\n\n</details>", n.details)
}

// fenceRun is the run of at least three backticks or tildes that a line begins with.
func fenceRun(text string) string {
	for _, mark := range []string{"`", "~"} {
		if run := text[:len(text)-len(strings.TrimLeft(text, mark))]; len(run) >= 3 {
			return run
		}
	}
	return ""
}

// cutRunes cuts text to at most limit bytes without splitting a character.
func cutRunes(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
