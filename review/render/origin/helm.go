package origin

import (
	"bytes"
	"maps"
	"path"
	"strings"

	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Sources are what the objects of one chart are rendered from. One serves one goroutine at a time.
type Sources struct {
	build     string
	chart     string
	file      func(path string) *manifest.File
	values    []Values
	templates map[*manifest.File]template
	left      int // see values
}

// NewSources are the sources of a build, by a name that becomes Object.Root, of the chart in a folder. File gives the files of the
// repository, templates included, nil for a path without one. Values are the layers of values, the chart's own first, the winning one
// last: mappings in files of values, in a HelmRelease or an Application, or scalars that hold values as text.
func NewSources(build, chart string, file func(path string) *manifest.File, values []Values) *Sources {
	return &Sources{build: build, chart: clean(chart), file: file, values: values, templates: map[*manifest.File]template{}, left: maxLookups}
}

// Helm places an object that a chart rendered: at the line of values that gives a value, else at the line of the template. It is nil where
// the text holds no object, or where the template's file isn't among those that the sources give.
func Helm(o wire.Object, sources *Sources) *manifest.Object {
	in := rendered(o)
	if in == nil {
		return nil
	}
	file, packed := sources.file(o.Template), false
	if file == nil { // a template in a packed subchart
		file, packed = sources.file(path.Join(sources.chart, "Chart.yaml")), true
	}
	if file == nil {
		return nil
	}
	w := &helmWalker{copier: newCopier(o), file: file, out: top(file), values: values{left: new(int)}}
	if !packed {
		w.lines, w.template, w.values = o.Lines, sources.template(file), sources.valuesOf(o.Template)
	}
	root := w.node(in.Node, nil, nil, w.out, turns{})
	if root == nil {
		return nil
	}
	out := objectOf(in, root, sources.build, file)
	out.Document = documentAt(file, root.Span.Start.Offset)
	return out
}

func (s *Sources) template(f *manifest.File) template {
	t, known := s.templates[f]
	if !known {
		t = readTemplate(f)
		s.templates[f] = t
	}
	return t
}

// turns are the turns of loops that a part of the object comes from.
type turns map[*loop]int

func (t turns) with(l *loop, turn int) turns {
	out := maps.Clone(t)
	out[l] = turn
	return out
}

// helmWalker builds the tree of an object that Helm rendered.
type helmWalker struct {
	copier
	file     *manifest.File
	out      place // of what is above the top
	lines    []int
	template template
	values   values
}

// line is the line of the template that a rendered node begins on, 0 for unknown.
func (w *helmWalker) line(in *manifest.Node) int {
	if i := in.Span.Start.Line - 1; i >= 0 && i < len(w.lines) {
		return max(w.lines[i], 0)
	}
	return 0
}

// node places a rendered node and what it holds. Meant are the places in the values that it can come from, outer is the place of what
// holds it.
func (w *helmWalker) node(in, parent *manifest.Node, meant []candidate, outer place, at turns) *manifest.Node {
	begin := w.line(in)
	in = in.Resolve()
	out := w.copier.node(in, parent)
	if out == nil {
		return nil
	}
	where, known := w.linePlace(begin, outer), candidate{}
	found, written, ok := w.values.only(in, meant)
	if ok {
		where, known = written.place(), found
	}
	where.put(out)
	w.deep++
	defer func() { w.deep-- }()
	around := w.linePlace(begin, outer).around()
	if ok {
		around = where.around()
	}
	switch in.Kind {
	case manifest.Mapping:
		w.pairs(in, out, known, ok, around, at)
	case manifest.Sequence:
		w.items(in, out, known, ok, around, at)
	}
	if w.spent {
		return nil
	}
	return out
}

func (w *helmWalker) pairs(in, out *manifest.Node, known candidate, ok bool, around place, at turns) {
	out.Pairs = make([]manifest.Pair, 0, len(in.Pairs))
	for _, p := range in.Pairs {
		if w.spent {
			return
		}
		if p.Key.Kind != manifest.Scalar || p.Key.IsMerge() {
			out.Pairs = append(out.Pairs, manifest.Pair{Key: w.whole(p.Key, out, around), Value: w.whole(p.Value, out, around)})
			continue
		}
		var meant []candidate
		if ok {
			meant = append(meant, known.entry(p.Key.Value))
		} else {
			meant = w.used(w.line(p.Key), w.line(p.Value), at)
			for _, c := range w.used(w.line(p.Key), 0, at) {
				meant = append(meant, c.entry(p.Key.Value))
			}
		}
		outer := around
		if line := w.line(p.Key); line > 0 && !ok {
			outer = w.linePlace(line, around)
		}
		value := w.node(p.Value, out, meant, outer.around(), at)
		key := w.copier.node(p.Key, out)
		if w.spent {
			return
		}
		w.keyPlace(p.Key, value, around).put(key)
		out.Pairs = append(out.Pairs, manifest.Pair{Key: key, Value: value})
	}
}

// used are the places in the values that the actions on the line of a key, or on that of its value, or just below, can mean.
func (w *helmWalker) used(key, value int, at turns) []candidate {
	uses := w.template.uses[key]
	switch {
	case value > 0 && value != key:
		uses = append(uses[:len(uses):len(uses)], w.template.uses[value]...)
	case value == 0 && key > 0 && len(uses) == 0:
		uses = w.template.uses[key+1]
	}
	var out []candidate
	for _, path := range uses {
		out = append(out, w.values.candidates(path, at)...)
	}
	return out
}

// keyPlace is where the key of an entry is written: in the template if it stands there, else in the values beside its value.
func (w *helmWalker) keyPlace(key, value *manifest.Node, around place) place {
	line := w.line(key)
	if line > 0 && strings.Contains(w.outsideActions(line), key.Value+":") {
		p := w.linePlace(line, around)
		p.precision = manifest.Exact
		return p
	}
	if source := value.Origin.Source; source != nil && source.Parent != nil {
		for _, p := range source.Parent.Pairs {
			if p.Value.Resolve() == source && same(key, p.Key) {
				return at(p.Key)
			}
		}
	}
	if line > 0 {
		return w.linePlace(line, around)
	}
	return around
}

func (w *helmWalker) items(in, out *manifest.Node, known candidate, ok bool, around place, at turns) {
	out.Items = make([]*manifest.Node, 0, len(in.Items))
	var written []candidate
	if ok {
		written = w.values.items(known)
	}
	looped := w.turnsOf(in.Items, at)
	for i, item := range in.Items {
		if w.spent {
			return
		}
		var meant []candidate
		if i < len(written) {
			meant = written[i : i+1]
		} else {
			meant = w.used(w.line(item), 0, looped[i])
			for _, c := range meant {
				if items := w.values.items(c); len(items)*len(in.Items) <= maxCompared {
					meant = append(meant, items...)
				}
			}
		}
		out.Items = append(out.Items, w.node(item, out, meant, around, looped[i]))
	}
}

// turnsOf finds for each item of a list which turn of a loop made it: as many items begin on one line of the loop's body as it has turns.
func (w *helmWalker) turnsOf(items []*manifest.Node, at turns) []turns {
	byLine := map[int][]int{}
	for i, item := range items {
		if line := w.line(item); line > 0 {
			byLine[line] = append(byLine[line], i)
		}
	}
	out := make([]turns, len(items))
	for i := range out {
		out[i] = at
	}
	for line, made := range byLine {
		for _, l := range w.template.loops[line] {
			if _, known := at[l]; known || l.over == nil {
				continue
			}
			over := w.values.candidates(l.over, at)
			if len(over) != 1 || len(w.values.items(over[0])) != len(made) {
				continue
			}
			for turn, i := range made {
				out[i] = out[i].with(l, turn)
			}
		}
	}
	return out
}

// linePlace is a line of the template, exact where it has no action; without a line what is around.
func (w *helmWalker) linePlace(line int, around place) place {
	if line == 0 {
		if w.lines == nil {
			return w.out
		}
		return around
	}
	start, end := w.file.Line(line)
	text := w.file.Data[start:end]
	start += len(text) - len(bytes.TrimLeft(text, " \t"))
	end -= len(text) - len(bytes.TrimRight(text, " \t"))
	p := place{file: w.file, span: manifest.Span{Start: w.file.PosAt(start), End: w.file.PosAt(max(start, end))}}
	if bytes.Contains(text, []byte("{{")) || bytes.Contains(text, []byte("}}")) || len(bytes.TrimSpace(text)) == 0 {
		p.precision = manifest.Enclosing
	}
	return p
}

// outsideActions is the text of a line of the template without its actions.
func (w *helmWalker) outsideActions(line int) string {
	start, end := w.file.Line(line)
	rest := string(w.file.Data[start:end])
	var out strings.Builder
	for {
		before, action, opens := strings.Cut(rest, "{{")
		out.WriteString(before)
		_, behind, closes := strings.Cut(action, "}}")
		if !opens || !closes {
			return out.String()
		}
		rest = behind
	}
}
