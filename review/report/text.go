package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules/analysis"
)

// Codes of ECMA-48 ("ANSI") terminals.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// writeText prints what compilers print: path:line:column, severity, rule and message, then the evidence below.
func writeText(w io.Writer, r *Report) error {
	p := &printer{w: w, color: r.Color}
	for _, f := range r.listed() {
		p.finding(&f, r.Scan)
	}
	for _, n := range r.notAnalysed() {
		p.line("%s: %s: %s", place(analysis.Place{Path: n.Path, Span: n.Span}, false), p.paint(yellow, "not analysed"), n.Message)
	}
	if n := len(r.Result.Elsewhere); n > 0 && !r.All {
		p.line("%s in files that the change does not touch; --all lists them", plural(n, "problem"))
	}
	for _, reason := range r.Result.Incomplete {
		p.line("%s: %s", p.paint(yellow, "incomplete"), reason)
	}
	p.line("%s", p.paint(bold, r.verdict()))
	return p.err
}

// printer remembers the first error of its writer.
type printer struct {
	w     io.Writer
	color bool
	err   error
}

// line prints a line. Foreign text in it cannot move the cursor or paint: the only escapes are those of paint.
func (p *printer) line(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = printable(s)
		}
	}
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, inert(fmt.Sprintf(format, args...)))
	}
}

// inert is a line that GitHub Actions, which reads what programs print, takes for no workflow command: these begin a line with two
// colons, as a path can, or have the older mark anywhere. Source: ActionCommand.cs of the runner.
func inert(line string) string {
	if strings.HasPrefix(strings.TrimSpace(line), "::") {
		line = "./" + line
	}
	return strings.ReplaceAll(line, "##[", "## [")
}

// Terminal is text of several lines that quotes foreign text, without what a terminal or GitHub Actions would obey.
func Terminal(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = inert(printable(line))
	}
	return strings.Join(lines, "\n")
}

// painted is text that the printer made itself.
type painted string

func (p *printer) paint(code, text string) painted {
	text = printable(text)
	if !p.color {
		return painted(text)
	}
	return painted("\x1b[" + code + "m" + text + "\x1b[0m")
}

func (p *printer) finding(f *review.Finding, scan bool) {
	status := painted("")
	switch {
	case scan && f.Status != review.Ignored:
	case f.Status == review.Fixed:
		status = p.paint(green, " fixed")
	default:
		status = p.paint(dim, " "+string(f.Status))
	}
	p.line("%s: %s %s%s: %s %s", p.paint(bold, place(f.Place, true)), p.paint(severityColor(f.Severity), f.Severity.String()),
		f.Rule, status, f.Message, p.paint(dim, "["+f.ID+"]"))
	if f.Reason != "" {
		p.line("    ignored: %s", f.Reason)
	}
	if f.Status == review.Fixed {
		return
	}
	for _, e := range f.Evidence {
		at := ""
		if e.Place.Path != "" {
			at = " (" + place(e.Place, false) + ")"
		}
		p.line("    - %s%s", e.Text, at)
	}
	p.fix(f)
}

func (p *printer) fix(f *review.Finding) {
	if f.Fix == nil {
		return
	}
	if len(f.Fix.Edits) > 0 {
		p.line("    %s (%s): %s", p.paint(green, "fix"), string(f.Fix.Safety), f.Fix.Description)
		for _, c := range f.Fix.Changes {
			p.line("      - %s", c)
		}
		return
	}
	if f.Fix.Description != "" {
		p.line("    advice: %s", f.Fix.Description)
	}
	for _, o := range f.Fix.Obstacles {
		p.line("      - no patch: %s", o)
	}
}

func severityColor(s analysis.Severity) string {
	switch s {
	case analysis.Error:
		return red
	case analysis.Warning:
		return yellow
	}
	return cyan
}

func place(p analysis.Place, column bool) string {
	s := p.Span.Start
	switch {
	case s.Line == 0:
		return p.Path
	case column && s.Column > 0:
		return fmt.Sprintf("%s:%d:%d", p.Path, s.Line, s.Column)
	}
	return fmt.Sprintf("%s:%d", p.Path, s.Line)
}

// printable is text on one line without control and format characters.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.Is(unicode.C, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
