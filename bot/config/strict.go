package config

import (
	"encoding"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v4"
	typed "sigs.k8s.io/yaml"
)

// The limits of a configuration file. Aliases count each time they are used, so that none can multiply without end.
const (
	maxBytes = 1 << 20
	maxNodes = 100_000
	maxDepth = 50
)

// partial is implemented by mappings that need certain fields; missing says what is wrong with those given, or "".
type partial interface {
	missing(given func(field string) bool) string
}

// decode reads a YAML document into target, a pointer to a struct that holds the defaults. Fields follow their json tags.
// What has a problem is left out. known are the names of the rules, nil to accept any.
func decode(path string, data []byte, target any, known []string) []Problem {
	r := reader{path: path, root: reflect.TypeOf(target).Elem(), known: known}
	document, ok := r.parse(data)
	if !ok {
		return r.problems
	}
	clean := r.value(document, r.root, "", 0)
	if clean == nil {
		return inOrder(r.problems)
	}
	text, err := yaml.Marshal(clean)
	if err == nil {
		err = typed.UnmarshalStrict(text, target)
	}
	if err != nil {
		r.report(document, "reading the values: %v", err)
	}
	return inOrder(r.problems)
}

// reader checks nodes against Go types and copies what is right. In the copy every text is quoted, so that the typed reading,
// which follows YAML 1.1, sees no number or boolean where a text is meant.
type reader struct {
	path     string
	root     reflect.Type
	known    []string
	nodes    int
	problems []Problem
}

func (r *reader) report(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, Problem{Path: r.path, Line: max(n.Line, 1), Column: max(n.Column, 1), Message: fmt.Sprintf(format, args...)})
}

// parse returns the root of the one document; false for an empty file, and for one that can't be read.
func (r *reader) parse(data []byte) (*yaml.Node, bool) {
	if len(data) > maxBytes {
		r.report(&yaml.Node{}, "the file has %d bytes, the limit is %d", len(data), maxBytes)
		return nil, false
	}
	loader, err := yaml.NewLoader(strings.NewReader(string(data)))
	if err != nil {
		r.report(&yaml.Node{}, "reading the file: %v", err)
		return nil, false
	}
	var document, second yaml.Node
	if err := loader.Load(&document); err != nil {
		r.reportSyntax(err)
		return nil, false
	}
	if err := loader.Load(&second); err == nil && second.Kind != 0 {
		r.report(&second, "a second document begins here: put everything into one")
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) == 0 || isNull(document.Content[0]) {
		return nil, false
	}
	return document.Content[0], true
}

// reportSyntax places a parser's error at the construct that is not finished, when it knows it.
func (r *reader) reportSyntax(err error) {
	if errors.Is(err, io.EOF) {
		return
	}
	at := &yaml.Node{}
	message := err.Error()
	if failed := (*yaml.LoadError)(nil); errors.As(err, &failed) {
		mark := failed.Mark
		message = failed.Message
		if failed.ContextMark.Line > 0 {
			mark = failed.ContextMark
			message = strings.TrimSpace(failed.ContextMsg + ": " + message)
		}
		at.Line, at.Column = mark.Line, mark.Column
	}
	r.report(at, "not valid YAML: %s", message)
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// value copies a node that is to become a t; nil when it is absent or wrong. where names it as a user would: review.comments.
func (r *reader) value(n *yaml.Node, t reflect.Type, where string, depth int) *yaml.Node {
	at := n
	for n.Kind == yaml.AliasNode && n.Alias != nil && depth <= maxDepth {
		n = n.Alias
		depth++
	}
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		if r.nodes <= maxNodes+1 {
			r.report(at, "%s is too deep or too large", name(where))
			r.nodes = maxNodes + 1
		}
		return nil
	}
	switch {
	case isNull(n):
		return nil
	case reflect.PointerTo(t).Implements(textUnmarshaler) || t.Kind() == reflect.String:
		return r.text(at, n, t, where)
	case t.Kind() == reflect.Struct:
		return r.structure(at, n, t, where, depth)
	case t.Kind() == reflect.Map:
		return r.table(at, n, t, where, depth)
	case t.Kind() == reflect.Slice:
		return r.sequence(at, n, t, where, depth)
	default:
		return r.plain(at, n, t, where)
	}
}

func name(where string) string {
	if where == "" {
		return "the file"
	}
	return where
}

// kind says in words what a node is.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return strconv.Quote(n.Value)
}

func (r *reader) text(at, n *yaml.Node, t reflect.Type, where string) *yaml.Node {
	if n.Kind != yaml.ScalarNode {
		r.report(at, "%s must be a single value, not %s", where, kind(n))
		return nil
	}
	if t == ruleName && !r.knows(n.Value) {
		r.report(at, "%s: %s", where, r.unknownRule(n.Value))
		return nil
	}
	if parser, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		if err := parser.UnmarshalText([]byte(n.Value)); err != nil {
			r.report(at, "%s: %v", where, err)
			return nil
		}
	}
	return quoted(n.Value)
}

func quoted(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: yaml.DoubleQuotedStyle}
}

