package github

import (
	"context"
	"slices"

	gogithub "github.com/google/go-github/v60/github"
)

// Press is a button of a check run that somebody pressed.
type Press struct {
	Run    int64
	Action string
	By     int64
}

// pressMarker is hidden in a reply of ours to a press.
type pressMarker struct {
	Version int    `json:"v"`
	Run     int64  `json:"run"`
	Action  string `json:"action"`
	By      int64  `json:"by"`
}

func (p Press) marker() pressMarker { return pressMarker{markerVersion, p.Run, p.Action, p.By} }

// Answer replies to a press in the conversation: a button has no comment to react to. It is said once to each person, and tells
// whether this is the time.
func (c *Client) Answer(ctx context.Context, s *Snapshot, p Press, text string, fence Fence) (written bool, err error) {
	said := slices.ContainsFunc(s.Comments, func(c Comment) bool {
		marker, ok := parseMarker[pressMarker](c.Body)
		return ok && c.Author.ID == s.Viewer && marker == p.marker()
	})
	if said {
		return false, nil
	}
	body := mark(shorten(text, maxBody-markerRoom), p.marker())
	err = c.write(ctx, fence, func(ctx context.Context) error {
		posted, _, err := c.rest.Issues.CreateComment(ctx, s.Repo.Owner, s.Repo.Name, s.Number, &gogithub.IssueComment{Body: &body})
		c.trace(s.place(), err, showsComment(posted.GetID()))
		return err
	})
	return err == nil, explain(ctx, missing(err), "answer the button %s of check run %d", p.Action, p.Run)
}
