package origin

import (
	"bytes"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// text is a YAML text that stands within a scalar, a patch in a kustomization say, with its nodes moved to their places in the file.
type text struct {
	roots   []*manifest.Node
	objects []*manifest.Node // the roots, and the items of Lists
	vague   bool             // the lines can't be told apart: all nodes are at the scalar
}

// readText reads the YAML text of a scalar. Of a literal block scalar every line is known; in other styles lines are folded.
func readText(scalar *manifest.Node) text {
	scalar = scalar.Resolve()
	parsed := manifest.Parse(renderedName, []byte(scalar.Text()))
	out := text{vague: scalar == nil || scalar.Style != manifest.Literal || scalar.Precision() != manifest.Exact}
	m := mover{scalar: scalar, vague: out.vague, moved: map[*manifest.Node]bool{}}
	if !out.vague {
		m.header = headerLine(scalar)
	}
	for _, d := range parsed.Documents {
		if d.Root != nil {
			m.move(d.Root)
			out.roots = append(out.roots, d.Root)
		}
	}
	for _, o := range parsed.Objects {
		out.objects = append(out.objects, o.Node)
	}
	out.vague = m.vague
	return out
}

// headerLine is the line with the indicator `|` of a literal block scalar, behind which its text begins. An anchor or a tag can stand
// on a line above.
func headerLine(scalar *manifest.Node) int {
	source := scalar.File.Data[scalar.Span.Start.Offset:scalar.Span.End.Offset]
	return scalar.Span.Start.Line + bytes.Count(source[:max(bytes.IndexByte(source, '|'), 0)], []byte{'\n'})
}

// mover moves the nodes of a text to the file in which the text stands.
type mover struct {
	scalar *manifest.Node
	header int
	vague  bool
	moved  map[*manifest.Node]bool
}

func (m *mover) move(n *manifest.Node) {
	if n == nil || m.moved[n] {
		return
	}
	m.moved[n] = true
	text := n.File.Data
	start, ok := m.position(text, n.Span.Start)
	end, also := m.position(text, n.Span.End)
	if m.vague || !ok || !also {
		m.vague = true
		start, end = m.scalar.Span.Start, m.scalar.Span.End
	}
	n.Span = manifest.Span{Start: start, End: end}
	for _, p := range n.Pairs {
		m.move(p.Key)
		m.move(p.Value)
	}
	for _, item := range n.Items {
		m.move(item)
	}
	m.move(n.Target)
	n.File = m.scalar.File
}

// position is where a position of the text lies in the file: as many lines below the header, and behind the indent. It is not known
// where that line of the file doesn't end with the line of the text.
func (m *mover) position(text []byte, p manifest.Pos) (manifest.Pos, bool) {
	file := m.scalar.File
	start, end := file.Line(m.header + p.Line)
	line := firstLine(text[min(p.Offset-(p.Column-1), len(text)):])
	indent := end - start - len(line)
	if p.Offset < p.Column-1 || indent < 0 || !strings.HasSuffix(string(file.Data[start:end]), line) {
		return manifest.Pos{}, false
	}
	return file.PosAt(start + indent + p.Column - 1), true
}

func firstLine(data []byte) string {
	line, _, _ := bytes.Cut(data, []byte{'\n'})
	return string(bytes.TrimSuffix(line, []byte{'\r'}))
}
