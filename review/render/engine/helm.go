package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	helm "helm.sh/helm/v4/pkg/engine"
	"helm.sh/helm/v4/pkg/strvals"

	"github.com/podcheck/podcheck/review/render/wire"
)

// buildHelm renders a chart as `helm template` does: no cluster is asked, no name is looked up.
func buildHelm(files map[string][]byte, h *wire.Helm, version int) ([]wire.Object, error) {
	from := source{}
	c, err := loadChart(files, path.Clean(h.Chart), from, 0)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(c.Metadata.Type, "library") {
		return nil, fmt.Errorf("%s: the chart is a library chart, which renders nothing by itself", path.Join(h.Chart, "Chart.yaml"))
	}
	values, err := mergeValues(h)
	if err != nil {
		return nil, err
	}
	if err := chartutil.ProcessDependencies(c, values); err != nil {
		return nil, fmt.Errorf("%s: %w", path.Join(h.Chart, "Chart.yaml"), err)
	}
	if err := missing(c, h.Chart); err != nil {
		return nil, err
	}
	scope, err := scopeOf(c, values, h, version)
	if err != nil {
		return nil, fmt.Errorf("the values of %s: %w", h.Chart, err)
	}
	objects, err := renderChart(c, scope, templatePaths(c, from))
	if err != nil || h.Post == nil {
		return objects, err
	}
	return postRender(objects, h.Post)
}

// mergeValues are the values given to a chart, later ones over earlier ones.
func mergeValues(h *wire.Helm) (map[string]any, error) {
	values := map[string]any{}
	for i, layer := range h.Values {
		read, err := loader.LoadValues(bytes.NewReader(layer))
		if err != nil {
			return nil, fmt.Errorf("the values of %s, layer %d: %w", h.Chart, i+1, err)
		}
		values = loader.MergeMaps(values, read)
	}
	for _, set := range h.Set {
		if err := strvals.ParseInto(set, values); err != nil {
			return nil, fmt.Errorf("the parameter %q: %w", set, err)
		}
	}
	for _, set := range h.SetString {
		if err := strvals.ParseIntoString(set, values); err != nil {
			return nil, fmt.Errorf("the parameter %q: %w", set, err)
		}
	}
	return values, nil
}

// scopeOf is what the templates see.
func scopeOf(c *chart.Chart, values map[string]any, h *wire.Helm, version int) (common.Values, error) {
	kube, err := common.ParseKubeVersion(fmt.Sprintf("v1.%d.0", version))
	if err != nil {
		return nil, fmt.Errorf("the Kubernetes version 1.%d: %w", version, err)
	}
	capabilities := common.DefaultCapabilities.Copy()
	capabilities.KubeVersion = *kube
	release := common.ReleaseOptions{Name: h.Release, Namespace: h.Namespace, Revision: 1, IsInstall: true}
	if release.Name == "" {
		release.Name = "release-name"
	}
	if release.Namespace == "" {
		release.Namespace = "default"
	}
	scope, err := util.ToRenderValuesWithSchemaValidation(c, values, release, capabilities, true)
	if err != nil {
		return nil, err
	}
	merged, err := scope.Table("Values")
	if err != nil {
		return nil, err
	}
	return scope, validate(c, merged)
}

// renderChart renders all templates and takes the results apart.
func renderChart(c *chart.Chart, scope common.Values, paths map[string]string) ([]wire.Object, error) {
	text, err := helm.Engine{CustomTemplateFuncs: settled()}.RenderWithContext(context.Background(), c, scope)
	if err != nil {
		return nil, placed(err, paths)
	}
	lines := templateLines(c, scope, text)
	var objects []wire.Object
	for _, name := range slices.Sorted(maps.Keys(text)) {
		if path.Base(name) == "NOTES.txt" || strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		found, err := split(text[name], lines[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", paths[name], err)
		}
		for _, o := range found {
			o.Template = paths[name]
			if path.Ext(o.Template) == ".tgz" {
				o.Lines = nil
			}
			objects = append(objects, o)
		}
	}
	return objects, nil
}

// failure is how Helm says where a template failed.
var failure = regexp.MustCompile(`(?s)^(?:execution|parse) error (?:at|in) \(([^)]*)\): (.*)$`)

// placed is an error of Helm with the templates named as they stand in the repository.
func placed(err error, paths map[string]string) error {
	text := err.Error()
	if m := failure.FindStringSubmatch(text); m != nil {
		text = m[1] + ": " + m[2]
	}
	names := slices.SortedFunc(maps.Keys(paths), func(a, b string) int { return len(b) - len(a) })
	for _, name := range names {
		text = strings.ReplaceAll(text, name, paths[name])
	}
	return errors.New(text)
}
