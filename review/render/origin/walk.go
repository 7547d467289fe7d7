package origin

import (
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// walker builds the tree of an object that kustomize made, from the rendered one and the views of its sources.
type walker struct {
	copier
	options options // what changes values without writing them
	work    int     // done so far
}

// maxWork bounds the comparing of an object with its sources: many patches of many fields take the product of both.
const maxWork = 4_000_000

// afforded returns the views, or none when too much was compared: what is below is then placed with what holds it.
func (w *walker) afforded(views []view, in *manifest.Node) []view {
	for _, v := range views {
		w.work++
		if n := v.node.Resolve(); len(v.below) == 0 && n != nil {
			w.work += len(n.Pairs) + len(n.Items) + len(in.Items)
		}
	}
	if w.work > maxWork {
		return nil
	}
	return views
}

// spot is a place of the object on the walk.
type spot struct {
	path        []string // keys from the top; items of lists are ""
	identifying bool     // the field says which object or item is meant, so that patches repeat it
}

func (s spot) key(name string) spot {
	path := append(slices.Clip(s.path), name)
	return spot{path: path, identifying: identifies(path)}
}

func (s spot) item() spot {
	return spot{path: append(slices.Clip(s.path), "")}
}

// field is the name of the entry that holds the place.
func (s spot) field() string {
	for _, name := range slices.Backward(s.path) {
		if name != "" {
			return name
		}
	}
	return ""
}

func identifies(path []string) bool {
	last := path[len(path)-1]
	if len(path) == 1 {
		return last == "apiVersion" || last == "kind"
	}
	if above := path[len(path)-2]; above != "" {
		return len(path) == 2 && above == "metadata" && (last == "name" || last == "namespace")
	}
	if len(path) < 3 {
		return false
	}
	switch list := path[len(path)-3]; list {
	case "ports":
		return last == "containerPort" || last == "port" || last == "protocol"
	default:
		return slices.Contains(listKeys[list], last)
	}
}

// node places a rendered node and what it holds. Outer is the place of what holds it.
func (w *walker) node(in, parent *manifest.Node, views []view, outer place, s spot) *manifest.Node {
	in = in.Resolve()
	out := w.copier.node(in, parent)
	if out == nil {
		return nil
	}
	views = standing(views)
	where := w.placeOf(in, views, outer, s)
	where.put(out)
	w.deep++
	defer func() { w.deep-- }()
	switch in.Kind {
	case manifest.Mapping:
		w.pairs(in, out, views, where, s)
	case manifest.Sequence:
		w.items(in, out, views, where, s)
	}
	if w.spent {
		return nil
	}
	return out
}

func (w *walker) pairs(in, out *manifest.Node, views []view, where place, s spot) {
	below := children(w.afforded(views, in))
	out.Pairs = make([]manifest.Pair, 0, len(in.Pairs))
	for _, p := range in.Pairs {
		if w.spent {
			return
		}
		if p.Key.Kind != manifest.Scalar || p.Key.IsMerge() {
			key, value := w.whole(p.Key, out, where.around()), w.whole(p.Value, out, where.around())
			out.Pairs = append(out.Pairs, manifest.Pair{Key: key, Value: value})
			continue
		}
		own := below[p.Key.Value]
		value := w.node(p.Value, out, own, where.around(), s.key(p.Key.Value))
		key := w.copier.node(p.Key, out)
		if w.spent {
			return
		}
		w.keyPlace(p.Key, own, value).put(key)
		out.Pairs = append(out.Pairs, manifest.Pair{Key: key, Value: value})
	}
}

// keyPlace is where the key of an entry is written: beside its value, else in the first source that has the entry, else where the value is.
func (w *walker) keyPlace(key *manifest.Node, views []view, value *manifest.Node) place {
	var first *view
	for i, v := range views {
		if len(v.below) > 0 || v.key == nil {
			continue
		}
		if first == nil {
			first = &views[i]
		}
		if v.node.File == value.File && v.node.Span == value.Span {
			first = &views[i]
			break
		}
	}
	if first == nil {
		return place{file: value.File, span: value.Span, precision: value.Precision()}.around()
	}
	p := first.placeOf(first.key)
	if !same(key, first.key) {
		p.source = nil
	}
	return p
}

func (w *walker) items(in, out *manifest.Node, views []view, where place, s spot) {
	below := itemViews(in.Items, w.afforded(views, in), s.field())
	out.Items = make([]*manifest.Node, 0, len(in.Items))
	for i, item := range in.Items {
		if w.spent {
			return
		}
		out.Items = append(out.Items, w.node(item, out, below[i], where.around(), s.item()))
	}
}

// placeOf is where a rendered node is written.
func (w *walker) placeOf(in *manifest.Node, views []view, outer place, s spot) place {
	own := here(views, in.Kind)
	if in.Kind != manifest.Scalar {
		if v, ok := holder(in, own); ok {
			return v.place()
		}
		return outer
	}
	if v, ok := setter(in, own, s.identifying); ok {
		return v.place()
	}
	if p, ok := w.options.place(in, own, s); ok {
		return p
	}
	return outer
}

// holder is the view in which a person would add to a mapping or a list: the earliest, base before patches. A list that patches don't
// merge but replace is the last one's that has it as rendered.
func holder(in *manifest.Node, views []view) (view, bool) {
	if in.Kind == manifest.Sequence {
		for _, v := range slices.Backward(views) {
			if v.manner == merge && manifest.Equal(in, v.node) {
				return v, true
			}
			if v.manner == base {
				break
			}
		}
	}
	if len(views) == 0 {
		return view{}, false
	}
	return views[0], true
}

// setter is the last view that gives a scalar its rendered value. A patch that repeats what says which object or item it is about
// doesn't set that.
func setter(in *manifest.Node, views []view, identifying bool) (view, bool) {
	var found view
	ok := false
	for _, v := range views {
		if same(in, v.node) && !(ok && identifying && v.manner == merge) {
			found, ok = v, true
		}
	}
	return found, ok
}
