package edit

import (
	"bytes"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// RemoveDocuments removes documents of one file with their separators, so that the others keep theirs. When no other document has
// content, the file goes: every byte of it is removed.
func RemoveDocuments(docs ...*manifest.Document) ([]Edit, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	f := docs[0].File
	if slices.ContainsFunc(docs, func(d *manifest.Document) bool { return d.File != f }) {
		return nil, &Refusal{Path: f.Path, Reason: "the documents are not of one file"}
	}
	if !slices.ContainsFunc(f.Documents, func(d *manifest.Document) bool { return !slices.Contains(docs, d) && hasContent(d) }) {
		return mean([]Edit{{Path: f.Path, End: len(f.Data)}}, nil, goneDocuments(f.Documents)...)
	}
	if oddBreaks(f.Data) {
		return nil, &Refusal{Path: f.Path, Reason: "the file has line breaks or byte order marks that YAML and editors don't agree on"}
	}
	var edits []Edit
	for i := 0; i < len(f.Documents); i++ {
		if first := f.Documents[i]; slices.Contains(docs, first) {
			for i+1 < len(f.Documents) && slices.Contains(docs, f.Documents[i+1]) {
				i++
			}
			edits = append(edits, removeRun(first, f.Documents[i]))
		}
	}
	edits, err := mean(edits, nil, goneDocuments(docs)...)
	if err != nil {
		return nil, err
	}
	return edits, holds(f, edits)
}

// holds proves edits of one file where they are made: where a document ends without a separator, only YAML's reader can say.
func holds(f *manifest.File, edits []Edit) error {
	before := map[string][]byte{f.Path: f.Data}
	after, err := Apply(before, edits)
	if err != nil {
		return &Refusal{Path: f.Path, Reason: err.Error()}
	}
	err = Verify(before, after, edits)
	return err
}

func goneDocuments(docs []*manifest.Document) []operation {
	var out []operation
	for _, d := range docs {
		out = append(out, operation{place: place{node: d.Root, document: d.Index}, gone: true})
	}
	return out
}

// removeRun removes the documents from first to last.
func removeRun(first, last *manifest.Document) Edit {
	f := first.File
	start, end := first.Start, last.End
	if first.Start == 0 {
		start = headerEnd(first)
	}
	if last.Index+1 < len(f.Documents) {
		switch next := f.Documents[last.Index+1]; {
		case first.Content == first.Start && first.Start == 0 && bareSeparator(next):
			end = next.Content // the file goes on without a separator at its top
		case first.Content > first.Start && next.Content == next.Start:
			start = first.Content // the next one has no separator of its own and takes this one's
		}
	}
	return Edit{Path: f.Path, Start: start, End: end}
}

// RemoveObjects removes objects of one or several files: their documents, or their items of a List. A List goes with its
// last object, and a file with its last document.
func RemoveObjects(objects ...*manifest.Object) ([]Edit, error) {
	docs := map[*manifest.File][]*manifest.Document{}
	items := map[*manifest.Node][]*manifest.Node{}
	for _, o := range objects {
		if o.Written() == nil {
			return nil, refuse(o.Node, "this object is not written as it is deployed")
		}
		o = o.Written()
		if o.List == nil {
			docs[o.File] = append(docs[o.File], o.Document)
			continue
		}
		items[o.List] = append(items[o.List], o.Node)
		if len(items[o.List]) == len(o.List.Items) && o.List.Parent == o.Document.Root {
			delete(items, o.List)
			docs[o.File] = append(docs[o.File], o.Document)
		}
	}
	var edits []Edit
	for _, of := range docs {
		removed, err := RemoveDocuments(of...)
		if err != nil {
			return nil, err
		}
		edits = append(edits, removed...)
	}
	for _, of := range items {
		removed, err := RemoveItems(KeepEmpty, of...)
		if err != nil {
			return nil, err
		}
		edits = append(edits, removed...)
	}
	return Join(edits), nil
}

// headerEnd returns where the first document of a file begins behind a byte order mark and the comments that are the
// file's: those above its separator, or above a blank line.
func headerEnd(d *manifest.Document) int {
	t := text(d.File.Data[:d.End])
	at := 0
	if bytes.HasPrefix(t, byteOrderMark) {
		at = len(byteOrderMark)
	}
	header := at
	for ; at < len(t); at = t.lineEnd(at) {
		_, isComment := t.comment(at)
		switch {
		case t.blank(at):
			header = t.lineEnd(at)
		case !isComment:
			if d.Content > d.Start && at < d.Content {
				return at
			}
			return header
		}
	}
	return header
}

// bareSeparator says whether a document starts with a line of three dashes and nothing else.
func bareSeparator(d *manifest.Document) bool {
	return strings.TrimSpace(string(d.File.Data[d.Start:d.Content])) == "---"
}

// hasContent says whether a document is more than comments; one that does not parse counts.
func hasContent(d *manifest.Document) bool {
	if d.Root != nil && !(d.Root.Kind == manifest.Scalar && d.Root.Span.Start.Offset == d.Root.Span.End.Offset) {
		return true
	}
	t := text(d.File.Data[:d.End])
	for at := d.Content; at < len(t); at = t.lineEnd(at) {
		line := strings.TrimPrefix(t.line(at), string(byteOrderMark))
		if line = strings.TrimSpace(line); line != "" && line != "..." && !strings.HasPrefix(line, "#") {
			return true
		}
	}
	return false
}
