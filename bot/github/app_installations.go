package github

import (
	"context"

	gogithub "github.com/google/go-github/v60/github"
)

// Installation is the App installed on an account.
type Installation struct {
	ID        int64
	Account   string // login of the person or organisation
	Suspended bool   // nothing may be asked of it
}

// Installations reads a page of the App's installations, from 1, and the number of the next page, 0 after the last.
// https://docs.github.com/rest/apps/apps#list-installations-for-the-authenticated-app
func (a *App) Installations(ctx context.Context, page int) (all []Installation, next int, err error) {
	listed, answer, err := a.rest.Apps.ListInstallations(ctx, &gogithub.ListOptions{Page: page, PerPage: pageSize})
	if err != nil {
		return nil, 0, explain(ctx, err, "list the installations of the App")
	}
	for _, i := range listed {
		all = append(all, Installation{ID: i.GetID(), Account: i.GetAccount().GetLogin(), Suspended: i.SuspendedAt != nil})
	}
	return all, answer.NextPage, nil
}
