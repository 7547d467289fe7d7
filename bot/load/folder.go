package load

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/sourcegraph/conc/iter"

	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review/render"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Stdin is the path that stands for standard input, in arguments and in findings.
const Stdin = "-"

// Files loads one state from files and folders as they lie there. A file that is named counts whatever its name; of a folder
// those that may hold manifests count. Symbolic links within folders are not followed, and hidden folders are left out.
// A path that can't be read is an error that names it. What the renderer makes of them is added.
//
// In the state, paths count from the top of the git repository that holds them all, else from the nearest folder that does, because
// objects of Argo CD and Flux name files so. Name gives the path by which the user would name a file.
func Files(ctx context.Context, paths []string, stdin io.Reader, w Wanted, renderer *render.Renderer) (state *analysis.State, name func(string) string, err error) {
	f := folder{top: top(paths), shown: map[string]string{}}
	var counted []string
	for _, p := range paths {
		if p == Stdin {
			counted = append(counted, p)
			f.shown[p] = p
			continue
		}
		found, others, err := walk(filepath.Clean(p), w.Paths)
		if err != nil {
			return nil, nil, err
		}
		counted = append(counted, f.add(found)...)
		f.add(others)
	}
	slices.Sort(counted)
	counted = slices.Compact(counted)
	mapper := iter.Mapper[string, *manifest.File]{MaxGoroutines: runtime.GOMAXPROCS(0)}
	files, err := mapper.MapErr(counted, func(path *string) (*manifest.File, error) { return read(f.shown[*path], *path, stdin) })
	if err != nil {
		return nil, nil, err
	}
	state, err = renderer.State(ctx, f.tree(files), w.Render)
	return state, f.name, err
}

// folder is the files that lie below a path, by their paths from there.
type folder struct {
	top   string            // absolute; "" when there is none
	shown map[string]string // as the user names them
}

// top is the git repository that holds all paths, else the nearest folder that does, else "".
func top(paths []string) string {
	common := ""
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil || p == Stdin {
			return ""
		}
		if info, err := os.Stat(abs); err == nil && !info.IsDir() {
			abs = filepath.Dir(abs)
		}
		if common == "" {
			common = abs
		}
		for !Holds(common, abs) {
			common = filepath.Dir(common)
		}
	}
	return RepositoryTop(common)
}

// RepositoryTop is the nearest folder upwards that holds a git repository, or the folder itself.
func RepositoryTop(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if filepath.Dir(at) == at {
			return dir
		}
	}
}

// Holds says whether a path is a folder or lies below it.
func Holds(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// add takes files in as the user names them, and returns their paths from the top.
func (f *folder) add(names []string) []string {
	var out []string
	for _, name := range names {
		path := name
		if abs, err := filepath.Abs(name); err == nil && f.top != "" {
			if rel, err := filepath.Rel(f.top, abs); err == nil {
				path = rel
			}
		}
		path = filepath.ToSlash(path)
		if _, known := f.shown[path]; !known {
			f.shown[path] = filepath.ToSlash(name)
		}
		out = append(out, path)
	}
	return out
}

// name is the path by which the user would name a file.
func (f *folder) name(path string) string {
	if shown, known := f.shown[path]; known {
		return shown
	}
	return path
}

func (f *folder) tree(files []*manifest.File) render.Tree {
	t := render.Tree{Files: files}
	for p := range f.shown {
		if p != Stdin {
			t.Paths = append(t.Paths, p)
		}
	}
	slices.Sort(t.Paths)
	t.Read = func(_ context.Context, paths []string) (map[string][]byte, error) {
		out := map[string][]byte{}
		for _, p := range paths {
			name := filepath.FromSlash(f.name(p))
			if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && info.Size() <= repo.MaxBlob {
				if data, err := os.ReadFile(name); err == nil {
					out[p] = data
				}
			}
		}
		return out, nil
	}
	return t
}

// walk lists the files below a folder that may hold manifests and count, and the others; of a file itself.
func walk(root string, wanted Paths) (names, others []string, err error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, nil, fmt.Errorf("reading what to scan: %w", err)
	}
	if !info.IsDir() {
		return []string{root}, nil, nil
	}
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != root && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.Type().IsRegular() && relevant(filepath.ToSlash(p), wanted) && !IsConfiguration(d.Name()):
			names = append(names, p)
		case d.Type().IsRegular():
			others = append(others, p)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading what to scan: %w", err)
	}
	return names, others, nil
}

// read reads a file, which the state is to know by a path.
func read(name, path string, stdin io.Reader) (*manifest.File, error) {
	var source io.Reader = stdin
	if name != Stdin {
		f, err := os.Open(filepath.FromSlash(name))
		if err != nil {
			return nil, fmt.Errorf("reading what to scan: %w", err)
		}
		defer f.Close()
		source = f
	}
	data, err := io.ReadAll(io.LimitReader(source, repo.MaxBlob+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	blob := repo.Blob{Data: data, Size: int64(len(data)), TooLarge: len(data) > repo.MaxBlob}
	return parse(path, blob), nil
}