// plain copies a number or a boolean.
func (r *reader) plain(at, n *yaml.Node, t reflect.Type, where string) *yaml.Node {
	var err error
	var want string
	switch t.Kind() {
	case reflect.Bool:
		want = "true or false"
		if n.Value != "true" && n.Value != "false" {
			err = strconv.ErrSyntax
		}
	default:
		want = "a whole number"
		_, err = strconv.ParseInt(n.Value, 10, t.Bits())
	}
	if err != nil || n.Kind != yaml.ScalarNode {
		r.report(at, "%s must be %s, not %s", where, want, kind(n))
		return nil
	}
	tag := "!!int"
	if t.Kind() == reflect.Bool {
		tag = "!!bool"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: strings.TrimPrefix(n.Value, "+")}
}

func (r *reader) sequence(at, n *yaml.Node, t reflect.Type, where string, depth int) *yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.report(at, "%s must be a list, not %s", where, kind(n))
		return nil
	}
	out := &yaml.Node{Kind: yaml.SequenceNode}
	for i, item := range n.Content {
		if v := r.value(item, t.Elem(), fmt.Sprintf("%s[%d]", where, i), depth+1); v != nil {
			out.Content = append(out.Content, v)
		}
	}
	return out
}

func (r *reader) table(at, n *yaml.Node, t reflect.Type, where string, depth int) *yaml.Node {
	return r.mapping(at, n, where, func(key, value *yaml.Node) *yaml.Node {
		if t.Key() == ruleName && !r.knows(key.Value) {
			r.report(key, "%s: %s", where, r.unknownRule(key.Value))
			return nil
		}
		return r.value(value, t.Elem(), where+"."+key.Value, depth+1)
	})
}

var ruleName = reflect.TypeFor[RuleName]()

func (r *reader) knows(rule string) bool {
	return r.known == nil || slices.Contains(r.known, rule)
}

func (r *reader) unknownRule(rule string) string {
	if meant := nearest(rule, r.known); meant != "" {
		return fmt.Sprintf("there is no rule %q: did you mean %s?", rule, meant)
	}
	return fmt.Sprintf("there is no rule %q: `podcheck rules` lists them", rule)
}

func (r *reader) structure(at, n *yaml.Node, t reflect.Type, where string, depth int) *yaml.Node {
	types := fields(t)
	out := r.mapping(at, n, where, func(key, value *yaml.Node) *yaml.Node {
		full := strings.TrimPrefix(where+"."+key.Value, ".")
		if types[key.Value] == nil {
			r.report(key, "unknown field %s%s", full, r.suggest(t, where, key.Value))
			return nil
		}
		return r.value(value, types[key.Value], full, depth+1)
	})
	if out == nil {
		return nil
	}
	if p, ok := reflect.New(t).Interface().(partial); ok {
		if message := p.missing(func(field string) bool { return has(n, field) }); message != "" {
			r.report(at, "%s", message)
			if where != "" {
				return nil
			}
		}
	}
	return out
}

// has says whether a mapping gives a field, right or wrong.
func has(n *yaml.Node, field string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == field {
			return !isNull(n.Content[i+1])
		}
	}
	return false
}

// mapping copies the entries that read returns a value for. A key given twice counts the first time.
func (r *reader) mapping(at, n *yaml.Node, where string, read func(key, value *yaml.Node) *yaml.Node) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		r.report(at, "%s must be a mapping, not %s", name(where), kind(n))
		return nil
	}
	out := &yaml.Node{Kind: yaml.MappingNode}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		full := strings.TrimPrefix(where+"."+key.Value, ".")
		switch first, twice := lines[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			r.report(key, "a key of %s must be a single value, not %s", name(where), kind(key))
		case key.ShortTag() == "!!merge":
			r.report(key, "merge keys (<<) are not supported: write the fields out")
		case twice:
			r.report(key, "%s is given twice, first on line %d", full, first)
		default:
			lines[key.Value] = key.Line
			if v := read(key, n.Content[i+1]); v != nil {
				out.Content = append(out.Content, quoted(key.Value), v)
			}
		}
	}
	return out
}

// fields returns the types of a struct's fields by their names in the file.
func fields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		if tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); tag != "" && tag != "-" {
			out[tag] = t.Field(i).Type
		}
	}
	return out
}

// suggest finds the field that was probably meant: the nearest one here, else one of that very name elsewhere.
func (r *reader) suggest(t reflect.Type, where, key string) string {
	var here []string
	for field := range fields(t) {
		here = append(here, field)
	}
	if meant := nearest(key, here); meant != "" {
		return fmt.Sprintf(": did you mean %s?", strings.TrimPrefix(where+"."+meant, "."))
	}
	for section, inner := range fields(r.root) {
		if inner.Kind() == reflect.Struct && fields(inner)[key] != nil {
			return fmt.Sprintf(": did you mean %s.%s?", section, key)
		}
	}
	return ": use " + list(sorted(here))
}

// nearest returns the candidate that is a typing mistake away from word or begins with it, "" when none does.
func nearest(word string, candidates []string) string {
	best, bestDistance := "", max(2, len(word)/3)+1
	for _, c := range sorted(candidates) {
		if d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(c)); d < bestDistance && d < len(c) {
			best, bestDistance = c, d
		}
		if len(word) >= 3 && best == "" && strings.HasPrefix(c, word) {
			best = c
		}
	}
	return best
}
