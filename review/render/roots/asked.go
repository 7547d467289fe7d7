package roots

// Tool is what people render a root with.
type Tool int

// The tools.
const (
	Plain  Tool = iota // kustomize or Helm by itself
	ArgoCD             // an Application or what an ApplicationSet makes
	Flux               // a Kustomization or a HelmRelease
)

// Tool says what renders a root.
func (r Root) Tool() Tool {
	switch {
	case r.object == nil:
		return Plain
	case groupOf(r.object) == "argoproj.io":
		return ArgoCD
	}
	return Flux
}

// Maker is the name of the root that makes the object which asks for this one; "" when it stands in a file.
func (r Root) Maker() string {
	if r.object == nil {
		return ""
	}
	return r.object.Root
}

// DependsOn says whether a file can change what a root gives: it is read, holds values or parameters, or asks for it.
func (r Root) DependsOn(path string) bool { return r.touchedBy([]string{path}) }
