package pod_test

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// TestWhereTheKubeletCanAsk gives a proxy beside an app, its mounted ConfigMap, and whether its port can be asked.
func TestWhereTheKubeletCanAsk(t *testing.T) {
	for name, tt := range map[string]struct{ proxy, file, want string }{
		"nothing told":               {"image: nginx, ports: [{containerPort: 80}]", "", ""},
		"kubectl's default":          {"image: kubectl, args: [proxy], ports: [{containerPort: 80}]", "", "by default"},
		"kubectl told otherwise":     {"image: kubectl, args: [proxy, --address=0.0.0.0], ports: [{containerPort: 80}]", "", ""},
		"OpenShift's HTTPS":          {"image: ose-oauth-proxy, ports: [{containerPort: 8443}]", "", ""},
		"flag of its own kind":       {`image: traefik, args: ["--entrypoints.web.address=127.0.0.1:80"], ports: [{containerPort: 80}]`, "", "localhost alone"},
		"flag of its own kind, open": {`image: traefik, args: ["--entrypoints.web.address=:80"], ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /etc/traefik}]`, "x", ""},
		"flag for the host":          {"image: mitmproxy, args: [--listen-host, 127.0.0.1], ports: [{containerPort: 80}]", "", "localhost alone"},
		"host of something else":     {`image: traefik, args: ["--metrics-listen=127.0.0.1", "--upstream=127.0.0.1:81"], ports: [{containerPort: 80}]`, "", ""},
		"socat":                      {`image: socat, args: ["TCP-LISTEN:80,fork,bind=127.0.0.1", "TCP:far:80"], ports: [{containerPort: 80}]`, "", "localhost alone"},
		"socat on all":               {`image: socat, args: ["TCP-LISTEN:80,fork", "TCP:far:80"], ports: [{containerPort: 80}]`, "", ""},
		"nginx of another file":      {"image: nginx, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /etc/nginx/conf.d/a.conf, subPath: a.conf}]", "listen 80;", "ConfigMap/files"},
		"nginx on a name":            {"image: nginx, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /etc/nginx/conf.d}]", "listen here:80;", "ConfigMap/files"},
		"nginx commented out":        {"image: nginx, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /etc/nginx/conf.d}]", "# listen 80;", "ConfigMap/files"},
		"haproxy":                    {"image: haproxy, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /usr/local/etc/haproxy}]", "frontend a\n  bind *:80 ssl", ""},
		"haproxy on localhost":       {"image: haproxy, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /usr/local/etc/haproxy}]", "frontend a\n  bind localhost:80", "localhost alone"},
		"caddy":                      {"image: caddy, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /etc/caddy}]", ":80 {\n}\n", ""},
		"caddy with two binds":       {"image: caddy, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /etc/caddy}]", ":80 {\n  bind 0.0.0.0\n}\n:81 {\n  bind 127.0.0.1\n}\n", "ConfigMap/files"},
		"envoy as JSON":              {"image: envoy, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /etc/envoy}]", `{"socketAddress": {"address": "0.0.0.0", "portValue": 80}}`, ""},
		"linkerd without an address": {"image: buoyantio/linkerd, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /c}]", "admin:\n  port: 80\n", "localhost alone"},
		"linkerd":                    {"image: buoyantio/linkerd, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /c}]", "admin:\n  ip: 0.0.0.0\n  port: 80\n", ""},
		"oauth2-proxy":               {"image: oauth2-proxy, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /etc/oauth2}]", `http_address = "0.0.0.0:80"`, ""},
		"no reader":                  {"image: pgbouncer, ports: [{containerPort: 80}], volumeMounts: [{name: v, mountPath: /etc/pgbouncer}]", "listen_addr = *", "ConfigMap/files"},
	} {
		t.Run(name, func(t *testing.T) {
			files := manifest.Parse("files.yaml", []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: files}\ndata:\n  default.conf: |\n    "+strings.ReplaceAll(tt.file, "\n", "\n    ")+"\n"))
			at := manifest.Parse("pod.yaml", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n    - {name: app, image: a}\n    - {name: proxy, "+tt.proxy+
				"}\n  volumes: [{name: v, configMap: {name: files}}]\n"))
			c := pod.WorkloadOf(at.Objects[0]).In(pod.Containers)[1]
			_, got := pod.HealthOf(c, pod.RoleOf(c, nil), 80, pod.Startup, func(string) *manifest.Object { return files.Objects[0] })
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("obstacle %q, want %q", got, tt.want)
			}
		})
	}
}
