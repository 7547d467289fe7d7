package edit

import (
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Emptied says what becomes of a sequence whose last item is removed.
type Emptied int

const (
	// RemoveKey removes the key of the sequence, unless commented-out items stand below it: then it becomes `[]`.
	RemoveKey Emptied = iota
	// KeepEmpty leaves `[]`.
	KeepEmpty
)

// RemoveItem removes an item of a sequence with its lines and the comments that belong to it.
func RemoveItem(n *manifest.Node, last Emptied) ([]Edit, error) {
	return RemoveItems(last, n)
}

// RemoveItems removes several items of one sequence; last says what becomes of a sequence that has no other.
func RemoveItems(last Emptied, items ...*manifest.Node) ([]Edit, error) {
	var indexes []int
	items = slices.Clone(items)
	for at, n := range items {
		n, err := written(n)
		if err != nil {
			return nil, err
		}
		items[at] = n
		i, ok := indexOf(n)
		if !ok || n.Parent != items[0].Parent {
			return nil, refuse(n, "this is not an item of the sequence")
		}
		if err := Editable(n); err != nil {
			return nil, err
		}
		indexes = append(indexes, i)
	}
	if len(items) == 0 {
		return nil, nil
	}
	slices.Sort(indexes)
	indexes = slices.Compact(indexes)
	edits, emptied, err := removeItems(items[0].Parent, indexes, last)
	if emptied {
		items = []*manifest.Node{items[0].Parent}
	}
	var gone []operation
	for _, n := range items {
		gone = append(gone, operation{place: placeOf(n), gone: true})
	}
	return mean(edits, err, gone...)
}

// removeItems removes the items at some indexes, in order; keyGone says that the sequence went with them.
func removeItems(seq *manifest.Node, indexes []int, last Emptied) (edits []Edit, keyGone bool, err error) {
	all := len(indexes) == len(seq.Items)
	switch p, ok := pairOf(seq); {
	case tagged(seq):
		return nil, false, refuse(seq, "a collection with an explicit tag is not edited")
	case isFlow(seq) && all && last == RemoveKey && ok && !inFlow(seq):
		edits, err = removePair(seq.Parent, slices.Index(seq.Parent.Pairs, p))
		return edits, true, err
	case isFlow(seq):
		return removeFlow(seq, len(seq.Items), indexes, func(i int) (int, int) {
			return seq.Items[i].Span.Start.Offset, seq.Items[i].Span.End.Offset
		}), false, nil
	case all:
		return removeAllItems(seq, last)
	}
	edits, err = removeLines(seq, indexes)
	return edits, false, err
}

// removeLines removes the lines of some items of a block sequence. Items that follow each other go together.
func removeLines(seq *manifest.Node, indexes []int) ([]Edit, error) {
	t := text(seq.File.Data)
	var edits []Edit
	for i := 0; i < len(indexes); {
		first := indexes[i]
		start, end, err := itemLines(seq, first)
		if err != nil {
			return nil, err
		}
		for i++; i < len(indexes) && indexes[i] == indexes[i-1]+1; i++ {
			from, to, err := itemLines(seq, indexes[i])
			if err != nil || !t.blankBetween(end, from) {
				break
			}
			end = to
		}
		open := first > 0 && t.takenUp(seq.Items[first-1], t.column(seq.Span.Start.Offset), end)
		start, end = t.withBlankLines(start, end, floor(seq, first), first == 0, open)
		edits = append(edits, put(seq, start, end, ""))
	}
	return Join(edits), nil
}

// itemLines returns the range of the lines of an item of a block sequence, its own comments included.
func itemLines(seq *manifest.Node, index int) (int, int, error) {
	t := text(seq.File.Data)
	at, err := dash(seq, index)
	if err != nil {
		return 0, 0, err
	}
	if !t.firstOnLine(at) {
		return 0, 0, refuse(seq, "the dash stands behind another one on its line")
	}
	col := t.column(at)
	start := t.leadStart(t.lineStart(at), col, floor(seq, index), index == 0)
	return start, t.ownEnd(seq.Items[index], col), nil
}

// removeAllItems empties a block sequence, or removes it with its key.
func removeAllItems(seq *manifest.Node, last Emptied) (edits []Edit, keyGone bool, err error) {
	p, ok := pairOf(seq)
	if !ok {
		return nil, false, refuse(seq, "a sequence without a key is not emptied")
	}
	behind, err := colon(p)
	if err != nil {
		return nil, false, err
	}
	t := text(seq.File.Data)
	edits = []Edit{put(seq, behind, behind, " []")}
	at, together := t.lineEnd(p.Key.Span.End.Offset), true
	for i := range seq.Items {
		start, end, err := itemLines(seq, i)
		if err != nil {
			return nil, false, err
		}
		together = together && t.blankBetween(at, start)
		edits = append(edits, put(seq, t.skipBlankAbove(start, at), end, ""))
		at = end
	}
	if last == RemoveKey && together {
		index := slices.Index(seq.Parent.Pairs, p)
		_, end, err := pairLines(seq.Parent, index)
		if err != nil || end == at {
			edits, err = removePair(seq.Parent, index)
			return edits, true, err
		}
	}
	return Join(edits), false, nil
}

// blankBetween says whether nothing but blank lines stands between two offsets at line starts.
func (t text) blankBetween(from, to int) bool {
	for ; from < to; from = t.lineEnd(from) {
		if !t.blank(from) {
			return false
		}
	}
	return true
}
