package edit

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Change is one difference of what two states of a file decode to.
type Change struct {
	File     string
	Document int    // index of the document before; after, when it was added
	Object   string // "apps/v1 Deployment namespace/name" of the document's root, or ""
	Path     string // spec.template.spec.containers[1].image; "" for a whole document
	Old, New string // JSON text; "" when absent
}

// Difference compares two states of a file by what they decode to: order of keys, style and comments don't count. Items
// and documents that were added, removed or moved are recognised as such. The index in a path is the one before; for an
// added item the one after. Aliases are compared by name, and what they refer to where it is defined.
func Difference(before, after *manifest.File) []Change {
	d := differ{digests: digests{}}
	for _, s := range d.align(roots(before), roots(after), objectOf) {
		d.document(before, after, s)
	}
	return d.changes
}

func (d *differ) document(before, after *manifest.File, s step) {
	root, file := s.old, before
	if root == nil {
		root, file = s.new, after
	}
	d.at = Change{File: before.Path, Object: objectOf(root)}
	for _, doc := range file.Documents {
		if doc.Root == root {
			d.at.Document = doc.Index
		}
	}
	d.compare("", s.old, s.new)
}

func roots(f *manifest.File) []*manifest.Node {
	var out []*manifest.Node
	for _, d := range f.Documents {
		if d.Root != nil {
			out = append(out, d.Root)
		}
	}
	return out
}

// objectOf names a Kubernetes object.
func objectOf(n *manifest.Node) string {
	version, kind, name := n.Get("apiVersion").Text(), n.Get("kind").Text(), n.Get("metadata", "name").Text()
	if kind == "" {
		return ""
	}
	if ns := n.Get("metadata", "namespace").Text(); ns != "" {
		name = ns + "/" + name
	}
	return strings.TrimSpace(version + " " + kind + " " + name)
}

type differ struct {
	digests
	at      Change // file and document of what is compared
	changes []Change
}

func (d *differ) add(path string, before, after *manifest.Node) {
	c := d.at
	c.Path = strings.TrimPrefix(path, ".")
	if before != nil {
		c.Old = canonical(before)
	}
	if after != nil {
		c.New = canonical(after)
	}
	d.changes = append(d.changes, c)
}

func (d *differ) compare(path string, before, after *manifest.Node) {
	switch {
	case before == nil || after == nil:
		d.add(path, before, after)
	case d.digest(before) == d.digest(after):
	case before.Kind != after.Kind || before.Anchor != after.Anchor:
		d.add(path, before, after)
	case before.Kind == manifest.Mapping:
		d.mapping(path, before, after)
	case before.Kind == manifest.Sequence:
		d.sequence(path, before, after)
	default:
		d.add(path, before, after)
	}
}

func (d *differ) mapping(path string, before, after *manifest.Node) {
	old, oldKeys := values(before)
	fresh, freshKeys := values(after)
	for _, key := range oldKeys {
		d.compare(path+"."+key, old[key], fresh[key])
	}
	for _, key := range freshKeys {
		if old[key] == nil {
			d.compare(path+"."+key, nil, fresh[key])
		}
	}
}

// values returns the values of a mapping by their keys, and these in order. A key that comes again is numbered.
func values(n *manifest.Node) (map[string]*manifest.Node, []string) {
	out := map[string]*manifest.Node{}
	var keys []string
	for _, p := range n.Pairs {
		key := keyText(p.Key)
		for i := 2; out[key] != nil; i++ {
			key = fmt.Sprintf("%s(%d)", keyText(p.Key), i)
		}
		out[key] = p.Value
		keys = append(keys, key)
	}
	return out, keys
}

// keyText writes a key for a path. A key that could be mistaken for several steps is quoted, so that paths are unambiguous.
func keyText(n *manifest.Node) string {
	if n.Kind != manifest.Scalar || strings.ContainsAny(n.Value, `.[("`) {
		return canonical(n)
	}
	return n.Value
}

func (d *differ) sequence(path string, before, after *manifest.Node) {
	for _, s := range d.align(before.Items, after.Items, nameOf) {
		index := s.oldIndex
		if s.old == nil {
			index = s.newIndex
		}
		d.compare(fmt.Sprintf("%s[%d]", path, index), s.old, s.new)
	}
}

// nameOf is what tells the items of Kubernetes lists apart.
func nameOf(n *manifest.Node) string {
	if p, ok := n.Pair("name"); ok {
		return p.Value.Text()
	}
	return ""
}
