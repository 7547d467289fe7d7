package manifest

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// checkFile verifies what the package promises of every file, whatever it holds.
func checkFile(t testing.TB, f *File) {
	t.Helper()
	checkDocuments(t, f)
	for _, doc := range f.Documents {
		if doc.Root != nil {
			checkNode(t, f, doc.Root, nil)
			if s := doc.Root.Span; s.Start.Offset < doc.Start || s.End.Offset > doc.End {
				t.Errorf("%s: the root %v lies outside its document %d-%d", f.Path, s, doc.Start, doc.End)
			}
		}
	}
	for _, p := range f.Problems {
		if p.Message == "" || p.Span.Start.Line < 1 || p.Span.End.Offset > len(f.Data) || p.Span.End.Offset < p.Span.Start.Offset || p.Doc == nil {
			t.Errorf("%s: poor problem %+v", f.Path, p)
		}
	}
	for _, o := range f.Objects {
		if o.File != f || o.Document == nil || o.Node == nil || o.APIVersion == "" || o.Kind == "" {
			t.Errorf("%s: poor object %+v", f.Path, o)
		}
	}
}

func checkDocuments(t testing.TB, f *File) {
	t.Helper()
	at := 0
	for i, d := range f.Documents {
		if d.File != f || d.Index != i || d.Start != at || d.Content < d.Start || d.End < d.Content {
			t.Errorf("%s: document %d has the range %d-%d-%d behind %d", f.Path, i, d.Start, d.Content, d.End, at)
		}
		at = d.End
	}
	if at != len(f.Data) {
		t.Errorf("%s: the documents end at %d of %d", f.Path, at, len(f.Data))
	}
}

func checkNode(t testing.TB, f *File, n, parent *Node) {
	t.Helper()
	if n.Parent != parent || n.File != f {
		t.Errorf("%s: a node on line %d has a wrong parent or file", f.Path, n.Span.Start.Line)
	}
	start, end := n.Span.Start.Offset, n.Span.End.Offset
	if start > end || end > len(f.Data) || f.PosAt(start) != n.Span.Start || f.PosAt(end) != n.Span.End {
		t.Errorf("%s: wrong span %+v", f.Path, n.Span)
		return
	}
	if parent != nil && (start < parent.Span.Start.Offset || end > parent.Span.End.Offset) {
		t.Errorf("%s: %+v lies outside its parent %+v", f.Path, n.Span, parent.Span)
	}
	last := start
	inOrder := func(child *Node) {
		if child.Span.Start.Offset < last {
			t.Errorf("%s: %+v begins before %d", f.Path, child.Span, last)
		}
		last = child.Span.End.Offset
		checkNode(t, f, child, n)
	}
	for _, p := range n.Pairs {
		inOrder(p.Key)
		inOrder(p.Value)
	}
	for _, item := range n.Items {
		inOrder(item)
	}
	checkText(t, f, n, string(f.Data[start:end]))
}

// checkText parses a node's own text alone, in a context of the same kind, and compares.
func checkText(t testing.TB, f *File, n *Node, text string) {
	t.Helper()
	if n.Kind != Scalar || text == "" || surrogates.MatchString(text) || n.Style == DoubleQuoted && strings.Contains(text, apostrophe) {
		return // the library reads it only masked
	}
	oneLine := !strings.ContainsAny(text, "\n\r\u0085\u2028\u2029")
	switch {
	case n.Style == Literal || n.Style == Folded:
		checkBlock(t, f, n)
		return
	case n.Style == Plain && oneLine && !strings.ContainsAny(text[:1], "&!"):
		if text != n.Value {
			t.Errorf("%s:%d: the text of %q is %q", f.Path, n.Span.Start.Line, n.Value, text)
		}
		return
	case text[0] == '!' || text[0] == '&' && strings.Contains(text, "!") || strings.HasSuffix(text, ":"):
		return // the tag may need a directive, and a key that ends in a colon would be another key
	}
	wrapped := !n.Parent.inBlock()
	alone := " " + text // a line of its own, but no marker
	if wrapped {
		alone = "[" + text + "]"
	}
	var doc yaml.Node
	if err := yaml.Load([]byte(alone), &doc); err != nil {
		t.Errorf("%s:%d: %q does not parse alone: %v", f.Path, n.Span.Start.Line, text, err)
		return
	}
	got := doc.Content[0]
	if wrapped {
		got = got.Content[0]
	}
	if got.Value != n.Value {
		t.Errorf("%s:%d: %q is %q alone, and %q in the file", f.Path, n.Span.Start.Line, text, got.Value, n.Value)
	}
}

// checkBlock cuts the file off behind a block scalar and compares what is left of it: only white space may be missing.
func checkBlock(t testing.TB, f *File, n *Node) {
	t.Helper()
	if n.Span.End.Offset > 20_000 {
		return // each check reads all that is before
	}
	cut := Parse(f.Path, f.Data[:n.Span.End.Offset])
	last := cut.Documents[len(cut.Documents)-1].Root
	for last != nil && last.Kind != Scalar {
		switch {
		case len(last.Pairs) > 0:
			pair := last.Pairs[len(last.Pairs)-1]
			if last = pair.Value; last.Span.Start == last.Span.End {
				last = pair.Key
			}
		case len(last.Items) > 0:
			last = last.Items[len(last.Items)-1]
		default:
			last = nil
		}
	}
	if last == nil || strings.TrimRight(last.Value, " \t\n\u2028\u2029") != strings.TrimRight(n.Value, " \t\n\u2028\u2029") || last.Span != n.Span {
		t.Errorf("%s:%d: the block scalar changes when the file ends behind it: %+v", f.Path, n.Span.Start.Line, last)
	}
}

func (n *Node) inBlock() bool {
	for ; n != nil; n = n.Parent {
		if n.Style == Flow {
			return false
		}
	}
	return true
}
