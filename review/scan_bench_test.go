package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// application is what stands beside each Deployment of a repository.
const application = `apiVersion: v1
kind: Service
metadata: {name: app-%[1]d}
spec:
  selector: {app: app-%[1]d}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: app-%[1]d}
data:
  settings.yaml: |
    upstream: http://app-%[2]d
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: app-%[1]d}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app-%[1]d}
  maxReplicas: 3
  metrics:
    - type: ContainerResource
      containerResource: {name: orders, container: orders, target: {type: Utilization, averageUtilization: 80}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: app-%[1]d}
spec:
  podSelector: {matchLabels: {app: app-%[1]d}}
`

const applications = 2000

// repository is applications of five files each, in folders of their own; one in five hundred has two faults.
func repository() map[string]string {
	texts := map[string]string{}
	for i := range applications {
		text := fmt.Sprintf(faulty, i)
		if i%500 > 0 {
			text = strings.NewReplacer(" -f /var", " -F /var", "              mountPath: /var/log/orders\n      volumes", "              mountPath: /var/log/orders\n              readOnly: true\n      volumes").Replace(text)
		}
		texts[fmt.Sprintf("apps/app-%d/deploy.yaml", i)] = text
		for n, part := range strings.Split(fmt.Sprintf(application, i, (i+1)%applications), "---\n") {
			texts[fmt.Sprintf("apps/app-%d/%d.yaml", i, n)] = part
		}
	}
	return texts
}

func parsed(texts map[string]string) map[string]*manifest.File {
	files := map[string]*manifest.File{}
	for path, text := range texts {
		files[path] = manifest.Parse(path, []byte(text))
	}
	return files
}

func stateOfParsed(files map[string]*manifest.File) *analysis.State {
	var all []*manifest.File
	for _, path := range slices.Sorted(maps.Keys(files)) {
		all = append(all, files[path])
	}
	return analysis.NewState(all)
}

// BenchmarkScan reads and scans 10,000 files.
func BenchmarkScan(b *testing.B) {
	texts := repository()
	for b.Loop() {
		if r := Scan(stateOfParsed(parsed(texts)), &analysis.Config{}); len(r.Findings) != 8 {
			b.Fatalf("%d findings", len(r.Findings))
		}
	}
}

// BenchmarkReview reviews ten changed files of 10,000 whose facts are known: what a push costs beyond git and the ten files.
func BenchmarkReview(b *testing.B) {
	texts := repository()
	before := parsed(texts)
	after := maps.Clone(before)
	var diff strings.Builder
	const was, is = "          image: example.com/shop/orders:3.2\n", "          image: example.com/shop/orders:3.3\n"
	for i := range 10 {
		path := fmt.Sprintf("apps/app-%d/deploy.yaml", 100*i+1)
		after[path] = manifest.Parse(path, []byte(strings.Replace(texts[path], was, is, 1)))
		fmt.Fprintf(&diff, "--- a/%[1]s\n+++ b/%[1]s\n@@ -15,1 +15,1 @@\n-%[2]s+%[3]s", path, was, is)
	}
	for b.Loop() {
		r := Review(Input{Before: stateOfParsed(before), After: stateOfParsed(after), Diff: []byte(diff.String()), Config: &analysis.Config{}})
		if r.Counts.Introduced != 0 || r.Counts.Unchanged != 8 {
			b.Fatalf("%+v", r.Counts)
		}
	}
}
