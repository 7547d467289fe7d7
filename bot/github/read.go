package github

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	//go:embed read.graphql
	readQuery string
	//go:embed threads.graphql
	threadsQuery string
	//go:embed merge.graphql
	mergeQuery string
	//go:embed thread.graphql
	threadFragments string
	//go:embed commit.graphql
	commitFragments string
)

// maxThreadPages bounds the further pages of review threads: 2,000 threads in all.
const maxThreadPages = 19

// Read reads a pull request in one request; only one with more than a hundred review threads needs more. It fails with
// ErrGone, *RetryAfter, *Unavailable, or what GitHub says.
func (c *Client) Read(ctx context.Context, repo Repo, number int) (*Snapshot, error) {
	variables := map[string]any{
		"owner": repo.Owner, "repo": repo.Name, "number": number, "app": c.app.opts.AppID, "check": CheckName,
	}
	var answer readAnswer
	problems, err := c.graphql(asRead(ctx), readQuery+threadFragments+commitFragments, variables, &answer)
	if err == nil {
		err = answer.judge(problems, answer.Repository != nil && answer.Repository.PullRequest != nil)
	}
	if err != nil {
		return nil, explain(ctx, err, "read %s/%s#%d", repo.Owner, repo.Name, number)
	}
	pull := answer.Repository.PullRequest
	if err := c.moreThreads(ctx, variables, &pull.ReviewThreads); err != nil {
		return nil, explain(ctx, err, "read the threads of %s/%s#%d", repo.Owner, repo.Name, number)
	}
	s := pull.snapshot(answer.Viewer.DatabaseID)
	s.SSHURL = answer.Repository.SSHURL
	if err := c.moreDecisions(ctx, variables, s, s.Comments, pull.Comments.PageInfo); err != nil {
		return nil, explain(ctx, err, "read the conversation of %s/%s#%d", repo.Owner, repo.Name, number)
	}
	s.Repo, s.ReadAt = repo, time.Now()
	s.Organisation = answer.organisation(problems)
	if c.traces.behind(s.place(), s) {
		return nil, explain(ctx, &Unavailable{Err: errBehind}, "read %s/%s#%d", repo.Owner, repo.Name, number)
	}
	return s, nil
}

func (c *Client) moreThreads(ctx context.Context, variables map[string]any, threads *threadPage) error {
	page := threads.PageInfo
	for i := 0; page.HasPreviousPage && i < maxThreadPages; i++ {
		pull, err := c.page(ctx, threadsQuery+threadFragments, variables, page)
		if err != nil {
			return err
		}
		older := pull.ReviewThreads
		threads.Nodes = slices.Concat(older.Nodes, threads.Nodes)
		page = older.PageInfo
	}
	return nil
}

// page reads what came before a page of one of the pull request's lists; before none it is the newest page.
func (c *Client) page(ctx context.Context, query string, variables map[string]any, after pageInfo) (*pullNode, error) {
	var answer readAnswer
	earlier := map[string]any{"owner": variables["owner"], "repo": variables["repo"], "number": variables["number"]}
	if after.StartCursor != "" {
		earlier["before"] = after.StartCursor
	}
	problems, err := c.graphql(asRead(ctx), query, earlier, &answer)
	if err == nil {
		err = answer.judge(problems, answer.Repository != nil && answer.Repository.PullRequest != nil)
	}
	if err != nil {
		return nil, err
	}
	return answer.Repository.PullRequest, nil
}

// ReadMerge reads what a merge group's check run needs, and the decisions in the pull request with a number, unless that is
// 0. The snapshot itself has no pull request: its number is 0.
func (c *Client) ReadMerge(ctx context.Context, repo Repo, baseRef, head string, number int) (*Snapshot, error) {
	variables := map[string]any{
		"owner": repo.Owner, "repo": repo.Name, "base": baseRef, "head": head, "app": c.app.opts.AppID, "check": CheckName,
	}
	var answer readAnswer
	problems, err := c.graphql(asRead(ctx), mergeQuery+commitFragments, variables, &answer)
	if err == nil {
		err = answer.judge(problems, answer.Repository != nil && answer.Repository.Object != nil)
	}
	if err != nil {
		return nil, explain(ctx, err, "read the merge group %s of %s/%s", head, repo.Owner, repo.Name)
	}
	s := &Snapshot{Repo: repo, ReadAt: time.Now(), Open: true, BaseRef: baseRef, HeadSHA: head, Viewer: answer.Viewer.DatabaseID, Runs: answer.Repository.Object.runs(0)}
	_, s.Config = answer.Repository.Ref.configuration()
	s.Organisation = answer.organisation(problems)
	if c.traces.behind(s.place(), s) {
		return nil, explain(ctx, &Unavailable{Err: errBehind}, "read the merge group %s of %s/%s", head, repo.Owner, repo.Name)
	}
	if number != 0 {
		err = c.decisionsOf(ctx, s, number)
	}
	return s, explain(ctx, err, "read the conversation of %s/%s#%d", repo.Owner, repo.Name, number)
}

