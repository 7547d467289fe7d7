package edit

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/podcheck/podcheck/rules/manifest"
)

func TestPrimitivesOnRealFiles(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "corpus")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no corpus beside the module")
	}
	var paths []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	done, refusedOnes := 0, 0
	for i, path := range paths {
		if i%everyNth != 0 {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		d, r := sampleFile(t, rand.New(rand.NewPCG(uint64(i), 2)), path, data)
		done, refusedOnes = done+d, refusedOnes+r
	}
	t.Logf("%d edits made, %d refused", done, refusedOnes)
	if done < 4*refusedOnes {
		t.Errorf("only %d of %d edits were made", done, done+refusedOnes)
	}
}

// sampleFile tries the primitives on a few nodes of a file, and the removal of each document.
func sampleFile(t *testing.T, r *rand.Rand, path string, data []byte) (done, refusedOnes int) {
	if len(data) > 100_000 || !utf8.Valid(data) {
		return 0, 0
	}
	f := manifest.Parse(path, data)
	nodes, paths := nodesOf(f)
	for range min(len(nodes), 2) {
		i := r.IntN(len(nodes))
		for _, in := range primitives(nodes[i], paths[i]) {
			if r.IntN(3) > 0 {
				continue
			}
			if meets(t, f, in) {
				done++
			} else {
				refusedOnes++
			}
		}
	}
	for _, d := range f.Documents {
		if d.Root == nil || len(f.Problems) > 0 || len(f.Documents) > 20 {
			continue
		}
		edits, err := RemoveDocuments(d)
		holdsDocument(t, f, d, edits, err)
	}
	return done, refusedOnes
}

func holdsDocument(t *testing.T, f *manifest.File, d *manifest.Document, edits []Edit, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", f.Path, err)
		return
	}
	before := map[string][]byte{f.Path: f.Data}
	after, err := Apply(before, edits)
	if err != nil {
		t.Errorf("%s: %v", f.Path, err)
		return
	}
	changes, err := verified(before, after, edits)
	if err != nil {
		t.Errorf("%s: %v", f.Path, err)
		return
	}
	for _, c := range changes {
		if c.Path != "" || c.New != "" || c.Old != canonical(d.Root) && after[f.Path] != nil {
			t.Errorf("%s: document %d: %+v", f.Path, d.Index, c)
		}
	}
}
