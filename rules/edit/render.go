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
	b, err := l.render(value)
	if err != nil {
		return "", err
	}
	is, err := parseBlock(b)
	if err != nil {
		return "", fmt.Errorf("render YAML: %w", err)
	}
	if meant, err := valueNode(value); err != nil || !(digests{}).equal(is, meant) {
		return "", fmt.Errorf("render YAML: the text would not decode to the value")
	}
	return b, nil
}

// valueNode is what a rendered value should decode to.
func valueNode(value any) (*manifest.Node, error) {
	switch v := value.(type) {
	case Block:
		return parseBlock(v)
	case Map:
		n := &manifest.Node{Kind: manifest.Mapping, Tag: "!!map"}
		for _, f := range v {
			field, err := valueNode(f.Value)
			if err != nil {
				return nil, err
			}
			n.Pairs = append(n.Pairs, manifest.Pair{Key: stringNode(f.Key), Value: field})
		}
		return n, nil
	case []any:
		return listNode(v)
	case []string:
		return listNode(v)
	case []Map:
		return listNode(v)
	case []Block:
		return listNode(v)
	case string:
		return stringNode(v), nil
	case nil:
		return &manifest.Node{Tag: "!!null"}, nil
	case bool:
		return &manifest.Node{Tag: "!!bool", Value: strconv.FormatBool(v)}, nil
	case int, int32, int64:
		return &manifest.Node{Tag: "!!int", Value: fmt.Sprint(v)}, nil
	}
	return nil, fmt.Errorf("values of type %T are not supported", value)
}

func listNode[T any](items []T) (*manifest.Node, error) {
	n := &manifest.Node{Kind: manifest.Sequence, Tag: "!!seq"}
	for _, item := range items {
		value, err := valueNode(item)
		if err != nil {
			return nil, err
		}
		n.Items = append(n.Items, value)
	}
	return n, nil
}

func (l Layout) render(value any) (Block, error) {
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
		value, err := l.render(f.Value)
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
		b, err := l.render(item)
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

// parseBlock parses the text of a node; its last line ends, whether or not the caller wrote that.
func parseBlock(b Block) (*manifest.Node, error) {
	f := manifest.Parse("new text", []byte(strings.TrimSuffix(string(b), "\n")+"\n"))
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