type readAnswer struct {
	Viewer     actorNode
	Repository *struct {
		SSHURL      string
		PullRequest *pullNode
		Ref         *refNode
		Object      *commitNode
	}
	Organisation *struct {
		Object *blobNode
	}
}

// judge lets only errors of the organisation's file pass; that one has its own fate.
func (a *readAnswer) judge(problems []graphError, found bool) error {
	for _, p := range problems {
		switch {
		case p.under("organisation"):
		case p.Type == "NOT_FOUND" && !found:
			return fmt.Errorf("%w: %w", ErrGone, p)
		default:
			return p.asError()
		}
	}
	if !found {
		return ErrGone
	}
	return nil
}

// organisation never takes a file for absent that GitHub did not say is absent.
func (a *readAnswer) organisation(problems []graphError) File {
	for _, p := range problems {
		if p.under("organisation") && p.Type != "NOT_FOUND" {
			return File{Err: p}
		}
	}
	if a.Organisation == nil {
		return File{}
	}
	return a.Organisation.Object.file()
}

// bigInt is GraphQL's BigInt, which comes as a string. The plain databaseId of comments does not hold their ids any more.
type bigInt int64

func (b *bigInt) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64)
	*b = bigInt(n)
	return err
}

type actorNode struct {
	Typename   string `json:"__typename"`
	Login      string
	DatabaseID int64
}

func (a *actorNode) actor() Actor {
	if a == nil { // a deleted account
		return Actor{}
	}
	return Actor{ID: a.DatabaseID, Login: a.Login, Bot: a.Typename == "Bot"}
}

type blobNode struct {
	Text        *string
	IsTruncated bool
}

func (b *blobNode) file() File {
	switch {
	case b == nil:
		return File{}
	case b.Text == nil:
		return File{Found: true, Err: fmt.Errorf("the file is not text")}
	case b.IsTruncated:
		return File{Found: true, Err: fmt.Errorf("the file is too large")}
	default:
		return File{Text: *b.Text, Found: true}
	}
}

type pullNode struct {
	Number            int
	Title             string
	State             string
	IsDraft           bool
	IsCrossRepository bool
	Author            *actorNode
	BaseRefName       string
	BaseRefOid        string
	HeadRefOid        string
	BaseRef           *refNode
	Commits           struct {
		Nodes []struct{ Commit commitNode }
	}
	Reviews struct {
		Nodes []struct {
			FullDatabaseID bigInt
			Author         *actorNode
		}
	}
	ReviewThreads threadPage
	Comments      commentPage
}

type refNode struct {
	Target *struct {
		Oid  string
		File *struct{ Object *blobNode }
	}
}

// configuration returns the tip of the branch and its .podcheck.yml.
func (r *refNode) configuration() (tip string, file File) {
	if r == nil || r.Target == nil {
		return "", File{}
	}
	if r.Target.File == nil {
		return r.Target.Oid, File{}
	}
	return r.Target.Oid, r.Target.File.Object.file()
}

type commitNode struct {
	Oid         string
	CheckSuites struct {
		Nodes []struct {
			CheckRuns struct{ Nodes []runNode }
		}
	}
}

type runNode struct {
	DatabaseID  int64
	ExternalID  string
	Status      string
	Conclusion  string
	Summary     string
	Annotations struct{ TotalCount int }
}

type pageInfo struct {
	HasPreviousPage bool
	StartCursor     string
}

type threadPage struct {
	PageInfo pageInfo
	Nodes    []threadNode
}

type commentPage struct {
	PageInfo pageInfo
	Nodes    []commentNode
}

func (p commentPage) comments() []Comment {
	var all []Comment
	for _, n := range p.Nodes {
		all = append(all, n.comment())
	}
	return all
}

