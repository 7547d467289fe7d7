// Package manifest reads bytes into documents and objects with exact source spans.
//
// It knows YAML and JSON as Kubernetes repositories hold them: several documents in a file, `kind: List`, CRLF, a byte order
// mark, comment-only documents, duplicate keys, alias bombs, self-referencing anchors, absurd nesting, template files. It knows
// no Kubernetes meaning beyond the four fields that name an object.
//
// Invariants: Parse never fails and never panics; what cannot be read becomes a Problem with a line and hides no other
// document; File.Data is never changed, and every Span indexes into it.
//
// It imports nothing of Podcheck.
package manifest

// File is one file as it was read.
type File struct {
	Path      string // slash-separated, relative to the repository root
	Data      []byte
	Documents []*Document // in source order, the unreadable ones included
	Objects   []*Object   // Kubernetes objects of all documents, items of Lists instead of the List
	Problems  []Problem

	lines lineTable // where git's lines begin
}

// Document is one YAML document of a file. The ranges of a file's documents are contiguous and cover it whole.
type Document struct {
	File    *File
	Index   int
	Start   int   // offset of its `---` line (or directive), or 0 for a first document without one
	Content int   // offset behind the line break of its `---` line; equals Start when there is none
	End     int   // offset of the next document's Start, or the file's length
	Root    *Node // nil for an empty or comment-only document and for one that does not parse
}

// Object is a Kubernetes object: a mapping with apiVersion and kind.
type Object struct {
	File       *File
	Document   *Document
	Node       *Node
	List       *Node // the items sequence of the List that holds it, else nil
	APIVersion string
	Kind       string
	Namespace  string // as written; "" when absent or encrypted
	Name       string // metadata.name, or generateName; "" when absent or encrypted

	Root   string  // the build that gives a rendered object, by its name; "" for an object as it is written
	Source *Object // of a rendered object: what it is built from in plain YAML; nil when a template or a reader of values made it
	Part   string  // which of several workloads it is that one object stands for, as that object calls it; "" for the only one
}

// ProblemKind says what a problem means for the analysis.
type ProblemKind int

const (
	// Invalid: a Kubernetes document that does not parse, or that has duplicate keys or a broken alias.
	Invalid ProblemKind = iota
	// NotAnalysed: a template, a file that is not a manifest and does not parse, or one beyond a limit.
	NotAnalysed
)

// Problem is what could not be read, and where.
type Problem struct {
	Kind    ProblemKind
	Path    string
	Span    Span    // the line is where the unfinished token begins
	Message string  // a sentence without final full stop
	Object  *Object // of a document that does not parse: what the lines above the fault say, not among the file's Objects; nil if unknown
	Doc     *Document
}
