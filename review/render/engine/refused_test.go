package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/podcheck/podcheck/review/render/wire"
)

// TestWhatIsRefused holds that what would be fetched, run, or read from outside is found before a build, with its file and line.
func TestWhatIsRefused(t *testing.T) {
	service := "-- k/svc.yaml --\napiVersion: v1\nkind: Service\nmetadata: {name: svc}\n"
	in := func(lines string) string {
		return "-- k/kustomization.yaml --\n# first line\n" + lines + "\n" + service
	}
	tests := map[string]struct{ tree, want string }{
		"a file by HTTP":          {in("resources: [svc.yaml, https://host/x.yaml]"), "k/kustomization.yaml:2: resources names https://host/x.yaml, which is outside of this repository, and nothing is fetched"},
		"a crd by HTTP":           {in("crds: [http://host/x.json]"), "k/kustomization.yaml:2: crds names"},
		"a patch by HTTP":         {in("resources: [svc.yaml]\npatches: [{path: https://host/p.yaml}]"), "k/kustomization.yaml:3: patches names"},
		"an old patch by HTTP":    {in("resources: [svc.yaml]\npatchesStrategicMerge: [https://host/p.yaml]"), "k/kustomization.yaml:3: patchesStrategicMerge names"},
		"a JSON patch by HTTP":    {in("resources: [svc.yaml]\npatchesJson6902: [{path: https://host/p.yaml, target: {kind: Service}}]"), "k/kustomization.yaml:3: patches names"},
		"a file with a key":       {in("configMapGenerator:\n- name: c\n  files: [key=https://host/x]"), "k/kustomization.yaml:4: configMapGenerator names https://host/x"},
		"variables by HTTP":       {in("secretGenerator:\n- name: c\n  envs: [https://host/x]"), "k/kustomization.yaml:4: secretGenerator names"},
		"a transformer by HTTP":   {in("resources: [svc.yaml]\ntransformers: [https://host/t.yaml]"), "k/kustomization.yaml:3: transformers names"},
		"a configuration by HTTP": {in("configurations: [https://host/t.yaml]"), "k/kustomization.yaml:2: configurations names"},
		"a schema by HTTP":        {in("openapi: {path: https://host/t.json}"), "k/kustomization.yaml:2: openapi names"},
		"a replacement by HTTP":   {in("replacements: [{path: https://host/r.yaml}]"), "k/kustomization.yaml:2: replacements names"},
		"an absolute path":        {in("resources: [/etc/passwd]"), "k/kustomization.yaml:2: resources names the absolute path /etc/passwd"},
		"a path out":              {in("resources: [../../../../etc/passwd]"), "k/kustomization.yaml:2: resources names ../../../../etc/passwd, which is not there"},
		"a generator's path out":  {in("configMapGenerator: [{name: c, files: [../../../../../etc/passwd]}]"), "/etc/passwd: file does not exist"},
		"a Helm chart":            {in("helmCharts: [{name: redis, repo: https://charts}]"), "k/kustomization.yaml:2: inflates a Helm chart"},
		"an old Helm chart":       {in("helmChartInflationGenerator: [{chartName: redis}]"), "k/kustomization.yaml:2: inflates a Helm chart"},
		"a Helm chart's plugin":   {in("generators: [g.yaml]") + "-- k/g.yaml --\napiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\n", "k/g.yaml:2: asks for the plugin HelmChartInflationGenerator, and no program is started here"},
		"a program": {in("resources: [svc.yaml]\ntransformers: [t.yaml]") + "-- k/t.yaml --\napiVersion: v1\nkind: Run\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: /bin/sh}\n",
			"k/t.yaml:2: asks for the plugin Run, and no program is started here"},
		"a program in place": {in("resources: [svc.yaml]\nvalidators:\n- |-\n  apiVersion: x/v1\n  kind: Run\n  metadata: {name: x}"), "k/kustomization.yaml:6: asks for the plugin Run"},
		"a program by a folder": {in("resources: [svc.yaml]\ntransformers: [../t]") + "-- t/kustomization.yaml --\nresources: [run.yaml]\n-- t/run.yaml --\napiVersion: x/v1\nkind: Run\nmetadata: {name: x}\n",
			"t/run.yaml:2: asks for the plugin Run"},
		"a plugin's file by HTTP": {in("resources: [svc.yaml]\ntransformers: [t.yaml]") + "-- k/t.yaml --\napiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npath: https://host/p.yaml\n",
			"k/t.yaml:4: path names https://host/p.yaml"},
		"below a base":   {in("resources: [../base]") + "-- base/kustomization.yaml --\nresources:\n- github.com/org/repo\n", "base/kustomization.yaml:2: resources names github.com/org/repo"},
		"a cycle":        {in("resources: [../a]") + "-- a/kustomization.yaml --\nresources: [../b]\n-- b/kustomization.yaml --\nresources: [../a]\n", "the kustomizations take in each other: k -> a -> b -> a"},
		"itself":         {in("resources: [.]"), "the kustomizations take in each other: k -> k"},
		"a parent":       {"-- kustomization.yaml --\nresources: [k]\n" + in("resources: [..]"), "the kustomizations take in each other: k -> . -> k"},
		"two files":      {in("resources: [svc.yaml]") + "-- k/Kustomization --\nresources: [svc.yaml]\n", "k has both kustomization.yaml and Kustomization; kustomize takes one"},
		"no YAML":        {in("resources: ["), "k/kustomization.yaml: "},
		"unknown field":  {in("resource: [svc.yaml]"), `unknown field "resource"`},
		"a missing file": {in("resources: [gone.yaml]"), "k/kustomization.yaml:2: resources names gone.yaml, which is not there"},
	}
	for _, base := range []string{
		"https://github.com/org/repo//deploy?ref=main", "github.com/org/repo", "github.com/org/repo//x", "GitHub.com/org/repo", "git@github.com:org/repo.git",
		"git@host.example:org/repo", "ssh://git@host.example/org/repo", "git::https://host.example/org/repo", "https://host.example/org/repo.git?ref=v1",
		"http://host.example/org/repo", "file:///srv/repo.git", "https://dev.azure.com/org/p/_git/repo", "user@host.example:x/y", "HTTPS://host.example/org/repo",
	} {
		for _, field := range []string{"resources", "bases", "components"} {
			name := field
			if field == "bases" {
				name = "resources" // which kustomize makes of it
			}
			tests[field+" "+base] = struct{ tree, want string }{in(field + ":\n- " + base), "k/kustomization.yaml:3: " + name + " names " + base + ", which is outside of this repository, and nothing is fetched"}
		}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := kustomized(t, "k", test.tree)
			if len(r.Objects) > 0 || !strings.Contains(r.Error, test.want) {
				t.Errorf("error %q, want %q (%d objects)", r.Error, test.want, len(r.Objects))
			}
			if strings.Contains(r.Error, mount) {
				t.Errorf("error %q names a path that is not in the repository", r.Error)
			}
		})
	}
}

