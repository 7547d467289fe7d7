package engine

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// mount is where the repository's root stands in the tree that kustomize sees. It is below the root, so that a path that climbs out
// of the repository finds nothing.
const mount = "/repository"

// tree is the file system that kustomize sees: the request's files and nothing else, not to be written.
type tree struct {
	files map[string][]byte  // by absolute path
	dirs  map[string]dirents // likewise
}

type dirents map[string]bool // names

var _ filesys.FileSystem = (*tree)(nil)

func newTree(files map[string][]byte) *tree {
	t := &tree{files: make(map[string][]byte, len(files)), dirs: map[string]dirents{mount: {}}}
	for name, data := range files {
		t.put(absolute(name), data)
	}
	return t
}

// absolute is the place in the tree of a path from the repository's root.
func absolute(name string) string { return path.Join(mount, name) }

// relative is the path from the repository's root of a place in the tree.
func relative(name string) string {
	if name == mount {
		return "."
	}
	return strings.TrimPrefix(name, mount+"/")
}

func (t *tree) put(name string, data []byte) {
	t.files[name] = data
	for name != "/" {
		dir := path.Dir(name)
		if t.dirs[dir] == nil {
			t.dirs[dir] = dirents{}
		}
		t.dirs[dir][path.Base(name)] = true
		name = dir
	}
}

// with is the tree with some files replaced.
func (t *tree) with(changed map[string][]byte) *tree {
	out := &tree{files: make(map[string][]byte, len(t.files)), dirs: make(map[string]dirents, len(t.dirs))}
	for name, data := range t.files {
		out.put(name, data)
	}
	for name, data := range changed {
		out.put(name, data)
	}
	return out
}

func clean(name string) string { return path.Join("/", filepath.ToSlash(name)) }

func (t *tree) ReadFile(name string) ([]byte, error) {
	if data, ok := t.files[clean(name)]; ok {
		return slices.Clone(data), nil
	}
	return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
}

func (t *tree) IsDir(name string) bool { return t.dirs[clean(name)] != nil }

func (t *tree) Exists(name string) bool {
	_, ok := t.files[clean(name)]
	return ok || t.IsDir(name)
}

func (t *tree) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	name = clean(name)
	if t.IsDir(name) {
		return filesys.ConfirmedDir(name), "", nil
	}
	if !t.Exists(name) {
		return "", "", &fs.PathError{Op: "find", Path: name, Err: fs.ErrNotExist}
	}
	return filesys.ConfirmedDir(path.Dir(name)), path.Base(name), nil
}

func (t *tree) ReadDir(name string) ([]string, error) {
	entries := t.dirs[clean(name)]
	if entries == nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	names := make([]string, 0, len(entries))
	for entry := range entries {
		names = append(names, entry)
	}
	slices.Sort(names)
	return names, nil
}

func (t *tree) Glob(pattern string) ([]string, error) {
	var found []string
	for name := range t.files {
		ok, err := path.Match(clean(pattern), name)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		}
		if ok {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found, nil
}

func (t *tree) Open(name string) (filesys.File, error)   { return nil, refused("open", name) }
func (t *tree) Create(name string) (filesys.File, error) { return nil, refused("create", name) }
func (t *tree) Mkdir(name string) error                  { return refused("create", name) }
func (t *tree) MkdirAll(name string) error               { return refused("create", name) }
func (t *tree) RemoveAll(name string) error              { return refused("remove", name) }
func (t *tree) WriteFile(name string, _ []byte) error    { return refused("write", name) }
func (t *tree) Walk(name string, _ filepath.WalkFunc) error {
	return refused("walk", name)
}

func refused(what, name string) error {
	return &fs.PathError{Op: what, Path: name, Err: os.ErrPermission}
}
