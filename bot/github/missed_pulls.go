package github

import (
	"context"
	_ "embed"
	"slices"
	"strings"
	"time"
)

var (
	//go:embed missed_pulls.graphql
	openPullsQuery string
	//go:embed missed_heads.graphql
	headsQuery string
)

// MaxNodes is how many repositories or pull requests GitHub looks up by their node ids in one request.
const MaxNodes = 100

// OpenPull is a pull request in the list of its repository.
type OpenPull struct {
	NodeID  string    `json:"id"`
	Number  int       `json:"number"`
	Updated time.Time `json:"updatedAt"`
}

// PullPage is a part of the open pull requests of a repository, the most recently updated first.
type PullPage struct {
	Pulls []OpenPull
	Next  string // where the next part begins; "" after the last
}

// OpenPulls reads, in one request, the first open pull requests of each of at most [MaxNodes] repositories, at most first of each.
// With after it goes on where a part of a single repository ended. One that can't be seen has none. It costs one point of
// GitHub's limit for each hundred repositories.
func (c *Client) OpenPulls(ctx context.Context, repositories []string, first int, after string) ([]PullPage, error) {
	var answer struct {
		Nodes []*struct {
			PullRequests struct {
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
				Nodes []OpenPull
			}
		}
	}
	variables := map[string]any{"repositories": repositories, "first": first}
	if after != "" {
		variables["after"] = after
	}
	if err := c.lookUp(ctx, openPullsQuery, variables, &answer); err != nil {
		return nil, explain(ctx, err, "list the open pull requests of %d repositories", len(repositories))
	}
	pages := make([]PullPage, len(repositories))
	for i := range min(len(pages), len(answer.Nodes)) {
		if node := answer.Nodes[i]; node != nil {
			pages[i].Pulls = node.PullRequests.Nodes
			if node.PullRequests.PageInfo.HasNextPage {
				pages[i].Next = node.PullRequests.PageInfo.EndCursor
			}
		}
	}
	return pages, nil
}

// Head is what the head of a pull request has of us.
type Head struct {
	Number  int
	Open    bool // false also when it can't be seen
	SHA     string
	Checked bool      // its newest check run of ours for this pull request and base says something
	Started time.Time // of that run when it is in progress; zero when there is none
}

// Heads reads, in one request, the heads of at most [MaxNodes] pull requests by their node ids, in that order. A run that was
// cancelled says nothing. It costs four points of GitHub's limit for a hundred.
func (c *Client) Heads(ctx context.Context, pulls []string) ([]Head, error) {
	var answer struct{ Nodes []*headNode }
	variables := map[string]any{"pulls": pulls, "app": c.app.opts.AppID, "check": CheckName}
	if err := c.lookUp(ctx, headsQuery, variables, &answer); err != nil {
		return nil, explain(ctx, err, "read the check runs of %d pull requests", len(pulls))
	}
	heads := make([]Head, len(pulls))
	for i := range min(len(heads), len(answer.Nodes)) {
		if answer.Nodes[i] != nil {
			heads[i] = answer.Nodes[i].head()
		}
	}
	return heads, nil
}

type headNode struct {
	Number      int
	State       string
	HeadRefOid  string
	BaseRefName string
	Commits     struct {
		Nodes []struct {
			Commit struct {
				Oid         string
				CheckSuites struct {
					Nodes []struct {
						CheckRuns struct{ Nodes []headRun }
					}
				}
			}
		}
	}
}

type headRun struct {
	DatabaseID int64
	ExternalID string
	Status     string
	Conclusion string
	StartedAt  *time.Time
}

func (n *headNode) head() Head {
	h := Head{Number: n.Number, Open: n.State == "OPEN", SHA: n.HeadRefOid}
	run := n.newest()
	switch {
	case run == nil:
	case run.Status == "COMPLETED":
		h.Checked = run.Conclusion != "CANCELLED"
	case run.StartedAt != nil:
		h.Started = *run.StartedAt
	}
	return h
}

// newest is the newest run of the head that is of this pull request and base: another with the same head has runs of its own,
// and after a change of the base the older ones say nothing.
func (n *headNode) newest() *headRun {
	var newest *headRun
	for _, c := range n.Commits.Nodes {
		if c.Commit.Oid != n.HeadRefOid {
			continue
		}
		for _, suite := range c.Commit.CheckSuites.Nodes {
			for _, run := range suite.CheckRuns.Nodes {
				ours := strings.HasPrefix(run.ExternalID, ExternalID(n.Number, n.BaseRefName, ""))
				if ours && (newest == nil || run.DatabaseID > newest.DatabaseID) {
					newest = &run
				}
			}
		}
	}
	return newest
}

// lookUp reads nodes. One that is gone or closed to us is null, and no error.
func (c *Client) lookUp(ctx context.Context, query string, variables map[string]any, data any) error {
	problems, err := c.graphql(asRead(ctx), query, variables, data)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(problems, func(p graphError) bool {
		return len(p.Path) < 2 || p.Type != "NOT_FOUND" && p.Type != "FORBIDDEN"
	})
	switch {
	case at < 0:
		return nil
	case problems[at].Type == "":
		return &Unavailable{Err: problems[at]}
	default:
		return problems[at]
	}
}
