package analysis

import (
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// Surroundings answers what a state knows about workloads beside their own text. Made once for a run, it looks at every object
// of the state once.
type Surroundings struct {
	state      *State
	configMaps map[string][]*manifest.Object
	read       map[*manifest.Object]*pod.ConfigMap
}

// NewSurroundings indexes a state.
func NewSurroundings(s *State) Surroundings {
	out := Surroundings{state: s, configMaps: map[string][]*manifest.Object{}, read: map[*manifest.Object]*pod.ConfigMap{}}
	for _, o := range s.Objects {
		if o.Kind == "ConfigMap" {
			out.configMaps[o.Name] = append(out.configMaps[o.Name], o)
		}
	}
	return out
}

// Of returns the Services that select a workload's Pods, and the ConfigMaps that these may read.
func (s Surroundings) Of(w *pod.Workload) pod.Surroundings {
	around := pod.Surroundings{Services: s.state.Selecting(w)}
	around.ConfigMap = func(name string) *pod.ConfigMap {
		for _, o := range s.configMaps[name] {
			if s.state.Near(o, w.Object) == Apart {
				continue
			}
			if s.read[o] == nil {
				s.read[o] = pod.ConfigMapOf(o)
			}
			return s.read[o]
		}
		return nil
	}
	return around
}
