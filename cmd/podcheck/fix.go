package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/review/report"
	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
)

const unsafeReason = "The change alters behaviour; --review applies it too."

// fixing is what a fix command is asked for.
type fixing struct {
	rules    []string
	findings []string
	review   bool
	diff     bool
	color    string
	at       addresses
}

func fixCommand() *cobra.Command {
	var f fixing
	cmd := &cobra.Command{
		Use:   "fix PATH...",
		Short: "Apply fixes to files and folders; - fixes standard input",
		Long: "Applies the safe fixes of all findings, most severe first, and lists what was fixed and what is left, each with its reason.\n" +
			"A fix is applied only when the result was analysed: the fault is gone and no other one came. Exit 1: something is left.\n\n" +
			"With - alone, the fixed text goes to standard output and the list to standard error.",
		Example: "  podcheck fix .\n  podcheck fix --diff --review deploy/ | git apply\n  podcheck fix --finding k3v9 deploy/web.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	cmd.Flags().StringArrayVar(&f.rules, "rule", nil, "only findings of this `rule` (repeatable)")
	cmd.Flags().StringArrayVar(&f.findings, "finding", nil, "only the finding with this `ID` (repeatable)")
	cmd.Flags().BoolVar(&f.review, "review", false, "also apply fixes that change behaviour")
	cmd.Flags().BoolVar(&f.diff, "diff", false, "print the patch for git apply, and change no file")
	f.at.flag(cmd)
	cmd.Flags().StringVar(&f.color, "color", "auto", "color of the list: auto, always, never")
	return cmd
}

func (f *fixing) run(cmd *cobra.Command, args []string) error {
	if err := f.checkPaths(args); err != nil {
		return err
	}
	list := cmd.OutOrStdout()
	if f.diff || args[0] == load.Stdin {
		list = cmd.ErrOrStderr()
	}
	color, err := (&output{color: f.color}).colored(list)
	if err != nil {
		return err
	}
	settings, root, err := nearestConfig(args[0])
	if err != nil {
		return err
	}
	if err := f.checkRules(settings); err != nil {
		return err
	}
	wanted := load.Wanted{Paths: below(root, settings.Paths), Render: settings.Rendering(f.at.of(cmd.Context(), args[0])...)}
	state, name, err := load.Files(cmd.Context(), args, cmd.InOrStdin(), wanted, newRenderer())
	if err != nil {
		return err
	}
	mended, err := f.mend(cmd.Context(), state, settings.analysis(time.Now()))
	if err != nil {
		return err
	}
	if err := f.deliver(cmd, args[0] == load.Stdin, state, &mended, name); err != nil {
		return err
	}
	mended = mended.Named(name)
	if f.diff {
		mended.Applied = nil // the patch says it
	}
	if !f.diff || len(mended.Left) > 0 {
		if err := report.WriteMended(list, &mended, color); err != nil {
			return err
		}
	}
	if n := len(mended.Left); n > 0 {
		return &exitError{exitFindings, fmt.Sprintf("podcheck: %s left", findings(n))}
	}
	return nil
}

// deliver writes the result where it belongs: the patch, the text, or the files.
func (f *fixing) deliver(cmd *cobra.Command, stdin bool, state *analysis.State, mended *review.Mended, name func(string) string) error {
	switch {
	case f.diff:
		return writePatch(cmd.OutOrStdout(), cmd.ErrOrStderr(), state, mended, name)
	case stdin:
		return writeText(cmd.OutOrStdout(), state, mended)
	}
	return replaceFiles(state, mended.Changed, name)
}

// writeText prints standard input as it is behind the fixes.
func writeText(out io.Writer, state *analysis.State, mended *review.Mended) error {
	data, changed := mended.Changed[load.Stdin]
	if !changed {
		data = state.File(load.Stdin).Data
	}
	if _, err := out.Write(data); err != nil {
		return fmt.Errorf("writing the fixed text: %w", err)
	}
	return nil
}

// checkPaths refuses what cannot be fixed in place.
func (f *fixing) checkPaths(args []string) error {
	if slices.Contains(args, load.Stdin) {
		switch {
		case len(args) > 1:
			return fmt.Errorf("- fixes standard input alone: give it without other paths")
		case f.diff:
			return fmt.Errorf("--diff makes a patch of files: give it paths instead of -")
		}
		return nil
	}
	for _, arg := range args {
		if err := notSymlink(arg); err != nil {
			return err
		}
	}
	return nil
}

func (f *fixing) checkRules(s settings) error {
	for _, name := range f.rules {
		if rules.Find(name) == nil && s.find(name) == nil {
			return fmt.Errorf("--rule: there is no rule %q: did you mean %s? `podcheck rules` lists them all", name, rules.Nearest(name))
		}
	}
	return nil
}

// mend applies the fixes that were asked for. What is among these and may not be applied is left, with the reason.
func (f *fixing) mend(ctx context.Context, state *analysis.State, cfg *analysis.Config) (review.Mended, error) {
	mend := review.Mend
	if f.diff {
		mend = review.MendShown
	}
	named := map[string]bool{}
	mended, err := mend(ctx, state, cfg, func(one *review.Finding) bool {
		for _, id := range f.findings {
			named[id] = named[id] || one.HasID(id)
		}
		return f.asksFor(one) && one.Ignored == "" && (f.review || one.Fix == nil || one.Fix.Safety != analysis.Review || len(one.Fix.Edits) == 0)
	})
	if err != nil {
		return mended, err
	}
	for _, one := range mended.Rest {
		if f.asksFor(&one) && one.Ignored == "" {
			mended.Left = append(mended.Left, review.Left{Finding: one, Reason: unsafeReason})
		}
	}
	for _, id := range f.findings {
		if !named[id] {
			return mended, fmt.Errorf("--finding: there is no finding %q here: `podcheck scan` lists them with their IDs", id)
		}
	}
	return mended, nil
}

// asksFor says whether a finding is among those that were asked for. A finding without a fix is nothing to do, unless it was named.
func (f *fixing) asksFor(one *review.Finding) bool {
	if len(f.rules) > 0 && !slices.Contains(f.rules, one.Rule) {
		return false
	}
	if len(f.findings) > 0 {
		return slices.ContainsFunc(f.findings, one.HasID)
	}
	return one.Fix != nil && len(one.Fix.Edits)+len(one.Fix.Obstacles) > 0
}
