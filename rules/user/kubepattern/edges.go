package kubepattern

import (
	"maps"
	"slices"
)

// edges are the relationships of one type. They have no direction: a definition may name the two ends in either order.
type edges struct {
	of     map[*resource]map[*resource]bool // true: two that both have it share something
	shared map[string]*resource             // what is only referred to, by its identity
}

// relate draws an edge. A hub is what two resources can have in common, such as a claim; a ConfigMap of common settings is none.
func (e *edges) relate(a, b *resource, hub bool) {
	if a == b || b == nil {
		return
	}
	for _, pair := range [][2]*resource{{a, b}, {b, a}} {
		if e.of[pair[0]] == nil {
			e.of[pair[0]] = map[*resource]bool{}
		}
		e.of[pair[0]][pair[1]] = hub || e.of[pair[0]][pair[1]]
	}
}

// builders draw the edges of each relationship type.
var builders = map[string]func(*cluster, *edges){
	"OWNS":              (*cluster).owns,
	"OWNED_BY":          (*cluster).owns,
	"MANAGES":           (*cluster).manages,
	"MOUNTS":            (*cluster).mounts,
	"EXPOSES":           (*cluster).exposes,
	"USES_CONFIG":       (*cluster).usesConfig,
	"SAME_NETWORK":      (*cluster).sameNetwork,
	"IS_NAMESPACE_OF":   (*cluster).isNamespaceOf,
	"USES_SA":           (*cluster).usesServiceAccount,
	"HAS_AFFINITY_TO":   (*cluster).hasAffinityTo,
	"SCHEDULES":         (*cluster).hasAffinityTo,
	"REFERENCES_KRATEO": (*cluster).referencesKrateo,
	"REFERENCES":        (*cluster).references,
}

// relationshipTypes are those of kubepattern.it/v1.
func relationshipTypes() []string { return slices.Sorted(maps.Keys(builders)) }

func (c *cluster) edgesOf(kind string) *edges {
	if c.edges[kind] == nil {
		e := &edges{of: map[*resource]map[*resource]bool{}, shared: map[string]*resource{}}
		c.edges[kind] = e
		builders[kind](c, e)
	}
	return c.edges[kind]
}

// related says whether there is an edge between two resources.
func (c *cluster) related(kind string, a, b *resource) bool {
	e := c.edgesOf(kind)
	if _, ok := e.of[a][b]; ok {
		return true
	}
	return kind == "SAME_NETWORK" && c.common(kind, a, b) != nil
}

// common is what two resources have in common, nil for nothing; of several the first by name.
func (c *cluster) common(kind string, a, b *resource) *resource {
	e := c.edgesOf(kind)
	var best *resource
	for hub, counts := range e.of[a] {
		if _, ok := e.of[b][hub]; ok && counts && a != b && (best == nil || hub.String() < best.String()) {
			best = hub
		}
	}
	return best
}

func (c *cluster) owns(e *edges) {
	for _, r := range c.resources {
		for owner, depth := r.owner, 0; owner != nil && depth < 10; owner, depth = owner.owner, depth+1 {
			e.relate(owner, r, true)
		}
	}
}

func (c *cluster) manages(e *edges) {
	for _, r := range c.pods() {
		if r.owner != nil {
			e.relate(r.owner, r, true)
		}
	}
}

func (c *cluster) pods() []*resource {
	var out []*resource
	for _, r := range c.resources {
		if r.workload != nil {
			out = append(out, r)
		}
	}
	return out
}

func (c *cluster) ofKind(kind string) []*resource {
	var out []*resource
	for _, r := range c.resources {
		if r.kind == kind {
			out = append(out, r)
		}
	}
	return out
}

// named finds what a resource refers to by kind and name in its namespace; when no manifest has it, something that stands for it.
// Two resources that refer to the same thing get the same answer.
func (c *cluster) named(e *edges, from *resource, kind, name string) *resource {
	if name == "" {
		return nil
	}
	for _, r := range c.byName[kind+"/"+name] {
		if c.together(r, from) {
			return r
		}
	}
	for i := 0; ; i++ { // one for each group of resources that share a namespace
		key := kind + "/" + name + "#" + string(rune('0'+i))
		known := e.shared[key]
		if known == nil {
			known = &resource{kind: kind, name: name, object: from.object}
			e.shared[key] = known
		}
		if !c.spend() || c.together(known, from) {
			return known
		}
	}
}

// everywhere stands for something that all nodes or namespaces share, such as an NFS export.
func (e *edges) everywhere(kind, identity string) *resource {
	key := kind + "=" + identity
	if e.shared[key] == nil {
		e.shared[key] = &resource{kind: kind, name: identity}
	}
	return e.shared[key]
}
