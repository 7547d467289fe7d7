package edit

import "github.com/podcheck/podcheck/rules/manifest"

// written returns the node of a file that a rendered node stands for, and any other node itself. What a template or an option of
// kustomize makes is nowhere written, and is refused.
func written(n *manifest.Node) (*manifest.Node, error) {
	if w := n.Written(); w != nil || n == nil {
		return w, nil
	}
	return nil, refuse(n, "what is deployed from here is made by a template, an option or a patch within another file")
}

// writtenPair returns the mapping that has a key of a rendered mapping as it is written: a patch's, or that of what it patches.
func writtenPair(m *manifest.Node, key string) (*manifest.Node, error) {
	if i := pairIndex(m, key); i >= 0 && m.Origin != nil {
		value, err := written(m.Pairs[i].Value)
		if err != nil || value.Parent == nil {
			return nil, err
		}
		return value.Parent, nil
	}
	return written(m)
}

// writtenIndex returns the sequence of a rendered one as it is written, and the place there that an index means.
func writtenIndex(seq *manifest.Node, index int) (*manifest.Node, int, error) {
	w, err := written(seq)
	if err != nil || w == seq || w == nil {
		return w, index, err
	}
	if index < 0 || index >= len(seq.Items) {
		return w, len(w.Seq()), nil
	}
	if at, ok := indexOf(seq.Items[index].Written()); ok && seq.Items[index].Written().Parent == w {
		return w, at, nil
	}
	return nil, 0, refuse(seq, "what stands at this place of the list is written elsewhere")
}
