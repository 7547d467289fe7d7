package render

import (
	"context"
	"slices"

	"github.com/podcheck/podcheck/review/render/library"
	"github.com/podcheck/podcheck/review/render/roots"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// rounds is how often roots are looked for among what was rendered: an Application may make Applications.
const rounds = 4

// site is one tree with what is rendered in it.
type site struct {
	renderer *Renderer
	tree     Tree
	options  Options
	files    map[string]*manifest.File // parsed, by path; those that were read on the way included, nil for one that can't be read
	roots    []roots.Root
	unseen   []manifest.Problem
	releases []*manifest.Object // of library charts
	order    []*analysis.Build
	builds   map[string]*analysis.Build // by name
	rendered []*manifest.Object
	same     map[string]bool   // roots that give the same before and after
	makers   map[string]string // of builds that a rendered object asks for: the build that made it
}

func newSite(r *Renderer, tree Tree, o Options) *site {
	s := &site{
		renderer: r, tree: tree, options: o, files: map[string]*manifest.File{}, builds: map[string]*analysis.Build{}, makers: map[string]string{},
		same: map[string]bool{},
	}
	for _, f := range tree.Files {
		s.files[f.Path] = f
	}
	return s
}

// find looks for roots, among rendered objects too.
func (s *site) find(ctx context.Context, rendered []*manifest.Object) {
	found, unseen, releases := roots.Find(roots.Repository{
		Files: s.tree.Files, Paths: s.tree.Paths, Objects: rendered, URLs: s.options.URLs,
		Read: func(path string) []byte {
			if f := s.read(ctx, []string{path})[path]; f != nil {
				return f.Data
			}
			return nil
		},
	})
	s.roots = slices.DeleteFunc(found, func(root roots.Root) bool { return !s.options.wants(root) })
	s.unseen = unseen
	if s.options.Flux {
		s.releases = releases
	}
}

// wants says whether roots of a kind are rendered.
func (o Options) wants(root roots.Root) bool {
	switch root.Tool() {
	case roots.ArgoCD:
		return o.ArgoCD
	case roots.Flux:
		return o.Flux
	}
	if root.Helm != nil {
		return o.Helm
	}
	return o.Kustomize
}

// read returns files of the tree, those not known yet in one go. One that can't be read is absent.
func (s *site) read(ctx context.Context, paths []string) map[string]*manifest.File {
	var missing []string
	for _, p := range paths {
		if _, known := s.files[p]; !known {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 && s.tree.Read != nil {
		data, err := s.tree.Read(ctx, missing)
		for _, p := range missing {
			s.files[p] = nil
			if text, ok := data[p]; ok && err == nil {
				s.files[p] = manifest.Parse(p, text)
			}
		}
	}
	out := map[string]*manifest.File{}
	for _, p := range paths {
		if f := s.files[p]; f != nil {
			out[p] = f
		}
	}
	return out
}

// next are the roots to build next: those that a change can affect, all for nil, with what makes the objects that ask for them. Where
// one is built by an object that another one makes, that one comes first.
func (s *site) next(changed []string) []roots.Root {
	chosen := s.roots
	if changed != nil {
		chosen = roots.Affected(s.roots, changed)
		chosen = append(chosen, roots.Makers(s.roots, chosen)...)
	}
	return roots.First(slices.DeleteFunc(slices.Clone(chosen), func(root roots.Root) bool {
		return s.builds[root.Name] != nil || s.same[root.Name]
	}))
}

// take builds roots, and looks for others among what they give.
func (s *site) take(ctx context.Context, chosen []roots.Root) {
	if len(chosen) == 0 {
		return
	}
	for i, b := range s.build(ctx, chosen) {
		s.builds[b.Root], s.makers[b.Root] = b, chosen[i].Maker()
		s.order = append(s.order, b)
		s.rendered = append(s.rendered, b.Objects...)
	}
	s.find(ctx, s.rendered)
}

// state is the state with what was built, and with the releases whose values are read.
func (s *site) state(ctx context.Context) (*analysis.State, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// What was a root by itself is none any more when a rendered object asks for it.
	s.order = slices.DeleteFunc(s.order, func(b *analysis.Build) bool { return s.root(b.Root) == nil })
	for _, release := range s.releases {
		b := s.library(release)
		if len(b.Problems) > 0 && s.deployedOtherwise(release) {
			continue
		}
		s.makers[b.Root] = release.Root
		s.order = append(s.order, b)
	}
	return analysis.Rendered(s.tree.Files, s.order, s.unseen, s.rebuild(ctx)), nil
}

// library reads the values of a release whose chart is known but not in the repository.
func (s *site) library(release *manifest.Object) *analysis.Build {
	b := &analysis.Build{
		Root: releaseName(release), Place: analysis.At(release.Node.Get("metadata", "name")), Maker: release.Root,
		Files: []string{release.File.Path}, Reads: func(p string) bool { return p == release.File.Path },
	}
	b.Objects, b.Problems = library.Objects(b.Root, release)
	for _, o := range b.Objects {
		o.Source = release.Written() // which is what a person edits
	}
	if maker := s.builds[release.Root]; maker != nil {
		b.Files, b.Reads = maker.Files, maker.Reads
	}
	return b
}

// deployedOtherwise says whether a release as it stands in its file is only what a root makes the deployed one from, which nobody
// asked for: what the file lacks may be laid over it.
func (s *site) deployedOtherwise(release *manifest.Object) bool {
	return release.Root == "" && slices.ContainsFunc(s.roots, func(root roots.Root) bool {
		return s.builds[root.Name] == nil && slices.Contains(root.Takes, release.File.Path)
	})
}

// release is the one whose values a build of that name reads, nil when there is none.
func (s *site) release(build string) *manifest.Object {
	if i := slices.IndexFunc(s.releases, func(o *manifest.Object) bool { return releaseName(o) == build }); i >= 0 {
		return s.releases[i]
	}
	return nil
}

func releaseName(release *manifest.Object) string {
	name := release.Kind + "/" + release.Name + " in " + release.File.Path
	if release.Root != "" { // several may make it, each its own way
		name += ", of " + release.Root
	}
	return name
}
