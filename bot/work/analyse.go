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

// withRepository fetches a revision and hands its repository over for reading.
func (t *task) withRepository(ctx context.Context, r repo.Revision, read func(repo.Repository) error) error {
	mirror, err := repo.OpenMirror(ctx, repo.Options{
		Dir: t.Mirrors, Installation: t.item.Installation, RepoID: t.item.RepoID,
		URL: t.GitURL(t.repo.Owner, t.repo.Name), Token: t.client.Token, Renew: t.client.Renew,
	})
	if err != nil {
		return err
	}
	defer mirror.Close()
	if err := mirror.Fetch(ctx, r); err != nil {
		return err
	}
	return read(mirror)
}

// analyse reviews a revision against its merge base.
func (t *task) analyse(ctx context.Context, revision repo.Revision, c settings) (result review.Result, err error) {
	err = t.withRepository(ctx, revision, func(r repo.Repository) error {
		in, c, err := t.input(ctx, r, revision, c)
		if err != nil {
			return err
		}
		if in == nil {
			result = skipped()
		} else {
			result = review.Review(*in)
			if err := t.preview(ctx, r, revision, c, *in, &result); err != nil {
				return err
			}
		}
		return c.tell(ctx, r, revision.Head, &result.Check)
	})
	return result, err
}

// input is what the review of a revision is made from, nil when the change touches nothing that is looked at; and the
// configuration in force, with the repository's own rules.
func (t *task) input(ctx context.Context, r repo.Repository, revision repo.Revision, c settings) (*review.Input, settings, error) {
	base, err := r.MergeBase(ctx, revision.Base, revision.Head)
	if err != nil {
		return nil, c, final(err)
	}
	comparison, err := r.Compare(ctx, base, revision.Head)
	if err != nil {
		return nil, c, final(fmt.Errorf("compare %s with %s: %w", base, revision.Head, err))
	}
	own, err := load.Rules(ctx, r, revision.Base)
	if err != nil {
		return nil, c, final(err)
	}
	if c, err = t.standing(ctx, c.with(own)); err != nil {
		return nil, c, err
	}
	c.changes = configurationIn(comparison)
	if len(c.changes) == 0 {
		relevant, err := load.Relevant(ctx, r, revision.Head, comparison, t.wanted(c))
		if err != nil || !relevant {
			return nil, c, final(err)
		}
	}
	before, after, err := t.Loader.States(ctx, r, base, revision.Head, t.wanted(c))
	if err != nil {
		return nil, c, final(err)
	}
	if err := ctx.Err(); err != nil {
		return nil, c, err
	}
	return &review.Input{Before: before, After: after, Diff: comparison.Patch, Config: c.analysis(time.Now()), Settings: c.review(), Ignores: c.ignores}, c, nil
}

// wanted is what the configuration has of the repository looked at.
func (t *task) wanted(c settings) load.Wanted {
	urls := []string{t.GitURL(t.repo.Owner, t.repo.Name)}
	if c.snapshot != nil {
		urls = append(urls, c.snapshot.SSHURL)
	}
	return load.Wanted{Paths: c.Paths.Matches, Render: c.Rendering(urls...)}
}

const skippedText = "No YAML or JSON file that Podcheck looks at is changed here."

// skipped is the review of a change that touches nothing that is looked at. A required check must report all the same.
func skipped() review.Result {
	return review.Result{Check: review.Check{
		Conclusion: review.Skipped,
		Title:      "No manifest changed",
		Summary:    skippedText,
	}}
}
