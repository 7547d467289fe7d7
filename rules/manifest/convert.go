package manifest

import (
	"fmt"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// converter turns the library's nodes into ours. The library says where a node starts, as line and code point; the ends
// are read off the source.
type converter struct {
	stream *stream
	file   *File
	data   []byte
	base   int // offset of the text given to the loader
	line   int // index of its first line

	// The place looked up last. Nodes come in source order, so the next lies behind it.
	seenLine, seenColumn, seenOffset int

	slab       []Node
	anchors    map[*yaml.Node]*anchor
	duplicates []duplicate
	loops      []*Node // aliases to a node that holds them
	actions    []int   // template actions that are data outside Kubernetes documents
}

type anchor struct {
	node *Node
	open bool // its content is being read
}

// duplicate is a key that its mapping has already.
type duplicate struct{ key, first *Node }

func newConverter(s *stream, base int) *converter {
	return &converter{stream: s, file: s.file, data: s.file.Data, base: base, line: s.yaml.index(base)}
}

// document converts one document; nil for one without content.
func (c *converter) document(in *yaml.Node) (*Node, error) {
	c.anchors, c.duplicates, c.loops, c.actions = nil, nil, nil, nil
	if len(in.Content) != 1 || isAbsent(in.Content[0]) {
		return nil, nil
	}
	content := in.Content[0]
	return c.node(content, nil, c.offset(content.Line, content.Column))
}

// offset turns a line and a code point into a byte offset.
func (c *converter) offset(line, column int) int {
	index := c.line + line - 1
	if line < 1 || index >= len(c.stream.yaml) {
		return len(c.data)
	}
	if index != c.seenLine || column < c.seenColumn || c.seenColumn == 0 {
		c.seenLine, c.seenColumn, c.seenOffset = index, 1, c.stream.yaml[index]
		if index == c.line {
			c.seenOffset = c.stream.skipBOM(c.seenOffset)
		}
	}
	i := c.seenOffset
	for n := column - c.seenColumn; n > 0 && i < len(c.data); n-- {
		if c.data[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, size := utf8.DecodeRune(c.data[i:])
		i += size
	}
	c.seenColumn, c.seenOffset = column, i
	return i
}

// node converts a node that starts at an offset, and what it holds.
func (c *converter) node(in *yaml.Node, parent *Node, start int) (*Node, error) {
	n := c.alloc()
	n.Parent, n.File, n.Tag, n.Anchor, n.Value = parent, c.file, in.Tag, in.Anchor, in.Value
	n.Style = styleOf(in)
	if isAbsent(in) {
		n.Span = c.file.spanTo(start, start)
		return n, nil
	}
	content, properties := skipProperties(c.data, start, len(in.Anchor))
	if in.Anchor != "" {
		if c.anchors == nil {
			c.anchors = map[*yaml.Node]*anchor{}
		}
		a := &anchor{node: n, open: true}
		c.anchors[in] = a
		defer func() { a.open = false }()
	}
	end := properties
	var err error
	switch in.Kind {
	case yaml.AliasNode:
		end = c.alias(n, in, start)
	case yaml.MappingNode:
		end, err = c.mapping(n, in, content)
	case yaml.SequenceNode:
		end, err = c.sequence(n, in, content)
	case yaml.ScalarNode:
		end, err = c.scalar(n, in, content, properties)
	}
	if err != nil {
		return nil, err
	}
	n.Span = c.file.spanTo(start, end)
	return n, nil
}

// alloc takes nodes from slabs: a manifest has hundreds.
func (c *converter) alloc() *Node {
	if len(c.slab) == cap(c.slab) {
		c.slab = make([]Node, 0, min(max(len(c.file.lines), 16), 256))
	}
	c.slab = c.slab[:len(c.slab)+1]
	return &c.slab[len(c.slab)-1]
}

func (c *converter) alias(n *Node, in *yaml.Node, start int) int {
	n.Kind, n.Anchor, n.Value = Alias, in.Value, ""
	if a := c.anchors[in.Alias]; a == nil || a.open {
		c.loops = append(c.loops, n)
	} else {
		n.Target = a.node
	}
	return start + len("*") + len(n.Anchor)
}

func (c *converter) mapping(n *Node, in *yaml.Node, content int) (int, error) {
	n.Kind, n.Tag = Mapping, tagOr(in.Tag, "!!map")
	braces := n.Style == Flow && !c.isBarePair(in, n.Parent, content)
	end := 0
	if braces {
		if content >= len(c.data) || c.data[content] != '{' {
			return 0, c.misplaced(content)
		}
		c.noteBraces(content)
		end = content + 1
	}
	n.Pairs = make([]Pair, 0, len(in.Content)/2)
	for i := 0; i+1 < len(in.Content); i += 2 {
		pair, err := c.pair(n, in.Content[i], in.Content[i+1])
		if err != nil {
			return 0, err
		}
		n.Pairs = append(n.Pairs, pair)
		end = max(end, pair.Value.Span.End.Offset)
	}
	c.noteDuplicates(n)
	if braces {
		return c.closing(end, '}')
	}
	return end, nil
}

// isBarePair says whether a flow mapping is one without braces: the entry `key: value` or `? key : value` of a sequence.
// Its key can itself be a mapping with braces, which then starts where the pair does.
func (c *converter) isBarePair(in *yaml.Node, parent *Node, content int) bool {
	if parent == nil || parent.Kind != Sequence || parent.Style != Flow || len(in.Content) != 2 || content >= len(c.data) {
		return false
	}
	key := in.Content[0]
	return c.data[content] != '{' || key.Line == in.Line && key.Column == in.Column
}

func (c *converter) pair(n *Node, key, value *yaml.Node) (Pair, error) {
	k, err := c.node(key, n, c.offset(key.Line, key.Column))
	if err != nil {
		return Pair{}, err
	}
	start := 0
	if isAbsent(value) {
		start = behindColon(c.data, k.Span.End.Offset, n.Style)
	} else {
		start = c.offset(value.Line, value.Column)
	}
	v, err := c.node(value, n, start)
	return Pair{Key: k, Value: v}, err
}

func (c *converter) sequence(n *Node, in *yaml.Node, content int) (int, error) {
	n.Kind, n.Tag = Sequence, tagOr(in.Tag, "!!seq")
	opener := byte('-')
	if n.Style == Flow {
		opener = '['
	}
	if content >= len(c.data) || c.data[content] != opener {
		return 0, c.misplaced(content)
	}
	n.Items = make([]*Node, 0, len(in.Content))
	end := content + 1
	for _, item := range in.Content {
		child, err := c.node(item, n, c.offset(item.Line, item.Column))
		if err != nil {
			return 0, err
		}
		n.Items = append(n.Items, child)
		end = max(end, child.Span.End.Offset)
	}
	if n.Style == Flow {
		return c.closing(end, ']')
	}
	return end, nil
}

func (c *converter) scalar(n *Node, in *yaml.Node, content, properties int) (int, error) {
	n.Kind, n.Tag = Scalar, tagOr(in.Tag, "!!str")
	if n.Style == Plain && in.Value == "" {
		return properties, nil
	}
	if n.Style == Plain {
		c.notePlain(content)
	}
	end := scalarEnd(c.data, content, n.Style, in.Value)
	if end < 0 {
		return 0, c.misplaced(content)
	}
	if c.stream.masked && n.Style == DoubleQuoted {
		n.Value = unmask(c.data[content:end], n.Value)
	}
	return end, nil
}

func (c *converter) closing(end int, bracket byte) (int, error) {
	i := skipFlowSeparators(c.data, end)
	if i >= len(c.data) || c.data[i] != bracket {
		return 0, c.misplaced(i)
	}
	return i + 1, nil
}

// misplaced guards the promise of exact spans: a node whose source can't be found again makes the document unread.
func (c *converter) misplaced(at int) error {
	at = min(at, len(c.data))
	return &fault{at: at, token: at, message: "the exact place of this text could not be determined", limit: true}
}

// noteDuplicates remembers keys that stand twice in a mapping. Merge keys may.
func (c *converter) noteDuplicates(n *Node) {
	if len(n.Pairs) < 2 {
		return
	}
	var seen map[string]*Node
	if len(n.Pairs) > 12 {
		seen = make(map[string]*Node, len(n.Pairs))
	}
	for i, p := range n.Pairs {
		if p.Key.Kind != Scalar || p.Key.IsMerge() {
			continue
		}
		var first *Node
		if seen == nil {
			first = keyAmong(n.Pairs[:i], p.Key.Value)
		} else if first = seen[p.Key.Value]; first == nil {
			seen[p.Key.Value] = p.Key
		}
		if first != nil {
			c.duplicates = append(c.duplicates, duplicate{key: p.Key, first: first})
		}
	}
}

func keyAmong(pairs []Pair, key string) *Node {
	for _, p := range pairs {
		if p.Key.Value == key && p.Key.Kind == Scalar {
			return p.Key
		}
	}
	return nil
}

// isAbsent says whether the node stands for a value that is not written at all.
func isAbsent(in *yaml.Node) bool {
	return in.Kind == yaml.ScalarNode && in.Value == "" && in.Anchor == "" && in.Tag != "!" &&
		in.Style&(yaml.TaggedStyle|yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
}

func tagOr(tag, general string) string {
	if tag == "!" || tag == "" {
		return general
	}
	return tag
}

func styleOf(in *yaml.Node) Style {
	switch {
	case in.Kind == yaml.MappingNode || in.Kind == yaml.SequenceNode:
		if in.Style&yaml.FlowStyle != 0 {
			return Flow
		}
		return Block
	case in.Style&yaml.DoubleQuotedStyle != 0:
		return DoubleQuoted
	case in.Style&yaml.SingleQuotedStyle != 0:
		return SingleQuoted
	case in.Style&yaml.LiteralStyle != 0:
		return Literal
	case in.Style&yaml.FoldedStyle != 0:
		return Folded
	}
	return Plain
}

// fault is a reason why a document is not read.
type fault struct {
	at      int // where it was noticed
	token   int // where the unfinished token begins that led to it, -1 when the parser does not know
	message string
	limit   bool // a limit of ours, not a fault of the text
	escape  bool // an escape sequence that the parser does not know, in the string that opens at opener
	opener  int
}

func (f *fault) Error() string { return fmt.Sprintf("offset %d: %s", f.at, f.message) }
