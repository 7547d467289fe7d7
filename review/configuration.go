package review

import (
	"fmt"
	"strings"
)

// Mistake is what is wrong on a line of a file that configures Podcheck. The message may quote the file, which is foreign text.
type Mistake struct {
	Path    string // of the repository; or in words, of a file elsewhere
	Line    int    // 1-based
	Message string
}

// Said is the mistake as Markdown.
func (m Mistake) Said() string {
	return fmt.Sprintf("%s, line %d: %s", code(m.Path), m.Line, sentence(cutRunes(m.Message, sentenceRunes)))
}

// Annotation is the mistake on its line. It is a warning: whatever it spoils, the verdict on the manifests stands.
func (m Mistake) Annotation() Annotation {
	line := max(m.Line, 1)
	return Annotation{
		Path: m.Path, StartLine: line, EndLine: line, Level: "warning",
		Title: "Configuration", Message: clean(cutRunes(m.Message, messageRunes)),
	}
}

// Code shows foreign text as Markdown in which nothing of it means anything.
func Code(text string) string { return code(text) }

// Prose shows a sentence that quotes foreign text likewise.
func Prose(text string) string { return sentence(cutRunes(text, sentenceRunes)) }

// AddSection adds a list of Markdown lines to the summary, below a sentence. Where both don't fit, the summary is shortened.
func (c *Check) AddSection(name, sentence string, lines []string) {
	text := "\n### " + name + "\n"
	if sentence != "" {
		text += "\n" + sentence + "\n"
	}
	text = cut(text+list(lines, rowsShown), checkBytes/2)
	c.Summary = cut(strings.TrimRight(c.Summary, "\n")+"\n", checkBytes-len(text)) + text
}

// Retitle changes the verdict in words, which the summary begins with.
func (c *Check) Retitle(title string) {
	_, rest, _ := strings.Cut(c.Summary, "\n")
	c.Title, c.Summary = title, "**"+title+".**\n"+rest
}
