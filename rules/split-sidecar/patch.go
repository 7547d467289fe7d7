package splitsidecar

import (
	"fmt"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
)

// ownFields are fields of a workload that say how many Pods it has and how it replaces them, which the merge gives up with it.
var ownFields = []string{
	"/metadata", "/spec/replicas", "/spec/strategy", "/spec/updateStrategy", "/spec/revisionHistoryLimit", "/spec/progressDeadlineSeconds", "/spec/minReadySeconds",
	"/spec/podManagementPolicy", "/spec/paused",
}

// givenUp says whether a patch of a workload sets nothing but what goes with the workload itself.
func givenUp(p analysis.ObjectPatch) bool {
	return !slices.ContainsFunc(p.Sets, func(pointer string) bool {
		return !slices.ContainsFunc(ownFields, func(field string) bool { return pointer == field || strings.HasPrefix(pointer, field+"/") })
	})
}

// patchedLists refuses an app whose lists of containers or volumes a kustomization replaces as a whole.
func (m *merger) patchedLists() []string {
	var out []string
	for _, p := range m.state.PatchesOf(m.app.Object) {
		for _, list := range []string{"initContainers", "containers", "volumes"} {
			if p.Object == nil && slices.ContainsFunc(p.Sets, func(pointer string) bool { return strings.HasSuffix(pointer, "/spec/"+list) }) {
				out = append(out, fmt.Sprintf("%s replaces the %s of %s as a whole; add there what the helper brings.", p.By.File.Path, list, m.app))
			}
		}
	}
	return out
}
