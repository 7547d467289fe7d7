package analysis

import (
	"path"
	"strings"

	"github.com/podcheck/podcheck/rules/pod"
)

// Give says whether a patch that may apply to a workload, being near it or naming it, gives a field to one of its containers: it
// has both the field's name and the container's, or reaches containers by their number.
func (p Patches) Give(w *pod.Workload, container string, fields ...string) bool {
	if w.Object.Root != "" {
		return false
	}
	dir := path.Dir(w.Object.File.Path)
	for _, t := range p.texts {
		if !strings.Contains(t.text, container) && !strings.Contains(t.text, "ontainers/") {
			continue
		}
		if nearFolders(t.dir, dir) != Together && !strings.Contains(t.text, w.Name()) {
			continue
		}
		for _, field := range fields {
			if strings.Contains(t.text, field) {
				return true
			}
		}
	}
	return false
}
