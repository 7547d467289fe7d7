package splitsidecar

import (
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

// readOnly makes the mounts of shared storage read-only in a container that demonstrably only reads it: beside a writer in one Pod
// nothing else keeps it from changing what it reads.
func (m *merger) readOnly(c *pod.Container, volume string) ([]edit.Edit, error) {
	var edits []edit.Edit
	files := pod.FilesOf(c)
	for _, mount := range c.MountOf(volume) {
		if mount.ReadOnly || !files.SparesMount(mount) || !readsBelow(files, mount) || mountedBelow(c, mount) {
			continue
		}
		added, err := analysis.ReadOnly(mount)
		if err != nil {
			return nil, err
		}
		m.did("container %s mounts volume %s read-only, as it only reads it", c.Name, volume)
		edits = append(edits, added...)
	}
	return edits, nil
}

func readsBelow(files pod.Files, mount pod.Mount) bool {
	return slices.ContainsFunc(files.Of(pod.Reads), func(u pod.FileUse) bool { return mount.Holds(u.Folder()) })
}

// mountedBelow says whether the container runtime has to make a mount point within a mount, which it can't in a read-only one.
func mountedBelow(c *pod.Container, mount pod.Mount) bool {
	points := []string{c.Node.Get("terminationMessagePath").Text(), c.Node.Get("workingDir").Text()}
	for _, other := range c.Mounts {
		points = append(points, other.Path)
	}
	return slices.ContainsFunc(points, func(p string) bool {
		return strings.HasPrefix(path.Clean(p), path.Clean(mount.Path)+"/")
	})
}

// readers makes those of the app's containers and the helper's read-only that only read what the other side hands over.
func (m *merger) readers() error {
	for _, s := range m.pair.shared {
		for _, c := range m.app.Running() {
			edits, err := m.readOnly(c, s.app.Name)
			if err := m.change(m.app.Object, edits, err); err != nil {
				return err
			}
		}
		for _, c := range m.helper.In(pod.Containers) {
			edits, err := m.readOnly(c, s.helper.Name)
			if err := m.within(c, edits, err); err != nil {
				return err
			}
		}
	}
	return nil
}
