package picture

import (
	"strings"
	"unicode"
)

// line makes foreign text one line without invisible characters, cut in its middle where it is long: names differ at their ends.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "\uFFFD"))
	return cut(text, labelRunes)
}

func cut(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	tail := limit / 3
	return string(runes[:limit-1-tail]) + "…" + string(runes[len(runes)-tail:])
}
