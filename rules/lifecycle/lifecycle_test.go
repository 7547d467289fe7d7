package lifecycle_test

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/lifecycle"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// workload reads a Pod of containers, each a flow mapping without a name: they are called a, b, c.
func workload(t *testing.T, spec string, containers ...string) (*analysis.State, *pod.Workload) {
	t.Helper()
	var text strings.Builder
	text.WriteString("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n")
	for line := range strings.Lines(spec) {
		text.WriteString("  " + strings.TrimSuffix(line, "\n") + "\n")
	}
	text.WriteString("  containers:\n")
	for i, c := range containers {
		text.WriteString("  - {name: " + string(rune('a'+i)) + ", " + c + "}\n")
	}
	state := analysis.NewState([]*manifest.File{manifest.Parse("pod.yaml", []byte(text.String()))})
	if len(state.Workloads) != 1 {
		t.Fatalf("this is no Pod:\n%s", text.String())
	}
	return state, state.Workloads[0]
}

func TestEndless(t *testing.T) {
	for container, want := range map[string]bool{
		`image: otel/opentelemetry-collector-contrib:0.110.0, args: ["--config=/etc/otel.yaml"]`:                   true,
		`image: otel/opentelemetry-collector-contrib:0.110.0, args: [validate]`:                                    false,
		`image: gcr.io/datadoghq/agent:7`:                                                                          true,
		`image: public.ecr.aws/datadog/agent:7`:                                                                    true,
		`image: datadog/agent:7, args: [status]`:                                                                   false,
		`image: example.com/build/agent:7`:                                                                         false,
		`image: netbirdio/netbird:0.30.0`:                                                                          true,
		`image: fosrl/newt:1.5`:                                                                                    true,
		`image: snowdreamtech/frpc:0.60, args: [-c, /etc/frp/frpc.toml]`:                                           true,
		`image: snowdreamtech/frpc:0.60, args: [verify, -c, /etc/frp/frpc.toml]`:                                   false,
		`image: busybox, command: [sleep, infinity]`:                                                               true,
		`image: busybox, command: [sleep, "3600"]`:                                                                 false,
		`image: busybox, command: [sleep, 99999d]`:                                                                 true,
		`image: busybox, command: [tail, -f, /dev/null]`:                                                           true,
		`image: busybox, command: [tail, -n, "5", /var/log/x]`:                                                     false,
		`image: busybox, command: [sh, -c, "tail -F x | nc collector 514"]`:                                        true,
		`image: busybox, command: [sh, -c, "while true; do date; sleep 5; done"]`:                                  true,
		`image: busybox, command: [sh, -c, "while sleep 5; do date; done"]`:                                        true,
		`image: busybox, command: [sh, -c, "for i in 1 2; do date; done"]`:                                         false,
		`image: busybox, command: [sh, -c, "while true; do wget x || exit 1; done"]`:                               false,
		`image: busybox, command: [sh, -c, "set -e; while true; do wget x; done"]`:                                 false,
		`image: busybox, command: [sh, -c, "set -e; while true; do date; sleep 1; done"]`:                          true,
		`image: busybox, command: [sh, -c, "exit 0; sleep infinity"]`:                                              false,
		`image: busybox, command: [sh, -c, "test -f x || sleep infinity"]`:                                         false,
		`image: busybox, command: [sh, -c, "prepare && exec dockerd"]`:                                             true,
		`image: busybox, command: [sh, -c, "dockerd & sleep 5; docker build ."]`:                                   false,
		`image: busybox, command: [sh, -c, "dockerd & wait"]`:                                                      true,
		`image: busybox, command: [sh, -c, "(while true; do sleep 1; done)"]`:                                      true,
		`image: nginx, command: [nginx, -g, daemon off;]`:                                                          true,
		`image: nginx, command: [nginx, -t]`:                                                                       false,
		`image: nginx`:                                                                                             true,
		`image: "docker:27-dind"`:                                                                                  true,
		`image: "docker:27"`:                                                                                       false,
		`image: "docker:27-dind", args: [--mtu=1350]`:                                                              true,
		`image: "docker:27-dind", args: [docker, build, .]`:                                                        false,
		`image: minio/minio, args: [server, /data]`:                                                                true,
		`image: minio/minio, args: [update]`:                                                                       false,
		`image: postgres, command: [psql]`:                                                                         false,
		`image: example.com/x, command: [/bin/redis_exporter]`:                                                     true,
		`image: example.com/x, command: [/usr/bin/tini, --, envoy, -c, x]`:                                         true,
		`image: envoyproxy/envoy, command: [envoy, --mode, validate]`:                                              false,
		`image: gcr.io/cloudsql-docker/gce-proxy:1.37, command: [/cloud_sql_proxy]`:                                true,
		`image: "quay.io/oauth2-proxy/oauth2-proxy:v7"`:                                                            true,
		`image: "quay.io/oauth2-proxy/oauth2-proxy:v7", args: [--version]`:                                         false,
		`image: registry.k8s.io/git-sync/git-sync`:                                                                 true,
		`image: registry.k8s.io/git-sync/git-sync, args: [--one-time=true]`:                                        false,
		`image: registry.k8s.io/git-sync/git-sync, env: [{name: GITSYNC_ONE_TIME, value: "true"}]`:                 false,
		`image: registry.k8s.io/git-sync/git-sync, env: [{name: GITSYNC_ONE_TIME, valueFrom: {fieldRef: {x: y}}}]`: true,
		`image: restic/restic, args: [backup]`:                                                                     false,
		`image: example.com/unknown`:                                                                               false,
	} {
		_, w := workload(t, "", container)
		c := w.Containers[0]
		if why := lifecycle.Endless(c, pod.RoleOf(c, nil)); (why != nil) != want {
			t.Errorf("%s: endless %v, want %v", container, why, want)
		}
	}
}

