package github

import (
	"slices"

	"github.com/podcheck/podcheck/review"
)

// Desired is the review that a head should have.
type Desired struct {
	Review     review.Result
	ExternalID string // of the check run, see ExternalID
	Comments   bool   // inline comments are wanted: not for a draft
}

// post is a comment to write, marker included.
type post struct {
	path      string
	startLine int // 0 for one line
	line      int // 0 for the file
	body      string
	onFile    string // body of the comment on the file that is posted when GitHub refuses the lines
}

// plan is what is missing.
type plan struct {
	lines []post // comments of one review
	files []post // comments on files, which a review can't carry
	edits []mutation
}

func (p plan) empty() bool { return len(p.lines)+len(p.files)+len(p.edits) == 0 }

// makePlan compares the threads that are posted with the comments that should be. It is pure.
func makePlan(s *Snapshot, want Desired) plan {
	var p plan
	carriedOut := carriedOut(s, want)
	free := slices.Clone(s.Threads)
	for _, c := range want.Review.Comments {
		at := slices.IndexFunc(free, func(t Thread) bool { return names(t, c.Keys) })
		if at >= 0 {
			p.edits = append(p.edits, keep(free[at], c)...)
			free = slices.Delete(free, at, at+1)
			continue
		}
		if want.Comments && !carriedOut {
			p.add(c)
		}
	}
	present := introduced(want.Review)
	for _, t := range free {
		if !slices.ContainsFunc(t.Marker.Keys, func(key string) bool { return present[key] }) {
			p.edits = append(p.edits, retire(t)...)
		}
	}
	return p
}

// names tells whether a thread is the one of a comment: they share a finding.
func names(t Thread, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(t.Marker.Keys, key) })
}

// introduced are the identities that may have a thread, commented on in this run or not.
func introduced(result review.Result) map[string]bool {
	keys := map[string]bool{}
	for _, f := range result.Findings {
		if f.Status == review.Introduced {
			keys[f.Key] = true
		}
	}
	return keys
}

func (p *plan) add(c review.Comment) {
	comment := post{path: c.Path, startLine: startOf(c), line: c.Line, body: bodyOf(c, c.Body), onFile: bodyOf(c, textFor(c, 0, 0))}
	if comment.line == 0 {
		p.files = append(p.files, comment)
		return
	}
	p.lines = append(p.lines, comment)
}

// markerRoom is kept free for the marker when a text is shortened. Markers hold a few keys of at most some hundred bytes.
const markerRoom = 8 << 10

func bodyOf(c review.Comment, text string) string {
	return mark(shorten(text, maxBody-markerRoom), Marker{Version: markerVersion, Keys: fitting(c.Keys), Hash: fingerprint(text)})
}

// startOf is the first line of a comment on several lines, 0 for one line.
func startOf(c review.Comment) int {
	if c.StartLine >= c.Line {
		return 0
	}
	return c.StartLine
}

// textFor is the text of a comment that stands at certain lines: a suggestion would replace whatever stands there, so that it
// is shown at its own lines only.
func textFor(c review.Comment, startLine, line int) string {
	if c.Elsewhere != "" && (startLine != startOf(c) || line != c.Line) {
		return c.Elsewhere
	}
	return c.Body
}

// fitting keeps the marker small: a comment on very many findings is known by the first of them.
func fitting(keys []string) []string {
	size := 0
	for i, key := range keys {
		if size += len(key) + 4; size > markerRoom/2 {
			return keys[:max(i, 1)]
		}
	}
	return keys
}

// keep brings the thread of a finding that remains up to date. One that a person resolved stays as it is.
func keep(t Thread, c review.Comment) []mutation {
	if t.ByPerson {
		return nil
	}
	var edits []mutation
	text := textFor(c, t.StartLine, t.Line)
	if t.Marker.Hash != fingerprint(text) || !slices.Equal(t.Marker.Keys, fitting(c.Keys)) {
		edits = append(edits, editComment(t.CommentID, bodyOf(c, text)))
	}
	if t.Minimized {
		edits = append(edits, unminimizeComment(t.CommentID))
	}
	if t.Resolved {
		edits = append(edits, unresolveThread(t.ID))
	}
	return edits
}

// retire closes the thread of a finding that is gone. What people wrote stays in sight.
func retire(t Thread) []mutation {
	if t.Resolved {
		return nil
	}
	edits := []mutation{resolveThread(t.ID)}
	if !t.Replied && !t.Minimized {
		edits = append(edits, minimizeComment(t.CommentID))
	}
	return edits
}
