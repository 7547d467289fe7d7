package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/review/report"
	"github.com/podcheck/podcheck/rules/analysis"
)

// output are the flags of the commands that print findings.
type output struct {
	format string
	file   string
	color  string
	failOn string
	all    bool
}

func (o *output) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.format, "format", "text", "output format: "+strings.Join(report.Formats(), ", "))
	cmd.Flags().StringVarP(&o.file, "output", "o", "", "write to a `file` instead of standard output")
	cmd.Flags().StringVar(&o.color, "color", "auto", "color of text: auto, always, never")
	cmd.Flags().StringVar(&o.failOn, "fail-on", "", "exit 1 for findings at or above: error, warning, notice, never (default: failOn of the configuration, else error)")
	cmd.Flags().BoolVar(&o.all, "all", false, "also list what is unchanged, ignored, or not analysed elsewhere")
}

// threshold is the level at which findings fail the command.
func (o *output) threshold(configured analysis.Severity) (analysis.Severity, error) {
	switch o.failOn {
	case "":
		if configured == analysis.Off {
			return analysis.Error, nil
		}
		return configured, nil
	case "never":
		return review.Never, nil
	}
	severity, err := analysis.ParseSeverity(o.failOn)
	if err != nil || severity == analysis.Off {
		return 0, fmt.Errorf("--fail-on %q: use error, warning, notice or never", o.failOn)
	}
	return severity, nil
}

func (o *output) colored(stdout io.Writer) (bool, error) {
	switch o.color {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		f, isFile := stdout.(*os.File)
		return o.file == "" && os.Getenv("NO_COLOR") == "" && isFile && term.IsTerminal(int(f.Fd())), nil
	}
	return false, fmt.Errorf("--color %q: use auto, always or never", o.color)
}

// write prints the report and decides how the command ends: findings before incompleteness, both said on standard error.
func (o *output) write(cmd *cobra.Command, r report.Report, failOn analysis.Severity) (err error) {
	out := cmd.OutOrStdout()
	if r.Color, err = o.colored(out); err != nil {
		return err
	}
	r.All = o.all
	if o.file != "" {
		f, err := os.Create(o.file)
		if err != nil {
			return fmt.Errorf("opening the output: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	if err := report.Write(out, o.format, r); err != nil {
		return err
	}
	return verdict(r, failOn)
}

func verdict(r report.Report, failOn analysis.Severity) error {
	failing := 0
	for _, f := range r.Result.Findings {
		counts := f.Status == review.Introduced || r.Scan && f.Status != review.Ignored
		if counts && f.Severity >= failOn {
			failing++
		}
	}
	var said []string
	if failing > 0 {
		said = append(said, fmt.Sprintf("podcheck: %s at or above %s", findings(failing), failOn))
	}
	if n := len(r.Result.NotAnalysed) + len(r.Result.Incomplete); n > 0 {
		said = append(said, fmt.Sprintf("podcheck: incomplete: %d part(s) could not be analysed", n))
	}
	switch {
	case failing > 0:
		return &exitError{exitFindings, strings.Join(said, "\n")}
	case len(said) > 0:
		return &exitError{exitIncomplete, strings.Join(said, "\n")}
	}
	return nil
}

func findings(n int) string {
	if n == 1 {
		return "1 finding"
	}
	return fmt.Sprintf("%d findings", n)
}
