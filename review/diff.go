package review

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/podcheck/podcheck/rules/analysis"
)

// changes are the files of a unified diff.
type changes struct {
	byNew map[string]*change // by path in the head; deleted files are not in it
	byOld map[string]*change // by path in the merge base; added files are not in it
}

// change is what a diff says about one file.
type change struct {
	OldPath string // "" for an added file
	NewPath string // "" for a deleted file
	Hunks   []hunk // none for a binary file, a pure rename and a change of mode
}

// hunk is the new side of one hunk: the lines Start..End of the head's file. Two hunks are never contiguous for GitHub, even
// where End of one and Start of the next are neighbours.
type hunk struct {
	Start, End int // 1-based, inclusive; End < Start when the hunk only deletes and has no context
	added      map[int]bool
	cut        map[int]bool // n: deleted lines stand between the new lines n-1 and n
}

func (h hunk) contains(start, end int) bool { return h.Start <= start && start <= end && end <= h.End }

// cutInside says whether deleted lines stand between two lines of the range.
func (h hunk) cutInside(start, end int) bool {
	for n := start + 1; n <= end; n++ {
		if h.cut[n] {
			return true
		}
	}
	return false
}

// parseDiff reads a unified diff as `git diff` writes it. A file whose part cannot be read is left out and named by the
// error; it hides no other file.
func parseDiff(diff []byte) (*changes, error) {
	c := &changes{byNew: map[string]*change{}, byOld: map[string]*change{}}
	var errs []error
	for _, part := range splitDiff(diff) {
		files, _, err := gitdiff.Parse(bytes.NewReader(part))
		if err != nil {
			head, _, _ := bytes.Cut(part, []byte("\n"))
			errs = append(errs, fmt.Errorf("reading the diff at %q: %w", head, err))
			continue
		}
		for _, f := range files {
			c.add(f)
		}
	}
	return c, errors.Join(errs...)
}

// splitDiff cuts a diff before each file's header. Lines of content begin with a blank, a sign or a backslash, so a line that
// begins with the words of a header is one.
func splitDiff(diff []byte) [][]byte {
	const header = "diff --git "
	var parts [][]byte
	start := 0
	for at := 0; at < len(diff); {
		if at > start && bytes.HasPrefix(diff[at:], []byte(header)) {
			parts = append(parts, diff[start:at])
			start = at
		}
		next := bytes.IndexByte(diff[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	if start < len(diff) {
		parts = append(parts, diff[start:])
	}
	return parts
}

func (c *changes) add(f *gitdiff.File) {
	ch := &change{OldPath: f.OldName, NewPath: f.NewName}
	if f.IsNew || f.IsCopy {
		ch.OldPath = ""
	}
	if f.IsDelete {
		ch.NewPath = ""
	}
	for _, fragment := range f.TextFragments {
		ch.Hunks = append(ch.Hunks, newSide(fragment))
	}
	if ch.OldPath != "" {
		c.byOld[ch.OldPath] = ch
	}
	if ch.NewPath != "" {
		c.byNew[ch.NewPath] = ch
	}
}

func newSide(f *gitdiff.TextFragment) hunk {
	h := hunk{Start: int(f.NewPosition), added: map[int]bool{}, cut: map[int]bool{}}
	if f.NewLines == 0 {
		h.Start++ // git counts the line before an empty side
	}
	line := h.Start
	for _, l := range f.Lines {
		switch l.Op {
		case gitdiff.OpDelete:
			h.cut[line] = true
		case gitdiff.OpAdd:
			h.added[line] = true
			line++
		case gitdiff.OpContext:
			line++
		}
	}
	h.End = line - 1
	return h
}

// headPath is the path in the head of a file of the merge base: renames followed; "" for a deleted file.
func (c *changes) headPath(old string) string {
	if ch := c.byOld[old]; ch != nil {
		return ch.NewPath
	}
	return old
}

// basePath is the path in the merge base of a file of the head: renames followed; "" for an added file.
func (c *changes) basePath(path string) string {
	if ch := c.byNew[path]; ch != nil {
		return ch.OldPath
	}
	return path
}

// changed says whether the change wrote a line of a place in the head, or deleted lines within it.
func (c *changes) changed(p analysis.Place) bool {
	ch := c.byNew[p.Path]
	if ch == nil {
		return false
	}
	from, to := p.Span.Start.Line, endLine(p)
	return slices.ContainsFunc(ch.Hunks, func(h hunk) bool {
		written, _ := h.firstAdded(from, to)
		return written > 0 || h.cutInside(from, to)
	})
}

// touches says whether the diff speaks of a path, on either side.
func (c *changes) touches(path string) bool {
	return c.byNew[path] != nil || c.byOld[path] != nil
}
