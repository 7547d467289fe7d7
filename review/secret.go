package review

import (
	"regexp"
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// lineRange is a range of a file's lines, 1-based and inclusive.
type lineRange struct{ Start, End int }

func (r lineRange) overlaps(start, end int) bool { return r.Start <= end && start <= r.End }

var (
	secretKind = regexp.MustCompile(`(?m)(^|[\s{,"'])(kind["']?[ \t]*:[ \t]*["']?Secret(List)?\b|secretGenerator\b)`)
	// lastApplied holds a copy of the whole object.
	lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
)

// secretLines are the lines of a file that hold values of Secrets; nothing may print them. Of a document that cannot be read
// and looks like a Secret these are all.
func secretLines(f *manifest.File) []lineRange {
	var out []lineRange
	for _, o := range f.Objects {
		if o.Kind != "Secret" {
			continue
		}
		out = append(out, valueLines(o.Node.Get("data"), o.Node.Get("stringData"), o.Node.Get("metadata", "annotations", lastApplied))...)
	}
	starts := lineStarts(f.Data)
	for _, d := range f.Documents {
		out = append(out, valueLines(d.Root.Get("secretGenerator"))...) // of Kustomize: its literals are values
		if d.Root.Get("kind").Text() == "SecretList" {
			out = append(out, valueLines(d.Root.Get("items"))...)
		}
		if d.Root == nil && d.Start < d.End && secretKind.Match(f.Data[d.Start:d.End]) {
			out = append(out, lineRange{lineAt(starts, d.Start) + 1, lineAt(starts, d.End-1) + 1})
		}
	}
	return out
}

// valueLines are the lines of nodes and of all that their aliases stand for.
func valueLines(nodes ...*manifest.Node) (out []lineRange) {
	seen := map[*manifest.Node]bool{}
	var visit func(*manifest.Node)
	visit = func(n *manifest.Node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		visit(n.Target)
		for _, p := range n.Pairs {
			visit(p.Value)
		}
		for _, item := range n.Items {
			visit(item)
		}
		if n.Parent == nil || !seen[n.Parent] {
			out = append(out, nodeLines(n))
		}
	}
	for _, n := range nodes {
		if n != nil && !n.IsNull() {
			visit(n)
		}
	}
	return out
}

func nodeLines(n *manifest.Node) lineRange { return lineRange{n.Span.Start.Line, n.Span.End.Line} }

// showsSecret says whether lines of a file hold values of Secrets.
func showsSecret(f *manifest.File, start, end int) bool {
	return f != nil && slices.ContainsFunc(secretLines(f), func(r lineRange) bool { return r.overlaps(start, end) })
}
