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
	secretKind = regexp.MustCompile(`(?m)^[ \t]*(- )?["']?kind["']?[ \t]*:[ \t]*["']?Secret\b`)
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
		for _, n := range []*manifest.Node{o.Node.Get("data"), o.Node.Get("stringData"), o.Node.Get("metadata", "annotations", lastApplied)} {
			if n != nil && !n.IsNull() {
				out = append(out, nodeLines(n), nodeLines(n.Resolve()))
			}
		}
	}
	starts := lineStarts(f.Data)
	for _, d := range f.Documents {
		if d.Root == nil && d.Start < d.End && secretKind.Match(f.Data[d.Start:d.End]) {
			out = append(out, lineRange{lineAt(starts, d.Start) + 1, lineAt(starts, d.End-1) + 1})
		}
	}
	return out
}

func nodeLines(n *manifest.Node) lineRange { return lineRange{n.Span.Start.Line, n.Span.End.Line} }

// showsSecret says whether lines of a file hold values of Secrets.
func showsSecret(f *manifest.File, start, end int) bool {
	return f != nil && slices.ContainsFunc(secretLines(f), func(r lineRange) bool { return r.overlaps(start, end) })
}
