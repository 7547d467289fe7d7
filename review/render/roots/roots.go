// Package roots finds what a repository renders: kustomizations, charts, and what Argo CD and Flux objects point at.
//
// It is pure: files and objects in, roots out. A Root says what to build and with which options, which files the build may read,
// which files it takes in as they are, and where its values are written. Nothing is built, fetched or executed here, so that what
// refers outside the repository costs nothing: it is told by name and place.
//
// Argo CD and Flux objects can come out of a build themselves. Find is called again with the rendered objects then; a rendered object
// takes the place of the one that it is made from.
//
// Invariants: no root reads a path that is not among the repository's; time and memory are bounded, whatever the files say; nothing
// here panics on foreign bytes; the same repository gives the same roots in the same order.
//
// It imports neither kustomize nor Helm, and neither review nor bot.
package roots

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Repository is the state of a repository in which roots are found. All paths are slash-separated and relative to its root.
type Repository struct {
	Files   []*manifest.File         // parsed, sorted by path
	Paths   []string                 // of all files of the commit, sorted
	Objects []*manifest.Object       // further objects: those already rendered
	URLs    []string                 // addresses of this repository, in any spelling
	Read    func(path string) []byte // content of a file that is not among Files; nil when it can't be read
}

// Root is one thing to build. Exactly one of Kustomize, Helm and Directory is set.
type Root struct {
	Name      string         // what people call it: "overlays/prod", "chart charts/web", "Application/shop in argocd/shop.yaml"
	File      string         // that asks for it: a kustomization, a Chart.yaml, the file of an Application or a HelmRelease
	Place     analysis.Place // in that file
	Kustomize *wire.Kustomize
	Over      *manifest.Node // of Kustomize: what says the options that are laid over, with the fields of a kustomization; nil for none
	Helm      *wire.Helm
	Directory *Directory
	Values    []Values               // of Helm: the chart's own, then those of Helm.Values one by one, then those of Helm.Set and Helm.SetString
	Namespace string                 // that objects without one get; "" when unknown
	Reads     func(path string) bool // which files the build may read
	Takes     []string               // sorted: files whose objects go in as they are or as patches

	reads   *inputs
	tree    *tree
	object  *manifest.Object // that asks for it; nil for a kustomization or a chart by itself
	depends *inputs          // files beyond Reads on which the request depends: values files, files of parameters, ConfigMaps
}

// Files returns the paths of all files that the build may read, sorted: those for which Reads is true.
func (r Root) Files() []string {
	return r.reads.of(r.tree)
}

// Directory is a folder of plain manifests that Argo CD applies as they are.
type Directory struct {
	Path  string
	Files []string // sorted
}

// Values is one layer of a chart's values. Node is nil for a layer that is written nowhere, or that does not parse.
//
// A Node within text (a block of `values: |`) has an Origin without a source: its place is right, but it can't be edited as YAML.
type Values struct {
	Node *manifest.Node
	Path []string // keys below which Node stands in the values; empty for a whole layer
}

// Find returns the roots of a repository by file and name, what could not be followed and why, and the HelmReleases of library charts
// whose values another part reads (bjw-s app-template).
func Find(repo Repository) (roots []Root, unseen []manifest.Problem, libraries []*manifest.Object) {
	f := newFinder(repo)
	f.readKustomizations()
	f.readCharts()
	f.readObjects()
	f.findApplications()
	f.findFlux()
	f.findKustomizations()
	f.findCharts()
	slices.SortStableFunc(f.roots, func(a, b Root) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Place.Span.Start.Offset, b.Place.Span.Start.Offset), cmp.Compare(a.Name, b.Name))
	})
	nameApart(f.roots)
	slices.SortStableFunc(f.unseen, func(a, b manifest.Problem) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Span.Start.Offset, b.Span.Start.Offset), cmp.Compare(a.Message, b.Message))
	})
	return f.roots, f.unseen, f.libraries
}

// nameApart numbers roots of one name, so that no two have the same.
func nameApart(roots []Root) {
	seen := map[string]int{}
	for i := range roots {
		name := roots[i].Name
		for n := seen[name]; seen[roots[i].Name] > 0; {
			n++
			roots[i].Name = fmt.Sprintf("%s (%d)", name, n)
			seen[name] = n
		}
		seen[roots[i].Name]++
	}
}
