package kubepattern

import (
	"fmt"

	"github.com/podcheck/podcheck/rules/analysis"
)

// run reports every leader, alone or with its followers, of which the definition is true.
func (p *published) run(pass *analysis.Pass) error {
	m := &matching{published: p, cluster: newCluster(pass.State), candidates: map[string][]*resource{}, pass: pass}
	for id, party := range p.parties {
		m.candidates[id] = m.choose(party)
	}
	for _, leader := range m.candidates[p.leader] {
		if m.leads(leader) {
			m.follow(map[string]*resource{p.leader: leader}, p.actors)
		}
		if m.cluster.steps > maxSteps {
			return errTooExpensive
		}
	}
	return nil
}

// matching is a definition in the middle of a run.
type matching struct {
	*published
	cluster    *cluster
	candidates map[string][]*resource // by id
	pass       *analysis.Pass
}

func (m *matching) choose(p party) []*resource {
	var out []*resource
	for _, r := range m.cluster.resources {
		if r.kind == p.kind && r.value() != nil && p.filters.match(r.value()) {
			out = append(out, r)
		}
	}
	return out
}

// leads says whether a leader meets the required relationships, and scores enough with the others. A relationship exists when
// it does with any candidate of the other side.
func (m *matching) leads(leader *resource) bool {
	score := scoring{}
	for _, rel := range m.relationships {
		exists := false
		for _, a := range m.bound(rel.between[0], leader) {
			for _, b := range m.bound(rel.between[1], leader) {
				exists = exists || m.cluster.spend() && a != b && m.cluster.related(rel.kind, a, b)
			}
		}
		if !score.add(rel, exists) {
			return false
		}
	}
	return score.reaches(m.points)
}

// bound are the candidates for an id: the leader itself for its own.
func (m *matching) bound(id string, leader *resource) []*resource {
	if id == m.leader {
		return []*resource{leader}
	}
	return m.candidates[id]
}

// scoring adds up relationships that are not required.
type scoring struct {
	points float64
	scores bool // there are such relationships
}

// add counts a relationship; false when it is required and not as it must be.
func (s *scoring) add(rel relationship, exists bool) bool {
	if rel.required {
		return exists == rel.shared
	}
	s.scores = true
	if exists == rel.shared {
		s.points += rel.weight
	}
	return true
}

// reaches says whether the points suffice; where nothing can score, none are asked for.
func (s *scoring) reaches(points float64) bool { return !s.scores || s.points >= points-1e-9 }

// follow finds followers for a leader, one actor after another, and reports each whole cast.
func (m *matching) follow(cast map[string]*resource, actors []string) {
	if len(actors) == 0 {
		m.report(cast)
		return
	}
	for _, follower := range m.candidates[actors[0]] {
		if !m.cluster.spend() {
			return
		}
		if taken(cast, follower) {
			continue
		}
		cast[actors[0]] = follower
		if m.fits(cast, actors[0]) {
			m.follow(cast, actors[1:])
		}
		delete(cast, actors[0])
	}
}

// taken says whether a resource plays a part already, or is made of the same manifest as one that does.
func taken(cast map[string]*resource, r *resource) bool {
	for _, other := range cast {
		if other == r || other.kind == r.kind && other.object == r.object {
			return true
		}
	}
	return false
}

// fits says whether a new follower has what it must have with the leader: what both have in common, and the required
// relationships between the two.
func (m *matching) fits(cast map[string]*resource, actor string) bool {
	leader, follower := cast[m.leader], cast[actor]
	for _, rel := range m.relationships {
		if rel.required && rel.shared && is(rel.between, m.leader, actor) && !m.cluster.related(rel.kind, leader, follower) {
			return false
		}
	}
	score := scoring{}
	for _, rel := range m.common {
		if is(rel.between, m.leader, actor) && !score.add(rel, m.cluster.common(rel.kind, leader, follower) != nil) {
			return false
		}
	}
	return score.reaches(m.commonPoints)
}

func is(between [2]string, a, b string) bool {
	return between == [2]string{a, b} || between == [2]string{b, a}
}

func (m *matching) report(cast map[string]*resource) {
	leader := cast[m.leader]
	f := finding(leader)
	f.Message = m.message.say(cast)
	for _, id := range m.actors {
		other := cast[id]
		ref, place := analysis.Ref(other.object), at(other)
		if f.Subject != "" {
			f.Subject += " "
		}
		f.Subject += other.String()
		if ref.Namespace != "" && ref.Namespace != leader.object.Namespace {
			f.Subject += " of " + ref.Namespace
		}
		f.Related = append(f.Related, analysis.Related{Object: ref, Place: place})
		f.Anchors = append(f.Anchors, place)
		f.Evidence = append(f.Evidence, m.evidence(leader, other, id)...)
	}
	m.pass.Report(f)
}

// evidence names what two actors have in common.
func (m *matching) evidence(leader, follower *resource, actor string) []analysis.Evidence {
	var out []analysis.Evidence
	for _, rel := range m.common {
		if !is(rel.between, m.leader, actor) {
			continue
		}
		if hub := m.cluster.common(rel.kind, leader, follower); hub != nil {
			out = append(out, analysis.Evidence{
				Text: fmt.Sprintf("%s and %s have %s in common (%s)", analysis.Ref(leader.object), analysis.Ref(follower.object), hub, rel.kind), Place: at(follower),
			})
		}
	}
	return out
}

// finding is about one resource: what a person edits is the manifest that it is made of.
func finding(r *resource) analysis.Finding {
	return analysis.Finding{Object: analysis.Ref(r.object), Place: at(r)}
}

func at(r *resource) analysis.Place {
	if n := r.object.Node.Get("metadata", "name"); n.Text() != "" {
		return analysis.At(n)
	}
	return analysis.At(r.object.Node)
}
