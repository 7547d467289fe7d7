package edit

import (
	"github.com/podcheck/podcheck/rules/manifest"
)

// step pairs an item before with one after; either may be nil.
type step struct {
	old, new           *manifest.Node
	oldIndex, newIndex int
}

// align pairs the items of two lists that are not equal in both: first what is the same at both ends, then, in between,
// items that are equal, have one name, or stand at the same place.
func (d *differ) align(before, after []*manifest.Node, name func(*manifest.Node) string) []step {
	start := 0
	for start < len(before) && start < len(after) && d.digest(before[start]) == d.digest(after[start]) {
		start++
	}
	endB, endA := len(before), len(after)
	for endB > start && endA > start && d.digest(before[endB-1]) == d.digest(after[endA-1]) {
		endB, endA = endB-1, endA-1
	}
	m := matcher{before[start:endB], after[start:endA], make([]int, endB-start), make([]bool, endA-start)}
	for i := range m.partner {
		m.partner[i] = -1
	}
	m.match(func(b, a *manifest.Node) bool { return d.digest(b) == d.digest(a) })
	m.match(func(b, a *manifest.Node) bool { return name(b) != "" && name(b) == name(a) })
	m.match(func(b, a *manifest.Node) bool { return b.Kind == a.Kind && (name(b) == "") && (name(a) == "") })
	if m.left() == 1 {
		m.match(func(b, a *manifest.Node) bool { return b.Kind == a.Kind }) // renamed
	}
	return m.steps(start)
}

// matcher pairs two lists in order.
type matcher struct {
	before, after []*manifest.Node
	partner       []int  // of each item before, the index after, or -1
	taken         []bool // of each item after
}

// match pairs items that are alike and not paired yet, between the neighbours that are.
func (m *matcher) match(alike func(b, a *manifest.Node) bool) {
	from := 0
	for i, p := range m.partner {
		if p >= 0 {
			from = p + 1
			continue
		}
		for j := from; j < m.limit(i); j++ {
			if alike(m.before[i], m.after[j]) {
				m.partner[i], m.taken[j], from = j, true, j+1
				break
			}
		}
	}
}

// limit returns the place of the next paired item after, behind the i-th before.
func (m *matcher) limit(i int) int {
	for _, p := range m.partner[i:] {
		if p >= 0 {
			return p
		}
	}
	return len(m.after)
}

// left returns how many items have no partner on the side that has more of them.
func (m *matcher) left() int {
	paired := 0
	for _, p := range m.partner {
		if p >= 0 {
			paired++
		}
	}
	return max(len(m.before), len(m.after)) - paired
}

// steps lists the pairs and the single items, in order; base is the index of the first item.
func (m *matcher) steps(base int) []step {
	var out []step
	j := 0
	added := func(until int) {
		for ; j < until; j++ {
			if !m.taken[j] {
				out = append(out, step{new: m.after[j], newIndex: base + j})
			}
		}
	}
	for i, p := range m.partner {
		s := step{old: m.before[i], oldIndex: base + i}
		if p >= 0 {
			added(p)
			s.new, s.newIndex = m.after[p], base+p
			j = p + 1
		}
		out = append(out, s)
	}
	added(len(m.after))
	return out
}
