// Package wire is what the two sides of a build say to each other: one request in, one response out, each a single JSON document.
// The parent (review/render/child) and the child (review/render/engine) both import it, so it imports neither them nor kustomize nor
// Helm.
//
// A response comes from a process that has read foreign input, so the parent takes it as foreign: DecodeResponse bounds what it
// accepts and never panics.
package wire

// Request is one build. Files are all that it may read, by path from the repository root, with forward slashes.
type Request struct {
	Files     map[string][]byte
	Kustomize *Kustomize `json:",omitempty"` // exactly one of the two
	Helm      *Helm      `json:",omitempty"`
	Version   int        // target Kubernetes 1.x minor
}

// Kustomize asks for the build of a folder.
type Kustomize struct {
	Dir        string            // folder to build, "" for the repository root
	Over       []byte            `json:",omitempty"` // YAML of a kustomization laid over the build (an Argo CD Application's or a Flux Kustomization's fields); nil: none
	Generate   bool              `json:",omitempty"` // when Dir has no kustomization, make one that takes all manifests below it, as Flux does
	Substitute map[string]string // Flux's postBuild variables; nil: no substitution
}

// Helm asks for the rendering of a chart.
type Helm struct {
	Chart     string // folder of Chart.yaml
	Release   string
	Namespace string
	Values    [][]byte `json:",omitempty"` // YAML, later wins, over the chart's own
	Set       []string `json:",omitempty"` // "a.b=c" in the syntax of Helm's --set
	SetString []string `json:",omitempty"` // likewise, values are strings
	SkipCRDs  bool     `json:",omitempty"`
	Post      []byte   `json:",omitempty"` // YAML of a kustomization laid over the result (a HelmRelease's postRenderers); nil: none
}

// Response is what a build gave: objects, or the reason why there are none.
type Response struct {
	Objects []Object `json:",omitempty"`
	Error   string   `json:",omitempty"` // a sentence that names file and line where the tool does
}

// Object is one rendered object and where it comes from.
type Object struct {
	YAML []byte // one document

	// Of kustomize:
	Path      string `json:",omitempty"` // file that it is read from, "" when generated
	Kind      string `json:",omitempty"` // as written there, before any transformation; generators: of the rendered object
	Name      string `json:",omitempty"`
	Namespace string `json:",omitempty"`
	By        string `json:",omitempty"` // generated: file of the kustomization whose generator made it

	// Of Helm:
	Template string `json:",omitempty"` // path of the template file, from the repository root
	Lines    []int  `json:",omitempty"` // line of Template that each line of YAML comes from; 0: unknown. nil: unknown altogether
}
