package kubepattern

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/user/fields"
)

// path leads to fields of an object, in the JSONPath that definitions use: spec.containers[*].name, metadata.labels['app'].
type path []segment

// segment is one step: a key, all items of a list, or one item.
type segment struct {
	key   string
	all   bool
	index int
	item  bool
}

// maxPath bounds the steps of a path.
const maxPath = 64

// parsePath reads a path; a leading "$" or "." is optional.
func parsePath(text string) (path, error) {
	rest := strings.TrimPrefix(strings.TrimPrefix(text, "$"), ".")
	var out path
	for rest != "" {
		var s segment
		var err error
		if rest[0] == '[' {
			s, rest, err = bracket(rest)
		} else {
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			s, rest = segment{key: rest[:end]}, rest[end:]
			if s.key == "" {
				err = fmt.Errorf("a name is missing between two dots")
			} else if strings.ContainsAny(s.key, " ]'\"*") {
				err = fmt.Errorf("%q is no name of a field", s.key)
			}
		}
		if err != nil {
			return nil, err
		}
		if out = append(out, s); len(out) > maxPath {
			return nil, fmt.Errorf("it has more than %d steps", maxPath)
		}
		if strings.HasPrefix(rest, ".") {
			if rest = rest[1:]; rest == "" {
				return nil, fmt.Errorf("it ends with a dot")
			}
		}
	}
	if out == nil {
		return nil, fmt.Errorf("it is empty")
	}
	return out, nil
}

// bracket reads [*], [0] or ['key'].
func bracket(text string) (segment, string, error) {
	inner, rest, closed := strings.Cut(text[1:], "]")
	if quote := inner; len(quote) > 0 && (quote[0] == '\'' || quote[0] == '"') {
		key, after, ended := strings.Cut(text[2:], quote[:1]+"]")
		if !ended || key == "" {
			return segment{}, "", fmt.Errorf("a key in brackets is not closed")
		}
		return segment{key: key}, after, nil
	}
	if !closed {
		return segment{}, "", fmt.Errorf("a bracket is not closed")
	}
	if inner == "*" {
		return segment{item: true, all: true}, rest, nil
	}
	index, err := strconv.Atoi(inner)
	if err != nil || index < 0 {
		return segment{}, "", fmt.Errorf("[%s] is not understood: write [*], a number, or a key in quotes", inner)
	}
	return segment{item: true, index: index}, rest, nil
}

// check says which step of a path no type of that shape has.
func (p path) check(shape fields.Shape) (fields.Shape, error) {
	var err error
	for _, s := range p {
		if s.item {
			shape, err = shape.Item()
		} else {
			shape, err = shape.Select(s.key)
		}
		if err != nil {
			return nil, err
		}
	}
	return shape, nil
}

// values are what a path leads to; nothing that is absent or null.
func (p path) values(v any) []any {
	if v == nil {
		return nil
	}
	if len(p) == 0 {
		return []any{v}
	}
	if !p[0].item {
		m, _ := v.(map[string]any)
		return p[1:].values(m[p[0].key])
	}
	list, _ := v.([]any)
	if !p[0].all {
		if p[0].index >= len(list) {
			return nil
		}
		return p[1:].values(list[p[0].index])
	}
	var out []any
	for _, item := range list {
		out = append(out, p[1:].values(item)...)
	}
	return out
}

// whole is the path without a last [*]: the list itself instead of its items.
func (p path) whole() path {
	if len(p) > 0 && p[len(p)-1].all {
		return p[:len(p)-1]
	}
	return p
}

// selects says whether a path leads to a label selector, by its last name: selector, podSelector, matchLabels.
func (p path) selects() bool {
	if len(p) == 0 {
		return false
	}
	last := strings.ToLower(p[len(p)-1].key)
	return strings.HasSuffix(last, "selector") || last == "matchlabels"
}
