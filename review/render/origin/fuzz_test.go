package origin_test

import (
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/podcheck/podcheck/review/render/origin"
	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

func FuzzKustomize(f *testing.F) {
	for _, seed := range []string{web, settings} {
		for _, file := range txtar.Parse([]byte(seed)).Files {
			f.Add(file.Data, []byte(deployment), []byte("resources: [objects.yaml]\npatches: [{path: patch.yaml, target: {kind: .*}}]\n"))
			f.Add([]byte(deployment), file.Data, []byte("resources: [objects.yaml]\npatches: [{path: patch.yaml}]\n"))
			f.Add([]byte(deployment+"spec: {replicas: 3}\n"), []byte("[{op: add, path: /spec/replicas, value: 3}]"), file.Data)
		}
	}
	f.Add([]byte(bomb), []byte(bomb), []byte("patches: [{patch: \"- op\", target: {}}]\nreplicas: [{name: a, count: 3}]\nlabels: [{pairs: {a: b}}]\n"))
	f.Add([]byte(deployment), []byte("a: &a {b: *a, <<: *a}"), []byte("resources: [.]\ncomponents: [., ..]\npatches:\n- target: {kind: .*}\n  patch: |2\n     - {op: add, path: /metadata/name, value: web}\n"))
	f.Fuzz(func(t *testing.T, rendered, patch, kustomization []byte) {
		repo := repository{}
		for path, data := range map[string][]byte{"kustomization.yaml": kustomization, "patch.yaml": patch, "objects.yaml": rendered, "sub/kustomization.yaml": patch} {
			repo[path] = manifest.Parse(path, data)
		}
		over := repo["patch.yaml"].Documents
		var node *manifest.Node
		if len(over) > 0 {
			node = over[0].Root
		}
		layers := origin.NewLayers(origin.Build{Name: "fuzz", Dir: "", File: repo.file, Over: node})
		for _, source := range []string{"objects.yaml", "patch.yaml", ""} {
			for _, text := range [][]byte{rendered, patch} {
				o := origin.Kustomize(wire.Object{YAML: text, Path: source, By: "kustomization.yaml", Kind: "Deployment", Name: "web"}, layers)
				if o != nil {
					hold(t, repo, o.Node, nil)
				}
			}
		}
	})
}

func FuzzHelm(f *testing.F) {
	files := txtar.Parse([]byte(chart)).Files
	for _, template := range files {
		for _, values := range files {
			f.Add([]byte(deployment), template.Data, values.Data, []byte{1, 2, 3, 4})
		}
	}
	f.Add([]byte(bomb), []byte("{{ range .Values.a }}\n- {{ . }}\n{{ end }}"), []byte(bomb), []byte{1, 2, 2, 2})
	f.Add([]byte("apiVersion: v1\nkind: b\na: 1\n"), []byte("{{ $x := .Values }}\n{{ $x = $x.a }}\n{{ $x.y }}{{ ((.Values).a).b | f }}"), []byte("a: 1"), []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, rendered, template, values, lines []byte) {
		repo := repository{}
		for path, data := range map[string][]byte{"c/Chart.yaml": values, "c/values.yaml": values, "c/templates/a.yaml": template, "c/charts/s/templates/a.yaml": template} {
			repo[path] = manifest.Parse(path, data)
		}
		var layers []origin.Values
		for _, d := range repo["c/values.yaml"].Documents {
			layers = append(layers, origin.Values{Node: d.Root}, origin.Values{Node: d.Root.Get("a"), Path: []string{"a"}})
		}
		sources := origin.NewSources("fuzz", "c", repo.file, layers)
		o := wire.Object{YAML: rendered}
		for _, line := range lines {
			o.Lines = append(o.Lines, int(int8(line)))
		}
		for _, o.Template = range []string{"c/templates/a.yaml", "c/charts/s/templates/a.yaml"} {
			if object := origin.Helm(o, sources); object != nil {
				hold(t, repo, object.Node, nil)
			}
		}
	})
}
