package analysis

import (
	"sync"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// State is the whole state of a repository at one moment: every manifest that was read, and the typed views over them. What is
// asked of it again is remembered, so one State serves one goroutine at a time; the files below it may be shared.
type State struct {
	Files     []*manifest.File // sorted by path
	Objects   []*manifest.Object
	Workloads []*pod.Workload
	Services  []*pod.Service
	Builds    []*Build           // what is rendered; Objects has theirs, and not those of the files that they take in
	Unseen    []manifest.Problem // what the files refer to and nothing is known of: charts and folders elsewhere

	byPath     map[string]*manifest.File
	builds     map[string]*Build // by Root
	taken      map[string]bool   // paths of files that builds take in
	apart      map[[2]string]bool
	whole      *State // that this one is a part of; nil for none
	rebuild    Rebuild
	replaced   contents
	namespaces map[string]string // of files that a kustomization lists; nil until asked for
	services   map[string][]*pod.Service
	answering  map[string][]*pod.Workload // by the names of Services that would by convention lead to them
	labelled   map[label][]*pod.Workload  // those that a Service may select, by each label of their Pods
	selected   map[*pod.Service][]*pod.Workload
	selectors  map[label][]int // in Services, by one label of their selectors
	links      map[*pod.Workload][]Link
	configMaps map[string][]*manifest.Object
	graph      func() kustomizationGraph
}

// NewState indexes files, which must be sorted by path and have distinct paths. They are shared and stay as they are.
func NewState(files []*manifest.File) *State { return newState(files, nil) }

func newState(files []*manifest.File, builds []*Build) *State {
	files = withoutTemplates(files)
	s := &State{
		Files: files, Builds: builds, builds: map[string]*Build{}, taken: map[string]bool{}, apart: map[[2]string]bool{}, byPath: make(map[string]*manifest.File, len(files)),
		services: map[string][]*pod.Service{}, answering: map[string][]*pod.Workload{}, links: map[*pod.Workload][]Link{},
		labelled: map[label][]*pod.Workload{}, selected: map[*pod.Service][]*pod.Workload{}, selectors: map[label][]int{}, configMaps: map[string][]*manifest.Object{},
	}
	s.graph = sync.OnceValue(s.kustomizationGraph)
	for _, b := range builds {
		s.builds[b.Root] = b
		for path := range b.Takes {
			s.taken[path] = true
		}
		for path := range b.Fills {
			s.taken[path] = true
		}
	}
	for _, f := range files {
		s.byPath[f.Path] = f
		if !s.taken[f.Path] {
			s.Objects = append(s.Objects, f.Objects...)
		}
	}
	for _, b := range builds {
		s.Objects = append(s.Objects, b.Objects...)
	}
	for _, o := range s.Objects {
		if o.Kind == "ConfigMap" && o.APIVersion == "v1" {
			s.configMaps[o.Name] = append(s.configMaps[o.Name], o)
		}
		if w := pod.WorkloadOf(o); w != nil {
			s.Workloads = append(s.Workloads, w)
			for _, name := range answersTo(w) {
				s.answering[name] = append(s.answering[name], w)
			}
			s.label(w)
		}
		if svc := pod.ServiceOf(o); svc != nil {
			if key, ok := leastKey(svc.Selector); ok {
				s.selectors[label{key, svc.Selector[key]}] = append(s.selectors[label{key, svc.Selector[key]}], len(s.Services))
			}
			s.Services = append(s.Services, svc)
			s.services[o.Name] = append(s.services[o.Name], svc)
		}
	}
	return s
}

// Text returns the content of the file at path, nil when the state has none.
func (s *State) Text(path string) []byte {
	if f := s.byPath[path]; f != nil {
		return f.Data
	}
	return nil
}

// File returns the file at path, nil when the state has none.
func (s *State) File(path string) *manifest.File {
	return s.byPath[path]
}
