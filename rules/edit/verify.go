package edit

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Verify proves what a set of edits did: that the files it changed parse with no problem that was not there before, that
// every byte outside the edits is the same, and that no edit begins or ends inside a block scalar except within a line
// of it. It returns the difference of the decoded documents, which the caller compares with the one it meant.
// An error names the file and is fit to show.
func Verify(before, after map[string][]byte, edits []Edit) ([]Change, error) {
	groups := byPath(edits)
	var changes []Change
	for _, path := range slices.Sorted(maps.Keys(after)) {
		old, present := before[path]
		if !present {
			return nil, &Refusal{Path: path, Reason: "the change made a file that was not there"}
		}
		was, is := manifest.Parse(path, old), manifest.Parse(path, after[path])
		if err := untouched(old, after[path], groups[path]); err != nil {
			return nil, &Refusal{Path: path, Reason: err.Error()}
		}
		if err := wholeBlocks(was, groups[path]); err != nil {
			return nil, err
		}
		if p := newProblem(was, is); p != nil {
			return nil, &Refusal{Path: path, Line: p.Span.Start.Line, Reason: "after the change: " + p.Message}
		}
		changes = append(changes, Difference(was, is)...)
	}
	return changes, nil
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
