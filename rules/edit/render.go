package edit

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Map is a mapping to be rendered, in order.
type Map []Field

// Field is one entry of a Map.
type Field struct {
	Key   string
	Value any
}

// Render writes a new value in a layout: a Map, a slice ([]any, []string, []Map, []Block), a string, an integer, a
// bool, nil, or a Block that is taken as it is. Strings are quoted when they must be, and those of several lines become
// literal blocks.
func (l Layout) Render(value any) (Block, error) {
	switch v := value.(type) {
	case Block:
		return v, nil
	case Map:
		return l.renderMap(v)
	case []any:
		return renderList(l, v)
	case []string:
		return renderList(l, v)
	case []Map:
		return renderList(l, v)
	case []Block:
		return renderList(l, v)
	case string:
		if literal, ok := literalText(v, 2, ""); ok && strings.Contains(v, "\n") {
			return Block(literal), nil
		}
		return Block(Quote(v, manifest.Plain) + "\n"), nil
	case bool:
		return Block(strconv.FormatBool(v) + "\n"), nil
	case int, int32, int64:
		return Block(fmt.Sprintf("%d\n", v)), nil
	case nil:
		return "null\n", nil
	}
	return "", fmt.Errorf("render YAML: values of type %T are not supported", value)
}

func (l Layout) renderMap(m Map) (Block, error) {
	if len(m) == 0 {
		return "{}\n", nil
	}
	var out Block
	for _, f := range m {
		value, err := l.Render(f.Value)
		if err != nil {
			return "", err
		}
		e, err := entry(f.Key, value, l)
		if err != nil {
			return "", err
		}
		out += e
	}
	return out, nil
}

func renderList[T any](l Layout, items []T) (Block, error) {
	if len(items) == 0 {
		return "[]\n", nil
	}
	var blocks []Block
	for _, item := range items {
		b, err := l.Render(item)
		if err != nil {
			return "", err
		}
		blocks = append(blocks, b)
	}
	return dashed(blocks, l.DashWidth)
}

// dashed renders items of a sequence whose dashes are in column 0. Comments above an item stand above its dash.
func dashed(items []Block, width int) (Block, error) {
	var out strings.Builder
	for _, item := range items {
		n, err := parseBlock(item)
		if err != nil {
			return "", err
		}
		lines, lead := item.lines(), item.leading()
		for _, l := range lines[:lead] {
			out.WriteString(l + "\n")
		}
		by := width
		if n.Kind == manifest.Scalar {
			by = tailIndent(lines[lead:])
		}
		out.WriteString("-")
		for i, line := range lines[lead:] {
			switch {
			case line == "":
			case i == 0:
				line = strings.Repeat(" ", max(width, 2)-1) + line
			default:
				line = strings.Repeat(" ", by) + line
			}
			out.WriteString(line + "\n")
		}
	}
	return Block(out.String()), nil
}

// entry renders one entry of a mapping whose keys are in column 0.
func entry(key string, value Block, l Layout) (Block, error) {
	name := Quote(key, manifest.Plain) + ":"
	n, err := parseBlock(value)
	if err != nil {
		return "", fmt.Errorf("render the value of %s: %w", key, err)
	}
	switch {
	case n.Style == manifest.Block && n.Kind == manifest.Mapping:
		return Block(name+"\n") + value.indent(l.MapIndent), nil
	case n.Style == manifest.Block && n.Kind == manifest.Sequence:
		return Block(name+"\n") + value.indent(l.SeqIndent), nil
	case strings.TrimSpace(string(value)) == "":
		return Block(name + "\n"), nil
	}
	first, rest, _ := strings.Cut(string(value), "\n")
	if rest == "" {
		return Block(name + " " + first + "\n"), nil
	}
	return Block(name+" "+first+"\n") + Block(rest).indent(tailIndent(value.lines())), nil
}

// tailIndent returns how far the lines behind the first one of a scalar must move right to be indented at all.
func tailIndent(lines []string) int {
	for _, line := range lines[1:] {
		if line != "" && line[0] != ' ' {
			return 2
		}
	}
	return 0
}

// parseBlock parses the text of a node.
func parseBlock(b Block) (*manifest.Node, error) {
	f := manifest.Parse("new text", []byte(b))
	if len(f.Problems) > 0 {
		return nil, fmt.Errorf("text to be added: %s", f.Problems[0].Message)
	}
	if len(f.Documents) > 1 {
		return nil, fmt.Errorf("text to be added holds several documents")
	}
	if len(f.Documents) == 0 || f.Documents[0].Root == nil {
		return &manifest.Node{Kind: manifest.Scalar, Tag: "!!null", File: f}, nil
	}
	return f.Documents[0].Root, nil
}
