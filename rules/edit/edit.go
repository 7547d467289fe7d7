// Package edit changes manifests by byte ranges, in the style of the file, and proves what a change did.
//
// Primitives (AppendItem, InsertPair, RemoveItem, ReplaceScalar, …) turn an intention about a node into edits; they copy
// indent, dashes, quotes and line ends from the siblings and never emit YAML again that was there before. Apply makes the
// files, Verify proves them, Patch prints it for people and for `git apply`.
//
// Beside its bytes, every edit knows the change of the decoded documents that its primitive was asked for. Verify applies these to the
// documents before and holds the result against the documents after: a second way from the same question to the same answer. Edits
// that were made by hand say nothing of that kind and are refused.
//
// Invariants: every byte outside an edit stays as it was; what cannot be edited with certainty (anchors, aliases, merge
// keys, flow collections over several lines, template lines, tabs as indent, half of a block scalar) is refused with a
// reason fit to show; commented-out fields and items stay where they are; nothing here panics on foreign bytes.
//
// The edits of several primitives are put together by Join, as long as no two touch the same text.
//
// It imports rules/manifest only, and knows neither Kubernetes nor the rule that asks.
package edit

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Edit replaces the bytes [Start,End) of a file as it was read by New. Start equal to End inserts.
type Edit struct {
	Path       string
	Start, End int // bytes from the start of the file
	New        string

	meant *intention // what the edit is part of; nil when it was made by hand
}

// put replaces the bytes [start,end) of a node's file.
func put(n *manifest.Node, start, end int, text string) Edit {
	return Edit{Path: n.File.Path, Start: start, End: end, New: text}
}

// Apply returns the files that the edits change. The value of a file whose every byte is removed is nil: the file goes.
// It refuses edits of unknown files, out of range, or that overlap; insertions at one offset keep their order (see Join).
func Apply(files map[string][]byte, edits []Edit) (map[string][]byte, error) {
	changed := map[string][]byte{}
	for path, own := range byPath(edits) {
		before, ok := files[path]
		if !ok {
			return nil, fmt.Errorf("apply edits: %s is not among the files that were read", path)
		}
		after, err := splice(before, 0, own)
		if err != nil {
			return nil, fmt.Errorf("apply edits: %s: %w", path, err)
		}
		switch {
		case len(after) == 0 && len(before) > 0:
			changed[path] = nil
		case !bytes.Equal(before, after):
			changed[path] = after
		}
	}
	return changed, nil
}

// byPath groups edits by file and sorts each group by place, insertions before a replacement that starts there.
func byPath(edits []Edit) map[string][]Edit {
	groups := map[string][]Edit{}
	for _, e := range edits {
		groups[e.Path] = append(groups[e.Path], e)
	}
	for _, g := range groups {
		sortEdits(g)
	}
	return groups
}

func sortEdits(edits []Edit) {
	sort.SliceStable(edits, func(i, j int) bool {
		a, b := edits[i], edits[j]
		if a.Start != b.Start {
			return a.Start < b.Start
		}
		return a.Start == a.End && b.Start != b.End
	})
}

// splice applies sorted edits to data, which starts at offset base of its file.
func splice(data []byte, base int, edits []Edit) ([]byte, error) {
	var out bytes.Buffer
	last := 0
	for _, e := range edits {
		start, end := e.Start-base, e.End-base
		if start < 0 || end < start || end > len(data) {
			return nil, fmt.Errorf("edit of bytes %d to %d lies outside of the %d bytes from %d", e.Start, e.End, len(data), base)
		}
		if start < last {
			return nil, fmt.Errorf("edit of bytes %d to %d overlaps the one before it", e.Start, e.End)
		}
		out.Write(data[last:start])
		out.WriteString(e.New)
		last = end
	}
	out.Write(data[last:])
	return out.Bytes(), nil
}

// Block is the YAML text of a node: unindented, with LF line ends, ending with one, comments included.
type Block string

// lines returns the block's lines without line ends.
func (b Block) lines() []string {
	s := strings.ReplaceAll(string(b), "\r\n", "\n")
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// leading returns how many comment lines stand above the block's first content line.
func (b Block) leading() int {
	lines := b.lines()
	n := slices.IndexFunc(lines, func(l string) bool { return !strings.HasPrefix(strings.TrimLeft(l, " "), "#") })
	return max(n, 0)
}

// indent returns the block with every line but empty ones moved right by n columns.
func (b Block) indent(n int) Block {
	var out strings.Builder
	for _, line := range b.lines() {
		if line != "" {
			out.WriteString(strings.Repeat(" ", n))
		}
		out.WriteString(line)
		out.WriteByte('\n')
	}
	return Block(out.String())
}