func TestDialsAndServes(t *testing.T) {
	const proxy = `image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2, args: [--port=5431]`
	for client, want := range map[string]int{
		`image: x, args: ["postgres://u@localhost:5431/db"]`:                                     1,
		`image: x, args: ["-h", "127.0.0.1", "-p", "5431"]`:                                      1,
		`image: x, args: ["--host=localhost", "--port=5431"]`:                                    1,
		`image: x, command: [sh, -c, "nc -z localhost 5431 && run"]`:                             1,
		`image: x, command: [sh, -c, "psql -h localhost -p 5431"]`:                               1,
		`image: x, command: [bash, -c, "</dev/tcp/127.0.0.1/5431"]`:                              1,
		`image: x, env: [{name: DB_HOST, value: localhost}, {name: DB_PORT, value: "5431"}]`:     1,
		`image: x, env: [{name: URL, value: "http://localhost:5431"}]`:                           1,
		`image: x, env: [{name: P, value: "5431"}, {name: URL, value: "http://localhost:$(P)"}]`: 1,
		`image: x, args: ["http://localhost:5430"]`:                                              0,
		`image: x, args: ["http://mylocalhost:5431"]`:                                            0,
		`image: x, args: ["http://db:5431"]`:                                                     0,
		`image: x, args: ["--listen=localhost:5431"]`:                                            0,
		`image: x, args: ["--bind", "127.0.0.1:5431"]`:                                           0,
		`image: x, ports: [{containerPort: 5431}], args: ["http://localhost:5431"]`:              0,
		`image: x, env: [{name: DB_HOST, value: localhost}]`:                                     0,
		`image: x, env: [{name: DB_HOST, value: db}, {name: DB_PORT, value: "5431"}]`:            0,
	} {
		_, w := workload(t, "", client, proxy)
		if got := lifecycle.DialsTo(w.Containers[0], w.Containers[1]); len(got) != want {
			t.Errorf("%s: %v, want %d", client, got, want)
		}
	}
}

