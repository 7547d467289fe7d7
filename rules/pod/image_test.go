package pod_test

import (
	"slices"
	"testing"

	"github.com/podcheck/podcheck/rules/pod"
)

func TestRepository(t *testing.T) {
	for image, want := range map[string]string{
		"nginx":                            "nginx",
		"nginx:1.27":                       "nginx",
		"library/nginx:1.27@sha256:abc":    "library/nginx",
		"localhost:5000/nginx":             "localhost:5000/nginx",
		"localhost:5000/team/nginx:1":      "localhost:5000/team/nginx",
		"registry.example.com/a/b@sha256:": "registry.example.com/a/b",
		"":                                 "",
	} {
		if got := pod.Repository(image); got != want {
			t.Errorf("Repository(%q) = %q, want %q", image, got, want)
		}
	}
}

func TestFamilyOfMatchesWholePathSegments(t *testing.T) {
	tests := []struct {
		image  string
		family string // "" for none
		kind   pod.Kind
	}{
		{"fluent-bit", "fluent-bit", pod.LogShipper},
		{"docker.io/fluent/fluent-bit:3.1", "fluent-bit", pod.LogShipper},
		{"localhost:5000/fluent-bit@sha256:abc", "fluent-bit", pod.LogShipper},
		{"quay.io/oliver006/redis_exporter:v1", "redis_exporter", pod.MetricsExporter},
		{"gcr.io/istio-release/proxyv2:1.24", "proxyv2", pod.Proxy},
		{"cr.l5d.io/linkerd/proxy:2", "linkerd/proxy", pod.Proxy},
		{"example.com/mylinkerd/proxy:2", "", ""},
		{"registry.k8s.io/git-sync/git-sync:v4", "git-sync/git-sync", pod.ConfigSync},
		{"mirror.example.com/fluent-bit/exporter", "", ""},
		{"example.com/not-fluent-bit", "", ""},
		{"example.com/fluent-bit-dashboards", "", ""},
		{"example.com/myredis_exporter", "", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		f, ok := pod.FamilyOf(tt.image, nil)
		if ok != (tt.family != "") || f.Image != tt.family || f.Role != tt.kind {
			t.Errorf("FamilyOf(%q) = %q, a %s; want %q, a %s", tt.image, f.Image, f.Role, tt.family, tt.kind)
		}
	}
}

func TestFamilyOfPrefersAdditionalRows(t *testing.T) {
	own := []pod.Family{{Image: "nginx", Role: pod.Adapter}, {Image: "example.com/team/nginx", Role: pod.Backup}}
	for image, want := range map[string]pod.Kind{"nginx:1": pod.Adapter, "example.com/team/nginx:1": pod.Backup, "fluentd": pod.LogShipper} {
		if f, _ := pod.FamilyOf(image, own); f.Role != want {
			t.Errorf("FamilyOf(%q) is a %s, want %s", image, f.Role, want)
		}
	}
}

func TestEveryKindOfHelperHasRequests(t *testing.T) {
	for _, kind := range []pod.Kind{pod.LogShipper, pod.MetricsExporter, pod.Proxy, pod.ConfigSync, pod.FileWatcher, pod.Backup, pod.Adapter, pod.PrivateService} {
		if r := pod.Requests(kind); r["cpu"] == "" || r["memory"] == "" {
			t.Errorf("%s requests %v", kind, r)
		}
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string][]string{
		"log-shipper":     {"log", "shipper"},
		"logShipper":      {"log", "shipper"},
		"LogShipper2":     {"log", "shipper2"},
		"HTTPProxy":       {"httpproxy"},
		"catalog_v2.blog": {"catalog", "v2", "blog"},
		"--":              nil,
		"":                nil,
	} {
		if got := pod.Words(name); !slices.Equal(got, want) {
			t.Errorf("Words(%q) = %q, want %q", name, got, want)
		}
	}
}
