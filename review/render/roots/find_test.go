package roots

import (
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

var update = flag.Bool("update", false, "write what is found into the cases, to be read before they are believed")

// here is the address of the repository in all cases.
const here = "https://github.com/acme/shop"

// repository makes a Repository of files as the state of a commit has it.
func repository(files map[string]string) Repository {
	repo := Repository{URLs: []string{here}, Read: func(p string) []byte {
		if text, ok := files[p]; ok {
			return []byte(text)
		}
		return nil
	}}
	for p, text := range files {
		repo.Paths = append(repo.Paths, p)
		switch path.Ext(p) {
		case ".yaml", ".yml", ".json":
			repo.Files = append(repo.Files, manifest.Parse(p, []byte(text)))
		}
	}
	slices.Sort(repo.Paths)
	slices.SortFunc(repo.Files, func(a, b *manifest.File) int { return strings.Compare(a.Path, b.Path) })
	repo.Files = analysis.NewState(repo.Files).Files
	return repo
}

// Each case is a repository, and in its file `want` what is found there.
func TestFind(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			files, want := map[string]string{}, ""
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
				} else {
					files[f.Name] = string(f.Data)
				}
			}
			repo := repository(files)
			roots, unseen, libraries := Find(repo)
			holdInvariants(t, repo, roots, unseen)
			got := described(roots, unseen, libraries)
			if *update {
				archive.Files[len(archive.Files)-1] = txtar.File{Name: "want", Data: []byte(got)}
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("found\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// described writes what Find returns.
func described(roots []Root, unseen []manifest.Problem, libraries []*manifest.Object) string {
	var out strings.Builder
	for _, r := range roots {
		fmt.Fprintf(&out, "root %s (%s:%d)\n", r.Name, r.Place.Path, r.Place.Span.Start.Line)
		describe := func(key, value string) {
			if value != "" {
				fmt.Fprintf(&out, "  %s: %s\n", key, value)
			}
		}
		switch {
		case r.Kustomize != nil:
			describe("kustomize", called(r.Kustomize.Dir))
			for line := range strings.Lines(string(r.Kustomize.Over)) {
				describe("over", strings.TrimSpace(line))
			}
			for _, key := range sortedKeys(r.Kustomize.Substitute) {
				describe("substitute", key+"="+r.Kustomize.Substitute[key])
			}
		case r.Helm != nil:
			describe("helm", fmt.Sprintf("%s release %s in %s", called(r.Helm.Chart), r.Helm.Release, r.Helm.Namespace))
			for _, values := range r.Helm.Values {
				describe("values", strings.ReplaceAll(strings.TrimSpace(string(values)), "\n", "⏎"))
			}
			describe("set", strings.Join(r.Helm.Set, " "))
			describe("set string", strings.Join(r.Helm.SetString, " "))
			describe("post", strings.ReplaceAll(strings.TrimSpace(string(r.Helm.Post)), "\n", "⏎"))
			describe("written", written(r.Values))
		default:
			describe("directory", called(r.Directory.Path))
		}
		describe("namespace", r.Namespace)
		describe("reads", strings.Join(r.Files(), " "))
		describe("takes", strings.Join(r.Takes, " "))
	}
	for _, p := range unseen {
		fmt.Fprintf(&out, "unseen %s:%d: %s\n", p.Path, p.Span.Start.Line, p.Message)
	}
	for _, o := range libraries {
		fmt.Fprintf(&out, "library %s in %s\n", o.Name, o.File.Path)
	}
	return out.String()
}

// written says where each layer of values is.
func written(layers []Values) string {
	var out []string
	for _, l := range layers {
		place := "nowhere"
		if l.Node != nil {
			place = fmt.Sprintf("%s:%d", l.Node.File.Path, l.Node.Span.Start.Line)
			if p := l.Node.Precision(); p != manifest.Exact {
				place += " (" + p.String() + ")"
			}
		}
		if len(l.Path) > 0 {
			place += " at " + strings.Join(l.Path, ".")
		}
		out = append(out, place)
	}
	return strings.Join(out, ", ")
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
