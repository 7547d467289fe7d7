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
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/sourcegraph/conc/pool"

	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Paths says which files count; nil lets all pass.
type Paths func(path string) bool

// Loader parses and remembers. It is safe for concurrent use.
type Loader struct {
	cache *cache
}

// New returns a Loader that keeps parsed files of at most that many bytes of source. Nodes take about twenty times as much.
func New(bytes int) *Loader {
	return &Loader{cache: newCache(bytes)}
}

// States loads the state before and after a change. For what a pull request changes, base is the merge base.
func (l *Loader) States(ctx context.Context, r repo.Repository, base, head repo.OID, paths Paths) (before, after *analysis.State, err error) {
	if before, err = l.State(ctx, r, base, paths); err != nil {
		return nil, nil, err
	}
	if after, err = l.State(ctx, r, head, paths); err != nil {
		return nil, nil, err
	}
	return before, after, nil
}

// State loads one commit or tree.
func (l *Loader) State(ctx context.Context, r repo.Repository, rev repo.OID, paths Paths) (*analysis.State, error) {
	entries, err := r.Tree(ctx, rev)
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", rev, err)
	}
	wanted := slices.DeleteFunc(entries, func(e repo.Entry) bool { return !e.Mode.IsFile() || !relevant(e.Path, paths) })
	files, err := l.files(ctx, r, wanted)
	if err != nil {
		return nil, fmt.Errorf("read the files of %s: %w", rev, err)
	}
	return analysis.NewState(files), nil
}

// files returns the parsed files of entries, sorted by path.
func (l *Loader) files(ctx context.Context, r repo.Repository, entries []repo.Entry) ([]*manifest.File, error) {
	files := make([]*manifest.File, len(entries))
	missing := map[repo.OID][]int{} // one blob may be at many paths
	var ids []repo.OID
	for i, e := range entries {
		if files[i] = l.cache.get(key{e.OID, e.Path}); files[i] == nil {
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
			l.cache.put(key{entries[i].OID, entries[i].Path}, files[i])
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

func relevant(name string, paths Paths) bool {
	return IsManifest(name) && (paths == nil || paths(name))
}

// Relevant tells whether a comparison touches a file that counts, on either side.
func Relevant(c repo.Comparison, paths Paths) bool {
	return slices.ContainsFunc(c.Changes, func(change repo.Change) bool {
		return change.Path != "" && relevant(change.Path, paths) || change.OldPath != "" && relevant(change.OldPath, paths)
	})
}
