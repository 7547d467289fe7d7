package splitsidecar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// nativeSince is the minor of the Kubernetes version from which native sidecars are on by default (KEP-753, beta in 1.29).
const nativeSince = 29

// merger plans how the helper's containers move into the app's Pod template. Its steps add edits and say in words what they
// did; what can't be repaired or edited with certainty ends the plan as an obstacle.
type merger struct {
	*pair
	state   *analysis.State
	roles   *analysis.Roles
	minor   int // of the target version of Kubernetes
	native  bool
	scaling *analysis.Scaling // nil until asked for

	edits    []edit.Edit
	behind   []edit.Edit                    // new volumes, which stand behind new containers
	inside   map[*pod.Container][]edit.Edit // edits within the helper's containers, applied as they are taken out
	volumes  map[string]string              // helper volume name -> app volume name
	names    map[*pod.Container]string      // new names of the helper's containers
	ports    map[string]string              // new names of the helper's ports
	declares map[*pod.Container]bool        // containers that get requests
	removed  []*manifest.Object             // objects whose documents go
	dropped  []*manifest.Node               // items of kustomizations that go
	steps    []string
	changes  []string

	requested map[string][]string // resource -> what the moved containers request of it
	closed    []string            // ports that are no longer exposed
}

func merge(p *analysis.Pass, pr *pair) *analysis.Fix {
	m := &merger{
		pair: pr, state: p.State, roles: p.Roles, minor: p.Config.Target(), native: p.Config.Target() >= nativeSince,
		inside: map[*pod.Container][]edit.Edit{}, volumes: map[string]string{}, names: map[*pod.Container]string{}, ports: map[string]string{},
		declares: map[*pod.Container]bool{}, requested: map[string][]string{},
	}
	fix := &analysis.Fix{Safety: analysis.Review, Description: m.description()}
	if fix.Obstacles = m.obstacles(); len(fix.Obstacles) > 0 {
		return fix
	}
	if fix.Obstacles = m.plan(); len(fix.Obstacles) > 0 {
		return fix
	}
	fix.Edits, fix.Steps, fix.Changes = edit.Join(m.edits, m.behind), m.steps, m.summary()
	return fix
}

// plan runs the steps in the order in which an engineer would take them: what changes inside the helper, the Pod, what selects or
// scales it, and last what goes. It returns what stands in the way; of refused edits the first, as one cause refuses many.
func (m *merger) plan() []string {
	var out []string
	refused := false
	for _, step := range []func() error{
		m.moveReferences, m.renamePorts, m.moveVolumes, m.decideHandOver, m.readers, m.moveContainers, m.moveAnnotations, m.movePullSecrets, m.placeHelper, m.moveGrace, m.leaveAccount,
		m.moveAutoscalers, m.moveBudgets, m.moveMonitors, m.movePolicies, m.moveServices, m.removeHelper,
	} {
		err := step()
		if err == nil {
			continue
		}
		_, refusal := errors.AsType[*edit.Refusal](err)
		if text := m.sentence(err); !(refusal && refused) && !slices.Contains(out, text) {
			out = append(out, text)
		}
		refused = refused || refusal
	}
	return out
}

// change adds edits of an object that stays.
func (m *merger) change(o *manifest.Object, edits []edit.Edit, err error) error {
	if err != nil {
		return err
	}
	if chart := chartOf(o); chart != "" {
		return fmt.Errorf("%s is rendered from %s; change its values instead", title(o), chart)
	}
	m.edits = append(m.edits, edits...)
	return nil
}

// remove notes an object that goes, and why.
func (m *merger) remove(o *manifest.Object, format string, args ...any) {
	if !slices.Contains(m.removed, o) {
		m.removed = append(m.removed, o)
		m.did(format, args...)
	}
}

func (m *merger) description() string {
	how := "as a container"
	if m.native {
		how = "as a native sidecar"
	}
	return fmt.Sprintf("Merge %s into %s %s.", m.helper, m.app, how)
}

// sentence is an error as an obstacle. What can't be edited is shared or written in a way that an edit could damage: anchors,
// collections over several lines, templates.
func (m *merger) sentence(err error) string {
	text := err.Error()
	if refusal, ok := errors.AsType[*edit.Refusal](err); ok {
		text = "The files can't be edited with certainty: " + refusal.Error()
	}
	return strings.TrimSuffix(m.capitalized(text), ".") + "."
}

// capitalized begins a sentence, unless it begins with a name.
func (m *merger) capitalized(text string) string {
	first, _, _ := strings.Cut(text, " ")
	named := strings.ContainsFunc(first, func(r rune) bool { return !unicode.IsLetter(r) }) ||
		slices.ContainsFunc(m.containers(), func(c *pod.Container) bool { return c.Name == first })
	if named {
		return text
	}
	return capital(text)
}

func (m *merger) did(format string, args ...any) {
	if step := fmt.Sprintf(format, args...); !slices.Contains(m.steps, step) {
		m.steps = append(m.steps, step)
	}
}

// containers are what moves: the helper's setup containers first, then the rest, as they were ordered.
func (m *merger) containers() []*pod.Container {
	return m.helper.In(pod.InitContainers, pod.Containers)
}

// moveContainers takes the containers out of the helper, with what changes inside them, and puts them into the app: setup
// containers and native sidecars behind the app's init containers, in their order.
func (m *merger) moveContainers() error {
	blocks := map[pod.Section][]edit.Block{}
	for _, c := range m.containers() {
		if err := m.adapt(c); err != nil {
			return err
		}
		block, err := edit.Extract(c.Node, m.inside[c])
		if err != nil {
			return err
		}
		section := c.Section
		if m.native {
			section = pod.InitContainers
		}
		blocks[section] = append(blocks[section], block)
	}
	for _, section := range []pod.Section{pod.InitContainers, pod.Containers} {
		if len(blocks[section]) == 0 {
			continue
		}
		edits, err := m.addTo(string(section), blocks[section])
		if err != nil {
			return err
		}
		m.edits = append(m.edits, edits...)
	}
	return nil
}

// addTo appends items to a list of the app's Pod spec, which it makes when there is none.
func (m *merger) addTo(list string, blocks []edit.Block) ([]edit.Edit, error) {
	if seq := m.app.Spec.Get(list); !seq.IsNull() {
		return edit.AppendItem(seq, blocks...)
	}
	value, err := edit.LayoutAt(m.app.Spec).Render(blocks)
	if err != nil {
		return nil, err
	}
	return edit.InsertPair(m.app.Spec, []string{"containers"}, list, value)
}

func (m *merger) movePullSecrets() error {
	have := map[string]bool{}
	for _, s := range m.app.Spec.Get("imagePullSecrets").Seq() {
		have[s.Get("name").Text()] = true
	}
	var missing []edit.Block
	for _, s := range m.helper.Spec.Get("imagePullSecrets").Seq() {
		if name := s.Get("name").Text(); name != "" && !have[name] {
			block, err := edit.Extract(s, nil)
			if err != nil {
				return err
			}
			missing = append(missing, block)
			m.did("image pull secret %s is added", name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	edits, err := m.addTo("imagePullSecrets", missing)
	m.edits = append(m.edits, edits...)
	return err
}
