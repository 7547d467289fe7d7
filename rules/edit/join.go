package edit

import (
	"cmp"
	"slices"
	"strings"
)

// Join puts the edits of several primitives together, sorted by file and place. Whole lines that are inserted at one
// offset come in the order in which YAML nests them: those of an inner node (a pair of the last container) before those of
// the nodes around it (a further container). Of equal replacements one is kept, and removals that overlap become one. What is
// inserted within removed lines stays, what is replaced there goes. Lines inserted at the end of a file without a line break there need none before them when the
// last line goes.
func Join(groups ...[]Edit) []Edit {
	all := slices.Concat(groups...)
	slices.SortStableFunc(all, func(a, b Edit) int {
		inserts := func(e Edit) int { return min(e.End-e.Start, 1) }
		if c := cmp.Or(strings.Compare(a.Path, b.Path), a.Start-b.Start, inserts(a)-inserts(b)); c != 0 || a.End > a.Start {
			return c
		}
		return nesting(b.New) - nesting(a.New)
	})
	var out []Edit
	for _, e := range all {
		if last := len(out) - 1; last >= 0 && out[last].Path == e.Path {
			switch before := &out[last]; {
			case e.End == e.Start && before.New == "" && before.Start <= e.Start && e.Start < before.End:
				rest := *before
				rest.Start, before.End = e.Start, e.Start
				if before.Start == before.End {
					out = out[:last]
				}
				out = append(out, e, rest)
				continue
			case e.End == e.Start:
				if before.New == "" && before.End == e.Start && before.End > before.Start {
					e.New = strings.TrimPrefix(strings.TrimPrefix(e.New, "\r"), "\n")
				}
			case before.Start == e.Start && before.End == e.End && before.New == e.New,
				before.New == "" && e.New == "" && e.Start <= before.End,
				before.New == "" && e.Start >= before.Start && e.End <= before.End:
				before.End = max(before.End, e.End)
				before.meant = both(before.meant, e.meant)
				continue
			}
		}
		out = append(out, e)
	}
	return out
}

// nesting ranks inserted lines by their indent; at the same indent an item of a sequence lies deeper than a key. Text
// within a line has no rank of its own.
func nesting(s string) int {
	if !strings.HasSuffix(s, "\n") && !strings.HasPrefix(strings.TrimPrefix(s, "\r"), "\n") {
		return 0
	}
	for line := range strings.Lines(s) {
		body := strings.TrimLeft(line, " ")
		switch rank := 2 * (len(line) - len(body)); {
		case strings.TrimSpace(line) == "" || body[0] == '#':
			continue
		case strings.Fields(body)[0] == "-":
			return rank + 1
		default:
			return rank
		}
	}
	return 0
}
