package edit

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// canonical writes what a node decodes to as JSON on one line, keys sorted. An alias is written as its name.
func canonical(n *manifest.Node) string {
	var out strings.Builder
	writeCanonical(&out, n)
	return out.String()
}

func writeCanonical(out *strings.Builder, n *manifest.Node) {
	switch {
	case n == nil:
		out.WriteString("null")
	case n.Kind == manifest.Alias:
		out.WriteString("*" + n.Anchor)
	case n.Kind == manifest.Mapping:
		out.WriteByte('{')
		for i, p := range sortedPairs(n) {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(jsonKey(p.Key) + ":")
			writeCanonical(out, p.Value)
		}
		out.WriteByte('}')
	case n.Kind == manifest.Sequence:
		out.WriteByte('[')
		for i, item := range n.Items {
			if i > 0 {
				out.WriteByte(',')
			}
			writeCanonical(out, item)
		}
		out.WriteByte(']')
	default:
		out.WriteString(jsonScalar(n))
	}
}

func sortedPairs(n *manifest.Node) []manifest.Pair {
	pairs := slices.Clone(n.Pairs)
	slices.SortStableFunc(pairs, func(a, b manifest.Pair) int { return strings.Compare(jsonKey(a.Key), jsonKey(b.Key)) })
	return pairs
}

func jsonKey(n *manifest.Node) string {
	if n.Kind != manifest.Scalar {
		return jsonString(canonical(n))
	}
	if n.Tag == "!!null" { // however it is written, or not at all
		return "null"
	}
	return jsonString(n.Value)
}

func jsonScalar(n *manifest.Node) string {
	switch n.Tag {
	case "!!null":
		return "null"
	case "!!int", "!!float":
		if jsonNumber.MatchString(n.Value) {
			return n.Value
		}
	case "!!bool":
		return strings.ToLower(n.Value)
	}
	return jsonString(n.Value)
}

func jsonString(s string) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `"` + escape(s) + `"`
	}
	return strings.TrimSuffix(out.String(), "\n")
}
