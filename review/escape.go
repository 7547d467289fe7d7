package review

import (
	"regexp"
	"strings"
	"unicode"
)

// Names in manifests are foreign text. In Markdown they stand in code spans and fences alone, whose ends they cannot contain:
// there GitHub makes no mention, link, reference or HTML of them.

// code writes text as a Markdown code span.
func code(text string) string {
	text = clean(text)
	if text == "" {
		return ""
	}
	ticks := strings.Repeat("`", longestRun(text, '`')+1)
	if text[0] == '`' || text[len(text)-1] == '`' {
		text = " " + text + " "
	}
	return ticks + text + ticks
}

// cell writes Markdown into a cell of a table, whose borders count even in code spans.
func cell(markdown string) string { return strings.ReplaceAll(markdown, "|", "¦") }

// prose writes a sentence that may quote manifests: what stands between backticks, and words that could mean something to
// Markdown or GitHub, become code spans.
func prose(sentence string) string {
	var out strings.Builder
	for i, part := range strings.Split(clean(sentence), "`") {
		switch {
		case i%2 == 1:
			out.WriteString(code(part))
		case part != "":
			out.WriteString(words(part, i == 0))
		}
	}
	return out.String()
}

// words writes text without backticks; opening says that it stands at the start of a line.
func words(text string, opening bool) string {
	parts := strings.Split(text, " ")
	for i, word := range parts {
		lead := word[:len(word)-len(strings.TrimLeft(word, `("'`))]
		body := strings.TrimRight(word[len(lead):], `.,;:)"'?`)
		tail := word[len(lead)+len(body):]
		switch {
		case opening && i == 0 && listMark.MatchString(word):
			parts[i] = code(word)
		case body != "" && !harmless(body):
			parts[i] = lead + code(body) + tail
		}
	}
	return strings.Join(parts, " ")
}

var (
	harmlessWord = regexp.MustCompile(`^[\p{L}\p{N}]+([-.,'’%()][\p{L}\p{N}]+)*%?$|^[-–—%≥≤→×+=]$`)
	// listMark opens a list item or underlines a heading; reference is what GitHub links without any sign around it: commits,
	// GH-1, www hosts.
	listMark  = regexp.MustCompile(`^([-–—+=]|\d+[.)])$`)
	reference = regexp.MustCompile(`(?i)^([0-9a-f]{7,}|gh-\d+|www\..*)$`)
)

func harmless(word string) bool {
	return harmlessWord.MatchString(word) && !reference.MatchString(word)
}

// fenced writes text as a fenced code block that nothing in it can close.
func fenced(info, text string) string {
	ticks := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return ticks + info + "\n" + text + ticks + "\n"
}

func longestRun(text string, of rune) int {
	longest, run := 0, 0
	for _, r := range text {
		run++
		if r != of {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// clean makes text one line without invisible characters.
func clean(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// invisible: control characters, and format characters such as those that turn the direction of writing.
func invisible(r rune) bool { return unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029' }
