package github

import (
	"context"
	"errors"

	gogithub "github.com/google/go-github/v60/github"
)

// Reaction is the content of a reaction, in REST's words.
type Reaction string

// The reactions that answer a command.
const (
	Eyes     Reaction = "eyes"
	Rocket   Reaction = "rocket"
	Confused Reaction = "confused"
)

// Conversation is where a command was given: the comments of the pull request, or those on lines of its diff.
type Conversation struct {
	Repo     Repo
	Number   int
	InReview bool
}

// Comment reads one comment. Reactions of ours are read too when viewer, our user id, is not 0.
func (c *Client) Comment(ctx context.Context, in Conversation, id, viewer int64) (Comment, error) {
	comment, err := c.comment(ctx, in, id)
	if err != nil {
		return Comment{}, explain(ctx, missing(err), "read the comment %d", id)
	}
	if viewer == 0 {
		return comment, nil
	}
	return comment, c.reactions(ctx, in, &comment, viewer)
}

func (c *Client) comment(ctx context.Context, in Conversation, id int64) (Comment, error) {
	if in.InReview {
		got, _, err := c.rest.PullRequests.GetComment(ctx, in.Repo.Owner, in.Repo.Name, id)
		return Comment{ID: id, Author: user(got.GetUser()), Body: got.GetBody(), Created: got.GetCreatedAt().Time, InReplyTo: got.GetInReplyTo()}, err
	}
	got, _, err := c.rest.Issues.GetComment(ctx, in.Repo.Owner, in.Repo.Name, id)
	return Comment{ID: id, Author: user(got.GetUser()), Body: got.GetBody(), Created: got.GetCreatedAt().Time}, err
}

func user(u *gogithub.User) Actor {
	return Actor{ID: u.GetID(), Login: u.GetLogin(), Bot: u.GetType() == "Bot"}
}

// reactions are few: only those of ours count, and we are among the first to react.
func (c *Client) reactions(ctx context.Context, in Conversation, comment *Comment, viewer int64) error {
	list := c.rest.Reactions.ListIssueCommentReactions
	if in.InReview {
		list = c.rest.Reactions.ListPullRequestCommentReactions
	}
	got, _, err := list(ctx, in.Repo.Owner, in.Repo.Name, comment.ID, &gogithub.ListOptions{PerPage: 100})
	for _, r := range got {
		if r.GetUser().GetID() == viewer {
			content := Reaction(r.GetContent())
			comment.Seen = comment.Seen || content == Eyes
			comment.Done = comment.Done || content == Rocket || content == Confused
		}
	}
	return explain(ctx, err, "read the reactions to the comment %d", comment.ID)
}

// React adds a reaction; one that is there already stays as it is.
func (c *Client) React(ctx context.Context, in Conversation, comment int64, reaction Reaction, fence Fence) error {
	create := c.rest.Reactions.CreateIssueCommentReaction
	if in.InReview {
		create = c.rest.Reactions.CreatePullRequestCommentReaction
	}
	err := c.write(ctx, fence, func(ctx context.Context) error {
		_, _, err := create(ctx, in.Repo.Owner, in.Repo.Name, comment, string(reaction))
		if err == nil && reaction != Eyes && !in.InReview {
			c.trace(in.place(), nil, showsResult(comment))
		}
		return err
	})
	return explain(ctx, missing(err), "react to the comment %d", comment)
}

// Reply answers the command of a comment in the conversation. The reply is marked, so that it is known when read again.
func (c *Client) Reply(ctx context.Context, in Conversation, comment int64, text string, fence Fence) error {
	_, err := c.reply(ctx, in, text, replyMarker{Version: markerVersion, Reply: comment, InReview: in.InReview}, fence)
	return explain(ctx, missing(err), "reply to the comment %d", comment)
}

// CanWrite tells whether a user may push to the repository.
func (c *Client) CanWrite(ctx context.Context, repo Repo, login string) (bool, error) {
	level, _, err := c.rest.Repositories.GetPermissionLevel(ctx, repo.Owner, repo.Name, login)
	if errors.Is(missing(err), ErrGone) {
		return false, nil // no such user
	}
	if err != nil {
		return false, explain(ctx, err, "read the permission of %s", login)
	}
	permission := level.GetPermission() // maintain counts as write, triage as read
	return permission == "admin" || permission == "write", nil
}
