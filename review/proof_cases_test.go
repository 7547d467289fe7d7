package review_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// kase is one state and how it is analysed.
type kase struct {
	name  string
	files map[string][]byte
	cfg   *analysis.Config
}

func stateOf(files map[string][]byte) *analysis.State {
	var parsed []*manifest.File
	for path, data := range files {
		parsed = append(parsed, manifest.Parse(path, data))
	}
	slices.SortFunc(parsed, func(a, b *manifest.File) int { return strings.Compare(a.Path, b.Path) })
	return analysis.NewState(parsed)
}

// allCases are the Bad example and the test cases of every rule, with all rules on.
func allCases(t *testing.T) []kase {
	t.Helper()
	var out []kase
	for _, rule := range rules.Catalogue {
		if oneRule() != nil && rule != oneRule() {
			continue
		}
		_, text, _ := strings.Cut(rule.Doc, "\n## Bad\n")
		_, text, _ = strings.Cut(text, "```yaml\n")
		text, _, ok := strings.Cut(text, "```\n")
		if !ok {
			t.Fatalf("%s: no example", rule.Name)
		}
		out = append(out, kase{rule.Name + "/doc.md", map[string][]byte{"example.yaml": []byte(text)}, everyRule("")})
	}
	paths, err := filepath.Glob("../rules/*/testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		rule := rules.Find(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if rule == nil || oneRule() != nil && rule != oneRule() {
			continue // user rules are definitions, not manifests alone
		}
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, f := range a.Files {
			if f.Name != "want" && !strings.HasPrefix(f.Name, "fixed/") {
				files[f.Name] = f.Data
			}
		}
		out = append(out, kase{strings.TrimPrefix(path, "../rules/"), files, everyRule(string(a.Comment))})
	}
	return out
}

var version = regexp.MustCompile(`(?m)^kubernetes: 1\.(\d+)$`)

// everyRule turns every rule on; a comment of a case can name the target version.
func everyRule(comment string) *analysis.Config {
	cfg := &analysis.Config{Rules: map[string]analysis.Level{}}
	if m := version.FindStringSubmatch(comment); m != nil {
		cfg.Kubernetes, _ = strconv.Atoi(m[1])
	}
	for _, rule := range rules.Catalogue {
		if rule.Disabled {
			cfg.Rules[rule.Name] = analysis.Level{On: true}
		}
	}
	return cfg
}

// corpus are the real repositories beside the project: each case of labelled, each side of a commit, each repository of wild.
func corpus(t *testing.T) []kase {
	t.Helper()
	const root = "../../shared/corpus"
	if _, err := os.Stat(root); err != nil {
		t.Skip("no corpus beside the project")
	}
	found := map[string]map[string][]byte{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains([]string{".tsv", ".md", ".txt", ".conf"}, filepath.Ext(p)) {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		parts := strings.Split(filepath.ToSlash(rel), "/")
		depth := 2
		switch {
		case parts[0] == "labelled" && parts[1] == "H":
			depth = 4
		case parts[0] == "labelled":
			depth = 3
		}
		if len(parts) < depth {
			return nil
		}
		data, err := os.ReadFile(p)
		name := strings.Join(parts[:depth], "/")
		if found[name] == nil {
			found[name] = map[string][]byte{}
		}
		inner := strings.Join(parts[min(depth, len(parts)-1):], "/")
		found[name][strings.ReplaceAll(inner, "__", "/")] = data
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []kase
	for name, files := range found {
		out = append(out, kase{name, files, nil})
	}
	slices.SortFunc(out, func(a, b kase) int { return strings.Compare(a.name, b.name) })
	return out
}
