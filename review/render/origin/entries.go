package origin

import "github.com/podcheck/podcheck/rules/manifest"

// entries returns the entries of a mapping by key, those of merge keys included where it has none of its own.
func entries(n *manifest.Node) map[string]manifest.Pair {
	out := map[string]manifest.Pair{}
	addEntries(out, n, map[*manifest.Node]bool{})
	return out
}

func addEntries(out map[string]manifest.Pair, n *manifest.Node, seen map[*manifest.Node]bool) {
	if n = n.Resolve(); n == nil || n.Kind != manifest.Mapping || seen[n] {
		return
	}
	seen[n] = true
	var merged []*manifest.Node
	for _, p := range n.Pairs {
		if p.Key.IsMerge() {
			merged = append(merged, p.Value)
			continue
		}
		if _, known := out[p.Key.Value]; p.Key.Kind == manifest.Scalar && !known {
			out[p.Key.Value] = p
		}
	}
	for _, source := range merged {
		if items := source.Seq(); items != nil {
			for _, item := range items {
				addEntries(out, item, seen)
			}
			continue
		}
		addEntries(out, source, seen)
	}
}
