package github

import (
	"context"
	"slices"
	"time"
)

// Snapshot is what one read tells about a pull request.
type Snapshot struct {
	Repo   Repo
	Number int
	Title  string
	SSHURL string    // address of the repository, whose host may be another than that of git over HTTP
	Viewer int64     // user id of our bot
	ReadAt time.Time // when the answer came

	Open    bool
	Draft   bool
	Fork    bool
	Author  Actor
	BaseRef string
	BaseSHA string // the tip of the base branch
	HeadSHA string

	Config       File // .podcheck.yml of the base branch
	Organisation File // podcheck.yml of the organisation's .github repository

	Threads  []Thread  // ours
	Pending  []int64   // reviews of ours that were never submitted
	Runs     []Run     // check runs of ours for this pull request, oldest commit first
	Comments []Comment // the newest hundred of the conversation, oldest first

	Decisions []Decision // in the order in which they were made

	// Opening is called before a check run is created that is not completed at once; nil for nothing.
	Opening func(context.Context) error
}

// Actor is who did something.
type Actor struct {
	ID    int64
	Login string
	Bot   bool
}

// File is a file read from GitHub.
type File struct {
	Text  string
	Found bool
	Err   error // why it is not known whether the file exists, or what it says
}

// Thread is a review thread that we began.
type Thread struct {
	ID        string
	CommentID string // node id of its first comment
	FirstID   int64  // REST's id of the same
	Marker    Marker
	Text      string // of its first comment, without the marker
	StartLine int    // where it stands at this head, 0 for one line
	Line      int    // 0 when outdated or for a file
	Resolved  bool
	ByPerson  bool // a person resolved it
	Minimized bool
	Replied   bool
}

// Run is a check run of ours.
type Run struct {
	ID          int64
	SHA         string
	ExternalID  string
	Completed   bool
	Marker      CheckMarker
	Annotations int
}

// Comment is a comment in the conversation, or in a thread of the diff.
type Comment struct {
	ID      int64
	Author  Actor
	Body    string
	Created time.Time
	Seen    bool // we reacted with eyes
	Done    bool // we reacted with a result

	InReplyTo int64 // id of the first comment of its thread; 0 when it begins one, and in the conversation
}

// ThreadOf is the thread of ours that a comment on the diff replies in, nil when there is none.
func (s *Snapshot) ThreadOf(c Comment) *Thread {
	at := slices.IndexFunc(s.Threads, func(t Thread) bool { return c.InReplyTo != 0 && t.FirstID == c.InReplyTo })
	if at < 0 {
		return nil
	}
	return &s.Threads[at]
}

// Run returns the newest run of the head, nil if there is none.
func (s *Snapshot) Run() *Run {
	for i := len(s.Runs) - 1; i >= 0; i-- {
		if s.Runs[i].SHA == s.HeadSHA {
			return &s.Runs[i]
		}
	}
	return nil
}

// Reviewed tells whether everything is posted for this head under an external id. A review of a draft, which withholds its
// comments, does not count where they are wanted; nor does one after which the threads were changed, such as by the review of
// another head when this one is pushed again by force.
func (s *Snapshot) Reviewed(externalID string, comments bool) bool {
	run := s.Run()
	return run != nil && run.Completed && run.ExternalID == externalID && run.Marker.Hash != "" && (run.Marker.Comments || !comments) &&
		run.Marker.Threads == s.threads()
}

// threads is a hash of what we decide on in the threads.
func (s *Snapshot) threads() string {
	var all []string
	for _, t := range s.Threads {
		all = append(all, fingerprint([]any{t.Marker, t.Resolved, t.Minimized}))
	}
	slices.Sort(all)
	return fingerprint(all)
}

// Replied tells whether a command was answered with a reply of ours.
func (s *Snapshot) Replied(in Conversation, comment int64) bool {
	return slices.ContainsFunc(s.Comments, func(c Comment) bool {
		marker, ok := parseMarker[replyMarker](c.Body)
		return ok && c.Author.ID == s.Viewer && marker.Reply == comment && marker.InReview == in.InReview
	})
}
