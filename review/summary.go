package review

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

// summary is the first thing read in the check run: the verdict, what came and went, and what nobody looked at.
func summary(r *Result, in *Input, diff *changes, title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s.**\n", title)
	b.WriteString(table(r.Findings, Introduced, Fixed))
	b.WriteString(section("Ignored", ignoredLines(r.Findings)))
	b.WriteString(section("Workloads", workloadChanges(in.Before, in.After, diff.headPath)))
	b.WriteString(pictured(r.Picture))
	b.WriteString(section("Not analysed", unseen(r)))
	fmt.Fprintf(&b, "\n%s\n", scope(r.Counts))
	return b.String()
}

// scope says how much was looked at, and what of it stayed as it was.
func scope(c Counts) string {
	text := fmt.Sprintf("Looked at %s, %s and %s.", plural(c.Files, "file", "files"), plural(c.Objects, "object", "objects"), plural(c.Workloads, "workload", "workloads"))
	if c.Unchanged > 0 {
		text += " " + plural(c.Unchanged, "further finding was", "further findings were") + " there before."
	}
	if c.Ignored > 0 {
		text += " " + plural(c.Ignored, "finding is", "findings are") + " ignored."
	}
	return text
}

// table lists the findings of some statuses, in the order of these. Of a scan they have none, and the table has no such column.
func table(findings []Finding, statuses ...Status) string {
	var listed []*Finding
	scan := true
	for _, s := range statuses {
		for i := range findings {
			if f := &findings[i]; f.Status == s {
				listed = append(listed, f)
				scan = scan && s == ""
			}
		}
	}
	if len(listed) == 0 {
		return ""
	}
	var b strings.Builder
	if scan {
		b.WriteString("\n| Severity | Rule | Object | Where | ID |\n|---|---|---|---|---|\n")
	} else {
		b.WriteString("\n| Status | Severity | Rule | Object | Where | ID |\n|---|---|---|---|---|---|\n")
	}
	for _, f := range listed[:min(len(listed), rowsShown)] {
		if !scan {
			fmt.Fprintf(&b, "| %s ", cell(statusText(f)))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", f.Severity, cell(code(f.Rule)), cell(code(f.Object.String())), cell(code(where(f.Place))), code(f.ID))
	}
	if more := len(listed) - rowsShown; more > 0 {
		fmt.Fprintf(&b, "\nAnd %d more.\n", more)
	}
	return b.String()
}

func statusText(f *Finding) string {
	switch {
	case f.Status == "":
		return "found"
	case f.Reason != "":
		return string(f.Status) + ": " + prose(cutRunes(f.Reason, reasonRunes))
	}
	return string(f.Status)
}

func section(name string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "\n### " + name + "\n" + list(lines, rowsShown)
}

func unseen(r *Result) []string {
	var lines []string
	for _, s := range r.Incomplete {
		lines = append(lines, prose(s))
	}
	for _, p := range r.NotAnalysed {
		lines = append(lines, problemRow(p))
	}
	if n := len(r.Elsewhere); n > 0 {
		lines = append(lines, plural(n, "problem", "problems")+" in files that this change does not touch")
	}
	return lines
}

// workloadChanges says which workloads came, went, or have other containers. What several roots of rendering deploy is one workload.
func workloadChanges(before, after *analysis.State, headPath func(string) string) []string {
	was, wasOrder := workloadsAt(before, after, headPath)
	is, isOrder := workloadsAt(after, before, func(path string) string { return path })
	var lines []string
	for _, at := range isOrder {
		if len(was[at]) == 0 {
			lines = append(lines, workloadLine(is[at][0], "added, with "+containers(is[at][0])))
			continue
		}
		for _, w := range is[at] {
			old := sameRoot(was[at], w)
			if line := workloadLine(w, containers(old)+" became "+containers(w)); containers(old) != containers(w) && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	for _, at := range wasOrder {
		if len(is[at]) == 0 {
			lines = append(lines, workloadLine(was[at][0], "removed, with "+containers(was[at][0])))
		}
	}
	return lines
}

// workloadsAt are the workloads of a state by what people call them, in order; without those of roots that the other one could not render.
func workloadsAt(s, other *analysis.State, path func(string) string) (all map[objectAt][]*pod.Workload, order []objectAt) {
	all = map[objectAt][]*pod.Workload{}
	for _, w := range s.Workloads {
		if other.Lacks(s, w.Object.Root) {
			continue
		}
		at := objectAt{path(w.Object.File.Path), objectID(analysis.Ref(w.Object))}
		if all[at] == nil {
			order = append(order, at)
		}
		all[at] = append(all[at], w)
	}
	return all, order
}

func sameRoot(among []*pod.Workload, w *pod.Workload) *pod.Workload {
	if i := slices.IndexFunc(among, func(o *pod.Workload) bool { return o.Object.Root == w.Object.Root }); i >= 0 {
		return among[i]
	}
	return among[0]
}

func workloadLine(w *pod.Workload, what string) string {
	return fmt.Sprintf("%s in %s: %s", code(w.String()), code(w.Object.File.Path), what)
}

// containers lists a workload's containers as Markdown, native sidecars and init containers marked.
func containers(w *pod.Workload) string {
	var names []string
	for _, c := range w.Containers {
		name := code(c.Name)
		switch {
		case c.Native:
			name += " (native sidecar)"
		case c.Section == pod.InitContainers:
			name += " (init)"
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "no containers"
	}
	return strings.Join(names, ", ")
}

// cut shortens Markdown to a number of bytes, at the end of a paragraph where there is one; an open fence is closed.
func cut(text string, limit int) string {
	const note = "\n\n… shortened: run `podcheck review` for all.\n"
	if len(text) <= limit {
		return text
	}
	text = text[:limit-len(note)-100]
	if i := strings.LastIndex(text, "\n"); i > 0 {
		text = text[:i+1]
	}
	text = strings.ToValidUTF8(text, "")
	if ticks := openFence(text); ticks > 0 {
		text += strings.Repeat("`", min(ticks, 90)) + "\n"
	}
	return text + note
}

func openFence(text string) int {
	open := 0
	for line := range strings.Lines(text) {
		n, info := fence(line)
		switch {
		case open == 0 && n >= 3:
			open = n
		case open > 0 && n >= open && info == "":
			open = 0
		}
	}
	return open
}

func cutRunes(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}
