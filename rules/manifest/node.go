package manifest

import (
	"sort"
	"strings"
)

// Pos is a place in a file.
type Pos struct {
	Offset int // bytes from the start of the file, 0-based
	Line   int // 1-based; lines end with a line feed, as git and GitHub count them
	Column int // 1-based, in bytes of the line
}

// Span is a range of a file's bytes; End is exclusive.
type Span struct {
	Start, End Pos
}

// Kind is the kind of a YAML node.
type Kind int

// The kinds of a node.
const (
	Scalar Kind = iota
	Mapping
	Sequence
	Alias
)

// Style is how a node is written.
type Style int

// Plain is the style of unquoted scalars; Block and Flow are those of mappings and sequences.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal
	Folded
	Block
	Flow
)

// Node is one YAML node with its exact source range.
//
// Span covers the node's own text: from the first byte of its properties (anchor, tag) or content to the byte behind its
// last content byte. A block mapping starts at its first key, a block sequence at its first dash; both end where their last
// descendant ends. A block scalar ends behind its last non-blank content line, without that line's break. An absent value
// (`key:`) is an empty span directly behind the colon (or dash).
//
// All methods accept a nil receiver, which behaves as an absent node, so that paths can be followed without checks.
type Node struct {
	Kind   Kind
	Style  Style
	Tag    string // resolved short tag: "!!str", "!!int", "!!bool", "!!null", "!!map", …
	Value  string // scalar: decoded text
	Anchor string // name of the anchor that the node defines, or that an Alias refers to
	Target *Node  // Alias: the node meant, shared and never copied; nil when that node contains the alias
	Pairs  []Pair // Mapping, in source order
	Items  []*Node
	Span   Span
	Parent *Node
	File   *File
	Origin *Origin // of a rendered node; nil for one as it is written
}

// Pair is one entry of a mapping. Its text runs from Key.Span.Start to the end of Value.
type Pair struct {
	Key, Value *Node
}

// Resolve returns the node that an alias stands for, and any other node itself.
func (n *Node) Resolve() *Node {
	for i := 0; n != nil && n.Kind == Alias; i++ {
		if i > 100 {
			return nil
		}
		n = n.Target
	}
	return n
}

// Get follows keys through mappings, aliases and merge keys; nil when a step is absent.
func (n *Node) Get(keys ...string) *Node {
	for _, key := range keys {
		n = n.Resolve().get(key, nil)
	}
	return n
}

// get looks a key up in a mapping and what it merges. Seen holds the mappings looked at: merges can lead to one mapping
// by exponentially many ways.
func (n *Node) get(key string, seen map[*Node]bool) *Node {
	if n == nil || n.Kind != Mapping || seen[n] {
		return nil
	}
	merges := false
	for _, p := range n.Pairs {
		if p.Key.Kind == Scalar && p.Key.Value == key {
			return p.Value
		}
		merges = merges || p.Key.IsMerge()
	}
	if !merges {
		return nil
	}
	if seen == nil {
		seen = map[*Node]bool{}
	}
	seen[n] = true
	for _, source := range n.mergeSources() {
		if v := source.get(key, seen); v != nil {
			return v
		}
	}
	return nil
}

// mergeSources returns the mappings that the merge keys of a mapping name, in the order in which they win.
func (n *Node) mergeSources() []*Node {
	var sources []*Node
	for _, p := range n.Pairs {
		if !p.Key.IsMerge() {
			continue
		}
		value := p.Value.Resolve()
		if value == nil || value.Kind != Sequence {
			sources = append(sources, value)
			continue
		}
		for _, item := range value.Items {
			sources = append(sources, item.Resolve())
		}
	}
	return sources
}

// IsMerge says whether the node is the merge key `<<`.
func (n *Node) IsMerge() bool {
	return n != nil && n.Kind == Scalar && n.Style == Plain && n.Value == "<<"
}

// Pair returns the entry written under key in this very mapping (no alias, no merge key), and whether there is one.
func (n *Node) Pair(key string) (Pair, bool) {
	if n != nil && n.Kind == Mapping {
		for _, p := range n.Pairs {
			if p.Key.Kind == Scalar && p.Key.Value == key {
				return p, true
			}
		}
	}
	return Pair{}, false
}

// Seq returns the items of a sequence, nil for anything else.
func (n *Node) Seq() []*Node {
	if n = n.Resolve(); n == nil || n.Kind != Sequence {
		return nil
	}
	return n.Items
}

// Text returns a scalar's decoded text; "" for null, absent and other nodes.
func (n *Node) Text() string {
	if n = n.Resolve(); n == nil || n.Kind != Scalar || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// IsNull says whether the node is absent or null.
func (n *Node) IsNull() bool {
	n = n.Resolve()
	return n == nil || n.Kind == Scalar && n.Tag == "!!null"
}

// cipherText is how SOPS writes a value that it encrypted (github.com/getsops/sops, aes/cipher.go).
const cipherText = "ENC[AES256_GCM,"

// Encrypted says whether the node is a scalar whose value SOPS encrypted: what it says is unknown until a tool decrypts it.
func (n *Node) Encrypted() bool { return strings.HasPrefix(n.Text(), cipherText) }

// Strings returns the scalar items of a sequence as text.
func (n *Node) Strings() []string {
	var out []string
	for _, item := range n.Seq() {
		out = append(out, item.Text())
	}
	return out
}

// StringMap returns the scalar entries of a mapping, merge keys included.
func (n *Node) StringMap() map[string]string {
	out := map[string]string{}
	n.Each(func(key string, value *Node) {
		if value.Resolve() != nil && value.Resolve().Kind == Scalar {
			out[key] = value.Text()
		}
	})
	return out
}

// Each calls f for every entry of a mapping in source order, its own before those of merge keys, each key once.
func (n *Node) Each(f func(key string, value *Node)) {
	n.Resolve().each(f, map[string]bool{}, map[*Node]bool{})
}

func (n *Node) each(f func(string, *Node), keys map[string]bool, seen map[*Node]bool) {
	if n == nil || n.Kind != Mapping || seen[n] {
		return
	}
	seen[n] = true
	for _, p := range n.Pairs {
		if p.Key.Kind == Scalar && !p.Key.IsMerge() && !keys[p.Key.Value] {
			keys[p.Key.Value] = true
			f(p.Key.Value, p.Value)
		}
	}
	for _, source := range n.mergeSources() {
		source.each(f, keys, seen)
	}
}

// Keys returns the keys of a mapping, sorted.
func (n *Node) Keys() []string {
	var keys []string
	n.Each(func(key string, _ *Node) { keys = append(keys, key) })
	sort.Strings(keys)
	return keys
}
