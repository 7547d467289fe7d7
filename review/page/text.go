package page

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/podcheck/podcheck/rules/analysis"
)

// run is a piece of a sentence; code is what stands between backticks.
type run struct {
	Code bool
	Text string
}

// prose splits a sentence that may quote manifests.
func prose(text string) []run {
	var out []run
	for i, part := range strings.Split(visible(text), "`") {
		if part != "" {
			out = append(out, run{i%2 == 1, part})
		}
	}
	return out
}

// sentence is text that begins with a capital and ends with a full stop.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text != "" && !strings.ContainsAny(text[len(text)-1:], ".?:") {
		text += "."
	}
	return text
}

// visible writes characters that nobody sees, and those that turn the direction of writing, as their numbers. Tabs stay.
func visible(text string) string {
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if hidden(r) {
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool {
	return r != '\t' && r != '\n' && (unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029')
}

// where is path:line, as compilers write it.
func where(p analysis.Place) string {
	if p.Span.Start.Line == 0 {
		return p.Path
	}
	return fmt.Sprintf("%s:%d", p.Path, p.Span.Start.Line)
}

func severityWord(s analysis.Severity) string {
	name := s.String()
	return strings.ToUpper(name[:1]) + name[1:]
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
