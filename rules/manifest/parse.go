package manifest

import (
	"bytes"
	"fmt"
)

// Limits. They bound memory and time for hostile files; what is beyond them is reported as not analysed.
const (
	// MaxFileSize is the greatest number of bytes of a file that is read.
	MaxFileSize = 16 << 20
	// MaxDepth is the greatest nesting of mappings and sequences.
	MaxDepth = 1000
	// maxMarks bounds the nodes that a file can hold, by the characters that can begin one. Eight megabytes of ordinary
	// manifests have as many.
	maxMarks = 500_000
)

// Parse reads one file. It never fails: what cannot be read is in Problems. Data is kept, not copied.
//
// A file that is refused as a whole (a template, UTF-16, beyond a limit) has one Problem, no Objects, and one Document
// without Root that covers it.
func Parse(path string, data []byte) *File {
	f := &File{Path: path, Data: data}
	if reason := refusal(data); reason != "" {
		f.lines = lineTable{0}
		return f.refuse(0, reason)
	}
	f.lines = gitLines(data)
	if at := chartTemplateAction(path, data); at >= 0 {
		return f.refuse(at, templateReason)
	}
	s := &stream{file: f, yaml: yamlLines(data, f.lines), action: -1}
	s.text, s.masked = maskSurrogates(data)
	s.read()
	if s.action >= 0 {
		return f.refuse(s.action, reasonAt(data, s.action))
	}
	return f
}

// refusal says why data is not even looked at, or nothing.
func refusal(data []byte) string {
	switch {
	case len(data) > MaxFileSize:
		return fmt.Sprintf("the file has %d bytes, more than the %d that are read", len(data), MaxFileSize)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return "the file is encoded as UTF-16; save it as UTF-8"
	case tooManyNodes(data):
		return fmt.Sprintf("the file has more than %d entries", maxMarks)
	}
	return ""
}

// tooManyNodes estimates from above, by the characters without which no further node can begin.
func tooManyNodes(data []byte) bool {
	if len(data) <= maxMarks {
		return false
	}
	marks := 0
	for _, c := range []byte("\n\r,[{:?") {
		marks += bytes.Count(data, []byte{c})
	}
	return marks+bytes.Count(data, []byte("- "))+bytes.Count(data, []byte("-\t")) > maxMarks
}

func (f *File) refuse(at int, reason string) *File {
	doc := &Document{File: f, End: len(f.Data)}
	f.Documents, f.Objects = []*Document{doc}, nil
	f.Problems = []Problem{{Kind: NotAnalysed, Path: f.Path, Span: f.restOfLine(at), Message: reason, Doc: doc}}
	return f
}

// restOfLine is the range from an offset to the last non-blank byte of its line.
func (f *File) restOfLine(at int) Span {
	end := at + len(bytes.TrimRight(firstLine(f.Data[at:]), " \t\r"))
	return f.spanTo(at, end)
}

func firstLine(data []byte) []byte {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return data[:i]
	}
	return data
}
