// Package render adds to a state what kustomize, Helm, Argo CD and Flux make of its files.
//
// It finds what is rendered (review/render/roots), has it built by a child process that can be killed (review/render/child), and maps
// the objects back to the places in the files that a person edits (review/render/origin). Of a change it renders the roots that the
// change can affect. What can't be rendered is a problem of the state, and the files below it count as they are written.
//
// Invariants: nothing outside the given tree is read, fetched or executed; one root that fails hides no other; the same content is
// rendered once. It must not import kustomize or Helm: they run in the child alone.
package render

import (
	"context"
	"crypto/sha256"
	"reflect"
	"runtime"
	"slices"

	"github.com/podcheck/podcheck/review/recent"
	"github.com/podcheck/podcheck/review/render/roots"
	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Options say what is rendered, and for what.
type Options struct {
	Kustomize, Helm, ArgoCD, Flux bool
	Kubernetes                    int      // minor of the target version 1.x
	URLs                          []string // of this repository, as Applications and GitRepositories name it
}

// Tree is one commit, or a folder as it lies there.
type Tree struct {
	Files []*manifest.File // what may hold manifests and counts, parsed, sorted by path
	Paths []string         // of all files
	// Read returns the files at some of Paths; those that can't be read, or are too large, are absent.
	Read func(ctx context.Context, paths []string) (map[string][]byte, error)
}

// Builder builds one root.
type Builder interface {
	Render(ctx context.Context, request wire.Request) (wire.Response, error)
}

// Renderer renders and remembers. It is safe for concurrent use; nil renders nothing.
type Renderer struct {
	builder Builder
	cache   *recent.Cache[[sha256.Size]byte, wire.Response]
	cores   chan struct{} // holds one for each build that runs: the time of a build begins when it has a core to itself
}

// New returns a Renderer that keeps responses of at most that many bytes.
func New(builder Builder, bytes int) *Renderer {
	return &Renderer{builder: builder, cache: recent.New[[sha256.Size]byte](bytes, size), cores: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// size is about what a response costs, in bytes.
func size(r wire.Response) int {
	const overhead = 256
	n := overhead + len(r.Error)
	for _, o := range r.Objects {
		n += overhead + len(o.YAML) + 8*len(o.Lines)
	}
	return n
}

// State is the state of a tree with everything in it rendered.
func (r *Renderer) State(ctx context.Context, tree Tree, o Options) (*analysis.State, error) {
	if r == nil {
		return analysis.NewState(tree.Files), nil
	}
	s := newSite(r, tree, o)
	s.find(ctx, nil)
	for range rounds {
		chosen := s.next(nil)
		if len(chosen) == 0 {
			break
		}
		s.take(ctx, chosen)
	}
	return s.state(ctx)
}

// States are the states of two trees, with what can be affected by a change of the paths in which they differ.
func (r *Renderer) States(ctx context.Context, before, after Tree, changed []string, o Options) (was, is *analysis.State, err error) {
	if r == nil {
		return analysis.NewState(before.Files), analysis.NewState(after.Files), nil
	}
	old, fresh := newSite(r, before, o), newSite(r, after, o)
	old.find(ctx, nil)
	fresh.find(ctx, nil)
	changed = slices.Concat(changed, lone(old, fresh, changed), lone(fresh, old, changed))
	affecting := changed
	changed = slices.Concat(changed, users(old, fresh, changed), users(fresh, old, changed))
	for range rounds {
		old.leave(fresh, changed)
		a, b := old.next(changed), fresh.next(changed)
		if len(a)+len(b) == 0 {
			break
		}
		old.take(ctx, a)
		fresh.take(ctx, b)
	}
	if was, err = old.state(ctx); err != nil {
		return nil, nil, err
	}
	if is, err = fresh.state(ctx); err != nil {
		return nil, nil, err
	}
	old.setAside(fresh, affecting)
	fresh.setAside(old, affecting)
	return was, is, nil
}

// lone are the files that the affected roots of one site take in which the other site doesn't have. There too they must be looked at
// as they are deployed.
func lone(s, other *site, changed []string) []string {
	var out []string
	for _, root := range roots.Affected(s.roots, changed) {
		if other.root(root.Name) == nil {
			out = append(out, root.Takes...)
		}
	}
	return out
}

// users are the files that ask for one more root of each chart of which a release comes or goes: what else renders the chart, or the
// chart by itself, so that its templates are looked at as they are deployed on both sides.
func users(s, other *site, changed []string) []string {
	var out []string
	for _, root := range roots.Affected(s.roots, changed) {
		if root.Helm == nil || other.root(root.Name) != nil {
			continue
		}
		i := slices.IndexFunc(other.roots, func(r roots.Root) bool { return r.Helm != nil && r.Helm.Chart == root.Helm.Chart })
		if i >= 0 {
			out = append(out, other.roots[i].File)
		}
	}
	return out
}

// leave marks the roots that no changed file has to do with and that both sites ask for in the same words: a root above them changed,
// and not what it says of them.
func (s *site) leave(other *site, changed []string) {
	for _, root := range s.roots {
		twin := other.root(root.Name)
		if root.Maker() == "" || twin == nil || slices.ContainsFunc(changed, root.DependsOn) || slices.ContainsFunc(changed, twin.DependsOn) {
			continue
		}
		if reflect.DeepEqual(root.Kustomize, twin.Kustomize) && reflect.DeepEqual(root.Helm, twin.Helm) && reflect.DeepEqual(root.Directory, twin.Directory) {
			s.same[root.Name], other.same[root.Name] = true, true
		}
	}
}

// setAside marks the builds that a change can't affect: those that were made only because they make others, and the releases of library
// charts that both sites ask for in the same words.
func (s *site) setAside(other *site, changed []string) {
	affected := map[string]bool{}
	for _, root := range roots.Affected(s.roots, changed) {
		affected[root.Name] = true
	}
	for _, b := range s.order {
		release := s.release(b.Root)
		if release == nil {
			b.Beside = !affected[b.Root]
			continue
		}
		twin := other.release(b.Root)
		b.Beside = !slices.Contains(changed, release.File.Path) && twin != nil && manifest.Equal(twin.Node, release.Node)
	}
}

// root is the one of a name, nil when there is none.
func (s *site) root(name string) *roots.Root {
	if i := slices.IndexFunc(s.roots, func(r roots.Root) bool { return r.Name == name }); i >= 0 {
		return &s.roots[i]
	}
	return nil
}
