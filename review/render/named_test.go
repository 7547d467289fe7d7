package render_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review"
)

const renamed = `
-- base/kustomization.yaml --
resources: [web.yaml, search.yaml]
-- base/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: shop:1
          volumeMounts:
            - {name: logs, mountPath: /logs}
-- base/search.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: search}
spec:
  selector: {matchLabels: {app: search}}
  template:
    metadata: {labels: {app: search}}
    spec:
      containers:
        - {name: search, image: "redis:8", ports: [{containerPort: 6379}]}
---
apiVersion: v1
kind: Service
metadata: {name: search}
spec:
  selector: {app: search}
  ports: [{port: 6379}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: search-metrics}
spec:
  selector: {matchLabels: {app: search-metrics}}
  template:
    metadata: {labels: {app: search-metrics}}
    spec:
      containers:
        - name: metrics
          image: oliver006/redis_exporter:v1.80.0
          args: ["--redis.addr=redis://PREFIXsearch:6379"]
`

// What is said names objects as the files do, and one fault under two prefixes is one.
func TestMessagesNameWhatTheFilesHave(t *testing.T) {
	overlay := func(prefix string) string {
		return fmt.Sprintf("-- %s/kustomization.yaml --\nresources: [../base]\nnamePrefix: %s-\n", prefix, prefix)
	}
	for name, text := range map[string]string{
		"one prefix":   strings.ReplaceAll(renamed, "PREFIX", "east-") + overlay("east"),
		"two prefixes": strings.ReplaceAll(renamed, "PREFIX", "") + overlay("east") + overlay("west"),
	} {
		seen := map[string]int{}
		for _, f := range review.Scan(state(t, text), nil).Findings {
			seen[f.Rule]++
			said := []string{f.Message}
			for _, e := range f.Evidence {
				said = append(said, e.Text)
			}
			if f.Fix != nil {
				said = append(said, f.Fix.Description)
				said = append(said, append(append(f.Fix.Changes, f.Fix.Steps...), f.Fix.Obstacles...)...)
			}
			for _, words := range said {
				if strings.Contains(words, "/east-") || strings.Contains(words, "/west-") {
					t.Errorf("%s: %s says %q", name, f.Rule, words)
				}
			}
		}
		if seen["undefined-volume"] != 1 || name == "one prefix" && seen["split-sidecar"] != 1 {
			t.Errorf("%s: found %v", name, seen)
		}
	}
}
