package kubepattern

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user/fields"
	"github.com/podcheck/podcheck/rules/user/strict"
)

// filters choose among resources.
type filters struct {
	all, some, none []condition
}

// condition compares what a path leads to.
type condition struct {
	path     path
	operator string
	values   []string
	number   float64
}

// compare says what the sign of a comparison must be for an operator.
var compare = map[string]func(a, b float64) bool{
	"GREATER_THAN":     func(a, b float64) bool { return a > b },
	"GREATER_OR_EQUAL": func(a, b float64) bool { return a >= b },
	"LESS_THAN":        func(a, b float64) bool { return a < b },
	"LESS_OR_EQUAL":    func(a, b float64) bool { return a <= b },
	"EQUALS":           func(a, b float64) bool { return a == b },
}

const arraySize = "ARRAY_SIZE_"

// operators are those of conditions, in both forms.
var operators = []string{
	"EQUALS", "NOT_EQUALS", "CONTAINS", "EXISTS", "NOT_EXISTS", "IS_EMPTY",
	"GREATER_THAN", "GREATER_OR_EQUAL", "LESS_THAN", "LESS_OR_EQUAL",
	"ARRAY_SIZE_EQUALS", "ARRAY_SIZE_GREATER_THAN", "ARRAY_SIZE_GREATER_OR_EQUAL", "ARRAY_SIZE_LESS_THAN", "ARRAY_SIZE_LESS_OR_EQUAL",
}

// form is what the two published forms spell differently.
type form struct {
	key  string              // of a path in a condition
	word func(string) string // how operators and types may be written
}

var (
	publishedForm = form{key: "key", word: strings.ToUpper}
	resourceForm  = form{key: "path", word: func(s string) string { return s }}
)

// filters reads the filters of a resource of some shape.
func (f form) filters(r *strict.Reader, parent strict.Mapping, shape fields.Shape) filters {
	if !parent.Has("filters") {
		return filters{}
	}
	m, ok := r.Mapping(parent.Get("filters"), "filters", "matchAll", "matchAny", "matchNone")
	if !ok {
		return filters{}
	}
	list := func(key string) []condition {
		var out []condition
		for _, n := range m.Items(key) {
			out = append(out, f.condition(r, n, key, shape))
		}
		return out
	}
	return filters{all: list("matchAll"), some: list("matchAny"), none: list("matchNone")}
}

func (f form) condition(r *strict.Reader, n *manifest.Node, group string, shape fields.Shape) condition {
	m, ok := r.Mapping(n, "a condition of "+group, f.key, "operator", "values")
	if !ok {
		return condition{}
	}
	c := condition{path: readPath(r, m, f.key, shape), values: m.Texts("values")}
	word := m.Required("operator")
	if word == "" {
		return c
	}
	c.operator = r.Word(m.Get("operator"), "operator", f.word(word), operators)
	size := strings.HasPrefix(c.operator, arraySize)
	_, numeric := compare[strings.TrimPrefix(c.operator, arraySize)]
	numeric = numeric && c.operator != "EQUALS"
	switch {
	case c.operator == "":
	case c.operator == "EXISTS" || c.operator == "NOT_EXISTS" || c.operator == "IS_EMPTY":
		if len(c.values) > 0 {
			r.Fail(m.Get("values"), "%s compares nothing: leave out the values", c.operator)
		}
	case len(c.values) == 0:
		r.Fail(n, "%s needs values", c.operator)
	case numeric:
		number, err := strconv.ParseFloat(strings.TrimSpace(c.values[0]), 64)
		if err != nil || len(c.values) > 1 {
			r.Fail(m.Get("values"), "%s needs exactly one number", c.operator)
		}
		c.number = number
	}
	if size && len(c.path) > 0 && !r.Failed() {
		if list, err := c.path.whole().check(shape); err == nil {
			if _, err := list.Item(); err != nil {
				r.Fail(m.Get(f.key), "%s needs a list, and %s is none", c.operator, m.Text(f.key))
			}
		}
	}
	return c
}

// readPath reads a path under a key and checks it against the shape of the objects.
func readPath(r *strict.Reader, m strict.Mapping, key string, shape fields.Shape) path {
	text := m.Required(key)
	if text == "" {
		return nil
	}
	p, err := parsePath(text)
	if err != nil {
		r.Fail(m.Get(key), "the path %q can't be read: %v", text, err)
		return nil
	}
	if _, err := p.check(shape); err != nil {
		r.Fail(m.Get(key), "the path %q leads nowhere: %v", text, err)
		return nil
	}
	return p
}

// match says whether an object passes.
func (f filters) match(v map[string]any) bool {
	holds := func(c condition) bool { return c.holds(v) }
	return !slices.ContainsFunc(f.all, func(c condition) bool { return !c.holds(v) }) &&
		(len(f.some) == 0 || slices.ContainsFunc(f.some, holds)) &&
		!slices.ContainsFunc(f.none, holds)
}

// holds says whether a condition is met. Where a path leads to several values, one that meets it is enough; what is absent meets
// NOT_EQUALS, NOT_EXISTS and IS_EMPTY.
func (c condition) holds(v map[string]any) bool {
	found := c.path.values(v)
	switch c.operator {
	case "EXISTS":
		return len(found) > 0
	case "NOT_EXISTS":
		return len(found) == 0
	case "IS_EMPTY":
		return !slices.ContainsFunc(found, func(v any) bool { return !empty(v) })
	case "EQUALS":
		return c.equals(found)
	case "NOT_EQUALS":
		return !c.equals(found)
	case "CONTAINS":
		return slices.ContainsFunc(c.values, func(want string) bool { return contains(found, want) })
	}
	if words, ok := strings.CutPrefix(c.operator, arraySize); ok {
		return slices.ContainsFunc(c.path.whole().values(v), func(v any) bool {
			list, ok := v.([]any)
			return ok && compare[words](float64(len(list)), c.number)
		})
	}
	return slices.ContainsFunc(found, func(v any) bool {
		number, err := strconv.ParseFloat(strings.TrimSpace(scalar(v)), 64)
		return err == nil && compare[c.operator](number, c.number)
	})
}

func (c condition) equals(found []any) bool {
	return slices.ContainsFunc(flat(found), func(v any) bool { return slices.Contains(c.values, scalar(v)) })
}

// contains says whether text has a part, or a list an item.
func contains(found []any, want string) bool {
	return slices.ContainsFunc(found, func(v any) bool {
		if list, ok := v.([]any); ok {
			return slices.ContainsFunc(list, func(item any) bool { return scalar(item) == want && want != "" })
		}
		return want != "" && strings.Contains(scalar(v), want)
	})
}

// flat puts the items of lists beside single values: a path to a list means its items when they are compared.
func flat(values []any) []any {
	var out []any
	for _, v := range values {
		if list, ok := v.([]any); ok {
			out = append(out, list...)
			continue
		}
		out = append(out, v)
	}
	return out
}

// scalar is the text of a single value; "" for lists, mappings and nothing.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil, []any, map[string]any:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

func empty(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return v == nil
}
