package roots

import (
	"slices"
	"testing"
)

func TestMakersAreBuiltFirst(t *testing.T) {
	kustomization := func(name, path string) string {
		return "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: " + name + "}\nspec: {path: " + path + ", sourceRef: {kind: GitRepository, name: flux-system}}\n"
	}
	roots, _, _ := Find(repository(map[string]string{
		"clusters/a/sync.yaml":     kustomization("sync", "clusters/a") + kustomization("apps", "apps"), // takes itself in
		"apps/web/ks.yaml":         kustomization("web", "web"),
		"apps/db/ks.yaml":          kustomization("db", "db"),
		"web/web.yaml":             "a: b\n",
		"db/db.yaml":               "a: b\n",
		"alone/kustomization.yaml": "resources: [x.yaml]\n",
		"alone/x.yaml":             "a: b\n",
	}))
	const sync, apps, web, db, alone = "Kustomization/sync in clusters/a/sync.yaml", "Kustomization/apps in clusters/a/sync.yaml",
		"Kustomization/web in apps/web/ks.yaml", "Kustomization/db in apps/db/ks.yaml", "alone"
	without := func(gone ...string) []Root {
		return slices.DeleteFunc(slices.Clone(roots), func(r Root) bool { return slices.Contains(gone, r.Name) })
	}
	for _, c := range []struct {
		name      string
		got, want []string
	}{
		{"first of all", names(First(roots)), []string{alone, sync}},
		{"first without it", names(First(without(sync, alone))), []string{apps}},
		{"first of the rest", names(First(without(sync, apps))), []string{alone, db, web}},
		{"makers of web", names(Makers(roots, without(sync, apps, db, alone))), []string{sync, apps}},
		{"makers of apps", names(Makers(roots, without(sync, web, db, alone))), []string{sync}},
		{"makers of a kustomization by itself", names(Makers(roots, without(sync, apps, db, web))), nil},
	} {
		slices.Sort(c.got)
		slices.Sort(c.want)
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestRootsThatWaitForEachOther(t *testing.T) {
	application := func(name, path string) string {
		return "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: " + name + "}\nspec: {source: {repoURL: '" + here + "', path: " + path + "}}\n"
	}
	roots, _, _ := Find(repository(map[string]string{"a/a.yaml": application("a", "b"), "b/b.yaml": application("b", "a")}))
	if len(roots) != 2 || len(First(roots)) != 2 {
		t.Fatalf("first of %q: %q", names(roots), names(First(roots)))
	}
}

func TestNamesAreUnique(t *testing.T) {
	application := "---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {repoURL: '" + here + "', path: x}}\n"
	roots, _, _ := Find(repository(map[string]string{"apps.yaml": application + application + application, "x/a.yaml": "a: b\n"}))
	want := []string{"Application/a in apps.yaml", "Application/a in apps.yaml (2)", "Application/a in apps.yaml (3)"}
	if !slices.Equal(names(roots), want) {
		t.Fatalf("got %q, want %q", names(roots), want)
	}
}
