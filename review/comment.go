package review

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
)

const (
	commentsDefault = 20
	bodyBytes       = 60_000 // GitHub ends bodies at 65,536 characters; the marker needs room
	evidenceShown   = 10
	changesShown    = 5
	stepsShown      = 30
	messageRunes    = 2000
	sentenceRunes   = 400 // of one piece of evidence, one step
)

// writer writes the comments of a review.
type writer struct {
	diff      *changes
	proposals map[string][]suggestion
	limit     int
}

// comments writes one comment for each introduced finding that the diff has a place for, most severe first, and further ones
// for the parts of its fix; and the body of the review that carries them.
func (w *writer) comments(findings []Finding) ([]Comment, string) {
	limit := w.limit
	if limit <= 0 {
		limit = commentsDefault
	}
	var out []Comment
	var said, unsaid []Finding
	together := map[int][]*Finding{} // by index of the comment that speaks of them, which shows no change
	for i := range findings {
		f := &findings[i]
		if f.Status != Introduced {
			continue
		}
		if at := w.beside(out, together, f); at >= 0 {
			together[at] = append(together[at], f)
			said = append(said, *f)
			continue
		}
		written := w.finding(f, limit-len(out))
		if len(written) == 0 {
			unsaid = append(unsaid, *f)
			continue
		}
		said = append(said, *f)
		if len(written) == 1 && !f.HasEdits() {
			together[len(out)] = []*Finding{f}
		}
		out = append(out, written...)
	}
	for at, fs := range together {
		w.join(&out[at], fs)
	}
	if len(out) == 0 {
		return nil, ""
	}
	return out, reviewBody(said, unsaid)
}

// finding writes the comments on one finding, at most room of them.
func (w *writer) finding(f *Finding, room int) []Comment {
	a, ok := findAnchor(w.diff, &f.Finding)
	parts := w.proposals[f.Key]
	if !ok || room <= 0 {
		return nil
	}
	if n := len(parts); n == 0 || n > room || f.Waits != "" {
		return []Comment{w.comment(f, a, w.body(f, patchBlock(f), ""))}
	}
	return w.suggested(f, a, parts)
}

// suggested writes the comments that carry a fix: the first has the text too.
func (w *writer) suggested(f *Finding, a anchor, parts []suggestion) []Comment {
	main := mainPart(a, parts)
	out := []Comment{}
	for i, s := range parts {
		at := lineAnchor(s.Path, s.Start, s.End)
		block := fenced("suggestion", string(s.New))
		if i == main {
			body := w.body(f, block, batchNote(parts, main))
			if !strings.Contains(body, block) {
				return []Comment{w.comment(f, a, body)} // too long: no part without the others
			}
			comment := w.comment(f, at, body)
			comment.Elsewhere = w.body(f, patchBlock(f), "")
			out = append([]Comment{comment}, out...)
			continue
		}
		part := w.comment(f, at, partBody(f, parts[main], removalNote(s), block))
		part.Keys = []string{fmt.Sprintf("%s#%d", f.Key, i+1)}
		part.Elsewhere = partBody(f, parts[main], "", "")
		out = append(out, part)
	}
	return out
}

func (w *writer) comment(f *Finding, a anchor, body string) Comment {
	return Comment{Keys: []string{f.Key}, Rule: f.Rule, Path: a.Path, StartLine: a.StartLine, Line: a.Line, Body: body}
}

// mainPart is the suggestion that carries the text: the one nearest to the fault.
func mainPart(a anchor, parts []suggestion) int {
	for i, s := range parts {
		if s.Path == a.Path && s.Start <= a.Line && a.Line <= s.End {
			return i
		}
	}
	for i, s := range parts {
		if s.Path == a.Path {
			return i
		}
	}
	return 0
}

// body is the text of a comment: what, why, the change, what it changes for people, and what else can be done. More findings are
// those that it speaks of too.
func (w *writer) body(f *Finding, change, note string, more ...*Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** %s: %s\n", severityWord(f.Severity), code(f.Rule), sentence(cutRunes(f.Message, messageRunes)))
	b.WriteString(evidenceList(f, evidenceShown))
	for _, other := range more[:min(len(more), evidenceShown)] {
		fmt.Fprintf(&b, "\nAlso, as %s: %s\n%s", code(other.ID), sentence(cutRunes(other.Message, messageRunes)), evidenceList(other, evidenceShown))
	}
	if left := len(more) - evidenceShown; left > 0 {
		fmt.Fprintf(&b, "\nAnd %d more, which the check run describes.\n", left)
	}
	text := fixText(f, change, note)
	if b.Len()+len(text) > bodyBytes {
		text = "\nThe change is too long to show here.\n"
	}
	b.WriteString(text)
	fmt.Fprintf(&b, "\n<sub>%s</sub>\n", strings.Join(hints(f), " · "))
	return cut(b.String(), checkBytes)
}

// hints say what else can be done about a finding.
func hints(f *Finding) []string {
	out := []string{code("/podcheck explain "+f.Rule) + " explains the rule", code("/podcheck ignore "+f.ID+" reason") + " ignores it in this pull request"}
	if f.Fix != nil && len(f.Fix.Edits) > 0 {
		out = append([]string{code("/podcheck fix "+f.ID) + " commits the change"}, out...)
	}
	return out
}

