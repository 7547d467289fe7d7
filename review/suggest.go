package review

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/podcheck/podcheck/rules/edit"
)

const (
	suggestionParts = 6      // a set of more suggestions than this is a patch
	suggestionBytes = 30_000 // of one suggestion; a comment ends at 65,536 characters
)

// suggestion replaces whole lines of a head's file, as GitHub does when somebody commits it.
type suggestion struct {
	Path       string
	Start, End int // 1-based, inclusive, on the new side of one hunk
	New        []byte
}

// suggest lowers edits to suggestions that together are exactly the edits, none overlapping: one where one hunk holds them.
// It returns none where that cannot be done: GitHub takes suggestions for lines of the diff only, replaces whole lines, cannot
// change the break at a file's end, and does not promise what becomes of carriage returns.
func suggest(c *changes, files map[string][]byte, edits []edit.Edit) []suggestion {
	var all []suggestion
	for _, path := range editedPaths(edits) {
		ch := c.byNew[path]
		if ch == nil {
			return nil
		}
		parts, ok := suggestFile(ch.Hunks, files[path], lineRegions(files[path], editsOf(edits, path)))
		if !ok {
			return nil
		}
		for _, p := range parts {
			p.Path = path
			all = append(all, p)
		}
	}
	if len(all) > suggestionParts {
		return nil
	}
	return all
}

func editedPaths(edits []edit.Edit) []string {
	var paths []string
	for _, e := range edits {
		if !slices.Contains(paths, e.Path) {
			paths = append(paths, e.Path)
		}
	}
	slices.Sort(paths)
	return paths
}

func editsOf(edits []edit.Edit, path string) []edit.Edit {
	var out []edit.Edit
	for _, e := range edits {
		if e.Path == path {
			out = append(out, e)
		}
	}
	return out
}

// suggestFile joins as many neighbouring regions as one hunk holds into each suggestion.
func suggestFile(hunks []hunk, data []byte, regions []region) ([]suggestion, bool) {
	if bytes.IndexByte(data, '\r') >= 0 || !utf8.Valid(data) {
		return nil, false
	}
	lines := splitLines(data)
	var out []suggestion
	below := 0 // lines up to this one belong to an earlier suggestion
	for len(regions) > 0 {
		taken := 0
		var best suggestion
		for n := 1; n <= len(regions); n++ {
			if s, ok := suggestRegion(hunks, lines, join(lines, regions[:n]), below); ok {
				taken, best = n, s
			}
		}
		if taken == 0 {
			return nil, false
		}
		out, below, regions = append(out, best), best.End, regions[taken:]
	}
	return out, true
}

// suggestRegion tries to make a region one suggestion, grown by a line where GitHub needs one to stand on.
func suggestRegion(hunks []hunk, lines [][]byte, r region, below int) (suggestion, bool) {
	tries := []region{r}
	if r.End < r.Start || len(r.New) > 0 && blank(r.New) {
		tries = nil
		if r.Start > 1 {
			tries = append(tries, join(lines, []region{{Start: r.Start - 1, End: r.Start - 1, New: lines[r.Start-2 : r.Start-1]}, r}))
		}
		if r.End < len(lines) {
			tries = append(tries, join(lines, []region{r, {Start: r.End + 1, End: r.End + 1, New: lines[r.End : r.End+1]}}))
		}
	}
	for _, try := range tries {
		if try.Start > below && suggestible(hunks, lines, try) {
			return suggestion{Start: try.Start, End: try.End, New: bytes.Join(try.New, nil)}, true
		}
	}
	return suggestion{}, false
}

func suggestible(hunks []hunk, lines [][]byte, r region) bool {
	inHunk := slices.ContainsFunc(hunks, func(h hunk) bool { return h.contains(r.Start, r.End) && !h.cutInside(r.Start, r.End) })
	if !inHunk || len(r.New) == 0 && r.End-r.Start+1 == len(lines) {
		return false
	}
	text := bytes.Join(r.New, nil)
	whole := func(line []byte) bool { return bytes.HasSuffix(line, []byte("\n")) }
	return whole(lines[r.End-1]) && (len(text) == 0 || whole(text)) && len(text) <= suggestionBytes && plain(text) &&
		(len(text) == 0 || !blank(r.New)) && !bytes.Equal(text, bytes.Join(lines[r.Start-1:r.End], nil))
}

// blank: GitHub's editor writes a suggestion of one blank line and one of no line alike.
func blank(lines [][]byte) bool {
	return len(bytes.TrimSpace(bytes.Join(lines, nil))) == 0
}

// plain says whether text survives the way through a comment: UTF-8 without control characters but tab and line feed.
func plain(text []byte) bool {
	return utf8.Valid(text) && !bytes.ContainsFunc(text, func(r rune) bool { return r != '\t' && r != '\n' && invisible(r) })
}
