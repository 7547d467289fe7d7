package work

import (
	"context"
	"fmt"
	"time"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review"
)

func revisionOf(s *github.Snapshot) repo.Revision {
	return repo.Revision{Pull: s.Number, Base: repo.OID(s.BaseSHA), Head: repo.OID(s.HeadSHA)}
}

// analyse reviews a revision against its merge base.
func (t *task) analyse(ctx context.Context, r repo.Revision, c settings) (review.Result, error) {
	mirror, err := repo.OpenMirror(ctx, repo.Options{
		Dir: t.Mirrors, Installation: t.item.Installation, RepoID: t.item.RepoID,
		URL: t.GitURL(t.repo.Owner, t.repo.Name), Token: t.client.Token,
	})
	if err != nil {
		return review.Result{}, err
	}
	defer mirror.Close()
	if err := mirror.Fetch(ctx, r); err != nil {
		return review.Result{}, err
	}
	return t.compare(ctx, mirror, r, c)
}

func (t *task) compare(ctx context.Context, r repo.Repository, revision repo.Revision, c settings) (review.Result, error) {
	base, err := r.MergeBase(ctx, revision.Base, revision.Head)
	if err != nil {
		return review.Result{}, final(err)
	}
	comparison, err := r.Compare(ctx, base, revision.Head)
	if err != nil {
		return review.Result{}, final(fmt.Errorf("compare %s with %s: %w", base, revision.Head, err))
	}
	own, err := load.Rules(ctx, r, revision.Base)
	if err != nil {
		return review.Result{}, final(err)
	}
	c = c.with(own)
	if !load.Relevant(comparison, c.Paths.Matches) {
		return skipped(c), nil
	}
	before, after, err := t.Loader.States(ctx, r, base, revision.Head, c.Paths.Matches)
	if err != nil {
		return review.Result{}, final(err)
	}
	if err := ctx.Err(); err != nil {
		return review.Result{}, err
	}
	result := review.Review(review.Input{Before: before, After: after, Diff: comparison.Patch, Config: c.analysis(time.Now()), Settings: c.review()})
	result.Check.Summary += c.note()
	return result, nil
}

// skipped is the review of a change that touches nothing that is looked at. A required check must report all the same.
func skipped(c settings) review.Result {
	return review.Result{Check: review.Check{
		Conclusion: review.Skipped,
		Title:      "No manifest changed",
		Summary:    "No YAML or JSON file that Podcheck looks at is changed here." + c.note(),
	}}
}
