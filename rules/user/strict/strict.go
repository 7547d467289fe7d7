// Package strict reads definition files strictly: a key that nobody knows, one that stands twice, a value of the wrong kind and a
// word that is not in the list are errors with their line and the nearest right word.
//
// It works on manifest nodes, so that every error has its place, and collects all errors of a file instead of stopping at the
// first. It knows no rules.
package strict

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Reader reads the definitions of one file.
type Reader struct {
	File     *manifest.File
	Problems []manifest.Problem
}

// maxMessage bounds an error in bytes; definitions can hold very long words.
const maxMessage = 400

// Failed says whether anything is wrong so far.
func (r *Reader) Failed() bool { return len(r.Problems) > 0 }

// Fail records what is wrong with a node; a nil node stands for the file.
func (r *Reader) Fail(n *manifest.Node, format string, args ...any) {
	start := r.File.PosAt(0)
	span := manifest.Span{Start: start, End: start}
	if n != nil {
		span = n.Span
	}
	r.FailAt(span, format, args...)
}

// FailAt records what is wrong at a range of the file.
func (r *Reader) FailAt(span manifest.Span, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	r.Problems = append(r.Problems, manifest.Problem{Kind: manifest.NotAnalysed, Path: r.File.Path, Span: span, Message: message})
}

// Mapping is a mapping whose keys are known.
type Mapping struct {
	r    *Reader
	node *manifest.Node
	what string // for errors: "the rule", "target"
}

// Mapping reads a node as a mapping with these keys; false when it is none. What is absent is no error here.
func (r *Reader) Mapping(n *manifest.Node, what string, keys ...string) (Mapping, bool) {
	m := Mapping{r: r, node: n.Resolve(), what: what}
	if m.node == nil || m.node.Kind != manifest.Mapping {
		r.Fail(n, "%s must be a mapping", what)
		return m, false
	}
	seen := map[string]bool{}
	for _, p := range m.node.Pairs {
		name := p.Key.Value
		switch {
		case p.Key.Kind != manifest.Scalar || p.Key.IsMerge():
			r.Fail(p.Key, "%s has a key that is no plain word", what)
		case seen[name]:
			r.Fail(p.Key, "%s has the key %q twice", what, name)
		case !slices.Contains(keys, name):
			r.Fail(p.Key, "%s has no key %q%s", what, name, DidYouMean(name, keys))
		}
		seen[name] = true
	}
	return m, true
}

// Node is the mapping itself, for errors about it.
func (m Mapping) Node() *manifest.Node { return m.node }

// Get returns the value under a key, nil when it is absent or null.
func (m Mapping) Get(key string) *manifest.Node {
	if v := m.node.Get(key); !v.IsNull() {
		return v
	}
	return nil
}

// Has says whether a key is there and not null.
func (m Mapping) Has(key string) bool { return m.Get(key) != nil }

// Text is the text under a key; "" when it is absent.
func (m Mapping) Text(key string) string {
	n := m.Get(key)
	if n == nil {
		return ""
	}
	if n.Resolve().Kind != manifest.Scalar {
		m.r.Fail(n, "%s of %s must be text", key, m.what)
		return ""
	}
	return n.Text()
}

// Required is the text under a key that must be there.
func (m Mapping) Required(key string) string {
	failed := len(m.r.Problems)
	text := m.Text(key)
	if text == "" && len(m.r.Problems) == failed {
		m.r.Fail(m.at(key), "%s needs %s", m.what, key)
	}
	return text
}

// at is the best place to complain about a key: its value, else where the mapping begins.
func (m Mapping) at(key string) *manifest.Node {
	if p, ok := m.node.Pair(key); ok {
		return p.Key
	}
	return m.node
}

// OneOf is a required word of a list; "" after an error.
func (m Mapping) OneOf(key string, words ...string) string {
	text := m.Required(key)
	if text == "" {
		return ""
	}
	return m.r.Word(m.Get(key), key, text, words)
}

// Word checks a word against a list and returns it, "" after an error.
func (r *Reader) Word(n *manifest.Node, what, text string, words []string) string {
	if !slices.Contains(words, text) {
		r.Fail(n, "%q is no %s%s", text, what, DidYouMean(text, words))
		return ""
	}
	return text
}

// Bool is true or false under a key; absent is false.
func (m Mapping) Bool(key string) bool {
	n := m.Get(key)
	if n == nil {
		return false
	}
	v, err := strconv.ParseBool(n.Text())
	if err != nil {
		m.r.Fail(n, "%s of %s must be true or false", key, m.what)
	}
	return v
}

// Number is a number under a key; absent is 0.
func (m Mapping) Number(key string) float64 {
	n := m.Get(key)
	if n == nil {
		return 0
	}
	v, err := strconv.ParseFloat(n.Text(), 64)
	if err != nil || v != v || v > 1e9 || v < -1e9 {
		m.r.Fail(n, "%s of %s must be a number", key, m.what)
		return 0
	}
	return v
}

// Items are the items of a list under a key; absent is an empty list.
func (m Mapping) Items(key string) []*manifest.Node {
	n := m.Get(key)
	if n == nil {
		return nil
	}
	if n.Resolve().Kind != manifest.Sequence {
		m.r.Fail(n, "%s of %s must be a list", key, m.what)
		return nil
	}
	return n.Seq()
}

// Texts are the texts of a list under a key.
func (m Mapping) Texts(key string) []string {
	var out []string
	for _, n := range m.Items(key) {
		if n.Resolve() == nil || n.Resolve().Kind != manifest.Scalar {
			m.r.Fail(n, "%s of %s must be a list of texts", key, m.what)
			return nil
		}
		out = append(out, n.Text())
	}
	return out
}
