package edit

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// operation is one change of the decoded documents. Primitives record what they were asked for, not what their bytes do, and Verify
// holds the one against the other. What it changes is named by its place, so that it holds for every reading of the same bytes.
type operation struct {
	place
	gone  bool             // the node goes, a value with its key; without a way: the document
	value *manifest.Node   // takes the node's place
	items []*manifest.Node // come before the item at index
	index int
	pairs []manifest.Pair // come into the mapping
}

// place is a node of a file: the index of its document, and the way there by index from node to child. Keys and values of a
// mapping count apart.
type place struct {
	node     *manifest.Node // as it was read when the edit was made
	document int
	way      []int
}

// intention is what the primitives mean that an edit is part of.
type intention struct{ operations []*operation }

// mean records in the edits of a primitive what they mean together.
func mean(edits []Edit, err error, operations ...operation) ([]Edit, error) {
	if err != nil {
		return nil, err
	}
	meant := &intention{}
	for i := range operations {
		meant.operations = append(meant.operations, &operations[i])
	}
	for i := range edits {
		edits[i].meant = meant
	}
	return edits, nil
}

// both is the intention of an edit that does the work of two. There is none when one of them says nothing of it.
func both(a, b *intention) *intention {
	if a == nil || b == nil {
		return nil
	}
	return &intention{slices.Concat(a.operations, b.operations)}
}

func children(n *manifest.Node) []*manifest.Node {
	out := slices.Clone(n.Items)
	for _, p := range n.Pairs {
		out = append(out, p.Key, p.Value)
	}
	return out
}

// placeOf finds the place of a node. That of a node without a file is nowhere.
func placeOf(n *manifest.Node) place {
	at := place{node: n, document: -1}
	if n == nil || n.File == nil {
		return at
	}
	for ; n.Parent != nil; n = n.Parent {
		at.way = append(at.way, slices.Index(children(n.Parent), n))
	}
	slices.Reverse(at.way)
	at.document = slices.IndexFunc(n.File.Documents, func(d *manifest.Document) bool { return d.Root == n })
	return at
}

// in returns the node at a place of a file; nil when there is none.
func (at place) in(f *manifest.File) *manifest.Node {
	if at.document < 0 || at.document >= len(f.Documents) {
		return nil
	}
	n := f.Documents[at.document].Root
	for _, i := range at.way {
		if n == nil || i < 0 || i >= len(children(n)) {
			return nil
		}
		n = children(n)[i]
	}
	return n
}

// intended is what a file should decode to.
type intended struct {
	documents map[int]bool // that go
	nodes     map[*manifest.Node]*override
	added     []*manifest.File // the texts that were put in
}

// override is what the operations on one node come to.
type override struct {
	gone  bool
	value *manifest.Node
	items map[int][]*manifest.Node
	pairs []manifest.Pair
}

// intend collects what edits of a file mean. It refuses one that says nothing of it: it was made by hand.
func intend(f *manifest.File, edits []Edit) (*intended, error) {
	out := &intended{map[int]bool{}, map[*manifest.Node]*override{}, nil}
	done := map[*operation]bool{}
	for _, e := range edits {
		if e.meant == nil {
			return nil, &Refusal{Path: f.Path, Line: f.PosAt(min(max(e.Start, 0), len(f.Data))).Line, Reason: "the change is unproven: an edit does not say what it is meant to do"}
		}
		for _, o := range e.meant.operations {
			if done[o] {
				continue
			}
			done[o] = true
			if !out.add(o, f) {
				return nil, &Refusal{Path: f.Path, Reason: fmt.Sprintf("the change is of another state of the file: document %d has no such field", o.document)}
			}
		}
	}
	return out, nil
}

func (in *intended) add(o *operation, f *manifest.File) bool {
	n := o.in(f)
	if n != o.node && !(digests{}).equal(n, o.node) {
		return false
	}
	if o.gone && len(o.way) == 0 && o.document < len(f.Documents) {
		in.documents[o.document] = true
		return true
	}
	if n == nil {
		return false
	}
	c := in.nodes[n]
	if c == nil {
		c = &override{items: map[int][]*manifest.Node{}}
		in.nodes[n] = c
	}
	c.gone = c.gone || o.gone
	c.pairs = append(c.pairs, o.pairs...)
	if len(o.items) > 0 {
		c.items[o.index] = append(c.items[o.index], o.items...)
	}
	if o.value != nil {
		c.value = o.value
	}
	for _, from := range slices.Concat(o.items, pairNodes(o.pairs)) {
		if from.File != nil && !slices.Contains(in.added, from.File) {
			in.added = append(in.added, from.File)
		}
	}
	return true
}

func pairNodes(pairs []manifest.Pair) []*manifest.Node {
	return children(&manifest.Node{Pairs: pairs})
}

// roots returns what the documents should decode to, those without content left out.
func (in *intended) roots(f *manifest.File) []*manifest.Node {
	var out []*manifest.Node
	for _, d := range f.Documents {
		if d.Root != nil && !in.documents[d.Index] {
			out = append(out, in.node(d.Root))
		}
	}
	return out
}

// node returns what a node should decode to.
func (in *intended) node(n *manifest.Node) *manifest.Node {
	own := in.nodes[n]
	if own == nil {
		own = &override{}
	}
	if own.value != nil {
		return own.value
	}
	out := *n
	out.Pairs, out.Items = nil, nil
	for _, p := range n.Pairs {
		if value := in.nodes[p.Value]; value == nil || !value.gone {
			out.Pairs = append(out.Pairs, manifest.Pair{Key: in.node(p.Key), Value: in.node(p.Value)})
		}
	}
	out.Pairs = append(out.Pairs, own.pairs...)
	for i, item := range n.Items {
		out.Items = append(out.Items, own.items[i]...)
		if o := in.nodes[item]; o == nil || !o.gone {
			out.Items = append(out.Items, in.node(item))
		}
	}
	out.Items = append(out.Items, own.items[len(n.Items)]...)
	switch {
	case own.pairs != nil:
		out.Kind, out.Tag = manifest.Mapping, "!!map"
	case len(own.items) > 0:
		out.Kind, out.Tag = manifest.Sequence, "!!seq"
	}
	return &out
}
