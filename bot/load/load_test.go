package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/rules/analysis"
)

// memory is a repository whose trees are named by their object ids. A blob's id is derived from its content.
type memory struct {
	trees map[repo.OID]map[string]string
	read  []repo.OID
	fail  error
}

func oid(text string) repo.OID { return repo.OID(fmt.Sprintf("%040x", len(text)*1000+int(sum(text)))) }

func sum(text string) (n uint16) {
	for _, c := range []byte(text) {
		n = n*31 + uint16(c)
	}
	return n
}

func (m *memory) Tree(_ context.Context, rev repo.OID) ([]repo.Entry, error) {
	var entries []repo.Entry
	for path, text := range m.trees[rev] {
		mode := repo.Regular
		if strings.HasPrefix(text, "-> ") {
			mode = repo.Symlink
		}
		entries = append(entries, repo.Entry{Path: path, Mode: mode, OID: oid(text)})
	}
	return entries, nil
}

func (m *memory) Blobs(_ context.Context, ids []repo.OID, each func(repo.Blob) error) error {
	for _, tree := range m.trees {
		for _, text := range tree {
			if slices.Contains(ids, oid(text)) && !slices.Contains(m.read, oid(text)) {
				m.read = append(m.read, oid(text))
				blob := repo.Blob{OID: oid(text), Size: int64(len(text)), Data: []byte(text)}
				if text == "huge" {
					blob = repo.Blob{OID: oid(text), Size: repo.MaxBlob + 1, TooLarge: true}
				}
				if err := each(blob); err != nil {
					return err
				}
			}
		}
	}
	return m.fail
}

func (m *memory) MergeBase(context.Context, repo.OID, repo.OID) (repo.OID, error) { return "base", nil }

func (m *memory) Compare(context.Context, repo.OID, repo.OID) (repo.Comparison, error) {
	return repo.Comparison{}, nil
}

func paths(s *analysis.State) []string {
	var names []string
	for _, f := range s.Files {
		names = append(names, f.Path)
	}
	return names
}

const claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: logs}\n"

func TestStateTakesManifestsOnly(t *testing.T) {
	r := &memory{trees: map[repo.OID]map[string]string{"head": {
		"b.yaml": claim, "a/c.YML": claim, "d.json": "{}", "README.md": "text", "link.yaml": "-> b.yaml", "vendor/x.yaml": claim,
	}}}
	state, err := New(1<<20).State(t.Context(), r, "head", func(p string) bool { return !strings.HasPrefix(p, "vendor/") })
	if err != nil {
		t.Fatal(err)
	}
	if got := paths(state); !slices.Equal(got, []string{"a/c.YML", "b.yaml", "d.json"}) {
		t.Errorf("files are %v", got)
	}
	if len(state.Objects) != 2 || state.Objects[0].File.Path != "a/c.YML" {
		t.Errorf("the blob at two paths gives %d objects", len(state.Objects))
	}
}

func TestUnchangedFilesAreNotReadAgain(t *testing.T) {
	r := &memory{trees: map[repo.OID]map[string]string{
		"base": {"a.yaml": claim, "b.yaml": "x: 1\n"}, "head": {"a.yaml": claim, "b.yaml": "x: 2\n"},
	}}
	loader := New(1 << 20)
	before, after, err := loader.States(t.Context(), r, "base", "head", nil)
	if err != nil {
		t.Fatal(err)
	}
	if before.File("a.yaml") != after.File("a.yaml") {
		t.Error("the unchanged file was parsed twice")
	}
	if before.File("b.yaml") == after.File("b.yaml") {
		t.Error("the changed file is the same on both sides")
	}
	r.read = nil
	if _, _, err := loader.States(t.Context(), r, "base", "head", nil); err != nil || len(r.read) != 0 {
		t.Errorf("second review read %v (%v)", r.read, err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	loader := New(3 * (overhead + len(claim)))
	r := &memory{trees: map[repo.OID]map[string]string{"head": {}}}
	for i := range 10 {
		r.trees["head"][fmt.Sprintf("%d.yaml", i)] = claim
	}
	if _, err := loader.State(t.Context(), r, "head", nil); err != nil {
		t.Fatal(err)
	}
	if n := len(loader.cache.entries); n != 3 || loader.cache.order.Len() != 3 || loader.cache.size != 3*(overhead+len(claim)) {
		t.Errorf("cache holds %d files, %d bytes", n, loader.cache.size)
	}
}

func TestTooLargeFileIsReported(t *testing.T) {
	r := &memory{trees: map[repo.OID]map[string]string{"head": {"big.yaml": "huge", "b.yaml": claim}}}
	state, err := New(1<<20).State(t.Context(), r, "head", nil)
	if err != nil {
		t.Fatal(err)
	}
	if p := state.File("big.yaml").Problems; len(p) != 1 || !strings.Contains(p[0].Message, "more than") || len(state.Objects) != 1 {
		t.Errorf("problems are %v, objects %d", p, len(state.Objects))
	}
}

func TestRulesAreThoseOfTheirFolder(t *testing.T) {
	r := &memory{trees: map[repo.OID]map[string]string{"base": {
		".podcheck/rules/a.yaml": "a", ".podcheck/rules/b.json": "b", ".podcheck/rules/big.yaml": "huge", ".podcheck/rules/link.yaml": "-> /etc/passwd",
		".podcheck/rules/deep/c.yaml": "c", ".podcheck/rules/README.md": "d", "apps/.podcheck/rules/e.yaml": "e", ".podcheck.yml": "f",
	}}}
	files, err := Rules(t.Context(), r, "base")
	if err != nil || len(files) != 3 || string(files[".podcheck/rules/a.yaml"]) != "a" || string(files[".podcheck/rules/b.json"]) != "b" || files[".podcheck/rules/big.yaml"] != nil {
		t.Errorf("%q, %v", files, err)
	}
}

func TestFailedReadingKeepsNothing(t *testing.T) {
	r := &memory{trees: map[repo.OID]map[string]string{"head": {"b.yaml": claim}}, fail: errors.New("remote gone")}
	loader := New(1 << 20)
	if _, err := loader.State(t.Context(), r, "head", nil); !errors.Is(err, r.fail) || len(loader.cache.entries) != 0 {
		t.Errorf("got %v with %d files kept", err, len(loader.cache.entries))
	}
}

func TestRelevant(t *testing.T) {
	skip := func(p string) bool { return !strings.HasPrefix(p, "docs/") }
	for _, c := range []struct {
		change repo.Change
		want   bool
	}{
		{repo.Change{Path: "a.yaml"}, true},
		{repo.Change{Path: "a.txt", OldPath: "a.yml"}, true},
		{repo.Change{Path: "a.txt", OldPath: "b.md"}, false},
		{repo.Change{Path: "docs/a.yaml"}, false},
	} {
		if got := Relevant(repo.Comparison{Changes: []repo.Change{c.change}}, skip); got != c.want {
			t.Errorf("%+v: %v", c.change, got)
		}
	}
}
