package review

import (
	"strings"
	"testing"
)

// What people see of the changes holds no value of a Secret, and is exactly the fixes that it says were applied.
func TestShownChangesHoldNoSecret(t *testing.T) {
	web, flow := deployment("web", "nginx:latest"), "{kind: Pod, apiVersion: v1, metadata: {name: web}, spec: {containers: [{name: main, image: nginx:latest}]}}\n"
	pinned := func(text string) string { return strings.Replace(text, "nginx:latest", "nginx:1", 1) }
	for name, test := range map[string]struct {
		files tree
		want  []string
		is    tree
	}{
		"far from a Secret":  {tree{"a.yaml": secretFile + web}, []string{"applied floating-image Deployment/web main"}, tree{"a.yaml": secretFile + pinned(web)}},
		"beside a Secret":    {tree{"a.yaml": secretFile + flow}, []string{"left floating-image Pod/web main: " + secretReason}, tree{}},
		"one of each":        {tree{"a.yaml": secretFile + flow, "b.yaml": web}, []string{"applied floating-image Deployment/web main", "left floating-image Pod/web main: " + secretReason}, tree{"b.yaml": pinned(web)}},
		"both in one file":   {tree{"a.yaml": secretFile + flow + "---\n" + web}, []string{"applied floating-image Deployment/web main", "left floating-image Pod/web main: " + secretReason}, tree{"a.yaml": secretFile + flow + "---\n" + pinned(web)}},
		"not wanted anyhow":  {tree{"a.yaml": secretFile + strings.Replace(flow, "web", "no", 1)}, nil, tree{}},
		"without any Secret": {tree{"a.yaml": flow}, []string{"applied floating-image Pod/web main"}, tree{"a.yaml": pinned(flow)}},
	} {
		t.Run(name, func(t *testing.T) {
			state := test.files.state()
			m, err := mendShown(t.Context(), state, nil, func(f *Finding) bool { return f.Object.Name == "web" }, images)
			if err != nil {
				t.Fatal(err)
			}
			expectLines(t, told(m), test.want...)
			if len(m.Changed) != len(test.is) {
				t.Errorf("changed %v", m.Changed)
			}
			for path, text := range test.is {
				if string(m.Changed[path]) != text {
					t.Errorf("%s is\n%s", path, m.Changed[path])
				}
			}
			patch, err := m.Patch(state, func(path string) string { return "x/" + path })
			if err != nil || strings.Contains(patch, "hunter2") || (patch == "") != (len(test.is) == 0) || patch != "" && !strings.Contains(patch, "--- a/x/") {
				t.Errorf("%v\n%s", err, patch)
			}
			for _, f := range m.Rest {
				if f.Object.Name == "web" {
					t.Errorf("%s is left and not wanted at once", f.Rule)
				}
			}
		})
	}
}
