// Package load turns two commits of a git repository into two analysis states and their difference.
//
// A file is parsed once for its path and object id; what was parsed is kept in a bounded cache, so that a review parses only
// what changed since the last one. Parsed files are shared between states and between reviews and must not be changed.
//
// It reads through repo.Repository, so it serves pull requests and local repositories alike. It must not import GitHub, the
// queue or the review.
package load

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/sourcegraph/conc/pool"

	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review/recent"
	"github.com/podcheck/podcheck/review/render"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user"
)

// Paths says which files count; nil lets all pass.
type Paths func(path string) bool

// Loader parses and remembers. It is safe for concurrent use.
type Loader struct {
	cache    *recent.Cache[key, *manifest.File]
	renderer *render.Renderer
}

// New returns a Loader that keeps parsed files of at most that many bytes of source. Nodes take about twenty times as much.
// What is rendered is added by the renderer, if there is one.
func New(bytes int, renderer *render.Renderer) *Loader {
	return &Loader{cache: recent.New[key](bytes, size), renderer: renderer}
}

// Wanted says what of a repository is looked at.
type Wanted struct {
	Paths  Paths
	Render render.Options
}

// States loads the state before and after a change, with what is rendered and can be affected by it. For what a pull request
// changes, base is the merge base.
func (l *Loader) States(ctx context.Context, r repo.Repository, base, head repo.OID, w Wanted) (before, after *analysis.State, err error) {
	was, err := l.commit(ctx, r, base, w.Paths)
	if err != nil {
		return nil, nil, err
	}
	is, err := l.commit(ctx, r, head, w.Paths)
	if err != nil {
		return nil, nil, err
	}
	return l.renderer.States(ctx, was.Tree, is.Tree, differing(was, is), w.Render)
}

// commit is a tree to render, and the object ids of its files.
type commit struct {
	render.Tree
	ids map[string]repo.OID
}

// commit loads one commit or tree. The repository's configuration is none of its manifests.
func (l *Loader) commit(ctx context.Context, r repo.Repository, rev repo.OID, paths Paths) (commit, error) {
	entries, err := r.Tree(ctx, rev)
	if err != nil {
		return commit{}, fmt.Errorf("list the files of %s: %w", rev, err)
	}
	out := commit{ids: make(map[string]repo.OID, len(entries))}
	var wanted []repo.Entry
	for _, e := range entries {
		if !e.Mode.IsFile() {
			continue
		}
		out.ids[e.Path] = e.OID
		out.Paths = append(out.Paths, e.Path)
		if relevant(e.Path, paths) && !IsConfiguration(e.Path) {
			wanted = append(wanted, e)
		}
	}
	slices.Sort(out.Paths)
	if out.Files, err = l.files(ctx, r, wanted); err != nil {
		return commit{}, fmt.Errorf("read the files of %s: %w", rev, err)
	}
	out.Read = func(ctx context.Context, paths []string) (map[string][]byte, error) {
		return blobs(ctx, r, out.ids, paths)
	}
	return out, nil
}

// blobs reads files by path. One that is too large is absent.
func blobs(ctx context.Context, r repo.Repository, ids map[string]repo.OID, paths []string) (map[string][]byte, error) {
	at := map[repo.OID][]string{}
	for _, p := range paths {
		if id, known := ids[p]; known {
			at[id] = append(at[id], p)
		}
	}
	out := map[string][]byte{}
	var guard sync.Mutex
	err := r.Blobs(ctx, slices.Collect(maps.Keys(at)), func(b repo.Blob) error {
		guard.Lock()
		defer guard.Unlock()
		for _, p := range at[b.OID] {
			if !b.TooLarge {
				out[p] = b.Data
			}
		}
		return nil
	})
	return out, err
}

// differing are the paths at which two commits have different files, or only one of them has one.
func differing(a, b commit) []string {
	var out []string
	for p, id := range a.ids {
		if b.ids[p] != id {
			out = append(out, p)
		}
	}
	for p := range b.ids {
		if _, known := a.ids[p]; !known {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// files returns the parsed files of entries, sorted by path.
func (l *Loader) files(ctx context.Context, r repo.Repository, entries []repo.Entry) ([]*manifest.File, error) {
	files := make([]*manifest.File, len(entries))
	missing := map[repo.OID][]int{} // one blob may be at many paths
	var ids []repo.OID
	for i, e := range entries {
		if files[i], _ = l.cache.Get(key{e.OID, e.Path}); files[i] == nil {
			if missing[e.OID] == nil {
				ids = append(ids, e.OID)
			}
			missing[e.OID] = append(missing[e.OID], i)
		}
	}
	parsers := pool.New().WithMaxGoroutines(runtime.GOMAXPROCS(0))
	err := r.Blobs(ctx, ids, func(b repo.Blob) error {
		for _, i := range missing[b.OID] {
			parsers.Go(func() { files[i] = parse(entries[i].Path, b) })
		}
		return nil
	})
	parsers.Wait()
	if err != nil {
		return nil, err
	}
	for _, at := range missing {
		for _, i := range at {
			l.cache.Put(key{entries[i].OID, entries[i].Path}, files[i])
		}
	}
	slices.SortFunc(files, func(a, b *manifest.File) int { return cmp.Compare(a.Path, b.Path) })
	return files, nil
}

func parse(path string, b repo.Blob) *manifest.File {
	if !b.TooLarge {
		return manifest.Parse(path, b.Data)
	}
	f := manifest.Parse(path, nil)
	f.Problems = append(f.Problems, manifest.Problem{Kind: manifest.NotAnalysed, Path: path,
		Message: fmt.Sprintf("the file has more than the %d bytes that are read", repo.MaxBlob)})
	return f
}

// IsManifest tells whether a file may hold manifests, by its name.
func IsManifest(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return true
	default:
		return false
	}
}

// IsConfiguration tells whether a file steers the analysis, by its path: the configuration and the repository's own rules.
// Mistakes in these are told as such.
func IsConfiguration(name string) bool { return name == ".podcheck.yml" || user.Is(name) }

func relevant(name string, paths Paths) bool {
	return IsManifest(name) && (paths == nil || paths(name))
}

// Relevant tells whether a comparison touches a file that counts, on either side, or any file below a kustomization or a chart of
// the head: what these take in need not look like a manifest.
func Relevant(ctx context.Context, r repo.Repository, head repo.OID, c repo.Comparison, w Wanted) (bool, error) {
	var touched []string
	for _, change := range c.Changes {
		touched = append(touched, change.Path)
		if change.OldPath != "" {
			touched = append(touched, change.OldPath)
		}
	}
	if slices.ContainsFunc(touched, func(p string) bool { return relevant(p, w.Paths) }) {
		return true, nil
	}
	if !w.Render.Kustomize && !w.Render.Helm {
		return false, nil
	}
	entries, err := r.Tree(ctx, head)
	if err != nil {
		return false, fmt.Errorf("list the files of %s: %w", head, err)
	}
	builds := map[string]bool{}
	for _, e := range entries {
		if analysis.IsKustomization(e.Path) || path.Base(e.Path) == "Chart.yaml" {
			builds[path.Dir(e.Path)] = true
		}
	}
	return slices.ContainsFunc(touched, func(p string) bool { return below(builds, p) && (w.Paths == nil || w.Paths(p)) }), nil
}

// below says whether a path lies below one of some folders.
func below(folders map[string]bool, p string) bool {
	for dir := path.Dir(p); ; dir = path.Dir(dir) {
		if folders[dir] {
			return true
		}
		if dir == "." || dir == "/" {
			return false
		}
	}
}
