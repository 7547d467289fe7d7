package manifest

import (
	"fmt"
	"strings"
)

// collect adds the objects of a document and, when it has any, the faults that the parser lets pass.
func (s *stream) collect(doc *Document, c *converter) {
	if !isTyped(doc.Root) {
		return
	}
	list := &lister{doc: doc, seen: map[*Node]bool{}}
	list.add(doc.Root, nil, 0)
	s.file.Objects = append(s.file.Objects, list.objects...)
	for _, at := range c.actions {
		s.noteAction(at)
	}
	if len(c.duplicates)+len(c.loops) == 0 {
		return
	}
	owners := make(map[*Node]*Object, len(list.objects))
	for _, o := range list.objects {
		owners[o.Node] = o
	}
	report := func(n *Node, message string) {
		s.file.Problems = append(s.file.Problems, Problem{Kind: Invalid, Path: s.file.Path, Span: n.Span, Message: message,
			Object: ownerOf(owners, n), Doc: doc})
	}
	second := secondObject(doc.Root, c.duplicates)
	if second != nil {
		report(second, "a second object begins here: the line --- that parts it from the one above is missing")
	}
	for _, d := range c.duplicates {
		if second == nil || d.key.Parent != doc.Root {
			report(d.key, fmt.Sprintf("the key %q stands twice in this mapping, first on line %d", d.key.Value, d.first.Span.Start.Line))
		}
	}
	for _, n := range c.loops {
		report(n, fmt.Sprintf("the alias %q refers to a node that contains it", n.Anchor))
	}
}

// secondObject returns the key at which a second object begins in a document, nil where none does: then apiVersion and kind stand
// twice, and whatever else does has the same cause.
func secondObject(root *Node, duplicates []duplicate) *Node {
	var begin *Node
	twice := map[string]bool{}
	for _, d := range duplicates {
		if d.key.Parent == root {
			twice[d.key.Value] = true
			if begin == nil || d.key.Span.Start.Offset < begin.Span.Start.Offset {
				begin = d.key
			}
		}
	}
	if !twice["apiVersion"] || !twice["kind"] {
		return nil
	}
	return begin
}

// lister flattens Lists.
type lister struct {
	doc     *Document
	objects []*Object
	seen    map[*Node]bool // each node once, however many aliases lead to it
}

// maxListDepth bounds Lists within Lists.
const maxListDepth = 16

func (l *lister) add(n, list *Node, depth int) {
	if n = n.Resolve(); !isTyped(n) || l.seen[n] || depth > maxListDepth {
		return
	}
	l.seen[n] = true
	if items, ok := listItems(n); ok {
		for _, item := range items.Seq() {
			l.add(item, items, depth+1)
		}
		return
	}
	l.objects = append(l.objects, newObject(l.doc, n, list))
}

// listItems returns the items of a List, or of a typed one (`PodList`) whose items are whole objects.
func listItems(n *Node) (*Node, bool) {
	kind := n.Get("kind").Text()
	items := n.Get("items").Resolve()
	if kind == "List" {
		return items, true
	}
	if !strings.HasSuffix(kind, "List") {
		return nil, false
	}
	for _, item := range items.Seq() {
		if isTyped(item.Resolve()) {
			return items, true
		}
	}
	return nil, false
}

// isTyped says whether the node is a mapping with apiVersion and kind that can be read: SOPS encrypts these too unless it is told not to.
func isTyped(n *Node) bool {
	return n != nil && n.Kind == Mapping && isName(n.Get("apiVersion")) && isName(n.Get("kind"))
}

func isName(n *Node) bool {
	n = n.Resolve()
	return n != nil && n.Kind == Scalar && n.Tag == "!!str" && n.Value != "" && !n.Encrypted()
}

func newObject(doc *Document, n, list *Node) *Object {
	metadata := n.Get("metadata")
	name := readable(metadata.Get("name"))
	if name == "" {
		name = readable(metadata.Get("generateName"))
	}
	return &Object{
		File: doc.File, Document: doc, Node: n, List: list,
		APIVersion: n.Get("apiVersion").Text(), Kind: n.Get("kind").Text(),
		Namespace: readable(metadata.Get("namespace")), Name: name,
	}
}

// readable is a node's text; "" for one that is encrypted.
func readable(n *Node) string {
	if n.Encrypted() {
		return ""
	}
	return n.Text()
}

// ownerOf returns the object that holds a node, nil for none.
func ownerOf(owners map[*Node]*Object, n *Node) *Object {
	for ; n != nil; n = n.Parent {
		if o := owners[n]; o != nil {
			return o
		}
	}
	return nil
}
