package review

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ApplySuggestions replaces the lines of each comment with the suggestion in its body, as GitHub does for a batch: whole
// lines of the head's files, no line twice. Comments without a suggestion change nothing. The given map stays as it is.
func ApplySuggestions(files map[string][]byte, comments []Comment) (map[string][]byte, error) {
	var all []suggestion
	for _, c := range comments {
		blocks := suggestionBlocks(c.Body)
		if len(blocks) > 1 {
			return nil, fmt.Errorf("applying the suggestion at %s:%d: %d suggestions in one comment", c.Path, c.Line, len(blocks))
		}
		for _, text := range blocks {
			start := c.StartLine
			if start == 0 {
				start = c.Line
			}
			all = append(all, suggestion{Path: c.Path, Start: start, End: c.Line, New: text})
		}
	}
	return applySuggestions(files, all)
}

func applySuggestions(files map[string][]byte, all []suggestion) (map[string][]byte, error) {
	out := maps.Clone(files)
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b suggestion) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(b.Start, a.Start))
	})
	above := suggestion{}
	for _, s := range all {
		lines := splitLines(files[s.Path])
		if s.Start < 1 || s.End < s.Start || s.End > len(lines) {
			return nil, fmt.Errorf("applying the suggestion at %s:%d-%d: the file has %d lines", s.Path, s.Start, s.End, len(lines))
		}
		if above.Path == s.Path && s.End >= above.Start {
			return nil, fmt.Errorf("applying the suggestion at %s:%d-%d: another one replaces line %d", s.Path, s.Start, s.End, above.Start)
		}
		above = s
		before, rest := bytes.Join(lines[:s.Start-1], nil), out[s.Path]
		rest = rest[len(bytes.Join(lines[:s.End], nil)):]
		out[s.Path] = slices.Concat(before, s.New, rest)
	}
	return out, nil
}

// suggestionBlocks returns the contents of the fenced blocks with the info string "suggestion". A fence inside another block
// is text of it.
func suggestionBlocks(body string) [][]byte {
	var blocks [][]byte
	var text []byte
	ticks, info := 0, ""
	for line := range strings.Lines(body) {
		n, rest := fence(line)
		switch {
		case ticks == 0 && n >= 3 && !strings.Contains(rest, "`"):
			ticks, info, text = n, rest, []byte{}
		case ticks > 0 && n >= ticks && rest == "":
			if info == "suggestion" {
				blocks = append(blocks, text)
			}
			ticks = 0
		case ticks > 0:
			text = append(text, line...)
		}
	}
	return blocks
}

// fence reads a line as a fence of backticks: how many, and what follows them.
func fence(line string) (ticks int, info string) {
	trimmed := strings.TrimLeft(line, " ")
	if len(line)-len(trimmed) > 3 {
		return 0, ""
	}
	rest := strings.TrimLeft(trimmed, "`")
	return len(trimmed) - len(rest), strings.TrimSpace(rest)
}
