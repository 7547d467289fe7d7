package review

import (
	"slices"
	"sort"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// document is a document of a file of the state; its number is -1 for a file that has none.
type document struct {
	path   string
	number int
}

// independent are those of some findings, in their order, that neither speak of nor write a document which an earlier one of them
// writes: what is true of them one after the other is true of them at once. None is taken before a more severe one that it would
// be in the way of.
func (m *mender) independent(all []*wish) []*wish {
	var out []*wish
	written := map[document]bool{}
	waiting := map[document]analysis.Severity{} // of what must wait: the most severe that writes it
	for _, w := range all {
		reads, writes := m.verifier.documents(&w.now.Finding)
		hindered := slices.ContainsFunc(slices.Concat(reads, writes), func(d document) bool { return written[d] || waiting[d] > w.now.Severity })
		if !hindered {
			out = append(out, w)
		}
		for _, d := range writes {
			if hindered {
				waiting[d] = max(waiting[d], w.now.Severity)
			} else {
				written[d] = true
			}
		}
	}
	return out
}

// documents are those that a finding speaks of, and those that its fix writes.
func (v *verifier) documents(f *analysis.Finding) (reads, writes []document) {
	for _, p := range places(f) {
		reads = append(reads, documentsAt(v.state.File(p.Path), p.Span.Start.Offset, p.Span.End.Offset)...)
	}
	for _, e := range f.Fix.Edits {
		writes = append(writes, documentsAt(v.state.File(e.Path), e.Start, e.End)...)
	}
	return reads, writes
}

// documentsAt are the documents of a file that a range touches; a range between two of them touches both.
func documentsAt(f *manifest.File, start, end int) []document {
	if f == nil {
		return nil
	}
	if len(f.Documents) == 0 {
		return []document{{f.Path, -1}}
	}
	var out []document
	first := sort.Search(len(f.Documents), func(i int) bool { return f.Documents[i].End >= start })
	for i := first; i < len(f.Documents) && f.Documents[i].Start <= end; i++ {
		out = append(out, document{f.Path, i})
	}
	return out
}
