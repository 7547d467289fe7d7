package picture

import (
	"cmp"
	"slices"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/pod"
)

// subject is a workload that a finding speaks of, as both states may hold it.
type subject struct {
	kind, namespace, name string
	path                  string // where the finding saw it: one name may be in several files
}

// subjects are the objects that findings speak of, in the order of the findings.
func subjects(came, went []analysis.Finding) []subject {
	var out []subject
	for _, f := range slices.Concat(came, went) {
		out = append(out, subject{f.Object.Kind, f.Object.Namespace, f.Object.Name, f.Place.Path})
		for _, r := range f.Related {
			out = append(out, subject{r.Object.Kind, r.Object.Namespace, r.Object.Name, r.Place.Path})
		}
	}
	return out
}

// scene is the part of one state that is drawn.
type scene struct {
	state     *analysis.State
	roles     *analysis.Roles
	around    analysis.Surroundings
	findings  []analysis.Finding
	workloads []*pod.Workload
}

func newScene(s *analysis.State, cfg *analysis.Config, findings []analysis.Finding) *scene {
	return &scene{state: s, roles: analysis.NewRoles(cfg), around: analysis.NewSurroundings(s), findings: findings}
}

// find returns the workload that a subject means: the one in its file, or the only one of its name.
func (s *scene) find(of subject) *pod.Workload {
	var named []*pod.Workload
	for _, w := range s.state.Workloads {
		if w.Kind() != of.kind || w.Name() != of.name || w.Object.Namespace != of.namespace {
			continue
		}
		if w.Object.File.Path == of.path {
			return w
		}
		named = append(named, w)
	}
	if len(named) == 1 {
		return named[0]
	}
	return nil
}

func (s *scene) has(w *pod.Workload) bool { return w != nil && slices.Contains(s.workloads, w) }

func (s *scene) add(w *pod.Workload) {
	if w != nil {
		s.workloads = append(s.workloads, w)
	}
}

// cost is the number of nodes that a workload takes.
func (s *scene) cost(w *pod.Workload) int {
	if w == nil {
		return 0
	}
	return min(len(w.Containers), containers)
}

// side draws the workloads of the scene.
func (s *scene) side() Side {
	var out Side
	at := map[*pod.Container]int{}
	count := 0
	for _, w := range s.workloads {
		p := Pod{Name: w.String()}
		for _, c := range s.shown(w) {
			at[c] = count + len(p.Containers)
			p.Containers = append(p.Containers, s.container(c))
		}
		if more := len(w.Containers) - len(p.Containers); more > 0 {
			p.Containers = append(p.Containers, Container{More: more})
		}
		count += len(p.Containers)
		out.Pods = append(out.Pods, p)
	}
	out.Edges = s.edges(at)
	return out
}

// shown are the containers of a workload that are drawn by themselves: all, or first of all those that findings are about.
func (s *scene) shown(w *pod.Workload) []*pod.Container {
	if len(w.Containers) <= containers {
		return w.Containers
	}
	out := slices.Clone(w.Containers)
	slices.SortStableFunc(out, func(a, b *pod.Container) int { return cmp.Compare(s.rank(a), s.rank(b)) })
	out = out[:containers-1]
	slices.SortFunc(out, func(a, b *pod.Container) int {
		return cmp.Compare(slices.Index(w.Containers, a), slices.Index(w.Containers, b))
	})
	return out
}

func (s *scene) rank(c *pod.Container) int {
	if s.marked(c) {
		return 0
	}
	return 1
}

func (s *scene) container(c *pod.Container) Container {
	role := string(s.roles.Of(c).Kind)
	if role == string(pod.Setup) {
		role = "init"
	}
	return Container{Name: c.Name, Role: role, Native: c.Native, Marked: s.marked(c)}
}

func (s *scene) marked(c *pod.Container) bool {
	return slices.ContainsFunc(s.findings, func(f analysis.Finding) bool {
		return f.Container == c.Name && c.Name != "" && s.find(subject{f.Object.Kind, f.Object.Namespace, f.Object.Name, f.Place.Path}) == c.Workload
	})
}
