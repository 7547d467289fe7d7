package github

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// freshFor is how long a read may be trusted before the one write that can't be taken back.
const freshFor = 5 * time.Second

// Report says what a reconciliation did.
type Report struct {
	Posted  int      // comments
	Places  []string // of these comments: a path, with a line where there is one
	Edits   int      // threads and comments resolved, hidden, reopened or changed
	Refused []string // paths of comments that GitHub took nowhere; their findings are in the check run
	Check   bool     // the check run was written

	// What the edits did, but for hiding.
	Resolved, Reopened, Changed int
}

// Reconcile writes what is missing: new comments as one review, then all changes to threads as one GraphQL document, then
// the check run. It changes s along with what it writes. When nothing is missing it sends nothing at all.
//
// It fails with what fence returned, ErrHeadMoved, *RetryAfter, *Unavailable, or what GitHub says; running it again on a
// fresh read continues where it stopped.
func (c *Client) Reconcile(ctx context.Context, s *Snapshot, want Desired, fence Fence) (Report, error) {
	if err := c.CancelOlder(ctx, s, fence); err != nil {
		return Report{}, err
	}
	p := makePlan(s, want)
	report, err := c.postComments(ctx, s, want.Review.Body, p, fence)
	if err != nil {
		return report, err
	}
	if err := c.mutate(ctx, fence, p.edits); err != nil {
		return report, err
	}
	copy(s.Threads, p.threads) // those that were posted just now come after them
	report.count(p.edits)
	report.Check, err = c.reconcileCheck(ctx, s, want, fence)
	return report, err
}

func (r *Report) count(edits []mutation) {
	r.Edits = len(edits)
	for _, m := range edits {
		switch m.field {
		case resolveField:
			r.Resolved++
		case unresolveField:
			r.Reopened++
		case editField:
			r.Changed++
		}
	}
}

func (c *Client) postComments(ctx context.Context, s *Snapshot, body string, p plan, fence Fence) (Report, error) {
	var report Report
	if len(p.lines)+len(p.files) == 0 {
		return report, nil
	}
	if err := c.sameHead(ctx, s); err != nil {
		return report, err
	}
	poster := poster{client: c, snapshot: s, body: body, fence: fence}
	refused, err := poster.review(ctx, p.lines)
	if err != nil {
		return report, err
	}
	report.Posted = len(p.lines) - len(refused)
	report.Places = s.posted(p.lines, refused)
	for _, comment := range append(p.files, refused...) {
		taken, err := poster.onFile(ctx, comment)
		switch {
		case err != nil:
			return report, err
		case taken:
			report.Posted++
			report.Places = append(report.Places, comment.path)
			s.began(comment.onFile)
		default:
			report.Refused = append(report.Refused, comment.path)
		}
	}
	return report, nil
}

// posted adds the threads of a review to s and returns their places.
func (s *Snapshot) posted(comments, refused []post) (places []string) {
	for _, c := range comments {
		if !slices.Contains(refused, c) {
			s.began(c.body)
			places = append(places, fmt.Sprintf("%s:%d", c.path, c.line))
		}
	}
	return places
}

// began adds the thread of a comment that was posted just now.
func (s *Snapshot) began(body string) {
	marker, _ := parseMarker[Marker](body)
	s.Threads = append(s.Threads, Thread{Marker: marker, Text: unmarked(body)})
}

// sameHead reads the head again when the last read is old.
func (c *Client) sameHead(ctx context.Context, s *Snapshot) error {
	if time.Since(s.ReadAt) <= freshFor {
		return nil
	}
	moved, err := c.HeadMoved(ctx, s)
	if err != nil {
		return err
	}
	if moved {
		return explain(ctx, ErrHeadMoved, "review %s", s.HeadSHA)
	}
	s.ReadAt = time.Now()
	return nil
}

// HeadMoved asks GitHub whether the pull request has another head than the one that was read.
func (c *Client) HeadMoved(ctx context.Context, s *Snapshot) (bool, error) {
	pull, _, err := c.rest.PullRequests.Get(ctx, s.Repo.Owner, s.Repo.Name, s.Number)
	if err != nil {
		return false, explain(ctx, missing(err), "read the head of #%d again", s.Number)
	}
	return pull.GetHead().GetSHA() != s.HeadSHA, nil
}
