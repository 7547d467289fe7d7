package github

import (
	"context"

	gogithub "github.com/google/go-github/v60/github"
)

// Listed is a repository of an installation.
type Listed struct {
	Repo
	ID     int64
	NodeID string
}

// Repositories reads a page of the repositories that the installation reaches, from 1, and the number of the next page, 0 after
// the last. Archived and disabled ones are left out: nothing can be written to them.
// https://docs.github.com/rest/apps/installations#list-repositories-accessible-to-the-app-installation
func (c *Client) Repositories(ctx context.Context, page int) (all []Listed, next int, err error) {
	listed, answer, err := c.rest.Apps.ListRepos(ctx, &gogithub.ListOptions{Page: page, PerPage: pageSize})
	if err != nil {
		return nil, 0, explain(ctx, err, "list the repositories of the installation, page %d", page)
	}
	for _, r := range listed.Repositories {
		if !r.GetArchived() && !r.GetDisabled() {
			all = append(all, Listed{Repo: Repo{Owner: r.GetOwner().GetLogin(), Name: r.GetName()}, ID: r.GetID(), NodeID: r.GetNodeID()})
		}
	}
	return all, answer.NextPage, nil
}