func fixText(f *Finding, change, note string) string {
	if f.Fix == nil {
		return ""
	}
	var b strings.Builder
	if len(f.Fix.Edits) == 0 {
		if f.Fix.Description != "" {
			fmt.Fprintf(&b, "\n%s\n", sentence(f.Fix.Description))
		}
		if len(f.Fix.Obstacles) > 0 {
			fmt.Fprintf(&b, "\nWhat stands in the way of a ready change:\n%s", bullets(f.Fix.Obstacles, evidenceShown))
		}
		return b.String()
	}
	fmt.Fprintf(&b, "\n%s\n", sentence(f.Fix.Description))
	if f.Waits != "" {
		fmt.Fprintf(&b, "\n%s\n", sentence(f.Waits))
		return b.String()
	}
	if len(f.Fix.Changes) > 0 {
		fmt.Fprintf(&b, "\nWhat this changes:\n%s", bullets(f.Fix.Changes, changesShown))
	} else if f.Fix.Safety == analysis.Review {
		b.WriteString("\nThis changes behaviour; read it before you commit it.\n")
	}
	if note != "" {
		fmt.Fprintf(&b, "\n%s\n", note)
	}
	fmt.Fprintf(&b, "\n%s", change)
	if len(f.Fix.Steps) > 0 {
		fmt.Fprintf(&b, "\n<details><summary>How it was done</summary>\n%s\n</details>\n", bullets(f.Fix.Steps, stepsShown))
	}
	return b.String()
}

// patchBlock is the fix as a folded patch.
func patchBlock(f *Finding) string {
	switch {
	case f.Patch == "":
		return "The patch is not shown, because it would print values of a Secret.\n"
	case len(f.Patch) > bodyBytes*2/3:
		return fmt.Sprintf("The patch has %d lines, too many to show here.\n", strings.Count(f.Patch, "\n"))
	case !plain([]byte(strings.ReplaceAll(f.Patch, "\r\n", "\n"))):
		return "The patch is not shown, because it holds invisible characters.\n"
	}
	hint := "To apply it, save it as `podcheck.patch` and run `git apply podcheck.patch` at the top of the repository."
	if strings.Contains(f.Patch, "\r\n") {
		hint = "The file ends its lines with CRLF, which a copy from this page loses: give the added lines CRLF, or let Podcheck make the change."
	}
	return "<details><summary>Patch</summary>\n\n" + fenced("diff", strings.ReplaceAll(f.Patch, "\r\n", "\n")) + "\n" + hint + "\n\n</details>\n"
}

// batchNote says what a suggestion does not show: that it removes its lines, and that others belong to it.
func batchNote(parts []suggestion, main int) string {
	note := removalNote(parts[main])
	if len(parts) == 1 {
		return note
	}
	var others []string
	for i, s := range parts {
		if i != main {
			others = append(others, code(fmt.Sprintf("%s:%d", s.Path, s.End)))
		}
	}
	ones := "the one"
	if len(others) > 1 {
		ones = "those"
	}
	return strings.TrimSpace(fmt.Sprintf("The change has %d parts that belong together: add this suggestion and %s at %s to a batch, and commit it once. %s",
		len(parts), ones, strings.Join(others, ", "), note))
}

// removalNote explains an empty suggestion, which looks like a mistake.
func removalNote(s suggestion) string {
	switch {
	case len(s.New) > 0:
		return ""
	case s.Start == s.End:
		return "The empty suggestion removes this line."
	}
	return fmt.Sprintf("The empty suggestion removes the lines %d to %d.", s.Start, s.End)
}

func partBody(f *Finding, main suggestion, note, block string) string {
	text := fmt.Sprintf("**%s** %s: another part of the change at %s.", severityWord(f.Severity), code(f.Rule), code(fmt.Sprintf("%s:%d", main.Path, main.End)))
	if block == "" {
		return text + "\n"
	}
	return strings.TrimSpace(text+" Commit them in one batch. "+note) + "\n\n" + block
}

func evidenceList(f *Finding, limit int) string {
	var lines []string
	for _, e := range f.Evidence {
		line := prose(cutRunes(e.Text, sentenceRunes))
		if e.Place.Path != "" {
			line += " (" + code(where(e.Place)) + ")"
		}
		lines = append(lines, line)
	}
	return list(lines, limit)
}

func bullets(sentences []string, limit int) string {
	lines := make([]string, len(sentences))
	for i, s := range sentences {
		lines[i] = sentence(cutRunes(s, sentenceRunes))
	}
	return list(lines, limit)
}

func list(lines []string, limit int) string {
	var b strings.Builder
	for i, line := range lines {
		if i == limit {
			fmt.Fprintf(&b, "- and %d more\n", len(lines)-limit)
			break
		}
		fmt.Fprintf(&b, "- %s\n", line)
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n" + b.String()
}

// where is path:line, as compilers write it.
func where(p analysis.Place) string {
	if p.Span.Start.Line == 0 {
		return p.Path
	}
	return fmt.Sprintf("%s:%d", p.Path, p.Span.Start.Line)
}

// sentence is prose that ends with a full stop.
func sentence(text string) string { return prose(fullStop(text)) }

func fullStop(text string) string {
	text = strings.TrimSpace(text)
	if text != "" && !strings.ContainsAny(text[len(text)-1:], ".?:") {
		text += "."
	}
	return text
}

func severityWord(s analysis.Severity) string {
	name := s.String()
	return strings.ToUpper(name[:1]) + name[1:]
}

func reviewBody(said, unsaid []Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Podcheck: this change introduces %s.\n", inWords(tally(append(said, unsaid...))))
	if len(unsaid) > 0 {
		fmt.Fprintf(&b, "\n%d of these without a comment here; the check run describes all.\n", len(unsaid))
	}
	return b.String()
}
