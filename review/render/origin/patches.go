package origin

import (
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// sources are the views of an object at its top, in the order in which kustomize lays them over each other.
type sources struct {
	layers  *Layers
	subject *subject
	views   []view
	options options
}

// layer adds what one kustomization does to the subject, in kustomize's order. Source: KustTarget.configureBuiltinTransformers.
func (s *sources) layer(k layer) {
	for _, item := range k.node.Get("patchesStrategicMerge").Seq() {
		s.patch(k, nil, item)
	}
	for _, item := range k.node.Get("patches").Seq() {
		if item.Resolve() != nil && item.Resolve().Kind == manifest.Scalar { // bases of old: patches was patchesStrategicMerge
			s.patch(k, nil, item)
			continue
		}
		s.entry(k, item)
	}
	s.constants(k.node)
	s.subject.rename(k.node)
	for _, item := range k.node.Get("patchesJson6902").Seq() {
		s.entry(k, item)
	}
	s.replicas(k.node)
	s.options.layer(k.node)
}

// entry adds the patch of an entry with a target.
func (s *sources) entry(k layer, item *manifest.Node) {
	target := item.Get("target")
	if !target.IsNull() && !s.subject.chosen(target) {
		return
	}
	if target.IsNull() {
		target = nil
	}
	if path := item.Get("path"); path.Text() != "" {
		s.patch(k, target, path)
		return
	}
	s.patch(k, target, item.Get("patch"))
}

// patch adds a patch that a scalar names, or holds.
func (s *sources) patch(k layer, target, scalar *manifest.Node) {
	named := scalar.Text()
	if named == "" {
		return
	}
	if !strings.Contains(named, "\n") {
		if f := s.layers.File(join(k.dir, named)); f != nil {
			s.file(target, f)
			return
		}
	}
	s.text(target, scalar)
}

func (s *sources) file(target *manifest.Node, f *manifest.File) {
	var objects []*manifest.Node
	for _, o := range f.Objects {
		objects = append(objects, o.Node)
	}
	var roots []*manifest.Node
	for _, d := range f.Documents {
		if d.Root != nil {
			roots = append(roots, d.Root)
		}
	}
	s.roots(target, roots, objects, view{})
}

func (s *sources) text(target, scalar *manifest.Node) {
	t, known := s.layers.texts[scalar]
	if !known {
		t = readText(scalar)
		s.layers.texts[scalar] = t
	}
	s.roots(target, t.roots, t.objects, view{inline: true, vague: t.vague})
}

// roots adds the documents of a patch: operations of RFC 6902, or objects to merge. With a target these need not say what they are.
func (s *sources) roots(target *manifest.Node, roots, objects []*manifest.Node, as view) {
	for _, root := range roots {
		for _, operation := range root.Seq() {
			if target != nil {
				s.operation(operation, as)
			}
		}
	}
	parts := objects
	if target != nil {
		parts = roots
	}
	for _, part := range parts {
		if target != nil || s.subject.named(part) {
			as.manner, as.node = merge, part
			if n := part.Resolve(); n != nil && n.Kind == manifest.Mapping {
				s.views = append(s.views, as)
			}
		}
	}
}

// operation adds one that gives a value.
func (s *sources) operation(n *manifest.Node, as view) {
	switch n.Get("op").Text() {
	case "add", "replace":
	default:
		return
	}
	pointer, value := n.Get("path"), n.Get("value")
	rest, ok := strings.CutPrefix(pointer.Text(), "/")
	if !ok || value == nil {
		return
	}
	as.manner, as.node, as.key = set, value, pointer
	for _, token := range strings.Split(rest, "/") {
		as.below = append(as.below, strings.NewReplacer("~1", "/", "~0", "~").Replace(token))
	}
	s.views = append(s.views, as)
}

// replicas adds the counts that a kustomization sets.
func (s *sources) replicas(k *manifest.Node) {
	for _, item := range k.Get("replicas").Seq() {
		count := item.Get("count")
		for _, name := range s.subject.names {
			if count != nil && item.Get("name").Text() == name {
				s.views = append(s.views, view{manner: set, node: count, key: pairKey(item, "count"), below: []string{"spec", "replicas"}})
				break
			}
		}
	}
}

func pairKey(n *manifest.Node, key string) *manifest.Node {
	return entries(n)[key].Key
}

// constants adds the namespace, labels and annotations that a kustomization gives to all objects.
func (s *sources) constants(k *manifest.Node) {
	if n := namespaceOf(k); n != nil {
		s.views = append(s.views, view{manner: set, node: n, below: []string{"metadata", "namespace"}})
	}
	s.labels(k.Get("commonLabels"), true, true)
	for _, item := range k.Get("labels").Seq() {
		selectors := item.Get("includeSelectors").Text() == "true"
		s.labels(item.Get("pairs"), selectors, selectors || item.Get("includeTemplates").Text() == "true")
	}
	s.labels(k.Get("commonMetadata", "labels"), false, false)
	for _, annotations := range []*manifest.Node{k.Get("commonAnnotations"), k.Get("commonMetadata", "annotations")} {
		if annotations == nil {
			continue
		}
		s.add(annotations, "metadata", "annotations")
		if annotations == k.Get("commonAnnotations") {
			s.add(annotations, "spec", "template", "metadata", "annotations")
			s.add(annotations, "spec", "jobTemplate", "metadata", "annotations")
			s.add(annotations, "spec", "jobTemplate", "spec", "template", "metadata", "annotations")
		}
	}
}

func (s *sources) labels(n *manifest.Node, selectors, templates bool) {
	if n == nil {
		return
	}
	s.add(n, "metadata", "labels")
	if templates {
		s.add(n, "spec", "template", "metadata", "labels")
		s.add(n, "spec", "jobTemplate", "metadata", "labels")
		s.add(n, "spec", "jobTemplate", "spec", "template", "metadata", "labels")
	}
	switch {
	case !selectors:
	case s.subject.rendered.Kind == "Service" || s.subject.rendered.Kind == "ReplicationController":
		s.add(n, "spec", "selector")
	default:
		s.add(n, "spec", "selector", "matchLabels")
	}
}

func (s *sources) add(n *manifest.Node, below ...string) {
	s.views = append(s.views, view{manner: add, node: n, below: below})
}
