package github

import (
	"slices"

	"github.com/podcheck/podcheck/review"
)

// Desired is the review that a head should have.
type Desired struct {
	Review     review.Result
	ExternalID string // of the check run, see ExternalID
	DetailsURL string // of the page that the check run leads to; "" for none
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
	lines   []post // comments of one review
	files   []post // comments on files, which a review can't carry
	edits   []mutation
	threads []Thread // those that were posted, as the edits leave them
}

func (p plan) empty() bool { return len(p.lines)+len(p.files)+len(p.edits) == 0 }

// makePlan compares the threads that are posted with the comments that should be. It is pure.
func makePlan(s *Snapshot, want Desired) plan {
	p := plan{threads: slices.Clone(s.Threads)}
	carriedOut := carriedOut(s, want)
	taken := map[int]bool{}
	for _, c := range want.Review.Comments {
		if at := p.threadOf(c, taken); at >= 0 {
			taken[at] = true
			p.edit(at, func(t Thread) (Thread, []mutation) { return keep(t, c) })
			continue
		}
		if want.Comments && !carriedOut {
			p.add(c)
		}
	}
	present := introduced(want.Review)
	for at, t := range p.threads {
		if !taken[at] && !slices.ContainsFunc(t.Marker.Keys, func(key string) bool { return present[key] }) {
			p.edit(at, retire)
		}
	}
	return p
}

// threadOf is the first thread of a comment that is not another one's already, -1 when there is none.
func (p *plan) threadOf(c review.Comment, taken map[int]bool) int {
	for at, t := range p.threads {
		if !taken[at] && names(t, c.Keys) {
			return at
		}
	}
	return -1
}

func (p *plan) edit(at int, change func(Thread) (Thread, []mutation)) {
	changed, edits := change(p.threads[at])
	p.threads[at], p.edits = changed, append(p.edits, edits...)
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

// keep brings the thread of a finding that remains up to date. One that a person resolved stays as it is, unless the finding was
// gone since.
func keep(t Thread, c review.Comment) (Thread, []mutation) {
	if t.ByPerson && !t.Marker.Gone {
		return t, nil
	}
	var edits []mutation
	text := textFor(c, t.StartLine, t.Line)
	if t.Marker.Gone || t.Marker.Hash != fingerprint(text) || !slices.Equal(t.Marker.Keys, fitting(c.Keys)) {
		body := bodyOf(c, text)
		edits = append(edits, editComment(t.CommentID, body))
		t.Marker, _ = parseMarker[Marker](body)
	}
	if t.Minimized {
		edits = append(edits, unminimizeComment(t.CommentID))
	}
	if t.Resolved {
		edits = append(edits, unresolveThread(t.ID))
	}
	t.Minimized, t.Resolved, t.ByPerson = false, false, false
	return t, edits
}

// retire closes the thread of a finding that is gone. What people wrote stays in sight. Of a thread that a person resolved the
// marker keeps that the finding is gone, so that it is opened again should the finding return.
func retire(t Thread) (Thread, []mutation) {
	var edits []mutation
	switch {
	case !t.Resolved:
		edits = append(edits, resolveThread(t.ID))
	case t.ByPerson && !t.Marker.Gone:
		t.Marker.Gone = true
		edits = append(edits, editComment(t.CommentID, mark(t.Text, t.Marker)))
	default:
		return t, nil
	}
	if !t.Replied && !t.Minimized {
		edits = append(edits, minimizeComment(t.CommentID))
		t.Minimized = true
	}
	t.Resolved = true
	return t, edits
}
