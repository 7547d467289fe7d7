package origin

import (
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// values are the values that a template sees, in the layers in which they are written, later winning.
type values struct {
	layers []valuesLayer
	left   *int // how many entries may still be looked at: hostile values make all pairs of keys comparable
}

// spend takes from what may still be looked at, and says whether something is left.
func (v values) spend(entries int) bool {
	*v.left -= 1 + entries
	return *v.left >= 0
}

// maxLookups is far beyond what the objects of a chart need together, and takes a second.
const maxLookups = 10_000_000

// Values is one layer of values as it is written.
type Values struct {
	Node *manifest.Node // a mapping, or a scalar that holds values as text; nil for a layer that is written nowhere
	Path []string       // keys below which Node stands in the values; none for a whole layer
}

// valuesLayer is one source of values.
type valuesLayer struct {
	node   *manifest.Node
	path   []string // keys to node in the values of the chart that it is written for
	prefix []string // keys from there to the values of the template's chart
	inline bool     // it is text within a scalar
	vague  bool
}

// get is what the layer has at a path; nothing once too much was looked at.
func (l valuesLayer) get(keys []string, spend func(entries int) bool) *manifest.Node {
	if len(keys) < len(l.path) || !slices.Equal(keys[:len(l.path)], l.path) {
		return nil
	}
	n := l.node
	for _, key := range keys[len(l.path):] {
		r := n.Resolve()
		if r == nil || !spend(len(r.Pairs)) {
			return nil
		}
		n = r.Get(key)
	}
	return n
}

// written is a node of one layer.
type written struct {
	node  *manifest.Node
	layer valuesLayer
}

func (w written) place() place {
	return view{node: w.node, inline: w.layer.inline, vague: w.layer.vague}.place()
}

func (w written) below(n *manifest.Node) written { return written{n, w.layer} }

// valuesOf are the layers for a template of a chart or one of its subcharts.
func (s *Sources) valuesOf(template string) values {
	charts, keys := s.charts(template)
	out := values{left: &s.left}
	for i := len(charts) - 1; i > 0; i-- { // a subchart's own values lie below those of the charts that hold it
		if f := s.file(path.Join(charts[i], "values.yaml")); f != nil && len(f.Documents) > 0 {
			out = out.with(Values{Node: f.Documents[0].Root}, keys[i:])
		}
	}
	for _, n := range s.values {
		out = out.with(n, keys)
	}
	return out
}

func (v values) with(in Values, prefix []string) values {
	n := in.Node.Resolve()
	l := valuesLayer{node: n, path: in.Path, prefix: prefix}
	switch {
	case n == nil || n.File == nil:
		return v
	case len(in.Path) == 0 && n.Kind == manifest.Scalar:
		text := readText(n)
		if len(text.roots) == 0 {
			return v
		}
		l.node, l.inline, l.vague = text.roots[0], true, text.vague
	}
	v.layers = append(v.layers, l)
	return v
}

// charts are the folders of the charts from the root to that of a template, and the keys under which the values of each below the root
// stand in those of the chart that holds it.
func (s *Sources) charts(template string) (folders, keys []string) {
	folders = []string{s.chart}
	rest := strings.TrimPrefix(template, s.chart+"/")
	if s.chart == "" {
		rest = template
	}
	for {
		below, ok := strings.CutPrefix(rest, "charts/")
		name, further, also := strings.Cut(below, "/")
		if !ok || !also {
			return folders, keys
		}
		holder := folders[len(folders)-1]
		folder := path.Join(holder, "charts", name)
		folders, keys = append(folders, folder), append(keys, s.valuesKey(holder, folder, name))
		rest = further
	}
}

// valuesKey is the key for the values of a subchart in those of its holder: the alias of the dependency, or the chart's name. A chart that
// several dependencies use has no one key.
func (s *Sources) valuesKey(holder, folder, name string) string {
	if f := s.file(path.Join(folder, "Chart.yaml")); f != nil && len(f.Documents) > 0 {
		if is := f.Documents[0].Root.Get("name").Text(); is != "" {
			name = is
		}
	}
	f := s.file(path.Join(holder, "Chart.yaml"))
	if f == nil || len(f.Documents) == 0 {
		return name
	}
	var keys []string
	for _, dependency := range f.Documents[0].Root.Get("dependencies").Seq() {
		if dependency.Get("name").Text() != name {
			continue
		}
		if alias := dependency.Get("alias").Text(); alias != "" {
			keys = append(keys, alias)
			continue
		}
		keys = append(keys, name)
	}
	switch len(keys) {
	case 0:
		return name
	case 1:
		return keys[0]
	}
	return "\x00" // no key at all
}

// at returns the nodes that the layers have at a path, the winning one last. A null in a later layer takes away what was before.
func (v values) at(keys []string) []written {
	var out []written
	for _, layer := range v.layers {
		prefixes := [][]string{layer.prefix}
		if len(keys) > 0 && keys[0] == "global" && len(layer.prefix) > 0 {
			prefixes = [][]string{layer.prefix, nil} // those of charts above win
		}
		for _, prefix := range prefixes {
			is := layer.get(slices.Concat(prefix, keys), v.spend)
			switch {
			case is == nil:
			case is.IsNull():
				out = nil
			default:
				out = append(out, written{is, layer})
			}
		}
	}
	return out
}

// match finds what is written for a rendered node at a path: the last layer's node for scalars and lists, which must be equal; for a
// mapping the last layer's, if all of its entries are to be found in some layer.
func (v values) match(in *manifest.Node, keys []string) (written, bool) {
	all := v.at(keys)
	if len(all) == 0 {
		return written{}, false
	}
	last := all[len(all)-1]
	if in.Kind != manifest.Mapping {
		return last, in.Kind == last.node.Resolve().Kind && (same(in, last.node) || in.Kind == manifest.Sequence && manifest.Equal(in, last.node))
	}
	if last.node.Resolve().Kind != manifest.Mapping {
		return written{}, false
	}
	if len(in.Pairs) == 0 && len(last.node.Resolve().Pairs) > 0 {
		return written{}, false
	}
	for _, p := range in.Pairs {
		if _, ok := v.match(p.Value.Resolve(), append(slices.Clip(keys), p.Key.Value)); !ok && !p.Value.IsNull() {
			return written{}, false
		}
	}
	return last, true
}
