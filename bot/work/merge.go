package work

import (
	"context"
	"strings"

	"github.com/podcheck/podcheck/bot/repo"
)

// merge reports on the head of a merge group. There is no conversation, only the check run, without which a repository that
// requires it could not merge. What was ignored in the pull request stays so.
func (t *task) merge(ctx context.Context) error {
	group := t.item.Merge
	s, err := t.client.ReadMerge(ctx, t.repo, strings.TrimPrefix(group.BaseRef, "refs/heads/"), group.HeadSHA, group.Number)
	if err != nil {
		return err
	}
	return t.review(ctx, s, repo.Revision{Base: repo.OID(group.BaseSHA), Head: repo.OID(group.HeadSHA)}, false)
}
