package roots

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/podcheck/podcheck/rules/manifest"
)

// holdInvariants checks what is true of all that Find returns.
func holdInvariants(t *testing.T, repo Repository, roots []Root, unseen []manifest.Problem) {
	t.Helper()
	known := func(p string) bool { _, ok := slices.BinarySearch(repo.Paths, p); return ok }
	for _, r := range roots {
		kinds := 0
		for _, set := range []bool{r.Kustomize != nil, r.Helm != nil, r.Directory != nil} {
			if set {
				kinds++
			}
		}
		if kinds != 1 || r.Name == "" || r.Place.Path != r.File || r.Place.Span.Start.Line < 1 {
			t.Errorf("root %q of %d kinds in %q at %+v", r.Name, kinds, r.File, r.Place)
		}
		files := r.Files()
		for _, p := range files {
			if !known(p) || !r.Reads(p) {
				t.Errorf("%s reads %q, which the repository does not have", r.Name, p)
			}
		}
		for _, p := range repo.Paths {
			if r.Reads(p) && !slices.Contains(files, p) {
				t.Errorf("%s reads %q, which Files leaves out", r.Name, p)
			}
		}
		for _, p := range r.Takes {
			if !slices.Contains(files, p) {
				t.Errorf("%s takes %q, which it does not read", r.Name, p)
			}
		}
		if !slices.IsSorted(r.Takes) || len(slices.Compact(slices.Clone(r.Takes))) != len(r.Takes) {
			t.Errorf("%s takes %q", r.Name, r.Takes)
		}
		if r.Helm != nil {
			holdValues(t, repo, r)
		}
	}
	for _, p := range unseen {
		if !known(p.Path) || p.Message == "" || p.Span.Start.Line < 1 || strings.Contains(p.Message, "\n") {
			t.Errorf("unseen %+v", p)
		}
	}
}

// holdValues checks that each layer of values has its place in a file, and that what is exact stands there.
func holdValues(t *testing.T, repo Repository, r Root) {
	if want := 1 + len(r.Helm.Values) + len(r.Helm.Set) + len(r.Helm.SetString); len(r.Values) != want {
		t.Errorf("%s has %d layers of values, want %d", r.Name, len(r.Values), want)
	}
	for _, layer := range r.Values {
		visit(layer.Node, func(n *manifest.Node) {
			span := n.Span
			if n.File == nil || span.Start.Offset < 0 || span.End.Offset > len(n.File.Data) || span.Start.Offset > span.End.Offset {
				t.Errorf("%s: a value lies outside of its file: %+v", r.Name, span)
				return
			}
			if n.File.PosAt(span.Start.Offset) != span.Start || n.File.PosAt(span.End.Offset) != span.End {
				t.Errorf("%s: %+v is not where %s has it", r.Name, span, n.File.Path)
			}
			text := string(n.File.Data[span.Start.Offset:span.End.Offset])
			if n.Written() != nil || n.Precision() != manifest.Exact {
				return
			}
			if n.Kind == manifest.Scalar && n.Style == manifest.Plain && n.Anchor == "" && !strings.ContainsAny(text, "\n!") && text != n.Value && !strings.Contains(text, "{{") {
				t.Errorf("%s: the value %q stands at %q", r.Name, n.Value, text)
			}
		})
	}
}

func FuzzFind(f *testing.F) {
	for _, name := range []string{"application", "application_helm", "application_details", "applicationset", "applicationset_go", "chart", "flux", "helmrelease", "kustomization", "kustomization_outside"} {
		archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(txtar.Format(&txtar.Archive{Files: archive.Files[:len(archive.Files)-1]}))
		for _, file := range archive.Files[:len(archive.Files)-1] {
			f.Add(txtar.Format(&txtar.Archive{Files: []txtar.File{file}}))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		files := map[string]string{}
		for _, file := range txtar.Parse(data).Files {
			if clean, inside := within("", file.Name); inside && clean == file.Name && clean != "" {
				files[file.Name] = string(file.Data)
			}
		}
		repo := repository(files)
		roots, unseen, libraries := Find(repo)
		holdInvariants(t, repo, roots, unseen)
		again, alsoUnseen, alsoLibraries := Find(repo)
		if first, second := described(roots, unseen, libraries), described(again, alsoUnseen, alsoLibraries); first != second {
			t.Errorf("one time\n%s\nanother time\n%s", first, second)
		}
		Affected(roots, repo.Paths)
	})
}
