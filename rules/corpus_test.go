package rules_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
)

// corpus is a folder of real manifests beside the project; the tests that use it skip when it is absent.
const corpus = "../../shared/corpus"

// repositories reads the corpus as states: each case of labelled, each side of a commit, each repository of wild.
func repositories(t *testing.T) map[string]map[string]string {
	t.Helper()
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no corpus beside the project")
	}
	out := map[string]map[string]string{}
	err := filepath.WalkDir(corpus, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(corpus, p)
		parts := strings.Split(filepath.ToSlash(rel), "/")
		depth := 2
		switch {
		case parts[0] == "labelled" && parts[1] == "H":
			depth = 4
		case parts[0] == "labelled":
			depth = 3
		}
		if len(parts) < depth || strings.HasSuffix(p, ".tsv") || strings.HasSuffix(p, ".md") || strings.HasSuffix(p, ".txt") || strings.HasSuffix(p, ".conf") {
			return nil
		}
		name := strings.Join(parts[:min(depth, len(parts))], "/")
		data, err := os.ReadFile(p)
		if out[name] == nil {
			out[name] = map[string]string{}
		}
		inner := strings.Join(parts[min(depth, len(parts)-1):], "/")
		out[name][strings.ReplaceAll(inner, "__", "/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCorpus runs the catalogue over real repositories: every fix applies, parses, and takes its finding away. Run it with -v and
// read every line.
func TestCorpus(t *testing.T) {
	for name, files := range repositories(t) {
		for _, f := range run(t, files, nil) {
			t.Logf("%s: %s %s %s:%d %s: %s", name, f.Severity, f.Rule, f.Place.Path, f.Place.Span.Start.Line, f.Object, f.Message)
			for _, e := range f.Evidence {
				t.Logf("    %s (%s:%d)", e.Text, e.Place.Path, e.Place.Span.Start.Line)
			}
			if f.Fix != nil {
				for _, o := range f.Fix.Obstacles {
					t.Logf("    obstacle: %s", o)
				}
				for _, s := range f.Fix.Steps {
					t.Logf("    step: %s", s)
				}
			}
			checkFix(t, name, files, f)
		}
	}
}

func checkFix(t *testing.T, name string, files map[string]string, f analysis.Finding) {
	if f.Fix == nil || len(f.Fix.Edits) == 0 {
		return
	}
	before := map[string][]byte{}
	for p, text := range files {
		before[p] = []byte(text)
	}
	after, err := edit.Apply(before, f.Fix.Edits)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if err := edit.Verify(before, after, f.Fix.Edits); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	fixed := map[string]string{}
	for p, text := range files {
		fixed[p] = text
		if data, ok := after[p]; ok {
			if fixed[p] = string(data); data == nil {
				delete(fixed, p)
			}
		}
	}
	for _, again := range run(t, fixed, nil) {
		if again.Rule == f.Rule && again.Place.Path == f.Place.Path && again.Object == f.Object && again.Container == f.Container && again.Subject == f.Subject {
			t.Errorf("%s: the fix of %s %s leaves its finding", name, f.Rule, f.Object)
		}
	}
}
