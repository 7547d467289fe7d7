package roots

import "github.com/podcheck/podcheck/rules/manifest"

// overlaid lays one tree over another as a JSON merge patch does: mappings are merged, anything else is replaced. Both stay as they are;
// the nodes of the result keep the places that they have there.
//
// Each entry is a step, as aliases can lead to the same ones by exponentially many ways.
func (f *finder) overlaid(base, over *manifest.Node) *manifest.Node {
	return f.merge(base, over, 0)
}

func (f *finder) merge(base, over *manifest.Node, depth int) *manifest.Node {
	base, over = base.Resolve(), over.Resolve()
	if base == nil || over == nil || base.Kind != manifest.Mapping || over.Kind != manifest.Mapping || depth > manifest.MaxDepth {
		return over
	}
	out := *base
	out.Pairs = nil
	done := map[string]bool{}
	base.Each(func(key string, value *manifest.Node) {
		done[key] = true
		if f.spend(8); f.spent() {
			return
		}
		pair := manifest.Pair{Key: keyOf(base, key), Value: value}
		if other := over.Get(key); other != nil {
			if pair.Value = f.merge(value, other, depth+1); other.IsNull() {
				return
			}
		}
		out.Pairs = append(out.Pairs, pair)
	})
	over.Each(func(key string, value *manifest.Node) {
		if !done[key] && !value.IsNull() {
			out.Pairs = append(out.Pairs, manifest.Pair{Key: keyOf(over, key), Value: value})
		}
	})
	return &out
}

// keyOf is the node of a key, or a copy of the mapping's place for one that a merge key brings.
func keyOf(n *manifest.Node, key string) *manifest.Node {
	if pair, ok := n.Pair(key); ok {
		return pair.Key
	}
	return &manifest.Node{Kind: manifest.Scalar, Tag: "!!str", Value: key, File: n.File, Span: n.Span, Origin: &manifest.Origin{Precision: manifest.Enclosing}}
}
