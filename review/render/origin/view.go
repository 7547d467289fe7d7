package origin

import (
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// manner is how a source takes part in an object.
type manner int

const (
	base  manner = iota // it is the object as it is written
	merge               // it is merged in, strategically
	add                 // it is merged in without replacing lists: labels, say
	set                 // it takes the place of what was there
)

// view is what one source says of a place in an object: a node there, or an operation further down.
type view struct {
	manner manner
	node   *manifest.Node // as it is written, an alias unresolved
	key    *manifest.Node // of its entry; of an operation: its path
	below  []string       // tokens of the way from this place down to node; none when node is at this place
	inline bool           // it is text within a scalar, and has no node of plain YAML
	vague  bool           // of that text not even the line is known
}

// place is where the view's own node is written, as the origin of a rendered node of that value.
func (v view) place() place {
	return v.placeOf(v.node)
}

func (v view) placeOf(n *manifest.Node) place {
	p := at(n)
	if v.inline {
		p.source = nil
	}
	if v.vague {
		p = p.around()
	}
	return p
}

// directive is the strategic merge directive of a mapping, "" for none.
func (v view) directive() string {
	if v.manner != merge || v.node.Resolve() == nil || v.node.Resolve().Kind != manifest.Mapping {
		return ""
	}
	return v.node.Get("$patch").Text()
}

// replaces says whether what stands at this place before the view is gone with it.
func (v view) replaces() bool {
	if len(v.below) > 0 || v.manner == base || v.manner == add {
		return false
	}
	if v.manner == set || v.node.IsNull() {
		return true
	}
	switch v.directive() {
	case "replace", "delete":
		return true
	}
	return slices.ContainsFunc(v.node.Seq(), func(item *manifest.Node) bool { return item.Get("$patch").Text() == "replace" })
}

// standing leaves out the views that a later one replaces.
func standing(views []view) []view {
	for i := len(views) - 1; i >= 0; i-- {
		if !views[i].replaces() {
			continue
		}
		if views[i].node.IsNull() || views[i].directive() == "delete" {
			return views[i+1:]
		}
		return views[i:]
	}
	return views
}

// here returns the views whose node is at this very place and of the kind.
func here(views []view, kind manifest.Kind) []view {
	var out []view
	for _, v := range views {
		if n := v.node.Resolve(); len(v.below) == 0 && n != nil && n.Kind == kind {
			out = append(out, v)
		}
	}
	return out
}

// children hands the views of a mapping down to its entries, by key.
func children(views []view) map[string][]view {
	out := map[string][]view{}
	for _, v := range views {
		if len(v.below) > 0 {
			key := v.below[0]
			v.below = v.below[1:]
			out[key] = append(out[key], v)
			continue
		}
		for key, pair := range entries(v.node) {
			v.node, v.key = pair.Value, pair.Key
			out[key] = append(out[key], v)
		}
	}
	return out
}
