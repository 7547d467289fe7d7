package pod_test

import (
	"testing"

	"github.com/podcheck/podcheck/rules/pod"
)

func TestRoleOf(t *testing.T) {
	tests := []struct {
		name, flow string
		want       pod.Kind
	}{
		// images that do nothing else
		{"log shipper", `{name: a, image: "fluent/fluent-bit:3"}`, pod.LogShipper},
		{"exporter", `{name: a, image: "prom/mysqld-exporter:v0.16"}`, pod.MetricsExporter},
		{"exporter that the table lacks", `{name: a, image: "example.com/fritzbox-exporter:1"}`, pod.MetricsExporter},
		{"authentication proxy", `{name: a, image: "quay.io/oauth2-proxy/oauth2-proxy:v7"}`, pod.Proxy},
		{"git-sync", `{name: a, image: "registry.k8s.io/git-sync/git-sync:v4"}`, pod.ConfigSync},
		{"backup", `{name: a, image: "litestream/litestream:0.3"}`, pod.Backup},
		// images that may be anything
		{"nginx alone", `{name: web, image: "nginx:1.27"}`, pod.App},
		{"nginx named proxy", `{name: proxy, image: "nginx:1.27"}`, pod.Proxy},
		{"nginx with an upstream", `{name: a, image: "nginx:1.27", args: ["--upstream=http://web"]}`, pod.Proxy},
		{"haproxy alone", `{name: balancer, image: "haproxy:3"}`, pod.App},
		{"envoy alone", `{name: edge, image: "envoyproxy/envoy:v1"}`, pod.App},
		{"busybox alone", `{name: a, image: busybox}`, pod.App},
		{"alpine alone", `{name: a, image: "alpine:3"}`, pod.App},
		{"python alone", `{name: a, image: "python:3"}`, pod.App},
		{"unknown image", `{name: a, image: "ghcr.io/acme/shop:1"}`, pod.App},
		// commands
		{"tail as words", `{name: a, image: busybox, command: [tail, -n, "+1", -F, /logs/a.log]}`, pod.LogShipper},
		{"tail in a shell", `{name: a, image: busybox, command: [sh, -c, "exec tail -F /logs/a.log"]}`, pod.LogShipper},
		{"tail with its number", `{name: a, image: busybox, args: [/bin/sh, -c, "tail -n+1 -F /logs/a.log"]}`, pod.LogShipper},
		{"tail --follow", `{name: a, image: busybox, command: [sh, -c, "tail --follow=name /logs/a.log"]}`, pod.LogShipper},
		{"tail whose errors are dropped", `{name: a, image: busybox, command: [sh, -c, "tail -F /logs/a.log 2> /dev/null"]}`, pod.LogShipper},
		{"tail of nothing in a shell", `{name: a, image: busybox, command: [sh, -c, "exec tail -f /dev/null"]}`, pod.App},
		{"tail of nothing as words", `{name: a, image: busybox, command: [tail, -f, /dev/null]}`, pod.App},
		{"tail of nothing as one word", `{name: a, image: busybox, command: ["/bin/sh", "-c"], args: ["tail -f /dev/null"]}`, pod.App},
		{"tail that ends", `{name: a, image: busybox, command: [sh, -c, "tail -n 5 /logs/a.log"]}`, pod.App},
		{"tail behind an app", `{name: a, image: "acme/shop", command: [sh, -c, "start-shop && tail -f /logs/a.log"]}`, pod.App},
		{"cat loop", `{name: a, image: busybox, command: [sh, -c, "while true; do cat /logs/a; sleep 1; done"]}`, pod.LogShipper},
		{"cat loop behind an app", `{name: a, image: busybox, command: [sh, -c, "shop & while true; do cat /logs/a; sleep 1; done"]}`, pod.App},
		{"file watcher", `{name: a, image: alpine, command: [sh, -c, "inotifywait -m /etc/x"]}`, pod.FileWatcher},
		{"target of an exporter", `{name: a, image: "acme/metrics", args: ["--redis.addr=redis://a:6379"]}`, pod.MetricsExporter},
		{"upstream alone", `{name: a, image: "acme/gateway", args: ["--upstream=http://a"]}`, pod.App},
		{"kubectl proxy", `{name: a, image: "bitnami/kubectl:1", args: [proxy, --port=8001]}`, pod.Proxy},
		{"kubectl", `{name: a, image: "bitnami/kubectl:1", args: [get, pods]}`, pod.App},
		{"argument proxy alone", `{name: a, image: "acme/shop", args: [proxy]}`, pod.App},
		{"mesh proxy", `{name: a, image: "docker.io/istio/proxyv2:1", args: [proxy, sidecar, --domain, a]}`, pod.Proxy},
		{"mesh proxy of another registry", `{name: a, image: "gcr.io/istio-release/proxyv2:1", args: [proxy, sidecar]}`, pod.Proxy},
		{"mesh gateway", `{name: istio-proxy, image: "docker.io/istio/proxyv2:1", args: [proxy, router]}`, pod.App},
		// whole words of names, never enough by themselves
		{"named shipper", `{name: log-shipper, image: "acme/shop"}`, pod.App},
		{"named exporter", `{name: exporter, image: "acme/shop"}`, pod.App},
		{"catalog", `{name: catalog, image: busybox}`, pod.App},
		{"blog", `{name: blog-proxyless, image: nginx}`, pod.App},
		{"login", `{name: login, image: nginx}`, pod.App},
		{"logistics", `{name: logistics, image: busybox}`, pod.App},
		{"dialog", `{name: dialog, image: "acme/dialog-exporters"}`, pod.App},
		{"proximity", `{name: proximity, image: nginx}`, pod.App},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			role := pod.RoleOf(container(t, tt.flow), nil)
			if role.Kind != tt.want {
				t.Errorf("%s, want %s; evidence %v", role.Kind, tt.want, texts(role))
			}
			if role.Helper() != (len(role.Evidence) > 0) {
				t.Errorf("a helper needs evidence, and nothing else has any: %v", texts(role))
			}
			for _, e := range role.Evidence {
				if e.Node == nil || e.Text == "" || e.Kind != role.Kind {
					t.Errorf("evidence without a place, a text or of another kind: %+v", e)
				}
			}
		})
	}
}

