package library

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// maxOrdered bounds the entries that are put in order, which takes the square of their number.
const maxOrdered = 1000

// ordered are entries in the order in which the chart puts them: by identifier, each behind those that it depends on. Source:
// bjw-s.common.lib.kahn.
func ordered(entries []entry, needs func(entry) *manifest.Node) ([]entry, *unread) {
	if len(entries) > maxOrdered {
		return nil, &unread{entries[0].key, fmt.Sprintf("there are %d entries to put in order", len(entries))}
	}
	waits := map[string]map[string]bool{}
	for _, e := range entries {
		waits[e.id] = map[string]bool{}
		for _, id := range identifiers(needs(e)) {
			waits[e.id][id] = true
		}
	}
	var out []entry
	for left := slices.Clone(entries); len(left) > 0; {
		i := slices.IndexFunc(left, func(e entry) bool { return len(waits[e.id]) == 0 })
		if i < 0 {
			return nil, &unread{left[0].key, fmt.Sprintf("%q depends on what isn't there, or on itself", left[0].id)}
		}
		out = append(out, left[i])
		for _, others := range waits {
			delete(others, left[i].id)
		}
		left = slices.Delete(left, i, i+1)
	}
	return out, nil
}

func identifiers(n *manifest.Node) []string {
	if text := n.Text(); text != "" {
		return []string{text}
	}
	return n.Strings()
}

func dependsOn(e entry) *manifest.Node { return e.values.Get("dependsOn") }

// containers are those of a controller in order. Version 2 also knows a number for it.
func (r *release) inOrder(containers []entry) ([]entry, *unread) {
	if r.major == 2 && !slices.ContainsFunc(containers, func(e entry) bool { return !empty(dependsOn(e)) }) {
		place := func(e entry) string {
			switch n := e.values.Get("order"); {
			case n != nil:
				return n.Text() + "-" + e.id
			case e.id == "main":
				return "1-main" // the chart's own values say so
			}
			return "99-" + e.id
		}
		slices.SortStableFunc(containers, func(a, b entry) int {
			if place(a) < place(b) {
				return -1
			}
			return 1
		})
		return containers, nil
	}
	return ordered(containers, dependsOn)
}
