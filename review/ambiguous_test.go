package review

import (
	"strings"
	"testing"
)

// What a key says that stands twice is unknown: a fault is neither mended by that nor made by its repair.
func TestAKeyThatStandsTwiceMendsNothing(t *testing.T) {
	bad := deployment("web", "nginx:1") + "        volumeMounts:\n        - {name: logs, mountPath: /logs}\n"
	twice := strings.Replace(bad, "  replicas: 1\n", "  replicas: 1\n  replicas: 2\n", 1)
	labelled := strings.Replace(bad, "  name: web\n", "  name: web\n  labels: {a: b, a: c}\n", 1)
	for name, c := range map[string]struct {
		before, after string
		want          []string
	}{
		"written twice":      {bad, twice, []string{"introduced invalid-manifest Deployment/web a.yaml", "unchanged undefined-volume Deployment/web a.yaml"}},
		"repaired":           {twice, bad, []string{"fixed invalid-manifest Deployment/web a.yaml", "unchanged undefined-volume Deployment/web a.yaml"}},
		"a label beside it":  {bad, labelled, []string{"introduced invalid-manifest Deployment/web a.yaml", "unchanged undefined-volume Deployment/web a.yaml"}},
		"a fault without it": {deployment("web", "nginx:1"), bad, []string{"introduced undefined-volume Deployment/web a.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			expectLines(t, statuses(Review(input(t, tree{"a.yaml": c.before}, tree{"a.yaml": c.after})).Findings), c.want...)
		})
	}
}