func TestSignals(t *testing.T) {
	for container, want := range map[string]string{
		`image: x, command: [pkill, -HUP, nginx]`:                                "b",
		`image: x, command: [sh, -c, "killall -s HUP nginx"]`:                    "b",
		`image: x, command: [sh, -c, "kill -HUP $(pidof nginx)"]`:                "b",
		`image: x, command: [sh, -c, "p=$(ps | grep nginx | head -1); kill $p"]`: "b",
		`image: x, command: [sh, -c, "pkill -f '^nginx'"]`:                       "b",
		`image: x, command: [sh, -c, "kill -TERM $$"]`:                           "",
		`image: natsio/nats-server-config-reloader`:                              "",
		`image: "nginx:2", command: [sh, -c, "start; pkill nginx"]`:              "",
		`image: x, command: [sh, -c, "pkill unknown"]`:                           "",
		`image: x, command: [sh, -c, "nginx; pkill nginx"]`:                      "",
		`image: nginx, command: [sh, -c, "pkill nginx"]`:                         "",
		`image: x, command: [sh, -c, "run & pid=$!; kill $pid"]`:                 "",
		`image: x, command: [sh, -c, "kill $(cat /run/x.pid)"]`:                  "",
	} {
		state, w := workload(t, "", container, "image: nginx:1")
		got := ""
		for _, s := range lifecycle.Signals(state, w.Containers[0]) {
			got += s.To.Name
		}
		if got != want {
			t.Errorf("%s: signals %q, want %q", container, got, want)
		}
	}
}

func TestWaits(t *testing.T) {
	mount := `, volumeMounts: [{name: v, mountPath: /v}]`
	for script, want := range map[string]string{
		`sleep 5; run`:                                             "sleep 5",
		`set -e; echo hi; sleep 5s && exec run`:                    "sleep 5s",
		`until nc -z localhost 80; do sleep 1; done; run`:          "nc -z localhost 80",
		`while ! curl -s 'http://localhost:80/x'; do :; done; run`: "! curl -s 'http://localhost:80/x'",
		`until [ -f /v/ready ]; do sleep 1; done; run`:             "[ -f /v/ready ]",
		`sleep 5`:             "",
		`run; sleep 5; run`:   "",
		`sleep infinity; run`: "",
		`sleep 86400; run`:    "",
		`until nc -z db 80; do sleep 1; done; run`:              "",
		`until [ -f /elsewhere ]; do sleep 1; done; run`:        "",
		`until nc -z localhost 80; do work; done; run`:          "",
		`while true; do nc -z localhost 80; sleep 1; done; run`: "",
		`if nc -z localhost 80; then run; fi`:                   "",
	} {
		_, w := workload(t, "volumes: [{name: v, emptyDir: {}}]", `image: x, command: [sh, -c, "`+script+`"]`+mount)
		got := ""
		for _, wait := range lifecycle.Waits(w.Containers[0]) {
			got += wait.Text
		}
		if got != want {
			t.Errorf("%s: waits for %q, want %q", script, got, want)
		}
	}
}

func TestConfiguredScripts(t *testing.T) {
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata:\n  run.sh: |\n    pkill -HUP nginx\n"
	for container, want := range map[string]int{
		`image: x, command: [/scripts/run.sh]`:                   1,
		`image: x, command: [bash, /scripts/run.sh]`:             1,
		`image: x, command: [sh, -c, ". /scripts/run.sh; date"]`: 2,
		`image: x, command: [sh, /scripts/other.sh]`:             0,
		`image: x, command: [sh, /elsewhere/run.sh]`:             0,
	} {
		_, w := workload(t, "volumes: [{name: s, configMap: {name: s}}]", container+", volumeMounts: [{name: s, mountPath: /scripts}]", "image: nginx")
		state := analysis.NewState([]*manifest.File{w.Object.File, manifest.Parse("s.yaml", []byte(text))})
		scripts, _ := lifecycle.Scripts(state, state.Workloads[0].Containers[0])
		if len(scripts) != want {
			t.Errorf("%s: %d scripts, want %d", container, len(scripts), want)
		}
	}
}
