package github

import (
	"slices"
	"testing"

	"github.com/podcheck/podcheck/review"
)

func comment(line int, body string, keys ...string) review.Comment {
	return review.Comment{Keys: keys, Path: "app.yaml", Line: line, Body: body}
}

func thread(id, body string, keys ...string) Thread {
	return Thread{ID: id, CommentID: "c" + id, Marker: Marker{Version: 1, Keys: keys, Hash: fingerprint(body)}}
}

func with(t Thread, change func(*Thread)) Thread {
	change(&t)
	return t
}

// at is a thread that stands at a line.
func at(t Thread, line int) Thread {
	t.Line = line
	return t
}

// suggesting is a comment whose text differs where its suggestion would replace other lines.
func suggesting(line int, body, elsewhere string, keys ...string) review.Comment {
	c := comment(line, body, keys...)
	c.Elsewhere = elsewhere
	return c
}

// wanted is a review that introduces the findings of its comments and more.
func wanted(comments []review.Comment, more ...string) Desired {
	var r review.Result
	r.Comments = comments
	for _, c := range comments {
		more = append(more, c.Keys...)
	}
	for _, key := range more {
		r.Findings = append(r.Findings, review.Finding{Key: key, Status: review.Introduced})
	}
	return Desired{Review: r, Comments: true}
}

func TestPlan(t *testing.T) {
	for _, c := range []struct {
		name         string
		threads      []Thread
		want         Desired
		lines, files int
		edits        []string // mutations with the id they are about
	}{
		{name: "nothing"},
		{name: "new finding", want: wanted([]review.Comment{comment(3, "text", "a")}), lines: 1},
		{name: "new finding on a file", want: wanted([]review.Comment{comment(0, "text", "a")}), files: 1},
		{name: "posted already", threads: []Thread{thread("1", "text", "a")}, want: wanted([]review.Comment{comment(3, "text", "a")})},
		{name: "posted already, elsewhere in the file", threads: []Thread{thread("1", "text", "a")}, want: wanted([]review.Comment{comment(90, "text", "a")})},
		{name: "text changed", threads: []Thread{thread("1", "old", "a")}, want: wanted([]review.Comment{comment(3, "new", "a")}),
			edits: []string{"updatePullRequestReviewComment c1"}},
		{name: "a suggestion that would replace other lines is taken back", threads: []Thread{at(thread("1", "suggestion", "a"), 90)},
			want: wanted([]review.Comment{suggesting(3, "suggestion", "patch", "a")}), edits: []string{"updatePullRequestReviewComment c1"}},
		{name: "a suggestion at its lines stays", threads: []Thread{at(thread("1", "suggestion", "a"), 3)},
			want: wanted([]review.Comment{suggesting(3, "suggestion", "patch", "a")})},
		{name: "a suggestion taken back stays taken back", threads: []Thread{thread("1", "patch", "a")},
			want: wanted([]review.Comment{suggesting(3, "suggestion", "patch", "a")})},
		{name: "one of two findings of a comment is gone", threads: []Thread{thread("1", "both", "a", "b")}, want: wanted([]review.Comment{comment(3, "one", "b")}),
			edits: []string{"updatePullRequestReviewComment c1"}},
		{name: "comment is split", threads: []Thread{thread("1", "both", "a", "b")},
			want:  wanted([]review.Comment{comment(3, "one", "a"), comment(4, "two", "b")}),
			lines: 1, edits: []string{"updatePullRequestReviewComment c1"}},
		{name: "gone", threads: []Thread{thread("1", "text", "a")}, edits: []string{"resolveReviewThread 1", "minimizeComment c1"}},
		{name: "gone, somebody replied", threads: []Thread{with(thread("1", "text", "a"), func(t *Thread) { t.Replied = true })},
			edits: []string{"resolveReviewThread 1"}},
		{name: "gone and closed before", threads: []Thread{with(thread("1", "text", "a"), func(t *Thread) { t.Resolved, t.Minimized = true, true })}},
		{name: "gone and resolved by a person", threads: []Thread{with(thread("1", "text", "a"), func(t *Thread) { t.Resolved, t.ByPerson = true, true })},
			edits: []string{"updatePullRequestReviewComment c1", "minimizeComment c1"}},
		{name: "gone and resolved by a person who replied", threads: []Thread{with(thread("1", "text", "a"), func(t *Thread) { t.Resolved, t.ByPerson, t.Replied = true, true, true })},
			edits: []string{"updatePullRequestReviewComment c1"}},
		{name: "gone since a person resolved it", threads: []Thread{with(thread("1", "text", "a"), func(t *Thread) { t.Resolved, t.ByPerson, t.Marker.Gone = true, true, true })}},
		{name: "returns after a person resolved it and it was gone",
			threads: []Thread{with(thread("1", "text", "a"), func(t *Thread) { t.Resolved, t.ByPerson, t.Minimized, t.Marker.Gone = true, true, true, true })},
			want:    wanted([]review.Comment{comment(3, "text", "a")}), edits: []string{"updatePullRequestReviewComment c1", "unminimizeComment c1", "unresolveReviewThread 1"}},
		{name: "returns", threads: []Thread{with(thread("1", "text", "a"), func(t *Thread) { t.Resolved, t.Minimized = true, true })},
			want: wanted([]review.Comment{comment(3, "text", "a")}), edits: []string{"unminimizeComment c1", "unresolveReviewThread 1"}},
		{name: "resolved by a person and still there", threads: []Thread{with(thread("1", "text", "a"), func(t *Thread) { t.Resolved, t.ByPerson = true, true })},
			want: wanted([]review.Comment{comment(3, "changed", "a")})},
		{name: "introduced but beyond the number of comments", threads: []Thread{thread("1", "text", "a")}, want: wanted(nil, "a")},
		{name: "no longer introduced by the pull request", threads: []Thread{thread("1", "text", "a")},
			want:  Desired{Review: review.Result{Findings: []review.Finding{{Key: "a", Status: review.Unchanged}}}, Comments: true},
			edits: []string{"resolveReviewThread 1", "minimizeComment c1"}},
		{name: "draft", threads: []Thread{thread("1", "text", "a")}, want: Desired{Review: wanted([]review.Comment{comment(3, "text", "b")}).Review},
			edits: []string{"resolveReviewThread 1", "minimizeComment c1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := makePlan(&Snapshot{Threads: c.threads}, c.want)
			var edits []string
			for _, m := range p.edits {
				for _, name := range []string{"threadId", "subjectId", "pullRequestReviewCommentId"} {
					if id, ok := m.input[name]; ok {
						edits = append(edits, m.field+" "+id.(string))
					}
				}
			}
			if len(p.lines) != c.lines || len(p.files) != c.files || !slices.Equal(edits, c.edits) {
				t.Errorf("%d on lines, %d on files, edits %q", len(p.lines), len(p.files), edits)
			}
		})
	}
}

