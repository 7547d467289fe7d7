package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// fail records a document that could not be read.
func (s *stream) fail(start, end int, err error) {
	f := s.file
	doc := &Document{File: f, Index: len(f.Documents), Start: start, Content: s.contentOf(s.markerOf(start))}
	f.Documents = append(f.Documents, doc)
	var why *fault
	if !errors.As(err, &why) {
		why = &fault{at: start, token: start, message: err.Error(), limit: true}
	}
	sk := sketchOf(f.Data, doc.Content, end, why.at)
	if sk.action >= 0 {
		s.noteAction(sk.action)
	}
	kind := NotAnalysed
	if !why.limit && looksLikeObject(f.Data[start:end]) {
		kind = Invalid
	}
	at, message := s.blame(sk, why)
	problem := Problem{Kind: kind, Path: f.Path, Span: f.restOfLine(at), Message: message, Doc: doc}
	if kind == Invalid {
		problem.Object = s.objectBefore(start, s.lineStart(at))
	}
	f.Problems = append(f.Problems, problem)
}

// objectBefore reads the lines of a broken document above its fault: most often they say which object it is. nil when they
// don't parse either, or don't say.
func (s *stream) objectBefore(start, end int) *Object {
	if end <= start {
		return nil
	}
	above, file := *s, *s.file
	file.Documents, file.Objects, file.Problems = nil, nil, nil
	above.file = &file
	if err := above.load(start, end); err != nil || len(above.file.Objects) == 0 {
		return nil
	}
	return above.file.Objects[0]
}

// blame moves a fault to where the unfinished token begins that led to it.
func (s *stream) blame(sk *sketch, why *fault) (at int, message string) {
	switch {
	case why.limit:
		return why.at, why.message
	case sk.quoteEnd > 0:
		return sk.quoteStart, fmt.Sprintf("the quoted string that begins here runs on to line %d: its closing quote is missing or misplaced",
			s.file.LineOf(sk.quoteEnd-1))
	case why.token >= 0:
		return why.token, why.message
	case len(sk.open) > 0:
		opener := sk.open[len(sk.open)-1]
		return opener, notClosed(s.file, opener, why.at)
	}
	return why.at, why.message
}

func notClosed(f *File, opener, at int) string {
	return fmt.Sprintf("the %q that opens here is not closed before line %d, or an entry lacks its comma", f.Data[opener], f.LineOf(at))
}

// looksLikeObject says whether unreadable text was meant as a Kubernetes object: `apiVersion:` and `kind:` at line starts,
// or as keys of a JSON object.
func looksLikeObject(text []byte) bool {
	blanks := " \t\r\n" + byteOrderMark
	body := bytes.TrimPrefix(bytes.TrimLeft(text, blanks), []byte("---"))
	isJSON := bytes.HasPrefix(bytes.TrimLeft(body, blanks), []byte("{"))
	return hasKey(text, "apiVersion", isJSON) && hasKey(text, "kind", isJSON)
}

func hasKey(text []byte, key string, anywhere bool) bool {
	for i := 0; ; i += len(key) {
		n := bytes.Index(text[i:], []byte(key))
		if n < 0 {
			return false
		}
		i += n
		before := bytes.TrimSuffix(bytes.TrimSuffix(text[:i], []byte(`"`)), []byte("'"))
		after := bytes.TrimLeft(bytes.TrimLeft(text[i+len(key):], `"'`), " \t")
		atLineStart := len(before) == 0 || before[len(before)-1] == '\n' || before[len(before)-1] == '\r' ||
			bytes.HasSuffix(before, []byte(byteOrderMark))
		if (anywhere || atLineStart) && bytes.HasPrefix(after, []byte(":")) {
			return true
		}
	}
}

// locate turns the library's error into a fault with an offset and plain words.
func (c *converter) locate(err error) error {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return &fault{at: c.base, token: c.base, message: err.Error(), limit: true}
	}
	if load.Mark.Line == 0 { // a byte that the reader refused: its mark is an offset
		at := min(c.base+load.Mark.Index, len(c.data))
		return &fault{at: at, token: at, message: readerMessage(load.Message)}
	}
	why := &fault{at: c.offset(load.Mark.Line, load.Mark.Column), token: -1}
	if strings.Contains(load.Message, "max depth") {
		why.limit, why.message = true, fmt.Sprintf("mappings and sequences are nested deeper than %d levels", MaxDepth)
		return why
	}
	context := why.at
	if load.ContextMark.Line > 0 {
		context = c.offset(load.ContextMark.Line, load.ContextMark.Column)
	}
	c.describe(why, load, context)
	return why
}

// describe says what is wrong for a reader who does not know how a YAML scanner works.
func (c *converter) describe(why *fault, load *yaml.LoadError, context int) {
	is := func(prefix string) bool { return strings.HasPrefix(load.Message, prefix) }
	var char byte
	if why.at < len(c.data) {
		char = c.data[why.at]
	}
	switch load.ContextMsg {
	case "while scanning a quoted scalar":
		why.token, why.message = context, "the quoted string that begins here is never closed"
		if !is("found unexpected") {
			why.token, why.message = why.at, "the quoted string has an escape sequence that YAML does not know"
			why.escape, why.opener = true, context
		}
		return
	case "while scanning a simple key":
		why.at, why.message = context, "this line is neither a key followed by a colon nor part of the value before it"
		return
	case "while parsing a flow sequence", "while parsing a flow mapping":
		why.token, why.message = context, notClosed(c.file, context, why.at)
		return
	}
	switch {
	case strings.Contains(load.Message, "tab character"), char == '\t':
		why.token, why.message = why.at, "a tab is used for indentation, where YAML allows only spaces"
	case is("found character that cannot start any token"):
		why.message = fmt.Sprintf("unquoted text cannot begin with %q; quote it", char)
	case is("mapping values are not allowed"):
		why.message = "a colon stands where no further value can begin: quote the text, or correct the indentation"
	case is("did not find expected key"), is("did not find expected '-'"):
		why.message = "this line does not continue the mapping or list around it: its indentation is wrong, or something before it is not closed"
	case is("did not find expected <document start>"):
		why.message = "the document ends before this line, which belongs to nothing: its indentation is wrong, or a `---` is missing"
	case is("unknown anchor"):
		why.token, why.message = why.at, "the alias refers to an anchor that the document does not define before it"
	case is("found incompatible YAML document"):
		why.token, why.message = why.at, "the directive asks for a YAML version that Kubernetes tools refuse; only 1.1 is accepted"
	default:
		why.message = load.Message
	}
}

func readerMessage(message string) string {
	if strings.HasPrefix(message, "control characters") {
		return "the file has a control character that YAML does not allow"
	}
	return "the file is not valid UTF-8: " + message
}
