package splitsidecar

import (
	"fmt"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// moveVolumes adds the volumes that the helper mounts to the app: shared ones are there already, equal ones are one volume, and
// the others keep their name unless the app has one like it.
func (m *merger) moveVolumes() error {
	for _, c := range m.pair.shared {
		m.volumes[c.helper.Name] = c.app.Name
	}
	var added []edit.Block
	for _, v := range m.helper.Volumes {
		if _, shared := m.volumes[v.Name]; shared || !m.mounted(v) {
			continue
		}
		if same := m.equalVolume(v); same != "" {
			m.volumes[v.Name] = same
			continue
		}
		name := v.Name
		if m.app.Volume(name) != nil {
			name = m.helper.Object.WrittenName() + "-" + v.Name
		}
		if m.app.Volume(name) != nil || len(name) > 63 {
			return fmt.Errorf("%s has a volume named %s already, and no other name suggests itself", m.app, v.Name)
		}
		rename, err := m.limit(v)
		if err != nil {
			return err
		}
		if name != v.Name {
			e, err := edit.ReplaceScalar(v.Node.Get("name"), name)
			if err != nil {
				return err
			}
			rename = append(rename, e)
			m.did("volume %s is named %s, as %s has one of its name", v.Name, name, m.app)
		}
		block, err := edit.Extract(v.Node, rename)
		if err != nil {
			return err
		}
		m.volumes[v.Name] = name
		added = append(added, block)
	}
	if len(added) == 0 {
		return nil
	}
	edits, err := m.addTo("volumes", added)
	m.behind = edits
	return err
}

// limit gives an emptyDir in memory the limit that it lacks: what one of the containers that mount it requests of memory, else 1Gi.
func (m *merger) limit(v *pod.Volume) ([]edit.Edit, error) {
	if v.Type != "emptyDir" || v.Source.Get("medium").Text() != "Memory" || !v.Source.Get("sizeLimit").IsNull() {
		return nil, nil
	}
	size := "1Gi"
	for _, c := range m.helper.Running() {
		if n := c.Node.Get("resources", "requests", "memory"); len(c.MountOf(v.Name)) > 0 && n.Text() != "" {
			size = n.Text()
			break
		}
	}
	m.did("volume %s gets a sizeLimit of %s, as it lies in the memory of the node", v.Name, size)
	return edit.InsertPair(v.Source, []string{"medium"}, "sizeLimit", edit.Block(size+"\n"))
}

func (m *merger) mounted(v *pod.Volume) bool {
	for _, c := range m.containers() {
		if len(c.MountOf(v.Name)) > 0 {
			return true
		}
		for _, d := range devices(c) {
			if d.Volume == v.Name {
				return true
			}
		}
	}
	return false
}

// equalVolume returns the app's volume with the same source; each emptyDir is a volume of its own.
func (m *merger) equalVolume(v *pod.Volume) string {
	if v.Type == "emptyDir" || v.Type == "" {
		return ""
	}
	for _, a := range m.app.Volumes {
		if !a.Template && a.Type == v.Type && manifest.Equal(a.Source, v.Source) {
			return a.Name
		}
	}
	return ""
}

// decideHandOver decides what becomes of the shared storage. One Pod: it stays, and the emptyDir is offered as a second step. More:
// it must become an emptyDir, else the sidecar of each Pod would handle the files of all.
func (m *merger) decideHandOver() error {
	for _, c := range m.pair.shared {
		switch {
		case c.app.Template:
		case !m.many():
			m.changes = append(m.changes, fmt.Sprintf("%s stays in use; once nothing older than the Pod is needed, an emptyDir%s can replace it.", capital(c.storage), ofSize(m.request(c.helper.Claim))))
		default:
			if err := m.emptyDir(c); err != nil {
				return err
			}
		}
	}
	return nil
}

func ofSize(size string) string {
	if size == "" {
		return ""
	}
	return " of " + size
}

// emptyDir replaces the source of the app's volume by an emptyDir, with a claim's request as its limit.
func (m *merger) emptyDir(c shared) error {
	size, source := m.request(c.helper.Claim), edit.Map{}
	if size != "" {
		source = edit.Map{{Key: "sizeLimit", Value: size}}
	}
	entry, err := edit.LayoutAt(c.app.Node).Render(edit.Map{{Key: "emptyDir", Value: source}})
	if err != nil {
		return err
	}
	edits, err := edit.ReplacePair(c.app.Node, c.app.Type, entry)
	if err != nil {
		return err
	}
	m.edits = append(m.edits, edits...)
	m.did("volume %s of %s becomes an emptyDir%s: with the %s, the sidecar of each of %s would handle the files of all", c.app.Name, m.app, ofSize(size), c.storage, m.podsOf(m.app))
	m.changes = append(m.changes, fmt.Sprintf("%s is no longer used; it can go once what it holds has been shipped.", capital(c.storage)))
	return nil
}

func capital(text string) string {
	return strings.ToUpper(text[:1]) + text[1:]
}

// request is the storage that a claim asks for, "" when the state does not hold the claim.
func (m *merger) request(claim string) string {
	for _, o := range m.state.Objects {
		if o.Kind == "PersistentVolumeClaim" && o.Name == claim && m.state.Near(o, m.app.Object) == analysis.Together {
			return o.Node.Get("spec", "resources", "requests", "storage").Text()
		}
	}
	return ""
}