func TestPlanIsEmptyOnceCarriedOut(t *testing.T) {
	want := wanted([]review.Comment{comment(3, "text", "a", "b"), comment(0, "file", "c")})
	first := makePlan(&Snapshot{}, want)
	var threads []Thread
	for _, p := range slices.Concat(first.lines, first.files) {
		marker, ok := parseMarker[Marker](p.body)
		if !ok {
			t.Fatalf("no marker in %q", p.body)
		}
		threads = append(threads, Thread{Marker: marker})
	}
	if second := makePlan(&Snapshot{Threads: threads}, want); len(first.lines) != 1 || len(first.files) != 1 || !second.empty() {
		t.Errorf("first %+v, second %+v", first, second)
	}
}

func TestRangeOfOneLineHasNoStart(t *testing.T) {
	var p plan
	p.add(review.Comment{Keys: []string{"a"}, StartLine: 4, Line: 4})
	p.add(review.Comment{Keys: []string{"b"}, StartLine: 3, Line: 4})
	if p.lines[0].startLine != 0 || p.lines[1].startLine != 3 {
		t.Errorf("%+v", p.lines)
	}
}

func TestRunOfTheHeadIsTheNewest(t *testing.T) {
	s := Snapshot{HeadSHA: "head", Runs: []Run{{ID: 1, SHA: "old"}, {ID: 2, SHA: "head"}, {ID: 3, SHA: "head"}, {ID: 4, SHA: "other"}}}
	if run := s.Run(); run == nil || run.ID != 3 {
		t.Errorf("got %+v", run)
	}
}

func TestReviewed(t *testing.T) {
	done := Run{SHA: "h", ExternalID: "1:main:x", Completed: true, Marker: CheckMarker{Hash: "y", Comments: true, Threads: (&Snapshot{}).threads()}}
	for _, c := range []struct {
		name     string
		change   func(*Run)
		comments bool
		want     bool
	}{
		{"complete", func(*Run) {}, true, true},
		{"another configuration", func(r *Run) { r.ExternalID = "1:main:z" }, true, false},
		{"left in progress by a crash", func(r *Run) { r.Completed = false }, true, false},
		{"failed, cancelled", func(r *Run) { r.Marker = CheckMarker{} }, true, false},
		{"of a draft, comments wanted", func(r *Run) { r.Marker.Comments = false }, true, false},
		{"of a draft, still a draft", func(r *Run) { r.Marker.Comments = false }, false, true},
		{"threads changed since", func(r *Run) { r.Marker.Threads = "other" }, true, false},
		{"of another head", func(r *Run) { r.SHA = "g" }, true, false},
	} {
		run := done
		c.change(&run)
		s := Snapshot{HeadSHA: "h", Runs: []Run{run}}
		if got := s.Reviewed("1:main:x", c.comments); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
