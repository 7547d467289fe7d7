package origin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/podcheck/podcheck/rules/manifest"
)

// repository are the files of a test, parsed.
type repository map[string]*manifest.File

func parseRepository(text string) repository {
	r := repository{}
	for _, f := range txtar.Parse([]byte(text)).Files {
		r[f.Name] = manifest.Parse(f.Name, f.Data)
	}
	return r
}

func (r repository) file(path string) *manifest.File { return r[path] }

// describe lists the nodes of a rendered tree, one a line: path, value, place, precision, and "=" where there is a source. The path of a key
// ends with a question mark.
func describe(n *manifest.Node, path string) []string {
	out := []string{placeOf(n, path)}
	for _, p := range n.Pairs {
		out = append(out, placeOf(p.Key, path+"."+p.Key.Value+"?"))
		out = append(out, describe(p.Value, path+"."+p.Key.Value)...)
	}
	for i, item := range n.Items {
		out = append(out, describe(item, fmt.Sprintf("%s[%d]", path, i))...)
	}
	return out
}

func placeOf(n *manifest.Node, path string) string {
	line := fmt.Sprintf("%s %s %s:%d %s", path, shown(n), n.File.Path, n.Span.Start.Line, n.Precision())
	if n.Origin.Source != nil {
		line += " ="
	}
	return line
}

func shown(n *manifest.Node) string {
	switch n.Kind {
	case manifest.Mapping:
		return "{}"
	case manifest.Sequence:
		return "[]"
	}
	return strings.ReplaceAll(n.Value, "\n", "¶")
}

// expect holds lines of a tree against those wanted, which begin with the path.
func expect(t *testing.T, root *manifest.Node, want string) {
	t.Helper()
	if root == nil {
		t.Fatal("no object")
	}
	is := describe(root, "")
	byPath := map[string]string{}
	for _, line := range is {
		byPath[strings.Fields(line)[0]] = line
	}
	for _, line := range strings.Split(strings.TrimSpace(want), "\n") {
		line = strings.TrimSpace(line)
		if got := byPath[strings.Fields(line)[0]]; got != line {
			t.Errorf("place of a node\n got %s\nwant %s", got, line)
		}
	}
	if t.Failed() {
		t.Logf("the whole tree:\n%s", strings.Join(is, "\n"))
	}
}

// hold demands what is true of every rendered tree.
func hold(t *testing.T, repo repository, n, parent *manifest.Node) {
	t.Helper()
	if n.Parent != parent {
		t.Fatalf("the parent of %q is not the node above", n.Value)
	}
	if n.File == nil || repo[n.File.Path] != n.File {
		t.Fatalf("%q is in no file of the repository", n.Value)
	}
	if n.Origin == nil {
		t.Fatalf("%q has no origin", n.Value)
	}
	start, end := n.Span.Start, n.Span.End
	if start.Offset < 0 || end.Offset < start.Offset || end.Offset > len(n.File.Data) || n.File.PosAt(start.Offset) != start || n.File.PosAt(end.Offset) != end {
		t.Fatalf("%q: the span %v is none of %s", n.Value, n.Span, n.File.Path)
	}
	if s := n.Origin.Source; s != nil {
		if n.Origin.Precision != manifest.Exact {
			t.Fatalf("%q has a source and is %s", n.Value, n.Precision())
		}
		if s.Kind != n.Kind || n.Kind == manifest.Scalar && !manifest.Equal(n, s) && !(n.IsNull() && s.IsNull()) {
			t.Fatalf("%q has a source of another value, %q", n.Value, s.Value)
		}
		if s.Origin != nil || repo[s.File.Path] != s.File || !slices.Contains(repo[s.File.Path].Documents, documentOf(s)) {
			t.Fatalf("%q has a source that is in no file", n.Value)
		}
	}
	for _, p := range n.Pairs {
		hold(t, repo, p.Key, n)
		hold(t, repo, p.Value, n)
	}
	for _, item := range n.Items {
		hold(t, repo, item, n)
	}
}

// documentOf returns the document of a written node.
func documentOf(n *manifest.Node) *manifest.Document {
	for n.Parent != nil {
		n = n.Parent
	}
	for _, d := range n.File.Documents {
		if d.Root == n {
			return d
		}
	}
	return nil
}
