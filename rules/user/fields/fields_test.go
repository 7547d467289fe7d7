package fields

import (
	"strings"
	"testing"
)

// TestTable holds that every type that the table mentions is in it, so that no path ends in nothing.
func TestTable(t *testing.T) {
	table := known()
	for _, k := range table.kinds {
		if table.types[k.typeName] == nil {
			t.Errorf("kind %s has no type", k.Kind)
		}
	}
	for name, fields := range table.types {
		for field, expr := range fields {
			bare := strings.TrimLeft(expr, "[]{}")
			if bare != "" && bare != "*" && table.types[bare] == nil {
				t.Errorf("%s.%s is of no known type %q", name, field, expr)
			}
		}
	}
	if len(table.kinds) < 45 || len(table.types) < 250 {
		t.Errorf("%d kinds, %d types", len(table.kinds), len(table.types))
	}
}

// TestSelect follows paths from kinds.
func TestSelect(t *testing.T) {
	for _, c := range []struct{ kind, path, want string }{
		{"Pod", "spec nodeSelector anything", ""},
		{"Pod", "spec securityContext fsGroup", ""},
		{"CronJob", "spec jobTemplate spec template spec containers", ""},
		{"ConfigMap", "data any", ""},
		{"Rollout", "spec strategy canary", ""},
		{"Rollout", "spec template spec nodeNam", `PodSpec has no field "nodeNam"; did you mean "nodeName"?`},
		{"Certificate", "spec whatever", ""},
		{"Certificate", "metadata nam", `ObjectMeta has no field "nam"; did you mean "name"?`},
		{"Certificate", "status", "manifests have no status: only a cluster has"},
		{"Pod", "metadata uid", "manifests have no metadata.uid: only a cluster sets it"},
		{"Deployment", "spec replicas x", `text and numbers have no field "x"`},
	} {
		shape, err := Of(c.kind, ""), error(nil)
		for _, step := range strings.Fields(c.path) {
			if shape, err = shape.Select(step); err != nil {
				break
			}
		}
		if got := message(err); got != c.want {
			t.Errorf("%s %s: %s", c.kind, c.path, got)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
