package github

import (
	"cmp"
	"context"
	_ "embed"
	"slices"

	gogithub "github.com/google/go-github/v60/github"

	"github.com/podcheck/podcheck/review"
)

//go:embed comments.graphql
var commentsQuery string

// maxCommentPages bounds the further pages of the conversation: 2,000 comments in all.
const maxCommentPages = 19

// Decision is our answer to a command that ignores something in the pull request, or takes that back.
type Decision struct {
	Comment  int64 // id of our reply
	Command  int64 // id of the comment that gave the command
	InReview bool  // that is on the diff
	Undo     bool
	review.Ignore
}

// decisionsIn finds the decisions among comments. Those of anybody else's comments are forged.
func decisionsIn(comments []Comment, viewer int64) []Decision {
	var found []Decision
	for _, c := range comments {
		if c.Author.ID != viewer {
			continue
		}
		if marker, ok := parseMarker[replyMarker](c.Body); ok && marker.Ignore != nil {
			found = append(found, Decision{Comment: c.ID, Command: marker.Reply, InReview: marker.InReview, Undo: marker.Undo, Ignore: *marker.Ignore})
		}
	}
	return found
}

// inForce is what remains of the decisions, in their order: the last one on a finding or a rule counts.
func (s *Snapshot) inForce() []Decision {
	var left []Decision
	for _, d := range s.Decisions {
		left = slices.DeleteFunc(left, func(earlier Decision) bool { return d.Replaces(earlier.Ignore) })
		if !d.Undo {
			left = append(left, d)
		}
	}
	return left
}

// Ignores is what is ignored in this pull request.
func (s *Snapshot) Ignores() []review.Ignore {
	var ignores []review.Ignore
	for _, d := range s.inForce() {
		ignores = append(ignores, d.Ignore)
	}
	return ignores
}

// Decided tells whether a command was decided on.
func (s *Snapshot) Decided(in Conversation, command int64) bool {
	return slices.ContainsFunc(s.Decisions, func(d Decision) bool { return d.Command == command && d.InReview == in.InReview })
}

// Remember adds decisions that were made just now, should GitHub's answer lag behind them.
func (s *Snapshot) Remember(made []Decision) {
	for _, d := range made {
		if !slices.ContainsFunc(s.Decisions, func(other Decision) bool { return other.Comment == d.Comment }) {
			s.Decisions = append(s.Decisions, d)
		}
	}
	slices.SortFunc(s.Decisions, func(a, b Decision) int { return cmp.Compare(a.Comment, b.Comment) })
}

// floor is the id of a comment before which no decision is in force: it saves the next read from paging back.
func (s *Snapshot) floor() int64 {
	if left := s.inForce(); len(left) > 0 {
		return left[0].Comment
	}
	if n := len(s.Comments); n > 0 {
		return s.Comments[n-1].ID
	}
	return 0
}

// moreDecisions reads further back in a long conversation, as far as decisions can be in force.
func (c *Client) moreDecisions(ctx context.Context, variables map[string]any, s *Snapshot, oldest []Comment, page pageInfo) error {
	var floor int64
	for _, run := range s.Runs {
		floor = max(floor, run.Marker.Floor)
	}
	for i := 0; page.HasPreviousPage && i < maxCommentPages && len(oldest) > 0 && oldest[0].ID > floor; i++ {
		pull, err := c.page(ctx, commentsQuery, variables, page)
		if err != nil {
			return err
		}
		oldest = pull.Comments.comments()
		s.Decisions = slices.Concat(decisionsIn(oldest, s.Viewer), s.Decisions)
		page = pull.Comments.PageInfo
	}
	return nil
}

// decisionsOf reads the decisions in a pull request that is not read otherwise.
func (c *Client) decisionsOf(ctx context.Context, s *Snapshot, number int) error {
	variables := map[string]any{"owner": s.Repo.Owner, "repo": s.Repo.Name, "number": number}
	newest, err := c.page(ctx, commentsQuery, variables, pageInfo{})
	if err != nil {
		return err
	}
	comments := newest.Comments.comments()
	s.Decisions = decisionsIn(comments, s.Viewer)
	return c.moreDecisions(ctx, variables, s, comments, newest.Comments.PageInfo)
}

// Decide answers a command with a reply that keeps the decision, and adds it to s.
func (c *Client) Decide(ctx context.Context, s *Snapshot, in Conversation, comment int64, text string, d Decision, fence Fence) error {
	id, err := c.reply(ctx, in, text, replyMarker{Version: markerVersion, Reply: comment, InReview: in.InReview, Ignore: &d.Ignore, Undo: d.Undo}, fence)
	if err != nil {
		return explain(ctx, missing(err), "reply to the comment %d", comment)
	}
	d.Comment, d.Command, d.InReview = id, comment, in.InReview
	s.Decisions = append(s.Decisions, d)
	return nil
}

// reply posts a marked comment in the conversation and returns its id.
func (c *Client) reply(ctx context.Context, in Conversation, text string, marker replyMarker, fence Fence) (id int64, err error) {
	body := mark(shorten(text, maxBody-markerRoom), marker)
	err = c.write(ctx, fence, func(ctx context.Context) error {
		posted, _, err := c.rest.Issues.CreateComment(ctx, in.Repo.Owner, in.Repo.Name, in.Number, &gogithub.IssueComment{Body: &body})
		id = posted.GetID()
		c.trace(in.place(), err, showsComment(id))
		return err
	})
	return id, err
}
