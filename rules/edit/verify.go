package edit

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Verify proves what a set of edits did: that every byte outside of them is the same, that none begins or ends inside a block
// scalar except within a line of it, that the files parse with no problem that was not there before, that the documents
// decode to exactly what the primitives meant that made the edits, and that no comment was lost except with what it belongs to.
// The error names the file and is fit to show.
func Verify(before, after map[string][]byte, edits []Edit) error {
	groups := byPath(edits)
	paths := map[string]bool{}
	for path := range groups {
		paths[path] = true
	}
	for path := range after {
		paths[path] = true
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		old, present := before[path]
		if !present {
			return &Refusal{Path: path, Reason: "the change made a file that was not there"}
		}
		fresh, changed := after[path]
		if !changed {
			fresh = old
		}
		if err := verifyFile(manifest.Parse(path, old), manifest.Parse(path, fresh), groups[path]); err != nil {
			return err
		}
	}
	return nil
}

func verifyFile(was, is *manifest.File, edits []Edit) error {
	if err := untouched(was.Data, is.Data, edits); err != nil {
		return &Refusal{Path: was.Path, Reason: err.Error()}
	}
	if err := wholeBlocks(was, edits); err != nil {
		return err
	}
	if p := newProblem(was, is); p != nil {
		return &Refusal{Path: was.Path, Line: p.Span.Start.Line, Reason: "after the change: " + p.Message}
	}
	meant, err := intend(was, edits)
	if err != nil {
		return err
	}
	if err := asMeant(was, is, meant.roots(was)); err != nil {
		return err
	}
	if comment := meant.lost(was, 0, len(was.Data), is); comment != "" {
		return &Refusal{Path: was.Path, Reason: "a comment would be lost: " + comment}
	}
	return nil
}

// asMeant compares what the documents decode to with what was meant. The error names the first place, not the values: they may be
// secret.
func asMeant(was, is *manifest.File, want []*manifest.Node) error {
	got := roots(is)
	d := digests{}
	if slices.EqualFunc(want, got, d.equal) {
		return nil
	}
	meant := &manifest.File{Path: was.Path}
	for i, root := range want {
		meant.Documents = append(meant.Documents, &manifest.Document{File: meant, Index: i, Root: root})
	}
	r := &Refusal{Path: was.Path, Reason: "the documents would not decode to what was meant"}
	if all := Difference(meant, is); len(all) > 0 && all[0].Path != "" {
		r.Reason += ", at " + all[0].Path
	}
	return r
}

// untouched compares the bytes between the edits.
func untouched(before, after []byte, edits []Edit) error {
	from, at := 0, 0
	for _, e := range append(slices.Clone(edits), Edit{Start: len(before), End: len(before)}) {
		if e.Start < from || e.End > len(before) {
			return fmt.Errorf("the edits overlap or lie outside of the file")
		}
		gap := e.Start - from
		if at+gap+len(e.New) > len(after) || !bytes.Equal(before[from:e.Start], after[at:at+gap]) ||
			string(after[at+gap:at+gap+len(e.New)]) != e.New {
			return fmt.Errorf("bytes outside of the edits changed")
		}
		from, at = e.End, at+gap+len(e.New)
	}
	if at != len(after) {
		return fmt.Errorf("bytes outside of the edits changed")
	}
	return nil
}

var digits = regexp.MustCompile(`\d+`)

// newProblem returns a problem after that was not there before; line numbers in messages don't count.
func newProblem(before, after *manifest.File) *manifest.Problem {
	key := func(p manifest.Problem) string { return fmt.Sprint(p.Kind, digits.ReplaceAllString(p.Message, "0")) }
	known := map[string]int{}
	for _, p := range before.Problems {
		known[key(p)]++
	}
	for i, p := range after.Problems {
		if known[key(p)]--; known[key(p)] < 0 {
			return &after.Problems[i]
		}
	}
	return nil
}

// wholeBlocks refuses edits that cut a block scalar in two.
func wholeBlocks(f *manifest.File, edits []Edit) error {
	if len(edits) == 0 {
		return nil
	}
	for _, d := range f.Documents {
		if err := wholeBlocksBelow(d.Root, edits); err != nil {
			return err
		}
	}
	return nil
}

func wholeBlocksBelow(n *manifest.Node, edits []Edit) error {
	if n == nil {
		return nil
	}
	if isBlockScalar(n) {
		for _, e := range edits {
			if cuts(n, e) {
				return refuse(n, "an edit would begin or end inside this text block")
			}
		}
	}
	for _, p := range n.Pairs {
		if err := wholeBlocksBelow(p.Value, edits); err != nil {
			return err
		}
	}
	for _, item := range n.Items {
		if err := wholeBlocksBelow(item, edits); err != nil {
			return err
		}
	}
	return nil
}

// cuts says whether an edit touches a block scalar otherwise than as a whole or within one of its lines.
func cuts(n *manifest.Node, e Edit) bool {
	t := text(n.File.Data)
	from, to := n.Span.Start.Offset, n.Span.End.Offset
	startIn, endIn := from < e.Start && e.Start < to, from < e.End && e.End < to
	switch {
	case !startIn && !endIn:
		return false
	case headerStart(n) == e.Start && e.End == to:
		return false
	}
	return t.lineStart(e.Start) != t.lineStart(e.End) || bytes.ContainsAny([]byte(e.New), "\r\n")
}
