package review

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review/render/library"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// release is the state of a HelmRelease of app-template. Each controller is its name; a star behind it gives its helper requests.
func release(t *testing.T, controllers ...string) *analysis.State {
	t.Helper()
	text := "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: ferry}\nspec:\n  chartRef: {kind: OCIRepository, name: app-template}\n  values:\n    controllers:\n"
	for _, c := range controllers {
		name, mended := strings.CutSuffix(c, "*")
		text += "      " + name + ":\n        containers:\n          helper:\n            image: {repository: example.com/helper, tag: \"1\"}\n"
		if mended {
			text += "            resources: {requests: {cpu: 1m}}\n"
		}
	}
	f := manifest.Parse("hr.yaml", []byte(text))
	build := &analysis.Build{Root: "HelmRelease/ferry in hr.yaml"}
	build.Objects, build.Problems = library.Objects(build.Root, f.Objects[0])
	if len(build.Problems) > 0 || len(build.Objects) != len(controllers) {
		t.Fatal(build.Objects, build.Problems)
	}
	for _, o := range build.Objects {
		o.Source = f.Objects[0]
	}
	return analysis.Rendered([]*manifest.File{f}, []*analysis.Build{build}, nil, nil)
}

// hungry reports containers without resources.
func hungry(s *analysis.State, _ *analysis.Config) ([]analysis.Finding, error) {
	var out []analysis.Finding
	for _, w := range s.Workloads {
		for _, c := range w.Containers {
			if c.Node.Get("resources") == nil {
				out = append(out, analysis.Finding{
					Rule: "hungry", Severity: analysis.Warning, Object: analysis.Ref(w.Object), Container: c.Name, Place: analysis.At(c.Node.Get("name")), Message: w.String(),
				})
			}
		}
	}
	return out, nil
}

func TestCompareTellsTheWorkloadsOfAReleaseApart(t *testing.T) {
	for name, c := range map[string]struct {
		before, after []string
		want          []string
	}{
		"the first one comes": {[]string{"server*", "worker"}, []string{"server", "worker"}, []string{"introduced Deployment/ferry-server", "unchanged Deployment/ferry-worker"}},
		"the first one goes":  {[]string{"server", "worker"}, []string{"server*", "worker"}, []string{"fixed Deployment/ferry-server", "unchanged Deployment/ferry-worker"}},
		"both":                {[]string{"server", "worker"}, []string{"worker", "server"}, []string{"unchanged Deployment/ferry-worker", "unchanged Deployment/ferry-server"}},
		"another name":        {[]string{"server", "worker"}, []string{"server", "jobs"}, []string{"unchanged Deployment/ferry-server", "unchanged Deployment/ferry-jobs"}},
		"one becomes two":     {[]string{"server"}, []string{"server", "worker"}, []string{"unchanged Deployment/ferry-server", "introduced Deployment/ferry-worker"}},
		"two become one":      {[]string{"server*", "worker"}, []string{"worker"}, []string{"unchanged Deployment/ferry"}},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := release(t, c.before...), release(t, c.after...)
			text := func(s *analysis.State) tree { return tree{"hr.yaml": string(s.Text("hr.yaml"))} }
			var got []string
			for _, f := range review(Input{Before: before, After: after, Diff: diff(t, text(before), text(after))}, hungry).Findings {
				got = append(got, string(f.Status)+" "+f.Message)
			}
			expectLines(t, got, c.want...)
		})
	}
}

func TestKeysOfTheWorkloadsOfARelease(t *testing.T) {
	const key = "hungry/helm.toolkit.fluxcd.io/HelmRelease//ferry/helper/"
	for _, c := range []struct{ controllers, want []string }{
		{[]string{"server"}, []string{key}},
		{[]string{"server", "worker"}, []string{key + "/server", key + "/worker"}},
		{[]string{"server*", "worker"}, []string{key + "/worker"}},
	} {
		var got []string
		for _, f := range scan(release(t, c.controllers...), nil, hungry).Findings {
			got = append(got, f.Key)
		}
		expectLines(t, got, c.want...)
	}
}
