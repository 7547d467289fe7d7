package github

import (
	"context"
	_ "embed"
	"slices"
	"strings"
)

//go:embed commit_branch.graphql
var branchQuery string

// Branch is the head branch of a pull request, as one read tells.
type Branch struct {
	Name   string // "" when it was deleted
	Head   string
	tree   string         // of the head
	newest []branchCommit // of its history
}

type branchCommit struct {
	Message string
	Parents struct {
		Nodes []struct{ Oid string }
	}
}

type branchNode struct {
	Name   string
	Target *struct {
		Oid     string
		Tree    struct{ Oid string }
		History struct{ Nodes []branchCommit }
	}
}

// ReadBranch reads the head branch in one request.
func (c *Client) ReadBranch(ctx context.Context, s *Snapshot) (*Branch, error) {
	var answer struct {
		Repository *struct {
			PullRequest *struct{ HeadRef *branchNode }
		}
	}
	variables := map[string]any{"owner": s.Repo.Owner, "repo": s.Repo.Name, "number": s.Number}
	problems, err := c.graphql(asRead(ctx), branchQuery, variables, &answer)
	if err == nil {
		err = (&readAnswer{}).judge(problems, answer.Repository != nil && answer.Repository.PullRequest != nil)
	}
	if err != nil {
		return nil, explain(ctx, err, "read the branch of %s/%s#%d", s.Repo.Owner, s.Repo.Name, s.Number)
	}
	ref := answer.Repository.PullRequest.HeadRef
	if ref == nil || ref.Target == nil {
		return &Branch{}, nil
	}
	return &Branch{Name: ref.Name, Head: ref.Target.Oid, tree: ref.Target.Tree.Oid, newest: ref.Target.History.Nodes}, nil
}

// Made finds the commit that a command led to, and returns its parent: what the command was carried out on.
func (b *Branch) Made(command string) (parent string, ok bool) {
	at := slices.IndexFunc(b.newest, func(c branchCommit) bool { return leadsBack(c.Message, command) && len(c.Parents.Nodes) == 1 })
	if at < 0 {
		return "", false
	}
	return b.newest[at].Parents.Nodes[0].Oid, true
}

// commandTrailer names in a commit the command that led to it. When the answer to a write was lost, or the process ended
// after it, this tells that nothing is left to write.
const commandTrailer = "Podcheck-Command: "

// leadsBack tells whether the last paragraph of a message, which holds the trailers, names the command.
func leadsBack(message, command string) bool {
	message = strings.TrimRight(strings.ReplaceAll(message, "\r\n", "\n"), "\n")
	trailers := message[strings.LastIndex(message, "\n\n")+1:]
	return slices.Contains(strings.Split(trailers, "\n"), commandTrailer+command)
}
