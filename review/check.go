package review

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

const (
	checkBytes   = 65_000 // GitHub ends summary and text at 65,535 characters
	messageBytes = 60_000 // of an annotation: 64 KB
	titleRunes   = 255
	rowsShown    = 50
)

// checkRun is the verdict with everything that was found, whether or not a line of the diff could carry it.
func checkRun(r *Result, in *Input, diff *changes) Check {
	c := Check{Conclusion: conclude(r, in, diff)}
	c.Title = title(r, c.Conclusion)
	c.Summary = cut(summary(r, in, diff, c.Title), checkBytes)
	c.Text = details(r)
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Status != Introduced {
			continue
		}
		c.Annotations = append(c.Annotations, annotation(f))
	}
	return c
}

func conclude(r *Result, in *Input, diff *changes) Conclusion {
	failOn := in.Settings.FailOn
	if failOn == analysis.Off {
		failOn = analysis.Error
	}
	worst := analysis.Off
	for _, f := range r.Findings {
		if f.Status == Introduced {
			worst = max(worst, f.Severity)
		}
	}
	switch {
	case worst != analysis.Off && worst >= failOn:
		return Failure
	case worst >= analysis.Warning:
		return Neutral
	case worst == analysis.Off && r.Counts.Fixed == 0 && len(r.Incomplete) == 0 && !relevant(in, diff):
		return Skipped
	}
	return Success
}

// relevant says whether the change touches a file that was analysed on either side.
func relevant(in *Input, diff *changes) bool {
	for path := range diff.byOld {
		if in.Before.File(path) != nil {
			return true
		}
	}
	for path := range diff.byNew {
		if in.After.File(path) != nil {
			return true
		}
	}
	return false
}

// title is the verdict in words.
func title(r *Result, c Conclusion) string {
	if c == Skipped {
		return "No manifest changed"
	}
	var introduced []Finding
	for _, f := range r.Findings {
		if f.Status == Introduced {
			introduced = append(introduced, f)
		}
	}
	text := "Nothing introduced"
	if len(introduced) > 0 {
		text = strings.Join(tally(introduced), ", ") + " introduced"
	}
	if r.Counts.Fixed > 0 {
		text += fmt.Sprintf(", %d fixed", r.Counts.Fixed)
	}
	if n := ignoredHere(r.Findings); n > 0 {
		text += fmt.Sprintf(", %d ignored", n)
	}
	if n := len(r.NotAnalysed); n > 0 {
		text += ", " + plural(n, "problem", "problems") + " in files not analysed"
	}
	return text
}

// tally counts findings by severity: "1 error", "2 warnings".
func tally(findings []Finding) (parts []string) {
	count := map[analysis.Severity]int{}
	for _, f := range findings {
		count[f.Severity]++
	}
	for _, s := range []analysis.Severity{analysis.Error, analysis.Warning, analysis.Notice} {
		if count[s] > 0 {
			parts = append(parts, plural(count[s], s.String(), s.String()+"s"))
		}
	}
	return parts
}

// inWords joins words as sentences do: "a, b and c".
func inWords(parts []string) string {
	if last := len(parts) - 1; last > 0 {
		return strings.Join(parts[:last], ", ") + " and " + parts[last]
	}
	return strings.Join(parts, "")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// details are the introduced findings with their evidence and patches, as many as fit.
func details(r *Result) string {
	var b strings.Builder
	left := 0
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Status != Introduced {
			continue
		}
		section := detail(f)
		if b.Len()+len(section) > checkBytes-200 {
			left++
			continue
		}
		b.WriteString(section)
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n%s more: run `podcheck review` for all.\n", plural(left, "finding", "findings"))
	}
	return b.String()
}

func detail(f *Finding) string {
	var b strings.Builder
	title := strings.TrimSpace(severityWord(f.Severity) + " " + code(f.Rule) + " " + code(f.Object.String()))
	fmt.Fprintf(&b, "### %s\n\n%s\n\nAt %s, with the ID %s.\n", title,
		sentence(cutRunes(f.Message, messageRunes)), code(where(f.Place)), code(f.ID))
	b.WriteString(evidenceList(f, evidenceShown))
	b.WriteString(fixText(f, patchBlock(f), ""))
	return b.String() + "\n"
}

func annotation(f *Finding) Annotation {
	level := map[analysis.Severity]string{analysis.Error: "failure", analysis.Warning: "warning", analysis.Notice: "notice"}[f.Severity]
	start := max(f.Place.Span.Start.Line, 1)
	a := Annotation{
		Path: f.Place.Path, StartLine: start, EndLine: max(start, endLine(f.Place)), Level: level,
		Title:   cutRunes(clean(f.Rule+" "+f.Object.String()), titleRunes),
		Message: cut(clean(cutRunes(f.Message, messageRunes))+evidenceText(f), messageBytes),
	}
	if from, to := f.Place.Span.Start.Column, f.Place.Span.End.Column; from > 0 && f.Place.Span.End.Line == start {
		a.StartColumn, a.EndColumn = from, max(from, to-1)
	}
	return a
}

// evidenceText is the evidence for an annotation, which GitHub shows as plain text.
func evidenceText(f *Finding) string {
	var b strings.Builder
	for _, e := range f.Evidence[:min(len(f.Evidence), evidenceShown)] {
		fmt.Fprintf(&b, "\n- %s", clean(cutRunes(e.Text, sentenceRunes)))
		if e.Place.Path != "" {
			fmt.Fprintf(&b, " (%s)", clean(where(e.Place)))
		}
	}
	return b.String()
}

// problemRow is one line of what was not analysed.
func problemRow(p manifest.Problem) string {
	return fmt.Sprintf("%s: %s", code(where(analysis.Place{Path: p.Path, Span: p.Span})), sentence(p.Message))
}
