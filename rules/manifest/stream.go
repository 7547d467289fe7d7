package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// stream reads the documents of a file.
//
// The YAML parser says where documents are. Only behind one that it cannot read are boundaries looked for in the text: a
// line that begins with `---` or `...` and a blank can't be content of any document, not even inside quotes (YAML 1.2.2,
// rule c-forbidden), so that reading can start afresh there.
type stream struct {
	file   *File
	text   []byte // the file's data as the parser gets it: byte for byte in the same places
	masked bool   // text differs from the data
	// apostrophes counts the quoted strings that are masked for them.
	apostrophes int
	yaml        lineTable
	end         int // where the text of the documents read so far ends
	action      int // the first template action where a node would be, -1 for none
}

func (s *stream) read() {
	data := s.file.Data
	for base := 0; base < len(data); {
		count := len(s.file.Documents)
		err := s.load(base, len(data))
		if err == nil {
			break
		}
		// The scanner reads ahead: the error can lie in the document behind. So the one at hand is tried alone.
		start := s.failedAt(base, count)
		end := s.boundary(s.contentOf(s.markerOf(start)))
		if start > base || end < len(data) {
			count = len(s.file.Documents)
			if err = s.load(start, end); err != nil {
				start = min(s.failedAt(start, count), end)
			}
		}
		if err != nil {
			s.fail(start, end, err)
		}
		base, s.end = end, end
	}
	s.cover()
}

// load appends the documents of a range of the file, until the first that cannot be read.
func (s *stream) load(base, end int) error {
	f, before := s.file, *s
	documents, objects, problems := len(f.Documents), len(f.Objects), len(f.Problems)
	for {
		err := s.loadText(base, end)
		if !s.maskApostrophes(err) {
			return err
		}
		f.Documents, f.Objects, f.Problems = f.Documents[:documents], f.Objects[:objects], f.Problems[:problems]
		s.end, s.action = before.end, before.action
	}
}

func (s *stream) loadText(base, end int) error {
	loader, err := yaml.NewLoader(bytes.NewReader(s.text[base:end]),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(MaxDepth))))
	if err != nil {
		return err
	}
	c := newConverter(s, base)
	for {
		var doc yaml.Node
		if err := next(loader, &doc); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return c.locate(err)
		}
		if err := s.add(c, &doc); err != nil {
			return err
		}
	}
}

// next keeps a panic of the library, which foreign bytes can provoke, from reaching the caller.
func next(loader *yaml.Loader, doc *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the YAML library gave up: %v", r)
		}
	}()
	return loader.Load(doc)
}

// add converts a document that the parser returned.
func (s *stream) add(c *converter, in *yaml.Node) error {
	at := c.offset(in.Line, in.Column)
	doc := &Document{File: s.file, Index: len(s.file.Documents), Start: s.startOf(at)}
	doc.Content = s.contentOf(s.markerOf(doc.Start))
	root, err := c.document(in)
	if err != nil {
		return err
	}
	doc.Root = root
	s.end = doc.Content
	if root != nil {
		s.end = max(s.end, root.Span.End.Offset)
		// The library lets a block scalar without indentation run over document markers.
		if root.Kind == Scalar && s.boundary(doc.Content) < root.Span.End.Offset {
			s.end = doc.Content
			return &fault{at: doc.Start, token: doc.Start, message: "the document runs over a document marker", limit: true}
		}
	}
	s.file.Documents = append(s.file.Documents, doc)
	s.collect(doc, c)
	return nil
}

// startOf returns where a document begins whose first token is at an offset: its line when that is a marker or a
// directive, else behind the `...` before it, else the start of the file.
func (s *stream) startOf(at int) int {
	line := s.lineStart(at)
	if s.isMarker(line, '-') || s.at(line) == '%' {
		return line
	}
	for i := s.yaml.index(line) - 1; i >= 0 && s.yaml[i] >= s.end; i-- {
		if s.isMarker(s.yaml[i], '.') {
			return s.yaml[i+1]
		}
	}
	return s.lineStart(s.end)
}

