package origin

import (
	"strings"

	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Kustomize places an object that kustomize built. It is nil where the text holds no object, or where its file isn't among those that
// the layers give.
func Kustomize(o wire.Object, layers *Layers) *manifest.Object {
	in := rendered(o)
	if in == nil {
		return nil
	}
	if o.Path == "" {
		return layers.generatedObject(o, in)
	}
	file := layers.File(o.Path)
	if file == nil {
		return nil
	}
	written := writtenObject(file, in, o)
	name, namespace := o.Name, o.Namespace
	if written != nil && name == "" {
		name = written.Name
	}
	s := layers.sources(in, written, name, namespace, layers.waysOf(clean(o.Path)))
	w := &walker{copier: newCopier(o), options: s.options}
	root := w.node(in.Node, nil, s.views, top(file), spot{})
	if root == nil {
		return nil
	}
	out := objectOf(in, root, layers.Name, file)
	out.Document = documentAt(file, 0)
	if written != nil {
		out.Source, out.Document = written, written.Document
	}
	return out
}

// writtenObject finds the object of a file that is built, nil where it isn't sure which.
func writtenObject(f *manifest.File, in *manifest.Object, o wire.Object) *manifest.Object {
	var found *manifest.Object
	best, ties := 0, 0
	for _, candidate := range f.Objects {
		if candidate.Kind != o.Kind || candidate.Name != o.Name {
			continue
		}
		score := 1
		if candidate.Namespace == o.Namespace {
			score += 2
		}
		if candidate.APIVersion == in.APIVersion {
			score++
		}
		switch {
		case score > best:
			found, best, ties = candidate, score, 1
		case score == best:
			ties++
		}
	}
	if ties > 1 {
		return nil
	}
	return found
}

// sources reads the sources along the way that gives the object its rendered name.
func (l *Layers) sources(in, written *manifest.Object, name, namespace string, ways []way) sources {
	var first sources
	for i, w := range ways {
		s := sources{layers: l, subject: newSubject(in, written, name, namespace)}
		if written != nil {
			s.views = append(s.views, view{manner: base, node: written.Node})
		}
		for _, k := range w {
			s.layer(k)
		}
		if s.subject.name() == in.Name && s.subject.namespace() == in.Namespace {
			return s
		}
		if i == 0 {
			first = s
		}
	}
	return first
}

// generatedObject places an object that a generator of a kustomization made: at the generator's entry, as well as that is known.
func (l *Layers) generatedObject(o wire.Object, in *manifest.Object) *manifest.Object {
	file := l.File(o.By)
	if file == nil || len(file.Documents) == 0 {
		return nil
	}
	where := top(file)
	if entry := generator(file.Documents[0].Root, in); entry != nil {
		where = of(entry).around()
	}
	c := newCopier(o)
	root := c.whole(in.Node, nil, where)
	if root == nil {
		return nil
	}
	out := objectOf(in, root, l.Name, file)
	out.Document = documentAt(file, where.span.Start.Offset)
	return out
}

// generator is the entry of a kustomization that makes an object: of those whose name is within the object's, the longest.
func generator(k *manifest.Node, in *manifest.Object) *manifest.Node {
	list := map[string]string{"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}[in.Kind]
	var found *manifest.Node
	for _, entry := range k.Get(list).Seq() {
		name := entry.Get("name").Text()
		if name != "" && strings.Contains(in.Name, name) && len(name) > len(found.Get("name").Text()) {
			found = entry
		}
	}
	return found
}
