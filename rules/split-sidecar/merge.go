package splitsidecar

import (
	"errors"
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// nativeSince is the minor of the Kubernetes version from which native sidecars are on by default (KEP-753, beta in 1.29).
const nativeSince = 29

// merger plans how the helper's containers move into the app's Pod template. Its steps add edits and say in words what they
// did; the first thing that can't be edited with certainty ends the plan as an obstacle.
type merger struct {
	*pair
	state   *analysis.State
	roles   *analysis.Roles
	native  bool
	edits   []edit.Edit
	behind  []edit.Edit                    // new volumes, which stand behind new containers
	inside  map[*pod.Container][]edit.Edit // edits within the helper's containers, applied as they are taken out
	volumes map[string]string              // helper volume name -> app volume name
	removed []*manifest.Object             // objects whose documents go
	steps   []string
	changes []string

	requested []string // what the moved containers request, as "cpu 10m"
}

func merge(p *analysis.Pass, pr *pair) *analysis.Fix {
	m := &merger{
		pair: pr, state: p.State, roles: p.Roles, native: p.Config.Target() >= nativeSince,
		inside: map[*pod.Container][]edit.Edit{}, volumes: map[string]string{},
	}
	fix := &analysis.Fix{Safety: analysis.Review, Description: m.description()}
	if fix.Obstacles = m.obstacles(); len(fix.Obstacles) > 0 {
		return fix
	}
	for _, step := range []func() error{
		m.moveReferences, m.moveVolumes, m.decideHandOver, m.moveContainers, m.moveAnnotations, m.movePullSecrets, m.moveServices, m.removeHelper,
	} {
		if err := step(); err != nil {
			fix.Obstacles = []string{sentence(err)}
			return fix
		}
	}
	fix.Edits, fix.Steps, fix.Changes = edit.Join(m.edits, m.behind), m.steps, m.summary()
	return fix
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
func sentence(err error) string {
	text := err.Error()
	if refusal, ok := errors.AsType[*edit.Refusal](err); ok {
		text = "The files can't be edited with certainty: " + refusal.Error()
	}
	return strings.TrimSuffix(capital(text), ".") + "."
}

func (m *merger) did(format string, args ...any) {
	m.steps = append(m.steps, fmt.Sprintf(format, args...))
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

// moveAnnotations carries over the annotations by which Prometheus finds the helper's Pod.
func (m *merger) moveAnnotations() error {
	from, to := m.helper.Meta.Get("annotations"), m.app.Meta.Get("annotations")
	var missing edit.Map
	for _, key := range scrapeAnnotations {
		if value := from.Get(key); value != nil && to.Get(key) == nil {
			missing = append(missing, edit.Field{Key: key, Value: value.Text()})
		}
	}
	if len(missing) == 0 || from.Get("prometheus.io/scrape").Text() != "true" {
		return nil
	}
	entries, err := edit.LayoutAt(m.app.Meta).Render(missing)
	if err != nil {
		return err
	}
	var edits []edit.Edit
	if to.IsNull() {
		edits, err = edit.InsertPair(m.app.Meta, nil, "annotations", entries)
	} else {
		edits, err = edit.InsertPairs(to, nil, entries)
	}
	m.edits = append(m.edits, edits...)
	m.did("the scrape annotations move to the Pod template of %s", m.app)
	return err
}

func (m *merger) movePullSecrets() error {
	have := map[string]bool{}
	for _, s := range m.app.Spec.Get("imagePullSecrets").Seq() {
		have[s.Get("name").Text()] = true
	}
	var missing []edit.Block
	for _, s := range m.helper.Spec.Get("imagePullSecrets").Seq() {
		if name := s.Get("name").Text(); name != "" && !have[name] {
			missing = append(missing, edit.Block("name: "+edit.Quote(name, manifest.Plain)+"\n"))
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
