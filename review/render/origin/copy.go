package origin

import (
	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

// maxDepth is the greatest nesting of a rendered tree, aliases followed.
const maxDepth = 2 * manifest.MaxDepth

// copier makes the nodes of a tree as rendered. Aliases are followed, so that a small text could make an endlessly large tree.
type copier struct {
	limit int // of nodes
	nodes int
	deep  int
	spent bool // the tree is beyond a limit
}

// newCopier bounds a tree by its text: without aliases no node takes less than a byte.
func newCopier(o wire.Object) copier {
	return copier{limit: 1000 + 2*len(o.YAML)}
}

// node is a copy of a rendered node without what it holds; nil beyond a limit.
func (c *copier) node(in, parent *manifest.Node) *manifest.Node {
	c.nodes++
	if in == nil || c.nodes > c.limit || c.deep > maxDepth {
		c.spent = true
		return nil
	}
	return &manifest.Node{Kind: in.Kind, Style: in.Style, Tag: in.Tag, Value: in.Value, Parent: parent}
}

// whole copies a tree, all of it at one place.
func (c *copier) whole(in, parent *manifest.Node, at place) *manifest.Node {
	in = in.Resolve()
	out := c.node(in, parent)
	if out == nil {
		return nil
	}
	at.put(out)
	at = at.around()
	c.deep++
	defer func() { c.deep-- }()
	for _, p := range in.Pairs {
		key, value := c.whole(p.Key, out, at), c.whole(p.Value, out, at)
		if c.spent {
			return nil
		}
		out.Pairs = append(out.Pairs, manifest.Pair{Key: key, Value: value})
	}
	for _, item := range in.Items {
		copied := c.whole(item, out, at)
		if c.spent {
			return nil
		}
		out.Items = append(out.Items, copied)
	}
	return out
}
