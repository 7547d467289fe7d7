package rules

import (
	"bytes"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// The two ways of ignoring findings in a manifest itself.
const (
	ignoreAnnotation = "podcheck.dev/ignore" // on an object or its Pod template: "rule[/container] [reason], …"
	ignoreComment    = "podcheck:ignore"     // in a comment on or above the line of a finding: "rule [reason]"
)

// ignoring answers why a finding is ignored: by the configuration, by an annotation, or by a comment.
type ignoring struct {
	state     *analysis.State
	cfg       *analysis.Config
	annotated map[ignored]string // to the reason
	files     map[home]bool      // of annotated objects, and of others that have the name of one
}

// ignored is what one entry of an annotation names.
type ignored struct {
	object          analysis.Object
	file            *manifest.File // nil: wherever it is reported
	rule, container string         // container "": all of them
}

// home is an object and a file that holds it.
type home struct {
	object analysis.Object
	file   *manifest.File
}

func newIgnoring(state *analysis.State, cfg *analysis.Config) *ignoring {
	g := &ignoring{state: state, cfg: cfg, annotated: map[ignored]string{}, files: map[home]bool{}}
	for _, o := range state.Objects {
		g.add(o, o.Node.Get("metadata"))
	}
	for _, w := range state.Workloads {
		g.add(w.Object, w.Meta)
	}
	if len(g.annotated) == 0 {
		return g
	}
	for _, o := range state.Objects {
		g.files[home{analysis.Ref(o), o.File}] = true
	}
	return g
}

func (g *ignoring) add(o *manifest.Object, metadata *manifest.Node) {
	text := metadata.Get("annotations", ignoreAnnotation).Text()
	for entry := range strings.SplitSeq(text, ",") {
		what, reason, _ := strings.Cut(strings.TrimSpace(entry), " ")
		if what == "" {
			continue
		}
		if reason = strings.TrimSpace(reason); reason == "" {
			reason = "annotation " + ignoreAnnotation
		}
		rule, container, _ := strings.Cut(what, "/")
		g.annotated[ignored{analysis.Ref(o), o.File, rule, container}] = reason
		g.annotated[ignored{analysis.Ref(o), nil, rule, container}] = reason
	}
}

// reason says why a finding is ignored; "" when it isn't.
func (g *ignoring) reason(f analysis.Finding) string {
	if reason := g.cfg.IgnoreReason(f); reason != "" {
		return reason
	}
	file := g.state.File(f.Place.Path)
	at := file
	if !g.files[home{f.Object, file}] {
		at = nil // reported in another file than the object's own
	}
	for _, container := range []string{"", f.Container} {
		if reason, ok := g.annotated[ignored{f.Object, at, f.Rule, container}]; ok && f.Object.Name != "" {
			return reason
		}
	}
	return commentReason(file, f)
}

// commentReason looks for a comment that ignores the finding's rule, on the line where the finding begins and in the block of
// comment lines directly above it.
func commentReason(file *manifest.File, f analysis.Finding) string {
	if file == nil || f.Place.Span.Start.Line == 0 || f.Place.Span.Start.Offset > len(file.Data) {
		return ""
	}
	line, above := lineAt(file.Data, f.Place.Span.Start.Offset)
	if reason, ok := ignores(line, f.Rule); ok {
		return reason
	}
	for above > 0 {
		line, above = lineAt(file.Data, above-1)
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			return ""
		}
		if reason, ok := ignores(line, f.Rule); ok {
			return reason
		}
	}
	return ""
}

// maxLine is the length of lines, in bytes, beyond which no comment is looked for on them.
const maxLine = 4 << 10

// lineAt returns the line that holds an offset, and where it begins; of a long line what is near the offset.
func lineAt(data []byte, offset int) (line string, start int) {
	from := max(0, offset-maxLine)
	start = from + bytes.LastIndexByte(data[from:offset], '\n') + 1
	text, _, _ := bytes.Cut(data[start:min(len(data), offset+maxLine)], []byte("\n"))
	return string(text), start
}

// ignores reads the comment of a line.
func ignores(line, rule string) (reason string, ok bool) {
	before, text, found := strings.Cut(line, "# "+ignoreComment+" ")
	if !found || before != "" && !strings.HasSuffix(before, " ") && !strings.HasSuffix(before, "\t") {
		return "", false
	}
	named, reason, _ := strings.Cut(strings.TrimSpace(text), " ")
	if named != rule {
		return "", false
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		reason = "comment " + ignoreComment
	}
	return reason, true
}
