package roots

import (
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// tree is the files of the repository. The folder of its root is "".
type tree struct {
	paths  []string // sorted
	files  []*manifest.File
	parsed map[string]*manifest.File
	read   func(string) []byte
	dirs   []string // nil until asked for
}

func newTree(repo Repository) *tree {
	t := &tree{paths: repo.Paths, files: repo.Files, parsed: make(map[string]*manifest.File, len(repo.Files)), read: repo.Read}
	if !slices.IsSorted(t.paths) {
		t.paths = slices.Sorted(slices.Values(t.paths))
	}
	for _, f := range repo.Files {
		t.parsed[f.Path] = f
	}
	return t
}

// exists says whether there is a file at a path.
func (t *tree) exists(p string) bool {
	_, found := slices.BinarySearch(t.paths, p)
	return found
}

// folder says whether any file lies below a path.
func (t *tree) folder(dir string) bool {
	return len(t.below(dir)) > 0
}

// below returns the paths of all files below a folder.
func (t *tree) below(dir string) []string {
	if dir == "" {
		return t.paths
	}
	return t.starting(dir + "/")
}

// file returns the parsed file at a path, nil when there is none.
func (t *tree) file(p string) *manifest.File {
	if f, known := t.parsed[p]; known {
		return f
	}
	var f *manifest.File
	if t.exists(p) && t.read != nil {
		if data := t.read(p); data != nil {
			f = manifest.Parse(p, data)
		}
	}
	t.parsed[p] = f
	return f
}

// data returns the content of a file; nil when it can't be read.
func (t *tree) data(p string) []byte {
	if f := t.file(p); f != nil {
		return f.Data
	}
	return nil
}

// root returns the first document of a file that has content, nil when there is none.
func (t *tree) root(p string) *manifest.Node {
	return rootOf(t.file(p))
}

func rootOf(f *manifest.File) *manifest.Node {
	if f == nil {
		return nil
	}
	for _, d := range f.Documents {
		if d.Root != nil {
			return d.Root
		}
	}
	return nil
}

// objects returns the objects as they are written and those that are rendered; these take the place of what they are made from.
func (t *tree) objects(rendered []*manifest.Object) []*manifest.Object {
	type place struct {
		path   string
		offset int
	}
	replaced := map[place]bool{}
	for _, o := range rendered {
		if w := o.Written(); w != nil && w != o && w.File != nil && w.Node != nil {
			replaced[place{w.File.Path, w.Node.Span.Start.Offset}] = true
		}
	}
	var out []*manifest.Object
	for _, f := range t.files {
		for _, o := range f.Objects {
			if !replaced[place{f.Path, o.Node.Span.Start.Offset}] {
				out = append(out, o)
			}
		}
	}
	return append(out, rendered...)
}
