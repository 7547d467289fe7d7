package origin

import (
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// candidate is a place in the values that a rendered node can come from: keys through all layers, or a node of one layer, below which
// layers aren't merged: an item of a list.
type candidate struct {
	keys []string
	item written // its node is nil where keys count
}

// candidates finds the places that a reference can mean; a loop whose turn isn't known can mean any item.
func (v values) candidates(path reference, turns map[*loop]int) []candidate {
	out := []candidate{{}}
	for _, s := range path {
		var next []candidate
		for _, c := range out {
			if s.loop == nil {
				next = append(next, c.entry(s.key))
				continue
			}
			items := v.items(c)
			if turn, ok := turns[s.loop]; ok && turn < len(items) {
				items = items[turn : turn+1]
			}
			next = append(next, items...)
		}
		if len(next) > maxCompared {
			return nil
		}
		out = next
	}
	return out
}

func (c candidate) entry(key string) candidate {
	if c.item.node != nil {
		return candidate{item: c.item.below(c.item.node.Get(key))}.orNone()
	}
	return candidate{keys: append(slices.Clip(c.keys), key)}
}

// orNone makes a candidate of an absent node one that nothing matches.
func (c candidate) orNone() candidate {
	if c.item.node == nil {
		c.item.node = &manifest.Node{Kind: manifest.Alias}
	}
	return c
}

// items are the places of what a loop over a candidate goes through, in its order: mappings by key.
func (v values) items(c candidate) []candidate {
	holders := []written{c.item}
	if c.item.node == nil {
		holders = v.at(c.keys)
	}
	if len(holders) == 0 {
		return nil
	}
	last := holders[len(holders)-1]
	for _, holder := range holders {
		if r := holder.node.Resolve(); r == nil || !v.spend(4*len(r.Pairs)+len(r.Items)) {
			return nil
		}
	}
	var out []candidate
	for _, item := range last.node.Seq() {
		out = append(out, candidate{item: last.below(item)})
	}
	keys := map[string]bool{}
	for _, holder := range holders {
		for _, key := range holder.node.Keys() {
			keys[key] = true
		}
	}
	for _, key := range sorted(keys) {
		out = append(out, c.entry(key))
	}
	return out
}

func sorted(set map[string]bool) []string {
	var out []string
	for key := range set {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// match finds what is written for a rendered node at a candidate.
func (v values) find(in *manifest.Node, c candidate) (written, bool) {
	if c.item.node == nil {
		return v.match(in, c.keys)
	}
	return c.item, c.item.node.Resolve() != nil && manifest.Equal(in, c.item.node)
}

// only is the one place among candidates that a rendered node comes from; none where several could be meant.
func (v values) only(in *manifest.Node, among []candidate) (candidate, written, bool) {
	var found candidate
	var where written
	for _, c := range among {
		w, ok := v.find(in, c)
		if !ok || w.node == where.node {
			continue
		}
		if where.node != nil {
			return candidate{}, written{}, false
		}
		found, where = c, w
	}
	return found, where, where.node != nil
}
