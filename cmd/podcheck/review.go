package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/review/report"
	"github.com/podcheck/podcheck/rules/analysis"
)

// cacheBytes is how much source the loader of one review may keep parsed: base and head share what they have in common.
const cacheBytes = 64 << 20

func reviewCommand() *cobra.Command {
	var o output
	var at addresses
	var dir, base, head string
	var worktree bool
	cmd := &cobra.Command{
		Use:   "review",
		Short: "The review of a branch of a local git repository, without GitHub",
		Long: "Compares the merge base of the default branch and HEAD with HEAD, as the bot does for a pull request, and says what the\n" +
			"change introduced and fixed.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, settings, err := reviewLocal(cmd.Context(), dir, base, head, worktree, at)
			if err != nil {
				return err
			}
			failOn, err := o.threshold(analysis.Severity(settings.Review.FailOn))
			if err != nil {
				return err
			}
			return o.write(cmd, r, failOn)
		},
	}
	cmd.Flags().StringVar(&dir, "repo", ".", "a folder of the repository")
	cmd.Flags().StringVar(&base, "base", "", "`revision` to compare with (default: the default branch)")
	cmd.Flags().StringVar(&head, "head", "HEAD", "`revision` to review")
	cmd.Flags().BoolVar(&worktree, "worktree", false, "review the files as they lie there, uncommitted changes included")
	cmd.MarkFlagsMutuallyExclusive("head", "worktree")
	at.flag(cmd)
	o.flags(cmd)
	return cmd
}

func reviewLocal(ctx context.Context, dir, base, head string, worktree bool, at addresses) (r report.Report, settings settings, err error) {
	local, err := repo.OpenLocal(ctx, dir)
	if err != nil {
		return r, settings, err
	}
	defer func() { err = errors.Join(err, local.Close()) }()
	from, to, err := revisions(ctx, local, base, head, worktree)
	if err != nil {
		return r, settings, err
	}
	settings, err = baseConfig(ctx, local, from)
	if err != nil {
		return r, settings, err
	}
	comparison, err := local.Compare(ctx, from, to)
	if err != nil {
		return r, settings, err
	}
	before, after, err := load.New(cacheBytes, newRenderer()).States(ctx, local, from, to, load.Wanted{
		Paths: settings.Paths.Matches, Render: settings.Rendering(at.of(ctx, dir)...),
	})
	if err != nil {
		return r, settings, err
	}
	result := review.Review(review.Input{
		Before: before, After: after, Diff: comparison.Patch, Config: settings.analysis(time.Now()),
		Settings: review.Settings{Comments: int(settings.Review.Comments), FailOn: analysis.Severity(settings.Review.FailOn), Picture: settings.Review.Picture},
	})
	return report.Report{Result: result, User: settings.user, Text: after.Text}, settings, nil
}

// revisions returns the merge base and the head.
func revisions(ctx context.Context, local *repo.Local, base, head string, worktree bool) (from, to repo.OID, err error) {
	if base == "" {
		if base, err = local.DefaultBranch(ctx); err != nil {
			return "", "", fmt.Errorf("%w: name what to compare with, as in --base main", err)
		}
	}
	tip, err := local.Resolve(ctx, base)
	if err != nil {
		return "", "", err
	}
	if to, err = local.Resolve(ctx, head); err != nil {
		return "", "", err
	}
	if from, err = local.MergeBase(ctx, tip, to); err != nil {
		return "", "", err
	}
	if worktree {
		to, err = local.Worktree(ctx)
	}
	return from, to, err
}

// baseConfig reads the configuration and the rules as they are at the base: what a branch changes in them has no effect before it
// is merged.
func baseConfig(ctx context.Context, local *repo.Local, base repo.OID) (settings, error) {
	own, err := load.Rules(ctx, local, base)
	if err != nil {
		return settings{}, err
	}
	data, found, err := load.File(ctx, local, base, configName)
	if err != nil {
		return settings{}, err
	}
	if !found {
		data = nil
	}
	return parseSettings(configName, data, own)
}
