package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review/render"
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
	state, err := stateOf(t, r, func(p string) bool { return !strings.HasPrefix(p, "vendor/") })
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
	loader := New(1<<20, nil)
	before, after, err := loader.States(t.Context(), r, "base", "head", Wanted{})
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
	if _, _, err := loader.States(t.Context(), r, "base", "head", Wanted{}); err != nil || len(r.read) != 0 {
		t.Errorf("second review read %v (%v)", r.read, err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	loader := New(3*(overhead+len(claim)), nil)
	r := &memory{trees: map[repo.OID]map[string]string{"head": {}}}
	for i := range 10 {
		r.trees["head"][fmt.Sprintf("%d.yaml", i)] = claim
	}
	if _, err := loader.commit(t.Context(), r, "head", nil); err != nil {
		t.Fatal(err)
	}
	if files, bytes := loader.cache.Held(); files != 3 || bytes != 3*(overhead+len(claim)) {
		t.Errorf("cache holds %d files, %d bytes", files, bytes)
	}
}

func TestTooLargeFileIsReported(t *testing.T) {
	r := &memory{trees: map[repo.OID]map[string]string{"head": {"big.yaml": "huge", "b.yaml": claim}}}
	state, err := stateOf(t, r, nil)
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
	loader := New(1<<20, nil)
	_, err := loader.commit(t.Context(), r, "head", nil)
	if files, _ := loader.cache.Held(); !errors.Is(err, r.fail) || files != 0 {
		t.Errorf("got %v with %d files kept", err, files)
	}
}

func TestRelevant(t *testing.T) {
	r := &memory{trees: map[repo.OID]map[string]string{"head": {
		"deploy/base/kustomization.yaml": "{}", "deploy/base/nginx.conf": "", "charts/web/Chart.yaml": "{}", "src/main.go": "",
		"docs/kustomized/kustomization.yaml": "{}",
	}}}
	skip := func(p string) bool { return !strings.HasPrefix(p, "docs/") }
	for _, c := range []struct {
		change repo.Change
		want   bool
	}{
		{repo.Change{Path: "a.yaml"}, true},
		{repo.Change{Path: "a.txt", OldPath: "a.yml"}, true},
		{repo.Change{Path: "a.txt", OldPath: "b.md"}, false},
		{repo.Change{Path: "docs/a.yaml"}, false},
		{repo.Change{Path: "deploy/base/nginx.conf"}, true},
		{repo.Change{Path: "charts/web/templates/_helpers.tpl"}, true},
		{repo.Change{Path: "src/main.go"}, false},
		{repo.Change{Path: "docs/kustomized/app.conf"}, false},
	} {
		for _, rendered := range []bool{true, false} {
			w := Wanted{Paths: skip, Render: render.Options{Kustomize: rendered, Helm: rendered}}
			want := c.want && (rendered || IsManifest(c.change.Path) || IsManifest(c.change.OldPath))
			got, err := Relevant(t.Context(), r, "head", repo.Comparison{Changes: []repo.Change{c.change}}, w)
			if err != nil || got != want {
				t.Errorf("%+v, rendered %v: %v, %v", c.change, rendered, got, err)
			}
		}
	}
}

// stateOf is the state of the commit head.
func stateOf(t *testing.T, r *memory, paths Paths) (*analysis.State, error) {
	t.Helper()
	_, state, err := New(1<<20, nil).States(t.Context(), r, "head", "head", Wanted{Paths: paths})
	return state, err
}

func TestConfigurationIsNoManifest(t *testing.T) {
	r := &memory{trees: map[repo.OID]map[string]string{"head": {".podcheck.yml": "a: [", ".podcheck/rules/a.yaml": "b: [", "deep/.podcheck.yml": claim, "b.yaml": claim}}}
	state, err := stateOf(t, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(state.Files) != 2 || state.File("b.yaml") == nil || state.File("deep/.podcheck.yml") == nil {
		t.Errorf("%d files", len(state.Files))
	}
}
