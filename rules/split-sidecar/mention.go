package splitsidecar

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// watchers are kinds of objects that name workloads or Pods in texts of their own, which only a person can change rightly.
var watchers = []string{"PrometheusRule", "VMRule", "Role", "ClusterRole"}

// mentions says which objects name the helper's workload or its Pods and want a look; "" when none does.
func (m *merger) mentions() string {
	name := regexp.MustCompile(`(?:^|[^-.\w])` + regexp.QuoteMeta(m.helper.Name()) + `(?:$|[^-\w]|-[.\[*])`)
	var out []string
	for _, o := range m.state.Objects {
		if !slices.Contains(watchers, o.Kind) || slices.Contains(m.removed, o) || m.state.Near(o, m.helper.Object) == analysis.Apart {
			continue
		}
		found := false
		o.Node.Each(func(key string, value *manifest.Node) {
			if key != "metadata" && key != "kind" && key != "apiVersion" {
				eachScalar(value, "", func(_ string, n *manifest.Node) { found = found || name.MatchString(n.Text()) })
			}
		})
		if found {
			out = append(out, title(o))
		}
	}
	slices.Sort(out)
	switch out = slices.Compact(out); {
	case len(out) == 0:
		return ""
	case len(out) > 3:
		out = append(out[:3], fmt.Sprintf("%d more", len(out)-3))
	}
	verb := "name"
	if len(out) == 1 {
		verb = "names"
	}
	return fmt.Sprintf("%s %s %s: look whether what is said of it still holds.", strings.Join(out, ", "), verb, m.helper.Object.WrittenName())
}
