package edit

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Refusal is the error of an edit that cannot be made with certainty. Reason is fit to show to the author of the file.
type Refusal struct {
	Path   string
	Line   int // 1-based; 0 when it concerns the whole file
	Reason string
}

func (r *Refusal) Error() string {
	if r.Line == 0 {
		return fmt.Sprintf("%s: %s", r.Path, r.Reason)
	}
	return fmt.Sprintf("%s:%d: %s", r.Path, r.Line, r.Reason)
}

func refuse(n *manifest.Node, format string, args ...any) *Refusal {
	r := &Refusal{Reason: fmt.Sprintf(format, args...)}
	if n != nil {
		r.Line = n.Span.Start.Line
		if n.File != nil {
			r.Path = n.File.Path
		}
	}
	return r
}

// Editable says whether a node can be moved, removed or rewritten as a whole; the error is a *Refusal.
func Editable(n *manifest.Node) error {
	n, err := written(n)
	if err != nil {
		return err
	}
	if err := reachable(n); err != nil {
		return err
	}
	if err := inside(n); err != nil {
		return err
	}
	return noTabs(n)
}

// reachable says whether something can be put into or beside a node: no anchor above it, no flow collection over lines.
func reachable(n *manifest.Node) error {
	if n == nil || n.File == nil {
		return &Refusal{Reason: "there is no such field in a file"}
	}
	if !validSpan(n) {
		return refuse(n, "the place of this field in the file is unknown")
	}
	if oddBreaks(n.File.Data) {
		return refuse(n, "the file has line breaks or byte order marks that YAML and editors don't agree on")
	}
	if n.Kind == manifest.Alias {
		return refuse(n, "this is an alias of the anchor &%s", n.Anchor)
	}
	for a := n; a != nil; a = a.Parent {
		switch {
		case a.Anchor != "":
			return refuse(a, "an edit here would change every use of the anchor &%s", a.Anchor)
		case overLines(a):
			return refuse(a, "a flow collection over several lines is not edited")
		}
	}
	return nil
}

// inside looks for what may not lie within edited lines.
func inside(n *manifest.Node) error {
	switch {
	case n == nil:
		return nil
	case n.Kind == manifest.Alias:
		return refuse(n, "the lines hold an alias of the anchor &%s", n.Anchor)
	case n.Anchor != "":
		return refuse(n, "the lines define the anchor &%s", n.Anchor)
	case n.IsMerge():
		return refuse(n, "the lines hold a merge key")
	case overLines(n):
		return refuse(n, "the lines hold a flow collection over several lines")
	case isTemplate(n):
		return refuse(n, "the lines hold a template expression")
	}
	for _, p := range n.Pairs {
		if err := inside(p.Key); err != nil {
			return err
		}
		if err := inside(p.Value); err != nil {
			return err
		}
	}
	for _, item := range n.Items {
		if err := inside(item); err != nil {
			return err
		}
	}
	return nil
}

// oddBreaks says whether a file has line breaks for YAML that are none for git: a carriage return alone, or one of Unicode's; or a byte
// order mark elsewhere than at its start.
func oddBreaks(data []byte) bool {
	return bytes.Count(data, []byte("\r")) != bytes.Count(data, []byte("\r\n")) || bytes.Contains(data, []byte("\u0085")) ||
		bytes.Contains(data, []byte("\u2028")) || bytes.Contains(data, []byte("\u2029")) || bytes.Contains(bytes.TrimPrefix(data, byteOrderMark), byteOrderMark)
}

func validSpan(n *manifest.Node) bool {
	s, e := n.Span.Start.Offset, n.Span.End.Offset
	return 0 <= s && s <= e && e <= len(n.File.Data)
}

func isFlow(n *manifest.Node) bool {
	return n.Style == manifest.Flow && (n.Kind == manifest.Mapping || n.Kind == manifest.Sequence)
}

func isBlockScalar(n *manifest.Node) bool {
	return n != nil && n.Kind == manifest.Scalar && (n.Style == manifest.Literal || n.Style == manifest.Folded)
}

// overLines says whether a node is a flow collection that spans several lines.
func overLines(n *manifest.Node) bool {
	return isFlow(n) && strings.ContainsAny(source(n), "\n\r")
}

// isTemplate says whether a plain or quoted scalar holds a template action; text in a block scalar is just text.
func isTemplate(n *manifest.Node) bool {
	return n.Kind == manifest.Scalar && !isBlockScalar(n) && hasTemplate(source(n))
}

func hasTemplate(s string) bool {
	return strings.Contains(s, "{{") || strings.Contains(s, "{%") || strings.Contains(s, "<%")
}

// source is the text of a node as written.
func source(n *manifest.Node) string {
	if !validSpan(n) {
		return ""
	}
	return string(n.File.Data[n.Span.Start.Offset:n.Span.End.Offset])
}

// tagged says whether a node has a written tag, which stands between its key or dash and its text.
func tagged(n *manifest.Node) bool {
	return strings.HasPrefix(source(n), "!") || strings.HasPrefix(source(n), "&")
}

// noTabs refuses lines that are indented with tabs; inside scalars they are text.
func noTabs(n *manifest.Node) error {
	t := text(n.File.Data)
	for at := t.lineStart(n.Span.Start.Offset); at < n.Span.End.Offset; at = t.lineEnd(at) {
		i := at
		for i < len(t) && t[i] == ' ' {
			i++
		}
		if i < len(t) && t[i] == '\t' && !t.blank(at) && !inScalar(n, i) {
			return refuse(n, "the lines are indented with tabs")
		}
	}
	return nil
}

// inScalar says whether an offset lies strictly within the text of a scalar below n.
func inScalar(n *manifest.Node, off int) bool {
	if n == nil || off < n.Span.Start.Offset || off >= n.Span.End.Offset {
		return false
	}
	if n.Kind == manifest.Scalar {
		return true
	}
	for _, p := range n.Pairs {
		if inScalar(p.Key, off) || inScalar(p.Value, off) {
			return true
		}
	}
	for _, item := range n.Items {
		if inScalar(item, off) {
			return true
		}
	}
	return false
}
