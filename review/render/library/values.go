package library

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// pairs are the entries of a mapping in source order, those of merge keys behind its own, each key once.
func pairs(n *manifest.Node) []manifest.Pair {
	c := collector{keys: map[string]bool{}, seen: map[*manifest.Node]bool{}}
	c.add(n)
	return c.pairs
}

type collector struct {
	pairs []manifest.Pair
	keys  map[string]bool
	seen  map[*manifest.Node]bool
}

func (c *collector) add(n *manifest.Node) {
	if n = n.Resolve(); n == nil || n.Kind != manifest.Mapping || c.seen[n] {
		return
	}
	c.seen[n] = true
	var merged []*manifest.Node
	for _, p := range n.Pairs {
		switch {
		case p.Key.IsMerge():
			merged = append(merged, p.Value)
		case p.Key.Kind == manifest.Scalar && !c.keys[p.Key.Value]:
			c.keys[p.Key.Value] = true
			c.pairs = append(c.pairs, p)
		}
	}
	for _, m := range merged {
		c.add(m)
		for _, item := range m.Seq() {
			c.add(item)
		}
	}
}

// keyOf returns the key of the entry that has a value, nil for an item of a list.
func keyOf(value *manifest.Node) *manifest.Node {
	if value == nil || value.Parent == nil {
		return nil
	}
	for _, p := range value.Parent.Pairs {
		if p.Value == value {
			return p.Key
		}
	}
	return nil
}

// empty says whether Helm's templates take a value for none: absent, null, false, zero, "", or without entries.
func empty(n *manifest.Node) bool {
	n = n.Resolve()
	switch {
	case n.IsNull():
		return true
	case n.Kind == manifest.Scalar:
		number, err := strconv.ParseFloat(n.Value, 64)
		return n.Value == "" || n.Tag == "!!bool" && !truth(n) || (n.Tag == "!!int" || n.Tag == "!!float") && err == nil && number == 0
	}
	return len(n.Pairs) == 0 && len(n.Items) == 0
}

// truth is that of a written boolean, and false for anything else.
func truth(n *manifest.Node) bool {
	return n.Resolve() != nil && n.Resolve().Tag == "!!bool" && strings.EqualFold(n.Text(), "true")
}

// isMapping says whether a value is one.
func isMapping(n *manifest.Node) bool {
	n = n.Resolve()
	return n != nil && n.Kind == manifest.Mapping
}

// templated says whether a Helm template stands somewhere in a value.
func templated(n *manifest.Node) bool {
	return templatedBelow(n, map[*manifest.Node]bool{})
}

func templatedBelow(n *manifest.Node, seen map[*manifest.Node]bool) bool {
	n = n.Resolve()
	if n == nil || seen[n] {
		return false
	}
	seen[n] = true
	if n.Kind == manifest.Scalar {
		return strings.Contains(n.Value, "{{")
	}
	for _, p := range n.Pairs {
		if templatedBelow(p.Key, seen) || templatedBelow(p.Value, seen) {
			return true
		}
	}
	return slices.ContainsFunc(n.Items, func(item *manifest.Node) bool { return templatedBelow(item, seen) })
}

// entry is one of a mapping of values by identifier: a controller, a container, a volume.
type entry struct {
	id     string
	key    *manifest.Node
	values *manifest.Node
}

// enabled are the entries of a mapping that are not switched off, by identifier. What isn't a mapping is none.
func enabled(n *manifest.Node) []entry {
	var out []entry
	for _, p := range pairs(n) {
		if !isMapping(p.Value) {
			continue
		}
		if on := p.Value.Get("enabled"); on != nil && empty(on) {
			continue
		}
		out = append(out, entry{p.Key.Value, p.Key, p.Value})
	}
	slices.SortFunc(out, func(a, b entry) int { return cmp.Compare(a.id, b.id) })
	return out
}

func find(entries []entry, id string) (entry, bool) {
	i := slices.IndexFunc(entries, func(e entry) bool { return e.id == id })
	if i < 0 {
		return entry{}, false
	}
	return entries[i], true
}
