package pod_test

import (
	"testing"

	"github.com/podcheck/podcheck/rules/pod"
)

func TestQuantity(t *testing.T) {
	for _, tt := range []struct {
		text string
		want float64
		ok   bool
	}{
		{"250m", 0.25, true}, {"1", 1, true}, {"0.5", 0.5, true}, {"64Mi", 64 << 20, true}, {"1G", 1e9, true}, {"1e3", 1000, true}, {"2k", 2000, true},
		{"", 0, false}, {"m", 0, false}, {"-1", 0, false}, {"1 Gi", 0, false}, {"many", 0, false}, {"1e999", 0, false}, {"NaN", 0, false}, {"Inf", 0, false},
	} {
		got, ok := pod.Quantity(tt.text)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: got %g, %t, want %g, %t", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}

func TestRequestIsTheLimitWhereThereIsNone(t *testing.T) {
	c := container(t, `{resources: {requests: {cpu: 10m, memory: null}, limits: {cpu: 20m, memory: 32Mi}}}`)
	if got := c.Request("cpu").Text() + " " + c.Request("memory").Text(); got != "10m 32Mi" {
		t.Errorf("got %s", got)
	}
	if c.Request("ephemeral-storage") != nil {
		t.Error("a resource that is not declared has a request")
	}
	for text, want := range map[string]bool{`{}`: false, `{resources: {}}`: false, `{resources: {requests: {}, limits: null}}`: false, `{resources: {limits: {cpu: 1}}}`: true} {
		if container(t, text).DeclaresResources() != want {
			t.Errorf("%s: declares resources is not %t", text, want)
		}
	}
}
