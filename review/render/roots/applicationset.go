package roots

import (
	"fmt"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Limits of ApplicationSets.
const (
	maxApplications = 500   // of one set
	maxGenerated    = 5_000 // of all sets
	maxParameters   = 2_000 // sets of parameters on the way to the Applications
	maxNesting      = 4     // generators within generators
)

// applicationSet follows the Applications that a set makes.
func (f *finder) applicationSet(o *manifest.Object) {
	spec := o.Node.Get("spec")
	template := spec.Get("template")
	if template.IsNull() || spec.Get("generators").IsNull() {
		return // part of an object
	}
	g := &generation{f: f, object: o, render: f.rendererOf(spec)}
	count := 0
	for _, n := range spec.Get("generators").Seq() {
		found, err := g.parameters(n, nil, 0)
		if err != nil {
			f.skip(placeOr(err.at, n), o, "%s", err.message)
			continue
		}
		if over := len(found) - (maxApplications - count); over > 0 || f.generated+len(found) > maxGenerated {
			f.skip(n, o, "the generators make more than %d Applications, or all sets together more than %d", maxApplications, maxGenerated)
			return
		}
		count += len(found)
		f.generated += len(found)
		for _, p := range found {
			f.generatedApplication(g, template, spec.Get("templatePatch"), p)
		}
	}
}

func placeOr(n, other *manifest.Node) *manifest.Node {
	if n != nil && n.File != nil {
		return n
	}
	return other
}

// generatedApplication makes one Application from the template, and follows it.
func (f *finder) generatedApplication(g *generation, template, patch *manifest.Node, p parameters) {
	if !p.template.IsNull() {
		template = f.overlaid(template, p.template)
	}
	node, err := g.render.tree(template, p.values)
	if err == nil && !patch.IsNull() {
		node, err = g.patched(node, patch, p.values)
	}
	if err != nil {
		f.skip(placeOr(err.at, template), g.object, "%s", err.message)
		return
	}
	name := node.Get("metadata", "name").Text()
	f.application(&application{
		object: g.object, spec: node.Get("spec"), name: name, depends: p.files,
		label: fmt.Sprintf("Application/%s of %s", oneLine(name), labelOf(g.object)),
	})
}

// patched lays a template of a patch over an Application. What it adds has the place of the patch.
func (g *generation) patched(node, patch *manifest.Node, values map[string]any) (*manifest.Node, *failure) {
	text, err := g.render.text(patch, values)
	if err != nil {
		return nil, err
	}
	over := rootOf(manifest.Parse("patch.yaml", []byte(text)))
	if over == nil {
		return nil, &failure{patch, "the templatePatch gives no YAML"}
	}
	relocate(over, patch.Resolve())
	return g.f.overlaid(node, over), nil
}
