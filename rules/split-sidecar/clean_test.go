package splitsidecar_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"golang.org/x/tools/txtar"
)

// TestMergedPodIsClean runs the whole catalogue on what each case becomes: the merge may bring along what was found in the helper, and
// nothing else.
func TestMergedPodIsClean(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, f := range archive.Files {
			if f.Name != "want" && !strings.HasPrefix(f.Name, "fixed/") {
				files[f.Name] = f.Data
			}
		}
		before := findings(t, files)
		for _, f := range before {
			if f.Rule == "split-sidecar" && len(f.Fix.Edits) > 0 {
				clean(t, path, files, before, f)
			}
		}
	}
}

// clean applies a fix, and compares the findings after with those before.
func clean(t *testing.T, path string, files map[string][]byte, before []analysis.Finding, f analysis.Finding) {
	t.Helper()
	changed, err := edit.Apply(files, f.Fix.Edits)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	after := map[string][]byte{}
	for p, data := range files {
		if fresh, ok := changed[p]; ok {
			data = fresh
		}
		if data != nil {
			after[p] = data
		}
	}
	for _, found := range findings(t, after) {
		known := slices.ContainsFunc(before, func(old analysis.Finding) bool {
			return old.Rule == found.Rule && old.Container == found.Container && old.Subject == found.Subject
		})
		if !known {
			t.Errorf("%s: the merge causes %s: %s", path, found.Rule, found.Message)
		}
	}
}

func findings(t *testing.T, files map[string][]byte) []analysis.Finding {
	t.Helper()
	var parsed []*manifest.File
	for path, data := range files {
		parsed = append(parsed, manifest.Parse(path, data))
	}
	slices.SortFunc(parsed, func(a, b *manifest.File) int { return strings.Compare(a.Path, b.Path) })
	found, err := rules.Run(analysis.NewState(parsed), &analysis.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var all []analysis.Finding
	for _, f := range found {
		all = append(append(all, f), f.Covers...)
	}
	return all
}
