package github

import (
	"cmp"
	"context"
	_ "embed"
)

//go:embed configuration.graphql
var configurationQuery string

// Version is a configuration file as a commit left it; not Found where the commit deleted it.
type Version struct {
	Commit string
	File
}

type versionNode struct {
	Oid  string
	File *struct{ Object *blobNode }
}

// Configurations reads the newest twenty versions of .podcheck.yml on the base branch, the newest first, in one request.
func (c *Client) Configurations(ctx context.Context, s *Snapshot) ([]Version, error) {
	return c.versions(ctx, s.Repo, cmp.Or(s.BaseSHA, "refs/heads/"+s.BaseRef), ".podcheck.yml")
}

// OrganisationConfigurations reads those of podcheck.yml in the organisation's .github repository.
func (c *Client) OrganisationConfigurations(ctx context.Context, s *Snapshot) ([]Version, error) {
	return c.versions(ctx, Repo{Owner: s.Repo.Owner, Name: ".github"}, "HEAD", "podcheck.yml")
}

// versions reads the history of a file; at names its newest commit.
func (c *Client) versions(ctx context.Context, repo Repo, at, path string) ([]Version, error) {
	var answer struct {
		Repository *struct {
			Object *struct {
				History struct{ Nodes []versionNode }
			}
		}
	}
	variables := map[string]any{"owner": repo.Owner, "repo": repo.Name, "at": at, "path": path}
	problems, err := c.graphql(asRead(ctx), configurationQuery, variables, &answer)
	if err == nil {
		err = (&readAnswer{}).judge(problems, answer.Repository != nil && answer.Repository.Object != nil)
	}
	if err != nil {
		return nil, explain(ctx, err, "read the history of %s in %s/%s", path, repo.Owner, repo.Name)
	}
	var versions []Version
	for _, n := range answer.Repository.Object.History.Nodes {
		v := Version{Commit: n.Oid}
		if n.File != nil {
			v.File = n.File.Object.file()
		}
		versions = append(versions, v)
	}
	return versions, nil
}
