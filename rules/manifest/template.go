package manifest

import (
	"bytes"
	"regexp"
	"strings"
)

// This file recognises templates: files from which something else makes the manifest.
//
// An action (`{{`, `{%`, `<%`) inside a quoted string, a block scalar, a comment or the middle of a plain scalar is data:
// Argo workflows, Prometheus rules and the like are full of them. Where a value or a line would begin it is none, and in a
// chart's templates folder any action counts. In a document that does not parse, a name to be replaced where a line or a value
// would begin makes a template as well: that is how home-made ones look.

const (
	templateReason    = "the file is a template: it has template actions where YAML would have a value or a line"
	placeholderReason = "the file is a template: a placeholder stands where YAML would have a value or a line"
)

var actionOpeners = []string{"{{", "{%", "<%"}

// chartTemplateAction returns the first action outside comment lines of a file below a `templates` folder, else -1.
func chartTemplateAction(path string, data []byte) int {
	if !strings.HasPrefix(path, "templates/") && !strings.Contains(path, "/templates/") {
		return -1
	}
	first := -1
	for _, opener := range actionOpeners {
		if at := indexOutsideComments(data, opener); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

func indexOutsideComments(data []byte, text string) int {
	for from := 0; ; {
		i := bytes.Index(data[from:], []byte(text))
		if i < 0 {
			return -1
		}
		at := from + i
		line := data[bytes.LastIndexByte(data[:at], '\n')+1 : at]
		if !bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("#")) {
			return at
		}
		from = at + len(text)
	}
}

// reasonAt says what makes the file a template at an offset.
func reasonAt(data []byte, at int) string {
	if isAction(data[at:]) || bytes.HasPrefix(data[at:], []byte("${{")) {
		return templateReason
	}
	return placeholderReason
}

var (
	// A line that is nothing but a name in capitals, perhaps with a default behind a bar, or that begins with a variable. One word
	// (`EOF`) and an assignment (`NAME=value`) are none: these are left where they should not be.
	placeholderLine = regexp.MustCompile(`^(?:[A-Z][A-Z0-9]*_[A-Z0-9_-]+[ \t]*(?:\|.*)?|\$\w+[ \t]*|\$\{\w+\}(?:[ \t].*)?)$`)
	// A name between signs with which no YAML text can begin.
	placeholderValue = regexp.MustCompile(`^(?:@+[A-Z][A-Z0-9_]*@|%+[A-Z][A-Z0-9_]*%)`)
)

// isPlaceholder says whether text, the rest of a line from where a token begins, is a name that a tool replaces.
func isPlaceholder(text []byte, lineBegins bool) bool {
	text = bytes.TrimRight(firstLine(text), "\r")
	if len(text) == 0 || len(text) > maxPlaceholder {
		return false
	}
	switch first := text[0]; {
	case first == '@', first == '%':
		return placeholderValue.Match(text)
	case first == '$', 'A' <= first && first <= 'Z':
		return lineBegins && placeholderLine.Match(text)
	}
	return false
}

// maxPlaceholder is the length of a line, in bytes, beyond which nobody wrote it to be replaced.
const maxPlaceholder = 4 << 10

func isAction(text []byte) bool {
	for _, opener := range actionOpeners {
		if bytes.HasPrefix(text, []byte(opener)) {
			return true
		}
	}
	return false
}

// noteBraces takes `{{` for an action: a mapping whose first key is a mapping is legal YAML that nobody writes.
func (c *converter) noteBraces(at int) {
	if isAction(c.data[at:]) {
		c.stream.noteAction(at)
	}
}

// notePlain takes a plain scalar that begins with `<%` for an action. One that begins with `${{` is an action in a
// Kubernetes object (scaffolding), and data elsewhere (the workflows of GitHub).
func (c *converter) notePlain(at int) {
	switch {
	case isAction(c.data[at:]):
		c.stream.noteAction(at)
	case bytes.HasPrefix(c.data[at:], []byte("${{")):
		c.actions = append(c.actions, at)
	}
}

func (s *stream) noteAction(at int) {
	if s.action < 0 || at < s.action {
		s.action = at
	}
}
