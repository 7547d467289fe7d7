// Package report prints findings for a terminal, a program, a page and a workflow: one file a format.
//
// It only formats: which findings there are, and what they say, is decided by package review. What comes from manifests is
// foreign text: control characters never reach a terminal, and nothing can end a workflow command or a code span.
//
// It imports review and the floors beneath it, and nothing of bot.
package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Report is what is printed.
type Report struct {
	Result  review.Result
	Subject string                   // what was looked at, for a page; "" when it has no name
	Scan    bool                     // of one state: findings have no status
	All     bool                     // also unchanged and ignored findings, and what was not analysed in files that the change does not touch
	Color   bool                     // text only
	User    []*analysis.Rule         // of the repository itself: SARIF describes them beside the catalogue
	Text    func(path string) []byte // of the analysed files, of a review those after: SARIF counts columns in them; may be nil
}

// Formats are the names of the formats that Write knows.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

var formats = []struct {
	name  string
	write func(io.Writer, *Report) error
}{
	{"text", writeText},
	{"json", writeJSON},
	{"sarif", writeSARIF},
	{"markdown", writeMarkdown},
	{"github", writeGitHub},
	{"html", writeHTML},
}

// Write prints a report in one of the Formats.
func Write(w io.Writer, format string, r Report) error {
	for _, f := range formats {
		if f.name != format {
			continue
		}
		buffer := bufio.NewWriter(w)
		if err := f.write(buffer, &r); err != nil {
			return fmt.Errorf("writing the report as %s: %w", format, err)
		}
		if err := buffer.Flush(); err != nil {
			return fmt.Errorf("writing the report as %s: %w", format, err)
		}
		return nil
	}
	return fmt.Errorf("%q is no format: use %s", format, strings.Join(Formats(), ", "))
}

// listed are the findings that are printed.
func (r *Report) listed() []review.Finding {
	var out []review.Finding
	for _, f := range r.Result.Findings {
		if r.All || f.Status == review.Introduced || f.Status == review.Fixed || r.Scan && f.Status != review.Ignored {
			out = append(out, f)
		}
	}
	return out
}

// notAnalysed are the problems that are printed.
func (r *Report) notAnalysed() []manifest.Problem {
	if r.All {
		return append(r.Result.NotAnalysed[:len(r.Result.NotAnalysed):len(r.Result.NotAnalysed)], r.Result.Elsewhere...)
	}
	return r.Result.NotAnalysed
}

// verdict is the last line: what was found in how much.
func (r *Report) verdict() string {
	c := r.Result.Counts
	scope := fmt.Sprintf("%s, %s, %s", plural(c.Files, "file"), plural(c.Objects, "object"), plural(c.Workloads, "workload"))
	if r.Scan {
		return fmt.Sprintf("%s, %d ignored, in %s", plural(len(r.Result.Findings)-c.Ignored, "finding"), c.Ignored, scope)
	}
	return fmt.Sprintf("%d introduced, %d fixed, %d unchanged, %d ignored, in %s", c.Introduced, c.Fixed, c.Unchanged, c.Ignored, scope)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// lines are the first and the last line that a place has bytes on; a span's end is exclusive.
func lines(p analysis.Place) (start, end int) {
	s, e := p.Span.Start, p.Span.End
	if e.Line > s.Line && e.Column <= 1 {
		return s.Line, e.Line - 1
	}
	return s.Line, max(s.Line, e.Line)
}
