package library

import (
	"strconv"

	"github.com/podcheck/podcheck/rules/manifest"
)

// maxNodes bounds what is made of one release: aliases could make it endlessly large.
const maxNodes = 50_000

// place is where a node that is made is written.
type place struct {
	file      *manifest.File
	span      manifest.Span
	source    *manifest.Node
	precision manifest.Precision
}

// of is the place of a node that decides a value without having it.
func of(n *manifest.Node) place {
	return place{file: n.File, span: n.Span, precision: n.Precision()}
}

// at is the place of a node that is handed on as it is. The release can be rendered itself, and its nodes have origins then.
func at(n *manifest.Node) place {
	p := of(n)
	if p.precision == manifest.Exact {
		p.source = n.Written().Resolve()
	}
	return p
}

// around is the place of what is added beside a node.
func around(n *manifest.Node) place {
	p := of(n)
	p.precision = max(p.precision, manifest.Enclosing)
	return p
}

// nodes makes nodes.
type nodes struct {
	left int // how many may still be made
}

func (b *nodes) node(kind manifest.Kind, tag string, p place) *manifest.Node {
	b.left--
	n := &manifest.Node{Kind: kind, Tag: tag, File: p.file, Span: p.span, Origin: &manifest.Origin{Source: p.source, Precision: p.precision}}
	if kind != manifest.Scalar {
		n.Style = manifest.Block
	}
	if p.source != nil && p.source.Kind == kind {
		n.Style = p.source.Style
	}
	return n
}

func (b *nodes) mapping(p place) *manifest.Node { return b.node(manifest.Mapping, "!!map", p) }
func (b *nodes) list(p place) *manifest.Node    { return b.node(manifest.Sequence, "!!seq", p) }

func (b *nodes) scalar(value, tag string, p place) *manifest.Node {
	n := b.node(manifest.Scalar, tag, p)
	n.Value = value
	return n
}

func (b *nodes) text(value string, p place) *manifest.Node { return b.scalar(value, "!!str", p) }

func (b *nodes) number(value int, p place) *manifest.Node {
	return b.scalar(strconv.Itoa(value), "!!int", p)
}

// string is a text that a scalar is turned into: as it is when it is one already.
func (b *nodes) string(n *manifest.Node) *manifest.Node {
	if r := n.Resolve(); r.Tag == "!!str" || r.IsNull() {
		return b.scalar(r.Value, r.Tag, at(n))
	}
	return b.text(n.Text(), of(n))
}

// set adds an entry whose key is written nowhere.
func (b *nodes) set(m *manifest.Node, key string, value *manifest.Node) {
	p := place{file: value.File, span: value.Span, precision: max(value.Precision(), manifest.Enclosing)}
	b.pair(m, b.text(key, p), value)
}

// copy adds an entry of the values as it is, with its key if that is the same; nothing for one that is empty.
func (b *nodes) copy(m *manifest.Node, key string, value *manifest.Node) {
	if empty(value) {
		return
	}
	b.handOn(m, key, value)
}

func (b *nodes) handOn(m *manifest.Node, key string, value *manifest.Node) {
	copied := b.copied(value)
	if written := keyOf(value); written != nil && written.Value == key {
		b.pair(m, b.text(key, at(written)), copied)
		return
	}
	b.set(m, key, copied)
}

func (b *nodes) pair(m, key, value *manifest.Node) {
	key.Parent, value.Parent = m, m
	m.Pairs = append(m.Pairs, manifest.Pair{Key: key, Value: value})
}

func (b *nodes) add(list, item *manifest.Node) {
	item.Parent = list
	list.Items = append(list.Items, item)
}

// copied is a tree of the values as it is, aliases and merge keys followed.
func (b *nodes) copied(n *manifest.Node) *manifest.Node { return b.copiedTo(n, 0) }

func (b *nodes) copiedTo(n *manifest.Node, depth int) *manifest.Node {
	in := n.Resolve()
	if in == nil || b.left < 0 || depth > manifest.MaxDepth {
		b.left = -1
		return b.scalar("", "!!null", place{file: n.File, span: n.Span, precision: manifest.Enclosing})
	}
	out := b.node(in.Kind, in.Tag, at(n))
	out.Value = in.Value
	for _, p := range pairs(in) {
		if b.left < 0 {
			break
		}
		b.pair(out, b.copiedTo(p.Key, depth+1), b.copiedTo(p.Value, depth+1))
	}
	for _, item := range in.Items {
		if b.left < 0 {
			break
		}
		b.add(out, b.copiedTo(item, depth+1))
	}
	return out
}

// unshared takes away the sources of a tree, so that it isn't edited: others are made of the same values.
func unshared(n *manifest.Node) *manifest.Node {
	n.Origin = &manifest.Origin{Precision: n.Precision()}
	for _, p := range n.Pairs {
		unshared(p.Key)
		unshared(p.Value)
	}
	for _, item := range n.Items {
		unshared(item)
	}
	return n
}
