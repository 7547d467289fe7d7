package manifest

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpusFiles returns the manifests of the shared corpus beside the module; it skips the test when there is none.
func corpusFiles(t testing.TB) map[string][]byte {
	t.Helper()
	root := filepath.Join("..", "..", "..", "shared", "corpus")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no corpus beside the module")
	}
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch filepath.Ext(path) {
		case ".yaml", ".yml", ".json":
		default:
			return err
		}
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(root)+"/")] = data
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCorpusKeepsItsPromises(t *testing.T) {
	files := corpusFiles(t)
	objects, problems := 0, 0
	for path, data := range files {
		before := bytes.Clone(data)
		f := Parse(path, data)
		if !bytes.Equal(before, data) {
			t.Errorf("%s: the data was changed", path)
		}
		checkFile(t, f)
		objects += len(f.Objects)
		for _, p := range f.Problems {
			problems++
			t.Logf("%s:%d:%d: %v: %s", p.Path, p.Span.Start.Line, p.Span.Start.Column, p.Kind, p.Message)
		}
	}
	t.Logf("%d files, %d objects, %d problems", len(files), objects, problems)
	if objects < len(files)/2 {
		t.Errorf("%d objects in %d files", objects, len(files))
	}
}
