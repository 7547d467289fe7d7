package pod_test

import (
	"testing"

	"github.com/podcheck/podcheck/rules/pod"
)

func TestProbedPort(t *testing.T) {
	for text, want := range map[string]int{
		`{readinessProbe: {httpGet: {port: 80}}}`:                                               80,
		`{readinessProbe: {tcpSocket: {port: web}}, ports: [{name: web, containerPort: 8080}]}`: 8080,
		`{readinessProbe: {tcpSocket: {port: web}}}`:                                            0,
		`{readinessProbe: {grpc: {port: 9000}}}`:                                                9000,
		`{readinessProbe: {exec: {command: [true]}}}`:                                           0,
		`{readinessProbe: {}}`:                                                                  0,
	} {
		c := container(t, text)
		if got := c.ProbedPort(c.Probe(pod.Readiness)); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
}