// TestLocalPathsAreNotTakenForRemote holds that paths that only look like hosts are built.
func TestLocalPathsAreNotTakenForRemote(t *testing.T) {
	for _, dir := range []string{"github.com", "host.example", "a:b", "user.git"} {
		r := kustomized(t, "k", "-- k/kustomization.yaml --\nresources: [./"+dir+"]\n-- k/"+dir+"/kustomization.yaml --\nresources: [s.yaml]\n-- k/"+dir+"/s.yaml --\napiVersion: v1\nkind: Service\nmetadata: {name: svc}\n")
		if len(r.Objects) != 1 {
			t.Errorf("%s: %+v", dir, r)
		}
	}
}

// TestHostileYAML holds that bombs of aliases end soon, with an error.
func TestHostileYAML(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		a, b := string(rune('0'+i)), string(rune('1'+i))
		bomb += "a" + b + ": &a" + b + " [" + strings.TrimSuffix(strings.Repeat("*a"+a+", ", 10), ", ") + "]\n"
	}
	object := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\n" + bomb
	for name, request := range map[string]wire.Request{
		"values":          {Files: filesOf("-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 0.1.0\n-- c/values.yaml --\n" + bomb), Helm: &wire.Helm{Chart: "c"}},
		"a template":      {Files: filesOf("-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 0.1.0\n-- c/templates/x.yaml --\n" + object), Helm: &wire.Helm{Chart: "c"}},
		"a kustomization": {Files: filesOf("-- k/kustomization.yaml --\n" + bomb), Kustomize: &wire.Kustomize{Dir: "k"}},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			r := served(t, request)
			if r.Error == "" || time.Since(start) > 5*time.Second {
				t.Errorf("after %v: error %q, %d objects", time.Since(start), r.Error, len(r.Objects))
			}
		})
	}
}

// TestTheCauseOfAFailedBuild holds that an error says what is wrong, and not what kustomize tried on the way.
func TestTheCauseOfAFailedBuild(t *testing.T) {
	over := "-- over/kustomization.yaml --\nresources: [../base]\n"
	base := func(lines string) string {
		return over + "-- base/kustomization.yaml --\n" + lines + "\n-- base/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n-- base/b.yaml --\na: b\n-- base/c.yaml --\na: [\n"
	}
	for name, test := range map[string]struct{ tree, want string }{
		"a patch":       {base("resources: [a.yaml]\npatches: [{target: {kind: ConfigMap}, patch: '[{\"op\": \"remove\", \"path\": \"/data/x\"}]'}]"), `base: remove operation does not apply: doc is missing path: "/data/x": missing value`},
		"an object":     {base("resources: [a.yaml, b.yaml]"), "base: b.yaml: missing Resource metadata"},
		"no YAML":       {base("resources: [c.yaml]"), "base: accumulating resources: accumulating resources from 'c.yaml': MalformedYAMLError: yaml: line 1: did not find expected node content in File: c.yaml"},
		"twice":         {base("resources: [a.yaml, a.yaml]"), "base: a.yaml: may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.[noNs]"},
		"two bases":     {base("resources: [../deep]") + "-- deep/kustomization.yaml --\nresources: [../base/b.yaml]\n", "base: deep: ../base/b.yaml: missing Resource metadata"},
		"of its own":    {"-- over/kustomization.yaml --\nresources: [x.yaml]\n-- over/x.yaml --\na: b\n", "x.yaml: missing Resource metadata"},
		"no folder":     {"-- over/kustomization.yaml --\nresources: [../empty]\n-- empty/readme --\n", ""},
		"an odd object": {"-- over/kustomization.yaml --\nresources: [x.yaml]\n-- over/x.yaml --\nkind: \"': recursed accumulation of path '\"\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := kustomized(t, "over", test.tree)
			if r.Error == "" || test.want != "" && r.Error != test.want {
				t.Errorf("error %q, want %q", r.Error, test.want)
			}
		})
	}
}
