package analysis

import (
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Nearness says how sure it is that two objects end up in one namespace.
type Nearness int

// The grades of nearness. Sibling folders of a collection such as apps/ are only likely: a bare host name that leads from one
// to the other is convincing, a claim of the same name is not.
const (
	Apart Nearness = iota
	Likely
	Together
)

// Namespace is the namespace that an object ends up in as far as its own files say: as rendered, that of the kustomization which
// lists its file, else as written; "" when unknown.
func (s *State) Namespace(o *manifest.Object) string {
	if o.Root != "" {
		return o.Namespace
	}
	if ns, ok := s.kustomized()[o.File.Path]; ok {
		return ns
	}
	return o.Namespace
}

// Near says whether two objects share a namespace. Known ones must be equal. Unknown ones count as equal in one file or folder,
// in parent and child folders, between the parts of one kustomize layout, and in sibling folders of one application folder; of
// rendered objects, those of one root. What two roots build for two clusters is apart.
func (s *State) Near(a, b *manifest.Object) Nearness {
	nsA, nsB := s.Namespace(a), s.Namespace(b)
	if a.Root != b.Root && a.Root != "" && b.Root != "" && s.variants(a.Root, b.Root) {
		return Apart
	}
	if a.Root == b.Root && a.Root != "" && (nsA == "" || nsB == "") {
		return Together
	}
	dirA, dirB := path.Dir(a.File.Path), path.Dir(b.File.Path)
	switch {
	case nsA != "" && nsB != "":
		if nsA == nsB {
			return Together
		}
		return Apart
	case nsA != "" || nsB != "":
		if dirA == dirB {
			return Together
		}
		return Apart
	}
	return nearFolders(dirA, dirB)
}

// layout are folder names that kustomize users give to the parts of one application.
var layout = []string{"base", "bases", "overlays", "overlay", "components", "component", "resources"}

// collections are folder names that hold applications, not the parts of one.
var collections = []string{
	".", "apps", "applications", "app", "kubernetes", "k8s", "cluster", "clusters", "manifests", "deploy", "deployments", "deployment", "infra", "infrastructure",
	"services", "base", "core", "platform", "namespaces", "components", "charts", "examples", "samples", "kustomize", "gitops", "environments", "envs", "workloads",
}

func nearFolders(a, b string) Nearness {
	if a == b || path.Dir(a) == b && b != "." || path.Dir(b) == a && a != "." {
		return Together
	}
	appA, variantA := application(a)
	appB, variantB := application(b)
	if appA == appB && appA != "." && (variantA == "" || variantB == "" || variantA == variantB) {
		return Together
	}
	parent := path.Dir(appA)
	if parent != path.Dir(appB) || variantA != variantB {
		return Apart
	}
	if slices.Contains(collections, path.Base(parent)) {
		if parent == "." {
			return Apart
		}
		return Likely
	}
	return Together
}

// application cuts a folder at the first name of a kustomize layout, and returns the overlay's name, which tells apart what is
// deployed apart. At the top of a repository such a folder may well hold several applications, and is not cut off.
func application(dir string) (app, variant string) {
	for start := 0; start < len(dir); {
		segment, rest, more := strings.Cut(dir[start:], "/")
		if slices.Contains(layout, segment) {
			if strings.HasPrefix(segment, "overlay") && more {
				variant, _, _ = strings.Cut(rest, "/")
			}
			if start > 0 {
				return dir[:start-1], variant
			}
		}
		start += len(segment) + 1
	}
	return dir, variant
}
