package roots

import (
	"slices"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
)

// rendered makes objects of a build from text; those of a source stand for its objects one by one.
func rendered(build, text string, source *manifest.File) []*manifest.Object {
	objects := manifest.Parse("rendered.yaml", []byte(text)).Objects
	for i, o := range objects {
		o.Root = build
		if source != nil {
			o.Source, o.File = source.Objects[i], source
			relocate(o.Node, source.Objects[i].Node)
		}
	}
	return objects
}

const fluxKustomization = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps}
spec:
  path: PATH
  sourceRef: {kind: GitRepository, name: flux-system}
`

func names(roots []Root) []string {
	var out []string
	for _, r := range roots {
		out = append(out, r.Name)
	}
	return out
}

func TestARenderedObjectTakesThePlaceOfTheOneItIsMadeFrom(t *testing.T) {
	repo := repository(map[string]string{
		"clusters/apps.yaml": fluxKustomization,
		"apps/a/a.yaml":      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
		"apps/b/b.yaml":      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
	})
	if roots, unseen, _ := Find(repo); len(roots) != 0 || len(unseen) != 1 {
		t.Fatalf("as written: %v %v, want the folder PATH missing", names(roots), unseen)
	}
	source := repo.Files[slices.IndexFunc(repo.Files, func(f *manifest.File) bool { return f.Path == "clusters/apps.yaml" })]
	for _, folder := range []string{"a", "b"} {
		text := `{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: apps, namespace: flux-system},
spec: {path: ./apps/` + folder + `, sourceRef: {kind: GitRepository, name: flux-system}}}`
		repo.Objects = append(repo.Objects, rendered("clusters/"+folder, text, source)...)
	}
	roots, unseen, _ := Find(repo)
	want := []string{"Kustomization/apps in clusters/apps.yaml, of clusters/a", "Kustomization/apps in clusters/apps.yaml, of clusters/b"}
	if !slices.Equal(names(roots), want) || len(unseen) != 0 {
		t.Fatalf("got %q %v, want %q", names(roots), unseen, want)
	}
	if roots[0].Kustomize.Dir != "apps/a" || roots[0].Place.Path != "clusters/apps.yaml" {
		t.Fatalf("got %+v", roots[0])
	}
}

func TestAnObjectThatATemplateMakesIsFollowed(t *testing.T) {
	repo := repository(map[string]string{
		"apps/Chart.yaml":         "name: apps\n",
		"apps/templates/one.yaml": "{{ range .Values.apps }}\n{{ end }}\n",
		"shop/Chart.yaml":         "name: shop\n",
	})
	template := repo.Files[slices.IndexFunc(repo.Files, func(f *manifest.File) bool { return f.Path == "apps/templates/one.yaml" })]
	made := rendered("chart apps", `{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: shop},
spec: {source: {repoURL: "`+here+`", path: shop}}}`, nil)
	made[0].File = template
	for _, o := range made {
		visit(o.Node, func(n *manifest.Node) {
			n.File, n.Span = template, manifest.Span{Start: manifest.Pos{Line: 1, Column: 1}, End: manifest.Pos{Line: 1, Column: 1}}
		})
	}
	repo.Objects = made
	roots, _, _ := Find(repo)
	want := []string{"chart apps", "Application/shop in apps/templates/one.yaml, of chart apps"}
	if !slices.Equal(names(roots), want) {
		t.Fatalf("got %q, want %q", names(roots), want)
	}
	if roots[1].File != "apps/templates/one.yaml" || roots[1].Helm.Chart != "shop" {
		t.Fatalf("got %+v", roots[1])
	}
	if hit := names(Affected(roots, []string{"apps/values.yaml"})); !slices.Equal(hit, want) {
		t.Fatalf("a change of the chart that makes the Application affects %q, want %q", hit, want)
	}
}

func TestObjectsOfPatchesAreNotFollowed(t *testing.T) {
	repo := repository(map[string]string{
		"base/app.yaml":           "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {repoURL: " + here + ", path: x}}\n",
		"base/kustomization.yaml": "resources: [app.yaml]\n",
		"over/patch.yaml":         "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {repoURL: " + here + ", path: gone}}\n",
		"over/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml}]\n",
		"x/a.yaml":                "a: b\n",
	})
	roots, unseen, _ := Find(repo)
	want := []string{"Application/a in base/app.yaml", "over"}
	if !slices.Equal(names(roots), want) || len(unseen) != 0 {
		t.Fatalf("got %q %v, want %q", names(roots), unseen, want)
	}
}

func TestOnlyTextThatATemplateLeavesAloneHasASource(t *testing.T) {
	roots, _, _ := Find(repository(map[string]string{
		"web/Chart.yaml": "name: web\n",
		"set.yaml": set(`  generators: [{list: {elements: [{name: a}]}}]
  template: {metadata: {name: x}, spec: {source: {repoURL: '` + here + `', path: web, helm: {valuesObject: {made: 'x-{{name}}', plain: 5}}}}}
`),
	}))
	if len(roots) != 1 || len(roots[0].Values) != 2 {
		t.Fatalf("got %q", names(roots))
	}
	values := roots[0].Values[1].Node
	if n := values.Get("made"); n.Value != "x-a" || n.Written() != nil || n.File.Path != "set.yaml" || n.Span.Start.Line != 6 {
		t.Errorf("made: %+v", n)
	}
	if n := values.Get("plain"); n.Value != "5" || n.Written() == nil || n.Written().Value != "5" || n.Written() == n {
		t.Errorf("plain: %+v", n)
	}
}
