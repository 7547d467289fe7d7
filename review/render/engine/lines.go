package engine

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	helm "helm.sh/helm/v4/pkg/engine"
)

// templateLines says, for each rendered text, which line of its template each of its lines comes from. It renders once more with marks
// in the templates, and believes them only where the text without marks is the very text that was rendered; nil elsewhere.
func templateLines(c *chart.Chart, scope common.Values, text map[string]string) map[string][]int {
	files := map[string]int{}
	for i, name := range slices.Sorted(maps.Keys(text)) {
		files[name] = i + 1
	}
	restore, err := markChart(c, files)
	defer restore()
	if err != nil {
		return nil
	}
	marked, err := helm.Engine{CustomTemplateFuncs: marking()}.RenderWithContext(context.Background(), c, scope)
	if err != nil {
		return nil
	}
	lines := map[string][]int{}
	for name, with := range marked {
		if unmark(with) == text[name] {
			lines[name] = linesOf(with, files[name])
		}
	}
	return lines
}

func linesOf(marked string, file int) []int {
	lines := []int{}
	for line := range strings.Lines(marked) {
		lines = append(lines, markedLine(line, file))
	}
	return lines
}

// markChart marks the templates of a chart and its dependencies, and returns what undoes it.
func markChart(c *chart.Chart, files map[string]int) (restore func(), err error) {
	was := map[*common.File][]byte{}
	restore = func() {
		for f, data := range was {
			f.Data = data
		}
	}
	var walk func(c *chart.Chart) error
	walk = func(c *chart.Chart) error {
		for _, t := range c.Templates {
			name := path.Join(c.ChartFullPath(), t.Name)
			if was[t] != nil {
				continue
			}
			text, err := markTemplate(name, string(t.Data), files[name], files[name] > 0)
			if err != nil {
				return err
			}
			was[t] = t.Data
			t.Data = []byte(text)
		}
		for _, d := range c.Dependencies() {
			if err := walk(d); err != nil {
				return err
			}
		}
		return nil
	}
	return restore, walk(c)
}
