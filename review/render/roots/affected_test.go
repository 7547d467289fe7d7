package roots

import (
	"slices"
	"testing"
)

func TestAffectedRoots(t *testing.T) {
	roots, _, _ := Find(repository(map[string]string{
		"base/kustomization.yaml":         "resources: [web.yaml]\nconfigMapGenerator: [{name: c, files: [app.conf]}]\n",
		"base/web.yaml":                   "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n",
		"base/app.conf":                   "x",
		"base/unused.yaml":                "a: b\n",
		"overlays/prod/kustomization.yml": "resources: [../../base]\n",
		"overlays/test/kustomization.yml": "resources: [../../base]\npatches: [{path: p.yaml}]\n",
		"overlays/test/p.yaml":            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n",
		"charts/web/Chart.yaml":           "name: web\ndependencies: [{name: common, repository: 'file://../common'}]\n",
		"charts/web/values.yaml":          "a: 1\n",
		"charts/common/Chart.yaml":        "name: common\n",
		"charts/common/templates/_x.tpl":  "{{ define \"x\" }}{{ end }}",
		"envs/prod.yaml":                  "a: 2\n",
		"sets/config.json":                `{"name": "web"}`,
		"sets/set.yaml": `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: set}
spec:
  generators: [{git: {repoURL: '` + here + `', files: [{path: sets/config.json}]}}]
  template:
    metadata: {name: '{{name}}'}
    spec: {source: {repoURL: '` + here + `', path: 'charts/{{name}}', helm: {valueFiles: [/envs/prod.yaml, gone.yaml], ignoreMissingValueFiles: true}}}
`,
		"flux/vars.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars}\ndata: {A: b}\n",
		"flux/ks.yaml": `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ks}
spec: {path: flat, sourceRef: {kind: GitRepository, name: flux-system}, postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}}
`,
		"flat/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
	}))
	const prod, test, set, flux = "overlays/prod", "overlays/test", "Application/web of ApplicationSet/set in sets/set.yaml", "Kustomization/ks in flux/ks.yaml"
	for _, c := range []struct {
		changed string
		want    []string
	}{
		{"base/web.yaml", []string{prod, test}},
		{"base/app.conf", []string{prod, test}},
		{"base/kustomization.yaml", []string{prod, test}},
		{"base/unused.yaml", nil},
		{"overlays/test/p.yaml", []string{test}},
		{"charts/web/templates/new.yaml", []string{set}},
		{"charts/web/values.yaml", []string{set}},
		{"charts/web/gone.yaml", []string{set}},
		{"charts/common/templates/_x.tpl", []string{set}},
		{"charts/webs/values.yaml", nil},
		{"envs/prod.yaml", []string{set}},
		{"sets/config.json", []string{set}},
		{"sets/set.yaml", []string{set}},
		{"flux/vars.yaml", []string{flux}},
		{"flux/ks.yaml", []string{flux}},
		{"flat/a.yaml", []string{flux}},
		{"readme.md", nil},
	} {
		got := names(Affected(roots, []string{"other.txt", c.changed}))
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("a change of %s affects %q, want %q", c.changed, got, c.want)
		}
	}
}
