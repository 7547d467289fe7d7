package kubepattern

import (
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user/fields"
	"github.com/podcheck/podcheck/rules/user/strict"
)

// pattern is a definition of the form kubepattern.dev/v1.
type pattern struct {
	message         message
	target          side
	dependencies    map[string]side // by id
	all, some, none []link
}

// side is the target or a dependency: a kind, and which of them.
type side struct {
	kind, apiVersion string
	shape            fields.Shape
	filters          filters
}

// link is a relationship of the target with at least one of the resources of a dependency.
type link struct {
	with     string
	kind     string // custom, owns, ownedBy, selects, selectedBy
	criteria []criterion
}

// criterion compares a field of the target with one of a dependency.
type criterion struct {
	target, dependency path
	operator           string
}

// LoadResource reads a definition of the form kubepattern.dev/v1; nil when the reader has found anything wrong.
func LoadResource(r *strict.Reader, root *manifest.Node) *analysis.Rule {
	m, ok := r.Mapping(root, "the definition", "apiVersion", "kind", "metadata", "spec")
	if !ok {
		return nil
	}
	m.OneOf("kind", "Pattern", "PatternAsCode")
	rule := &analysis.Rule{}
	if metadata, ok := r.Mapping(m.Get("metadata"), "metadata", "name", "namespace", "labels", "annotations"); ok {
		rule.Name = name(r, metadata)
	}
	if spec, ok := r.Mapping(m.Get("spec"), "spec", "displayName", "severity", "category", "message", "reference", "target", "dependencies", "relationships"); ok {
		rule.Title = spec.Required("displayName")
		rule.Severity = severities[spec.OneOf("severity", "LOW", "MEDIUM", "HIGH", "CRITICAL")]
		rule.Doc = document(rule.Name, rule.Title, spec.Text("message"), spec.Text("reference"))
		p := readPattern(r, spec)
		rule.Run = p.run
	}
	if r.Failed() {
		return nil
	}
	return rule
}

func readPattern(r *strict.Reader, spec strict.Mapping) *pattern {
	p := &pattern{dependencies: map[string]side{}}
	if target, ok := r.Mapping(spec.Get("target"), "target", "kind", "apiVersion", "plural", "filters", "emitOnEmpty"); ok {
		p.target = readSide(r, target)
		if target.Bool("emitOnEmpty") {
			r.Fail(target.Get("emitOnEmpty"), "emitOnEmpty reports an object that a cluster lacks; in manifests there is no line to report it on")
		}
	}
	for _, n := range spec.Items("dependencies") {
		m, ok := r.Mapping(n, "a dependency", "id", "kind", "apiVersion", "plural", "filters")
		if !ok {
			continue
		}
		id := m.Required("id")
		if _, twice := p.dependencies[id]; twice {
			r.Fail(m.Get("id"), "the id %q stands twice", id)
		}
		p.dependencies[id] = readSide(r, m)
	}
	if spec.Has("relationships") {
		p.readLinks(r, spec.Get("relationships"))
	}
	switch {
	case spec.Has("message"):
		p.message = readMessage(r, spec.Get("message"), map[string]fields.Shape{"target": p.target.shape})
	default:
		p.message = message{{text: spec.Text("displayName") + "."}}
	}
	return p
}

func readSide(r *strict.Reader, m strict.Mapping) side {
	s := side{kind: m.Required("kind"), apiVersion: m.Required("apiVersion")}
	m.Required("plural")
	if s.kind == "" || s.apiVersion == "" {
		return s
	}
	s.check(r, m)
	s.shape = fields.Of(s.kind, s.apiVersion)
	s.filters = resourceForm.filters(r, m, s.shape)
	return s
}

// check refuses a kind or version that an API group of Kubernetes does not have.
func (s side) check(r *strict.Reader, m strict.Mapping) {
	var kinds, versions []string // kinds of that version, versions of that kind
	for _, k := range fields.Kinds() {
		if k.APIVersion == s.apiVersion {
			kinds = append(kinds, k.Kind)
		}
		if k.Kind == s.kind {
			versions = append(versions, k.APIVersion)
		}
	}
	switch {
	case slices.Contains(kinds, s.kind):
	case len(kinds) > 1 && len(versions) == 0:
		r.Fail(m.Get("kind"), "%s has no kind %q%s", s.apiVersion, s.kind, strict.DidYouMean(s.kind, kinds))
	case len(kinds) > 0:
		r.Fail(m.Get("apiVersion"), "%s is no apiVersion of %s%s", s.apiVersion, s.kind, strict.DidYouMean(s.apiVersion, versions))
	case len(versions) > 0 && strict.Distance(s.apiVersion, strict.Nearest(s.apiVersion, versions)) <= 2:
		r.Fail(m.Get("apiVersion"), "%s is no apiVersion of %s%s", s.apiVersion, s.kind, strict.DidYouMean(s.apiVersion, versions))
	}
}

func (p *pattern) readLinks(r *strict.Reader, n *manifest.Node) {
	m, ok := r.Mapping(n, "relationships", "matchAll", "matchAny", "matchNone")
	if !ok {
		return
	}
	list := func(key string) []link {
		var out []link
		for _, n := range m.Items(key) {
			out = append(out, p.readLink(r, n))
		}
		return out
	}
	p.all, p.some, p.none = list("matchAll"), list("matchAny"), list("matchNone")
}

func (p *pattern) readLink(r *strict.Reader, n *manifest.Node) link {
	m, ok := r.Mapping(n, "a relationship", "with", "type", "criteria")
	if !ok {
		return link{}
	}
	var ids []string
	for id := range p.dependencies {
		ids = append(ids, id)
	}
	l := link{with: m.Required("with")}
	if l.with != "" {
		r.Word(m.Get("with"), "id of a dependency", l.with, ids)
	}
	l.kind = m.OneOf("type", "custom", "owns", "ownedBy", "selects", "selectedBy")
	for _, n := range m.Items("criteria") {
		l.criteria = append(l.criteria, p.readCriterion(r, n, p.dependencies[l.with].shape))
	}
	switch {
	case l.kind == "custom" && len(l.criteria) == 0:
		r.Fail(n, "a custom relationship needs criteria")
	case l.kind != "custom" && l.kind != "" && len(l.criteria) > 0:
		r.Fail(m.Get("criteria"), "only a custom relationship has criteria; %s needs none", l.kind)
	}
	return l
}

func (p *pattern) readCriterion(r *strict.Reader, n *manifest.Node, dependency fields.Shape) criterion {
	m, ok := r.Mapping(n, "a criterion", "targetPath", "dependencyPath", "operator")
	if !ok {
		return criterion{}
	}
	out := criterion{
		target: readPath(r, m, "targetPath", p.target.shape), dependency: readPath(r, m, "dependencyPath", dependency),
		operator: m.OneOf("operator", "EQUALS", "CONTAINS", "LABEL_SELECTOR"),
	}
	if out.operator == "LABEL_SELECTOR" && out.target.selects() == out.dependency.selects() {
		r.Fail(n, "LABEL_SELECTOR needs one path to a selector and one to labels")
	}
	return out
}