func texts(r pod.Role) []string {
	var out []string
	for _, e := range r.Evidence {
		out = append(out, e.Text)
	}
	return out
}

func TestObjectNamesCountForPodsOfOneContainer(t *testing.T) {
	const flow = `{name: main, image: "nginx:1.27"}`
	if role := pod.RoleOf(inPod(t, "shop-proxy", flow), nil); role.Kind != pod.Proxy {
		t.Errorf("the only container of shop-proxy is a %s", role.Kind)
	}
	if role := pod.RoleOf(inPod(t, "shop-proxy", flow+"\n  - {name: b, image: b}"), nil); role.Kind != pod.App {
		t.Errorf("one of two containers of shop-proxy is a %s", role.Kind)
	}
}

func TestRoleOfInitContainers(t *testing.T) {
	w := workload(t, `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers:
  - {name: setup, image: fluentd}
  - {name: ship, image: fluentd, restartPolicy: Always}
  containers:
  - {name: web, image: web}
`)
	for i, want := range []pod.Kind{pod.Setup, pod.LogShipper, pod.App} {
		if role := pod.RoleOf(w.Containers[i], nil); role.Kind != want {
			t.Errorf("%s is a %s, want %s", w.Containers[i].Name, role.Kind, want)
		}
	}
}

func TestCentralHelpersAreMarked(t *testing.T) {
	for image, central := range map[string]bool{
		"registry.k8s.io/kube-state-metrics/kube-state-metrics:v2": true, "prom/blackbox-exporter": true, "prom/node-exporter": true,
		"prom/pushgateway": true, "stakater/reloader": true, "prom/mysqld-exporter": false, "fluent/fluent-bit": false,
	} {
		if role := pod.RoleOf(container(t, `{name: a, image: "`+image+`"}`), nil); role.Central != central {
			t.Errorf("%s: central is %v", image, role.Central)
		}
	}
}

func TestAdditionalHelpersDecide(t *testing.T) {
	own := []pod.Family{{Image: "acme/relay", Role: pod.LogShipper}}
	if role := pod.RoleOf(container(t, `{name: a, image: "registry.example.com/acme/relay:1"}`), own); role.Kind != pod.LogShipper || role.Family.Image != "acme/relay" {
		t.Errorf("a configured helper is a %s of family %q", role.Kind, role.Family.Image)
	}
}
