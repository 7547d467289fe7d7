package page

import (
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// linesShown of one fix; a longer one is read in an editor.
const linesShown = 300

// diff is a patch as it is drawn.
type diff struct {
	Files []diffFile
	Left  int // lines that are not shown
}

type diffFile struct {
	Name string
	Note string
	Rows []row
}

// row is one line of a file, or the gap before a hunk.
type row struct {
	Class, Sign, Text string
	Old, New          int64 // line in the file before and after; 0 where it has none
}

// diffOf reads a patch that review wrote. One that cannot be read back is not shown.
func diffOf(patch string) diff {
	var out diff
	files, _, err := gitdiff.Parse(strings.NewReader(patch))
	if err != nil {
		return out
	}
	room := linesShown
	for _, f := range files {
		file := diffFile{Name: f.NewName}
		switch {
		case f.IsDelete:
			file.Name, file.Note = f.OldName, "removed"
		case f.IsNew:
			file.Note = "added"
		}
		for i, fragment := range f.TextFragments {
			if i > 0 {
				file.Rows = append(file.Rows, row{Class: "gap", Text: "⋯"})
			}
			file.Rows = append(file.Rows, hunkRows(fragment)...)
		}
		if len(file.Rows) > room {
			out.Left += len(file.Rows) - room
			file.Rows = file.Rows[:room]
		}
		room -= len(file.Rows)
		out.Files = append(out.Files, file)
	}
	return out
}

func hunkRows(h *gitdiff.TextFragment) []row {
	var out []row
	before, after := h.OldPosition, h.NewPosition
	for _, l := range h.Lines {
		r := row{Sign: " ", Text: visible(strings.TrimRight(l.Line, "\r\n")), Old: before, New: after}
		switch l.Op {
		case gitdiff.OpAdd:
			r.Class, r.Sign, r.Old = "add", "+", 0
			after++
		case gitdiff.OpDelete:
			r.Class, r.Sign, r.New = "del", "-", 0
			before++
		default:
			before++
			after++
		}
		out = append(out, r)
	}
	return out
}
