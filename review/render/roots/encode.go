package roots

import (
	"encoding/json"
	"errors"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/podcheck/podcheck/rules/manifest"
)

// maxEncoded bounds the bytes of an encoded node: aliases can stand for exponentially many.
const maxEncoded = 8 << 20

var errTooLong = errors.New("they, or those of all objects together, are too long")

// encode writes a node as YAML in flow style, aliases and merge keys resolved. Scalars other than text are written as they are, so
// that the tool that reads them decides what they are.
func (f *finder) encode(n *manifest.Node) ([]byte, error) {
	e := &encoder{limit: min(maxEncoded, f.text)}
	e.node(n, 0)
	f.text -= e.out.Len()
	if e.long {
		return nil, errTooLong
	}
	return []byte(e.out.String()), nil
}

// decode returns a node as Argo CD has it: mappings as map[string]any, numbers as float64 or int64.
func (f *finder) decode(n *manifest.Node) (any, error) {
	data, err := f.encode(n)
	if err != nil {
		return nil, err
	}
	var out any
	if err := yaml.Unmarshal(data, &out); err != nil {
		return nil, err
	}
	return out, nil
}

type encoder struct {
	out   strings.Builder
	limit int // bytes
	long  bool
}

func (e *encoder) node(n *manifest.Node, depth int) {
	if e.long = e.long || e.out.Len() > e.limit || depth > manifest.MaxDepth; e.long {
		return
	}
	switch n = n.Resolve(); {
	case n == nil:
		e.out.WriteString("null")
	case n.Kind == manifest.Mapping:
		e.out.WriteByte('{')
		first := true
		n.Each(func(key string, value *manifest.Node) {
			e.key(key, first)
			first = false
			e.node(value, depth+1)
		})
		e.out.WriteByte('}')
	case n.Kind == manifest.Sequence:
		e.out.WriteByte('[')
		for i, item := range n.Items {
			if i > 0 {
				e.out.WriteString(", ")
			}
			e.node(item, depth+1)
		}
		e.out.WriteByte(']')
	default:
		e.out.WriteString(scalar(n))
	}
}

// longKey is the length above which YAML takes no key without a question mark before it.
const longKey = 1000

func (e *encoder) key(key string, first bool) {
	if !first {
		e.out.WriteString(", ")
	}
	if len(key) > longKey {
		e.out.WriteString("? ")
	}
	e.out.WriteString(quote(key) + ": ")
}

// boolish says whether a YAML 1.1 reader takes an unquoted word for true or false.
func boolish(word string) bool {
	switch word {
	case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF":
		return true
	}
	return false
}

func scalar(n *manifest.Node) string {
	if n.IsNull() {
		return "null"
	}
	switch n.Tag {
	case "!!int", "!!float", "!!bool", "!!timestamp":
		return n.Value
	}
	if n.Style == manifest.Plain && boolish(n.Value) {
		return n.Value
	}
	return quote(n.Value)
}

// quote writes text as YAML takes it: as in JSON.
func quote(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(out)
}
