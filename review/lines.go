package review

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/podcheck/podcheck/rules/edit"
)

// region is a replacement of whole lines of one file of the head.
type region struct {
	Start, End int // 1-based, inclusive; End == Start-1 inserts before the line Start
	New        [][]byte
}

// splitLines cuts data behind every line break; the last line may lack one.
func splitLines(data []byte) [][]byte {
	if len(data) == 0 {
		return nil
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	if len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// lineRegions turns the edits of one file into replacements of whole lines: in order, apart from each other, and without
// equal lines at their ends. The edits must not overlap.
func lineRegions(data []byte, edits []edit.Edit) []region {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b edit.Edit) int {
		return cmp.Or(a.Start-b.Start, boolOrder(a.End > a.Start, b.End > b.Start)) // as edit.Apply: insertions first
	})
	starts := lineStarts(data)
	var out []region
	for len(edits) > 0 {
		first, last, n := gather(data, starts, edits)
		if r := replaceLines(data, starts, first, last, edits[:n]); r != nil {
			out = append(out, *r)
		}
		edits = edits[n:]
	}
	return out
}

// gather finds the 0-based lines first..last that the first n edits change and no later edit does. Where the edits take a
// line's break away, the next line is one of them.
func gather(data []byte, starts []int, edits []edit.Edit) (first, last, n int) {
	first, last = linesOf(starts, edits[0])
	for n = 1; ; {
		for ; n < len(edits); n++ {
			from, to := linesOf(starts, edits[n])
			if from > last {
				break
			}
			last = max(last, to)
		}
		text := replaced(data, starts, first, last, edits[:n])
		if last+1 >= len(starts)-1 || len(text) == 0 || text[len(text)-1] == '\n' {
			return first, last, n
		}
		last++
	}
}

// replaced is the text of the lines first..last behind the edits.
func replaced(data []byte, starts []int, first, last int, edits []edit.Edit) []byte {
	var text []byte
	at := starts[first]
	for _, e := range edits {
		text = append(text, data[at:e.Start]...)
		text = append(text, e.New...)
		at = e.End
	}
	return append(text, data[at:lineEnd(starts, last)]...)
}

func lineEnd(starts []int, line int) int { return starts[min(line+1, len(starts)-1)] }

// lineStarts are the offsets of all lines and, last, of the end of the data.
func lineStarts(data []byte) []int {
	starts := []int{0}
	for _, l := range splitLines(data) {
		starts = append(starts, starts[len(starts)-1]+len(l))
	}
	return starts
}

// linesOf are the 0-based lines that an edit has bytes on. An insertion at the end of the data has the line behind the last.
func linesOf(starts []int, e edit.Edit) (first, last int) {
	first = lineAt(starts, e.Start)
	if e.End == e.Start {
		return first, first
	}
	return first, lineAt(starts, e.End-1)
}

func lineAt(starts []int, offset int) int {
	i, found := slices.BinarySearch(starts, offset)
	if !found {
		i--
	}
	return i
}

// replaceLines makes one region of the lines first..last; nil when the edits change nothing.
func replaceLines(data []byte, starts []int, first, last int, edits []edit.Edit) *region {
	was := splitLines(data[starts[first]:lineEnd(starts, last)])
	is := splitLines(replaced(data, starts, first, last, edits))
	r := region{Start: first + 1}
	for len(was) > 0 && len(is) > 0 && bytes.Equal(was[0], is[0]) {
		was, is, r.Start = was[1:], is[1:], r.Start+1
	}
	for len(was) > 0 && len(is) > 0 && bytes.Equal(was[len(was)-1], is[len(is)-1]) {
		was, is = was[:len(was)-1], is[:len(is)-1]
	}
	if len(was) == 0 && len(is) == 0 {
		return nil
	}
	r.End, r.New = r.Start+len(was)-1, is
	return &r
}

// join makes one region of several in order, with the lines between them unchanged.
func join(lines [][]byte, regions []region) region {
	out := region{Start: regions[0].Start, End: regions[0].End, New: slices.Clone(regions[0].New)}
	for _, r := range regions[1:] {
		out.New = append(append(out.New, lines[out.End:r.Start-1]...), r.New...)
		out.End = r.End
	}
	return out
}
