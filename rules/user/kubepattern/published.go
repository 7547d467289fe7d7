package kubepattern

import (
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user/fields"
	"github.com/podcheck/podcheck/rules/user/strict"
)

// published is a definition of the form kubepattern.it/v1.
type published struct {
	message       message
	single        bool
	parties       map[string]party // by id
	leader        string
	actors        []string // without the leader
	relationships []relationship
	common        []relationship
	points        float64 // that relationships must score
	commonPoints  float64
}

// party is one resource of a definition: a kind, and which of them.
type party struct {
	id      string
	kind    string
	shape   fields.Shape
	filters filters
}

// relationship is required, or scores; shared is whether it must exist or must not.
type relationship struct {
	kind             string
	between          [2]string // ids
	required, shared bool
	weight           float64
	description      string
}

// LoadPublished reads a definition of the form kubepattern.it/v1; nil when the reader has found anything wrong.
func LoadPublished(r *strict.Reader, root *manifest.Node) *analysis.Rule {
	m, ok := r.Mapping(root, "the definition", "version", "kind", "metadata", "spec")
	if !ok {
		return nil
	}
	m.OneOf("kind", "Pattern")
	rule := &analysis.Rule{}
	readPublishedMetadata(r, m, rule)
	if spec, ok := r.Mapping(m.Get("spec"), "spec", "message", "topology", "resources", "actors", "relationships",
		"commonRelationships", "minRelationshipPoints", "minCommonRelationshipPoints"); ok {
		p := readPublished(r, spec)
		rule.Run = p.run
	}
	if r.Failed() {
		return nil
	}
	return rule
}

func readPublishedMetadata(r *strict.Reader, m strict.Mapping, rule *analysis.Rule) {
	metadata, ok := r.Mapping(m.Get("metadata"), "metadata", "name", "displayName", "patternType", "severity", "category", "gitUrl", "docUrl", "description")
	if !ok {
		return
	}
	rule.Name = name(r, metadata)
	rule.Title = metadata.Required("displayName")
	metadata.Required("patternType")
	metadata.Required("category")
	rule.Severity = severities[metadata.OneOf("severity", "CRITICAL", "WARNING", "INFO")]
	rule.Doc = document(rule.Name, rule.Title, metadata.Text("description"), metadata.Text("docUrl"))
}

func readPublished(r *strict.Reader, spec strict.Mapping) *published {
	p := &published{parties: map[string]party{}, points: spec.Number("minRelationshipPoints"), commonPoints: spec.Number("minCommonRelationshipPoints")}
	if topology := spec.Required("topology"); topology != "" {
		p.single = r.Word(spec.Get("topology"), "topology", strings.ToUpper(topology), []string{"SINGLE", "LEADER_FOLLOWER"}) == "SINGLE"
	}
	for _, n := range spec.Items("resources") {
		p.readParty(r, n)
	}
	if len(p.parties) == 0 && !r.Failed() {
		r.Fail(spec.Node(), "spec needs resources")
	}
	p.readActors(r, spec)
	for _, n := range spec.Items("relationships") {
		p.relationships = append(p.relationships, p.readRelationship(r, n))
	}
	for _, n := range spec.Items("commonRelationships") {
		p.common = append(p.common, p.readRelationship(r, n))
	}
	if spec.Required("message") != "" {
		shapes := map[string]fields.Shape{}
		for _, id := range append([]string{p.leader}, p.actors...) {
			shapes[id] = p.parties[id].shape
		}
		p.message = readMessage(r, spec.Get("message"), shapes)
	}
	return p
}

func (p *published) readParty(r *strict.Reader, n *manifest.Node) {
	m, ok := r.Mapping(n, "a resource", "resource", "id", "leader", "filters")
	if !ok {
		return
	}
	id, kind := m.Required("id"), m.Required("resource")
	if id == "" || kind == "" {
		return
	}
	if _, twice := p.parties[id]; twice {
		r.Fail(m.Get("id"), "the id %q stands twice", id)
	}
	if near := misspelt(kind); near != "" {
		r.Fail(m.Get("resource"), "%q is no kind that Kubernetes has; did you mean %q?", kind, near)
	}
	shape := fields.Of(kind, "")
	p.parties[id] = party{id: id, kind: kind, shape: shape, filters: publishedForm.filters(r, m, shape)}
	if m.Bool("leader") {
		if p.leader != "" {
			r.Fail(m.Get("leader"), "%q and %q both are leader: there is one", p.leader, id)
		}
		p.leader = id
	}
}

// misspelt is the kind that a word means which differs from it in one letter; "" for any other word, which may well be a custom
// resource.
func misspelt(kind string) string {
	var kinds []string
	for _, k := range fields.Kinds() {
		if k.Kind == kind {
			return ""
		}
		kinds = append(kinds, k.Kind)
	}
	near := strict.Nearest(kind, kinds)
	if len(kind) < 4 || strict.Distance(kind, near) > 1 {
		return ""
	}
	return near
}

// readActors reads who takes part in a match; the leader is one of them.
func (p *published) readActors(r *strict.Reader, spec strict.Mapping) {
	actors := spec.Texts("actors")
	at := spec.Get("actors")
	for i, id := range actors {
		if r.Word(spec.Items("actors")[i], "id of a resource", id, p.ids()) != "" && id != p.leader && !slices.Contains(p.actors, id) {
			p.actors = append(p.actors, id)
		}
	}
	switch {
	case r.Failed():
	case p.leader == "" && p.single && len(p.actors) != 1:
		r.Fail(spec.Node(), "one of the resources must be the leader")
	case p.leader == "":
		p.leader, p.actors = p.actors[0], p.actors[1:]
	}
	switch {
	case r.Failed():
	case len(actors) == 0:
		r.Fail(spec.Node(), "spec needs actors")
	case !p.single && len(p.actors) == 0:
		r.Fail(at, "LEADER_FOLLOWER needs two actors, the leader and another")
	case len(p.actors) > 3:
		r.Fail(at, "more than four actors are not supported")
	}
	if p.single {
		p.actors = nil
	}
}

func (p *published) ids() []string {
	var ids []string
	for id := range p.parties {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (p *published) readRelationship(r *strict.Reader, n *manifest.Node) relationship {
	m, ok := r.Mapping(n, "a relationship", "id", "type", "description", "weight", "required", "shared", "resourceIds")
	if !ok {
		return relationship{}
	}
	out := relationship{required: m.Bool("required"), shared: m.Bool("shared"), weight: m.Number("weight"), description: m.Text("description")}
	for _, key := range []string{"required", "shared"} {
		if !m.Has(key) {
			r.Fail(n, "a relationship needs %s, true or false", key)
		}
	}
	if word := m.Required("type"); word != "" {
		out.kind = r.Word(m.Get("type"), "type of relationship", strings.ToUpper(word), relationshipTypes())
	}
	ids := m.Texts("resourceIds")
	for i, id := range ids {
		r.Word(m.Items("resourceIds")[i], "id of a resource", id, p.ids())
	}
	if len(ids) != 2 {
		r.Fail(n, "a relationship needs two resourceIds")
		return out
	}
	out.between = [2]string{ids[0], ids[1]}
	return out
}
