package review

import "strings"

// Explain is the page, in Markdown, about one finding: what, where, the evidence and the change.
func Explain(f *Finding) string {
	text := strings.TrimRight(detail(f), "\n")
	switch f.Status {
	case Ignored:
		text += "\n\nIt is ignored: " + sentence(cutRunes(f.Reason, reasonRunes))
	case Fixed:
		text += "\n\nThis change mends it."
	case Unchanged:
		text += "\n\nIt was there before this change."
	}
	return text
}

// List names findings, as a Markdown list; "" when there are none.
func List(findings []Finding) string {
	var lines []string
	for i := range findings {
		lines = append(lines, named(&findings[i]))
	}
	return list(lines, rowsShown)
}

// Quote shows a text of a repository as it is written: nothing in it means anything to Markdown or GitHub.
func Quote(text string) string { return fenced("markdown", cut(text, checkBytes/2)) }