type threadNode struct {
	ID         string
	IsResolved bool
	Line       int // null, and so 0, when outdated or for a file
	StartLine  int
	ResolvedBy *actorNode
	Comments   struct {
		TotalCount int
		Nodes      []struct {
			ID             string
			FullDatabaseID bigInt
			Body           string
			IsMinimized    bool
			Author         *actorNode
		}
	}
}

type commentNode struct {
	FullDatabaseID bigInt
	Body           string
	CreatedAt      time.Time
	Author         *actorNode
	ReactionGroups []struct {
		Content          string
		ViewerHasReacted bool
	}
}

func (p *pullNode) snapshot(viewer int64) *Snapshot {
	s := &Snapshot{
		Number: p.Number, Title: p.Title, Viewer: viewer, Open: p.State == "OPEN", Draft: p.IsDraft, Fork: p.IsCrossRepository,
		Author: p.Author.actor(), BaseRef: p.BaseRefName, BaseSHA: p.BaseRefOid, HeadSHA: p.HeadRefOid,
	}
	if tip, file := p.BaseRef.configuration(); tip != "" {
		s.BaseSHA, s.Config = tip, file
	}
	for _, n := range p.Commits.Nodes {
		s.Runs = append(s.Runs, n.Commit.runs(p.Number)...)
	}
	for _, r := range p.Reviews.Nodes {
		if r.Author.actor().ID == viewer {
			s.Pending = append(s.Pending, int64(r.FullDatabaseID))
		}
	}
	for _, n := range p.ReviewThreads.Nodes {
		if thread, ours := n.thread(viewer); ours {
			s.Threads = append(s.Threads, thread)
		}
	}
	s.Comments = p.Comments.comments()
	s.Decisions = decisionsIn(s.Comments, viewer)
	return s
}

// runs are those of one pull request: two with one head have one run each.
func (c commitNode) runs(number int) []Run {
	var runs []Run
	for _, suite := range c.CheckSuites.Nodes {
		for _, n := range suite.CheckRuns.Nodes {
			if strings.HasPrefix(n.ExternalID, externalPrefix(number)) {
				marker, _ := parseMarker[CheckMarker](n.Summary)
				runs = append(runs, Run{ID: n.DatabaseID, SHA: c.Oid, ExternalID: n.ExternalID,
					Completed: n.Status == "COMPLETED", Marker: marker, Annotations: n.Annotations.TotalCount})
			}
		}
	}
	slices.SortFunc(runs, func(a, b Run) int { return int(min(max(a.ID-b.ID, -1), 1)) })
	return runs
}

// thread reads a thread of ours: begun by our bot user, with a marker.
func (n threadNode) thread(viewer int64) (Thread, bool) {
	if len(n.Comments.Nodes) == 0 {
		return Thread{}, false
	}
	first := n.Comments.Nodes[0]
	marker, ok := parseMarker[Marker](first.Body)
	if !ok || first.Author.actor().ID != viewer || len(marker.Keys) == 0 {
		return Thread{}, false
	}
	return Thread{
		ID: n.ID, CommentID: first.ID, FirstID: int64(first.FullDatabaseID), Marker: marker, Text: unmarked(first.Body), StartLine: n.StartLine, Line: n.Line, Minimized: first.IsMinimized, Resolved: n.IsResolved,
		ByPerson: n.IsResolved && n.ResolvedBy != nil && n.ResolvedBy.DatabaseID != viewer,
		Replied:  n.Comments.TotalCount > 1,
	}, true
}

func (n commentNode) comment() Comment {
	c := Comment{ID: int64(n.FullDatabaseID), Author: n.Author.actor(), Body: n.Body, Created: n.CreatedAt}
	for _, g := range n.ReactionGroups {
		if g.ViewerHasReacted {
			c.Seen = c.Seen || g.Content == "EYES"
			c.Done = c.Done || g.Content == "ROCKET" || g.Content == "CONFUSED"
		}
	}
	return c
}

// externalPrefix begins the external id of every check run of a pull request.
func externalPrefix(number int) string { return fmt.Sprintf("%d:", number) }

// ExternalID names a check run: pull request, base branch and configuration.
func ExternalID(number int, baseRef, configHash string) string {
	return externalPrefix(number) + baseRef + ":" + configHash
}
