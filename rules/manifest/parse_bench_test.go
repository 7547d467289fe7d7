package manifest

import (
	"fmt"
	"testing"
)

const deploymentText = `# A web application with a helper.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-%[1]d
  namespace: shop
  labels: {app: web, tier: front}
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web # the Service selects it
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.%[1]d
        command: ["/bin/sh", "-c", "exec web --port 8080"]
        ports:
        - containerPort: 8080
          name: http
        env:
        - name: LOG_DIR
          value: /var/log/web
        volumeMounts:
        - name: logs
          mountPath: /var/log/web
        resources:
          requests: {cpu: 100m, memory: 128Mi}
          limits:
            memory: 256Mi
      - name: shipper
        image: fluent/fluent-bit:3.1
        args:
        - |
          [INPUT]
              Name tail
              Path /var/log/web/*.log
        volumeMounts:
        - name: logs
          mountPath: /var/log/web
          readOnly: true
      volumes:
      - name: logs
        emptyDir:
          sizeLimit: 1Gi
---
apiVersion: v1
kind: Service
metadata:
  name: web-%[1]d
  namespace: shop
spec:
  selector:
    app: web
  ports:
  - port: 80
    targetPort: http
`

func BenchmarkParse(b *testing.B) {
	data := []byte(fmt.Sprintf(deploymentText, 7))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if f := Parse("web.yaml", data); len(f.Objects) != 2 {
			b.Fatalf("%d objects", len(f.Objects))
		}
	}
}

// BenchmarkParseCorpus reads each file of the corpus once an iteration.
func BenchmarkParseCorpus(b *testing.B) {
	files := corpusFiles(b)
	size := 0
	for _, data := range files {
		size += len(data)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for path, data := range files {
			Parse(path, data)
		}
	}
	b.ReportMetric(float64(len(files)), "files/op")
}
