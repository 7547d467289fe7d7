package load

import (
	"cmp"
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
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// Stdin is the path that stands for standard input, in arguments and in findings.
const Stdin = "-"

// Files loads one state from files and folders as they lie there. A file that is named counts whatever its name; of a folder
// those that may hold manifests count. Symbolic links within folders are not followed, and hidden folders are left out.
// A path that can't be read is an error that names it.
func Files(paths []string, stdin io.Reader, wanted Paths) (*analysis.State, error) {
	var names []string
	for _, p := range paths {
		if p == Stdin {
			names = append(names, p)
			continue
		}
		found, err := walk(filepath.Clean(p), wanted)
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	mapper := iter.Mapper[string, *manifest.File]{MaxGoroutines: runtime.GOMAXPROCS(0)}
	files, err := mapper.MapErr(names, func(name *string) (*manifest.File, error) { return read(*name, stdin) })
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b *manifest.File) int { return cmp.Compare(a.Path, b.Path) })
	return analysis.NewState(files), nil
}

func walk(root string, wanted Paths) ([]string, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, fmt.Errorf("reading what to scan: %w", err)
	}
	if !info.IsDir() {
		return []string{root}, nil
	}
	var names []string
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != root && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.Type().IsRegular() && relevant(filepath.ToSlash(p), wanted):
			names = append(names, p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what to scan: %w", err)
	}
	return names, nil
}

func read(name string, stdin io.Reader) (*manifest.File, error) {
	var source io.Reader = stdin
	if name != Stdin {
		f, err := os.Open(name)
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
	return parse(filepath.ToSlash(name), blob), nil
}
