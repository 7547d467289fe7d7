package github

import (
	"context"
	"errors"
	"strings"

	gogithub "github.com/google/go-github/v60/github"
)

// AddRuns adds the runs in progress of a commit that is no longer part of the pull request: a push by force took it away, and GitHub does
// not list its runs with the others.
func (c *Client) AddRuns(ctx context.Context, s *Snapshot, sha string) error {
	found, _, err := c.rest.Checks.ListCheckRunsForRef(ctx, s.Repo.Owner, s.Repo.Name, sha, &gogithub.ListCheckRunsOptions{
		CheckName: gogithub.String(CheckName), AppID: &c.app.opts.AppID,
	})
	if err = missing(err); errors.Is(err, ErrGone) {
		return nil // the commit is gone, and its runs with it
	}
	if err != nil {
		return explain(ctx, err, "read the check runs of %s", sha)
	}
	for _, run := range found.CheckRuns {
		if strings.HasPrefix(run.GetExternalID(), externalPrefix(s.Number)) {
			s.Runs = append(s.Runs, Run{ID: run.GetID(), SHA: sha, ExternalID: run.GetExternalID(), Completed: run.GetStatus() == "completed"})
		}
	}
	return nil
}