// failedAt returns where the document begins that could not be read by a load from base, count being the number of
// documents before that load.
func (s *stream) failedAt(base, count int) int {
	if len(s.file.Documents) > count {
		base = s.boundary(s.end)
	}
	if marker := s.markerOf(base); s.isMarker(marker, '-') {
		return s.prefixEnd(base)
	}
	return base
}

// boundary returns the start of the next document at or behind an offset: a `---` line, or the line behind `...`.
func (s *stream) boundary(from int) int {
	i := s.yaml.index(from)
	if s.yaml[i] < from && !(i == 0 && from == s.bom()) {
		i++
	}
	for ; i < len(s.yaml); i++ {
		if s.isMarker(s.yaml[i], '-') {
			return s.yaml[i]
		}
		if s.isMarker(s.yaml[i], '.') {
			return s.lineEnd(s.yaml[i])
		}
	}
	return len(s.file.Data)
}

// markerOf returns the line of the `---` that opens the document at start, or start itself when there is none.
func (s *stream) markerOf(start int) int {
	for i := s.prefixEnd(start); i < len(s.file.Data); i = s.lineEnd(i) {
		switch {
		case s.isMarker(i, '-'):
			return i
		case s.at(i) != '%' && !s.isBlankOrComment(i):
			return start
		}
	}
	return start
}

// prefixEnd returns the first line at or behind start that is not blank and not a comment.
func (s *stream) prefixEnd(start int) int {
	i := start
	for i < len(s.file.Data) && s.isBlankOrComment(i) {
		i = s.lineEnd(i)
	}
	return i
}

// contentOf returns the offset behind the break of a marker line, or start when there is no marker.
func (s *stream) contentOf(start int) int {
	if s.isMarker(start, '-') {
		return s.lineEnd(start)
	}
	return start
}

// cover makes the ranges contiguous: text before the first document is one without Root.
func (s *stream) cover() {
	f := s.file
	if len(f.Documents) == 0 || f.Documents[0].Start > s.bom() {
		f.Documents = append([]*Document{{File: f}}, f.Documents...)
	}
	f.Documents[0].Start = 0
	for i, doc := range f.Documents {
		doc.Index, doc.End = i, len(f.Data)
		if i+1 < len(f.Documents) {
			doc.End = f.Documents[i+1].Start
		}
		doc.Content = min(max(doc.Content, doc.Start), doc.End)
	}
}

func (s *stream) bom() int {
	if bytes.HasPrefix(s.file.Data, []byte(byteOrderMark)) {
		return len(byteOrderMark)
	}
	return 0
}

// skipBOM returns the offset behind a byte order mark at offset i.
func (s *stream) skipBOM(i int) int {
	if bytes.HasPrefix(s.file.Data[i:], []byte(byteOrderMark)) {
		return i + len(byteOrderMark)
	}
	return i
}

// at returns the first byte of a line, 0 at the end of the file.
func (s *stream) at(line int) byte {
	if i := s.skipBOM(line); i < len(s.file.Data) {
		return s.file.Data[i]
	}
	return 0
}

func (s *stream) lineStart(offset int) int {
	return s.yaml[s.yaml.index(offset)]
}

// lineEnd returns the offset behind the break of the line that begins at an offset.
func (s *stream) lineEnd(line int) int {
	if i := s.yaml.index(line); i+1 < len(s.yaml) {
		return s.yaml[i+1]
	}
	return len(s.file.Data)
}

// isMarker says whether the line is a document marker of the character c: `---` or `...`.
func (s *stream) isMarker(line int, c byte) bool {
	text := s.file.Data[s.skipBOM(line):]
	if len(text) < 3 || text[0] != c || text[1] != c || text[2] != c {
		return false
	}
	return len(text) == 3 || isBlank(text[3]) || breakLen(text, 3) > 0
}

func (s *stream) isBlankOrComment(line int) bool {
	end := s.lineEnd(line)
	for i := s.skipBOM(line); i < end; i++ {
		switch {
		case s.file.Data[i] == '#':
			return true
		case breakLen(s.file.Data, i) > 0:
			return true
		case !isBlank(s.file.Data[i]):
			return false
		}
	}
	return true
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
