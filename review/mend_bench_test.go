package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// faulty is a Deployment with two faults that have fixes: a reader that follows the file's old name, and one without requests.
const faulty = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-%[1]d
spec:
  selector:
    matchLabels: {app: app-%[1]d}
  template:
    metadata:
      labels: {app: app-%[1]d}
    spec:
      containers:
        - name: orders
          image: example.com/shop/orders:3.2
          command: ["sh", "-c", "exec /srv/orders >> /var/log/orders/app.log"]
          resources:
            requests:
              cpu: 500m
              memory: 256Mi
          volumeMounts:
            - name: logs
              mountPath: /var/log/orders
        - name: log-reader
          image: busybox:1.37
          command: ["sh", "-c", "tail -n +1 -f /var/log/orders/app.log"]
          resources:
            requests:
              cpu: 10m
              memory: 32Mi
          volumeMounts:
            - name: logs
              mountPath: /var/log/orders
      volumes:
        - name: logs
          emptyDir: {sizeLimit: 1Gi}
`

// BenchmarkMend mends 1,500 workloads with two faults each: in folders of their own, in one folder, and in one file.
func BenchmarkMend(b *testing.B) {
	const workloads = 1500
	for name, path := range map[string]string{"folders": "apps/app-%[1]d/deploy.yaml", "folder": "apps/app-%[1]d.yaml", "file": "apps.yaml%[2]s"} {
		b.Run(name, func(b *testing.B) {
			texts, paths := map[string]string{}, []string{}
			for i := range workloads {
				p := fmt.Sprintf(path, i, "")
				if texts[p] == "" {
					paths = append(paths, p)
				}
				texts[p] += fmt.Sprintf(faulty+"---\n", i)
			}
			for b.Loop() {
				mendAll(b, paths, texts, 2*workloads)
			}
		})
	}
}

func mendAll(b *testing.B, paths []string, texts map[string]string, want int) {
	files := make([]*manifest.File, len(paths))
	for i, p := range paths {
		files[i] = manifest.Parse(p, []byte(texts[p]))
	}
	slices.SortFunc(files, func(a, b *manifest.File) int { return strings.Compare(a.Path, b.Path) })
	m, err := mend(b.Context(), analysis.NewState(files), &analysis.Config{}, func(*Finding) bool { return true }, rules.Run)
	if err != nil || len(m.Applied) != want || len(m.Left) > 0 {
		b.Fatalf("%d applied, %d left, %v", len(m.Applied), len(m.Left), err)
	}
}
