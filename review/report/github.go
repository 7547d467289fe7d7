package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules/analysis"
)

// writeGitHub prints workflow commands, which GitHub Actions turns into annotations: introduced findings, of a scan all.
// Source: "Workflow commands for GitHub Actions", and the toolkit's command.ts for the escapes.
func writeGitHub(w io.Writer, r *Report) error {
	for _, f := range r.listed() {
		if f.Status != review.Introduced && !r.Scan || f.Status == review.Ignored {
			continue
		}
		if _, err := io.WriteString(w, workflowCommand(&f)); err != nil {
			return err
		}
	}
	for _, p := range r.notAnalysed() {
		if _, err := fmt.Fprintf(w, "::notice file=%s,line=%d,title=not analysed::%s\n", property(p.Path), max(p.Span.Start.Line, 1), data(printable(p.Message))); err != nil {
			return err
		}
	}
	for _, reason := range r.Result.Incomplete {
		if _, err := fmt.Fprintf(w, "::warning title=incomplete::%s\n", data(printable(reason))); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, r.verdict())
	return err
}

func workflowCommand(f *review.Finding) string {
	level := "notice"
	switch f.Severity {
	case analysis.Error:
		level = "error"
	case analysis.Warning:
		level = "warning"
	}
	start, end := lines(f.Place)
	at := fmt.Sprintf("file=%s,line=%d", property(f.Place.Path), max(start, 1))
	if column := f.Place.Span.Start.Column; column > 0 && start == end {
		at += fmt.Sprintf(",col=%d", column)
	}
	message := printable(f.Message)
	for _, e := range f.Evidence {
		message += "\n- " + printable(e.Text)
		if e.Place.Path != "" {
			message += " (" + printable(place(e.Place, false)) + ")"
		}
	}
	title := strings.TrimSpace(f.Rule + " " + f.Object.String())
	return fmt.Sprintf("::%s %s,endLine=%d,title=%s::%s\n", level, at, max(end, 1), property(title), data(message))
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func data(text string) string     { return dataEscapes.Replace(text) }
func property(text string) string { return propertyEscapes.Replace(printable(text)) }
