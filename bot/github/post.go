package github

import (
	"context"
	"errors"
	"slices"
	"strings"

	gogithub "github.com/google/go-github/v60/github"
)

// poster posts the comments of one review.
type poster struct {
	client   *Client
	snapshot *Snapshot
	body     string
	fence    Fence
}

// review posts comments as one review and returns those that GitHub refuses. A refusal names none of them, so they are found
// by trying parts as pending reviews, which nobody sees and which are deleted at once.
func (p poster) review(ctx context.Context, comments []post) (refused []post, err error) {
	if len(comments) == 0 {
		return nil, nil
	}
	if err := p.dropPending(ctx); err != nil {
		return nil, err
	}
	accepted, err := p.submit(ctx, comments)
	if accepted || err != nil {
		return nil, err
	}
	good, refused, err := p.sort(ctx, comments)
	if err != nil || len(good) == 0 {
		return refused, err
	}
	accepted, err = p.submit(ctx, good)
	if err == nil && !accepted { // each part was fine, all together are not
		return comments, nil
	}
	return refused, err
}

// sort tells good comments from bad ones among some of which at least one is bad.
func (p poster) sort(ctx context.Context, comments []post) (good, bad []post, err error) {
	if len(comments) == 1 {
		return nil, comments, nil
	}
	left, right := comments[:len(comments)/2], comments[len(comments)/2:]
	leftFine, err := p.try(ctx, left)
	if err != nil {
		return nil, nil, err
	}
	if leftFine { // so the bad one is on the right
		good, bad, err = p.sort(ctx, right)
		return slices.Concat(left, good), bad, err
	}
	good, bad, err = p.sort(ctx, left)
	if err != nil {
		return nil, nil, err
	}
	rightFine, err := p.try(ctx, right)
	if err != nil {
		return nil, nil, err
	}
	if rightFine {
		return slices.Concat(good, right), bad, nil
	}
	more, worse, err := p.sort(ctx, right)
	return slices.Concat(good, more), slices.Concat(bad, worse), err
}

// submit posts the review. It answers false when GitHub refuses a comment.
func (p poster) submit(ctx context.Context, comments []post) (bool, error) {
	event := "COMMENT"
	request := p.request(comments)
	request.Event, request.Body = &event, gogithub.String(shorten(p.body, maxBody))
	_, err := p.create(ctx, request)
	for _, c := range comments {
		p.client.trace(p.snapshot.place(), err, showsThread(c.body))
	}
	return p.judge(ctx, err)
}

// try posts a pending review and deletes it.
func (p poster) try(ctx context.Context, comments []post) (bool, error) {
	created, err := p.create(ctx, p.request(comments))
	if fine, err := p.judge(ctx, err); !fine || err != nil {
		return false, err
	}
	return true, p.delete(ctx, created.GetID())
}

func (p poster) request(comments []post) *gogithub.PullRequestReviewRequest {
	request := &gogithub.PullRequestReviewRequest{CommitID: &p.snapshot.HeadSHA}
	for _, c := range comments {
		draft := &gogithub.DraftReviewComment{Path: &c.path, Line: &c.line, Side: gogithub.String("RIGHT"), Body: &c.body}
		if c.startLine > 0 {
			draft.StartLine, draft.StartSide = &c.startLine, gogithub.String("RIGHT")
		}
		request.Comments = append(request.Comments, draft)
	}
	return request
}

func (p poster) create(ctx context.Context, request *gogithub.PullRequestReviewRequest) (created *gogithub.PullRequestReview, err error) {
	s := p.snapshot
	err = p.client.write(ctx, p.fence, func(ctx context.Context) error {
		created, _, err = p.client.rest.PullRequests.CreateReview(ctx, s.Repo.Owner, s.Repo.Name, s.Number, request)
		return err
	})
	return created, err
}

// judge tells a refused comment, which can be sorted out, from a review that can't be posted at all.
func (p poster) judge(ctx context.Context, err error) (bool, error) {
	var answer *gogithub.ErrorResponse
	switch {
	case err == nil:
		return true, nil
	case !isUnprocessable(err) || !errors.As(err, &answer):
		return false, explain(ctx, err, "post the review of #%d", p.snapshot.Number)
	case says(answer, "commit"): // the head was pushed over
		return false, explain(ctx, errors.Join(ErrHeadMoved, err), "post the review of %s", p.snapshot.HeadSHA)
	case says(answer, "pending review"):
		return false, explain(ctx, &Unavailable{Err: err}, "post the review of #%d beside a pending one", p.snapshot.Number)
	default:
		return false, nil
	}
}

// says looks for words in a refusal, which come as message or as plain strings in errors.
func says(answer *gogithub.ErrorResponse, words string) bool {
	text := answer.Message
	for _, e := range answer.Errors {
		text += "\n" + e.Message
	}
	return strings.Contains(strings.ToLower(text), words)
}

// dropPending deletes pending reviews of ours: left by a crash, and in the way of a new one.
func (p poster) dropPending(ctx context.Context) error {
	for _, id := range p.snapshot.Pending {
		if err := p.delete(ctx, id); err != nil {
			return err
		}
	}
	p.snapshot.Pending = nil
	return nil
}

func (p poster) delete(ctx context.Context, id int64) error {
	s := p.snapshot
	err := p.client.write(ctx, p.fence, func(ctx context.Context) error {
		_, _, err := p.client.rest.PullRequests.DeletePendingReview(ctx, s.Repo.Owner, s.Repo.Name, s.Number, id)
		return err
	})
	if errors.Is(missing(err), ErrGone) {
		return nil
	}
	return explain(ctx, err, "delete the pending review %d", id)
}

// onFile posts a comment on the file. It answers false when GitHub refuses that too.
func (p poster) onFile(ctx context.Context, c post) (bool, error) {
	s := p.snapshot
	err := p.client.write(ctx, p.fence, func(ctx context.Context) error {
		_, _, err := p.client.rest.PullRequests.CreateComment(ctx, s.Repo.Owner, s.Repo.Name, s.Number, &gogithub.PullRequestComment{
			Body: &c.onFile, Path: &c.path, CommitID: &s.HeadSHA, SubjectType: gogithub.String("file"),
		})
		p.client.trace(s.place(), err, showsThread(c.onFile))
		return err
	})
	return p.judge(ctx, err)
}
