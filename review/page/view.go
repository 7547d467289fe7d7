package page

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/review/picture"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// indexFrom is the number of findings from which a list of links stands before them.
const indexFrom = 4

// view is a page as its template reads it.
type view struct {
	Page
	Policy, Style    any
	Verdict          string
	Tone             string // of the verdict: good, fair, bad, none
	Scope            string
	Open             []finding // introduced, of a scan all
	Index            bool
	Fixed, Unchanged []review.Finding
	Ignored          []review.Finding
	Unseen           []unseen
	Elsewhere        int
	Picture          []side
	Left             int
}

// finding is one that is shown whole.
type finding struct {
	review.Finding
	Offer string // how the pull request offers its fix
}

// unseen is something that was not analysed.
type unseen struct {
	Where, Why string
}

// side is one half of the picture.
type side struct {
	Title     string
	SVG       template.HTML
	Sentences []string
}

func viewOf(p Page) view {
	r := &p.Result
	v := view{Page: p, Policy: policy([]byte(style)), Style: template.CSS(style), Left: r.Picture.Left, Picture: sides(r.Picture)}
	for _, f := range r.Findings {
		switch {
		case f.Status == review.Ignored:
			v.Ignored = append(v.Ignored, f)
		case f.Status == review.Introduced || p.Scan:
			v.Open = append(v.Open, finding{f, offer(&f, r.Comments)})
		case f.Status == review.Fixed:
			v.Fixed = append(v.Fixed, f)
		case p.All:
			v.Unchanged = append(v.Unchanged, f)
		}
	}
	v.Index = len(v.Open) >= indexFrom
	v.Verdict, v.Tone = verdict(&p, v.Open)
	v.Scope = scope(r.Counts, p.Scan)
	v.Unseen, v.Elsewhere = notAnalysed(r, p.All)
	return v
}

// verdict is the first thing read: the title of the check run, and of a scan the like.
func verdict(p *Page, open []finding) (text, tone string) {
	worst := analysis.Off
	count := map[analysis.Severity]int{}
	for _, f := range open {
		count[f.Severity]++
		worst = max(worst, f.Severity)
	}
	tones := map[review.Conclusion]string{review.Success: "good", review.Neutral: "fair", review.Failure: "bad"}
	if !p.Scan {
		return p.Result.Check.Title, tones[p.Result.Check.Conclusion]
	}
	var parts []string
	for _, s := range []analysis.Severity{analysis.Error, analysis.Warning, analysis.Notice} {
		if count[s] > 0 {
			parts = append(parts, plural(count[s], s.String()))
		}
	}
	if len(parts) == 0 {
		return "Nothing found", "good"
	}
	return strings.Join(parts, ", "), map[analysis.Severity]string{analysis.Error: "bad", analysis.Warning: "fair", analysis.Notice: "good"}[worst]
}

// scope says what was looked at; "" for a review that looked at nothing.
func scope(c review.Counts, scan bool) string {
	if c == (review.Counts{}) {
		return ""
	}
	text := fmt.Sprintf("%s, %s and %s looked at", plural(c.Files, "file"), plural(c.Objects, "object"), plural(c.Workloads, "workload"))
	if !scan && c.Unchanged > 0 {
		text += fmt.Sprintf("; %s were there before", plural(c.Unchanged, "further finding"))
		if c.Unchanged == 1 {
			text = strings.Replace(text, "finding were", "finding was", 1)
		}
	}
	return text + "."
}

// offer says how a finding's fix can be had on the pull request; "" where there is none.
func offer(f *review.Finding, comments []review.Comment) string {
	if f.Fix == nil || len(f.Fix.Edits) == 0 {
		return ""
	}
	parts, at := 0, ""
	for _, c := range comments {
		switch {
		case len(c.Keys) == 0:
		case c.Keys[0] == f.Key && c.Elsewhere != "":
			parts++
			at = lines(c.StartLine, c.Line)
		case strings.HasPrefix(c.Keys[0], f.Key+"#"):
			parts++
		}
	}
	switch {
	case parts == 1:
		return "Suggestion for " + at
	case parts > 1:
		return fmt.Sprintf("%d suggestions, to commit as one batch", parts)
	}
	return "Patch"
}

func lines(start, end int) string {
	if start == 0 || start == end {
		return fmt.Sprintf("line %d", end)
	}
	return fmt.Sprintf("lines %d to %d", start, end)
}

func notAnalysed(r *review.Result, all bool) (list []unseen, elsewhere int) {
	for _, text := range r.Incomplete {
		list = append(list, unseen{Why: text})
	}
	problems := [][]manifest.Problem{r.NotAnalysed}
	if all {
		problems = append(problems, r.Elsewhere)
	} else {
		elsewhere = len(r.Elsewhere)
	}
	for _, group := range problems {
		for _, p := range group {
			list = append(list, unseen{Where: where(analysis.Place{Path: p.Path, Span: p.Span}), Why: p.Message})
		}
	}
	return list, elsewhere
}

func sides(p picture.Picture) []side {
	if p.Empty() {
		return nil
	}
	return []side{
		{"Before", template.HTML(p.Before.SVG()), p.Before.Sentences()}, // #nosec G203 -- the picture escapes what it draws
		{"After", template.HTML(p.After.SVG()), p.After.Sentences()},    // #nosec G203
	}
}
