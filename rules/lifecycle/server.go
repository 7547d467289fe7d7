package lifecycle

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// program is what is known of a program that serves in the foreground until it is stopped.
type program struct {
	needs  string // an argument, or part of one, without which it ends or goes to the background; several behind bars
	unless string // an argument with which it does
}

// serverPrograms are programs that serve in the foreground, by name. Sources: their manuals.
var serverPrograms = map[string]program{
	"dockerd": {}, "dockerd-entrypoint.sh": {}, "containerd": {}, "buildkitd": {},
	"nginx": {needs: "daemon off"}, "httpd": {needs: "FOREGROUND"}, "httpd-foreground": {}, "apache2-foreground": {}, "caddy": {needs: "run|reverse-proxy|file-server"},
	"envoy": {unless: "validate"}, "haproxy": {unless: "-c"}, "traefik": {}, "squid": {needs: "-N"},
	"cloud_sql_proxy": {}, "cloud-sql-proxy": {}, "alloydb-auth-proxy": {}, "oauth2-proxy": {}, "kube-rbac-proxy": {}, "ghostunnel": {}, "pgbouncer": {unless: "-d"},
	"pilot-agent": {needs: "proxy"}, "tailscaled": {},
	"redis-server": {unless: "--daemonize"}, "valkey-server": {unless: "--daemonize"}, "postgres": {}, "mysqld": {unless: "--daemonize"}, "mariadbd": {}, "mongod": {unless: "--fork"},
	"memcached": {unless: "-d"}, "nats-server": {}, "etcd": {}, "rabbitmq-server": {unless: "-detached"}, "minio": {needs: "server"}, "registry": {needs: "serve"},
	"fluent-bit": {unless: "--dry-run"}, "fluentd": {unless: "--dry-run"}, "filebeat": {unless: "test"}, "promtail": {}, "vector": {unless: "validate"}, "telegraf": {unless: "--test"},
	"otelcol": {}, "otelcol-contrib": {}, "inotifywait": {needs: "-m"}, "git-sync": {}, "consul-template": {}, "configmap-reload": {},
	"vault": {needs: "agent|server|proxy"}, "kubectl": {needs: "port-forward|proxy"}, "socat": {needs: "LISTEN"}, "stunnel": {}, "websockify": {}, "Xvfb": {},
	"gunicorn": {}, "uvicorn": {}, "http-server": {}, "php-fpm": {}, "python": {needs: "http.server"}, "python3": {needs: "http.server"}, "nc": {needs: "-lk"},
	"ssh": {needs: "-N"}, "sshd": {needs: "-D"}, "crond": {needs: "-f"}, "cron": {needs: "-f"}, "supervisord": {needs: "-n"}, "watch": {},
}

// serverImage is what is known of an image whose own entrypoint serves.
type serverImage struct {
	tag      string // part of the image's name or tag that tells the serving variant
	argument string // the argument that asks it to serve
}

// serverImages are images that serve when they run their own entrypoint: databases, brokers, proxies, VPNs, agents and the like that
// stand in for the real thing beside a test or a build. By last segment of the repository, or the last two. Sources: their documentation.
var serverImages = map[string]serverImage{
	"postgres": {}, "postgresql": {}, "timescaledb": {}, "postgis": {}, "mysql": {}, "mariadb": {}, "redis": {}, "valkey": {}, "mongo": {}, "mongodb": {}, "memcached": {},
	"rabbitmq": {}, "nats": {}, "elasticsearch": {}, "opensearch": {}, "zookeeper": {}, "localstack": {}, "mailhog": {}, "mailpit": {}, "wiremock": {},
	"standalone-chrome": {}, "standalone-firefox": {}, "httpd": {}, "nginx": {}, "nginx-unprivileged": {}, "haproxy": {}, "envoy": {}, "traefik": {}, "squid": {},
	"docker": {tag: "dind"}, "dind": {}, "buildkit": {}, "wireguard": {}, "openvpn": {}, "gluetun": {}, "tailscale": {},
	"netbird": {}, "newt": {}, "frpc": {}, "zerotier": {}, "opentelemetry-collector": {}, "opentelemetry-collector-contrib": {}, "opentelemetry-collector-k8s": {},
	"aws-otel-collector": {}, "datadog/agent": {}, "datadoghq/agent": {},
	"minio": {argument: "server"}, "vault": {argument: "agent"}, "cloudflared": {argument: "tunnel"}, "litestream": {argument: "replicate"},
}

// asked says whether arguments ask the program to serve.
func (p program) asked(args []string) bool {
	return p.needs == "" || slices.ContainsFunc(strings.Split(p.needs, "|"), func(part string) bool { return containsPart(args, part) })
}

func isServer(name string) bool {
	_, ok := serverPrograms[name]
	return ok
}

var exporterName = regexp.MustCompile(`[a-z][_-]exporter$`)

// endless says why a command runs until it is stopped, "" when it ends or nobody can tell.
func (c command) endless() string {
	switch c.name {
	case "sleep":
		if len(c.args) == 1 && forever(c.args[0]) {
			return "sleeps for ever"
		}
		return ""
	case "tail":
		return c.follows()
	case "docker-entrypoint.sh":
		return commandOf(c.args).endless()
	}
	p, ok := serverPrograms[c.name]
	switch {
	case !ok && exporterName.MatchString(c.name):
	case !ok, !p.asked(c.args), p.unless != "" && slices.Contains(c.args, p.unless), slices.Contains(c.args, "--version"), slices.Contains(c.args, "--help"):
		return ""
	case c.name == "dockerd-entrypoint.sh" && len(c.args) > 0 && !strings.HasPrefix(c.args[0], "-") && c.args[0] != "dockerd":
		return ""
	}
	return "runs " + c.name + ", which serves until it is stopped"
}

// forever says whether a duration is so long that nobody means to wait for its end: ten years.
func forever(duration string) bool {
	if duration == "infinity" || duration == "inf" {
		return true
	}
	unit := map[byte]int{'d': 86400, 'h': 3600, 'm': 60}
	seconds := 1
	if duration != "" {
		if by, ok := unit[duration[len(duration)-1]]; ok {
			seconds, duration = by, duration[:len(duration)-1]
		}
	}
	n, err := strconv.Atoi(duration)
	return err == nil && n > 10*365*86400/seconds
}

// follows says that tail follows a file, unless it ends with a process.
func (c command) follows() string {
	follow := false
	for _, arg := range c.args {
		switch {
		case strings.HasPrefix(arg, "--pid"):
			return ""
		case strings.HasPrefix(arg, "--follow"), strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.ContainsAny(arg, "fF"):
			follow = true
		}
	}
	if !follow {
		return ""
	}
	return "follows a file with tail, for ever"
}
