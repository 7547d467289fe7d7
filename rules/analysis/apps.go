package analysis

import (
	"path"
	"slices"

	"github.com/podcheck/podcheck/rules/pod"
)

// riding are words in names of containers and images that ride along with an app, whatever the helper table knows of them.
var riding = map[string]bool{
	"sidecar": true, "agent": true, "exporter": true, "proxy": true, "sync": true, "syncer": true, "watcher": true, "watch": true, "reloader": true, "reload": true,
	"log": true, "logs": true, "logger": true, "logging": true, "monitor": true, "monitoring": true, "metrics": true, "vpn": true, "tunnel": true, "auth": true, "authz": true, "authn": true,
	"oauth": true, "adapter": true, "init": true, "debug": true, "helper": true, "backup": true, "cron": true, "socat": true, "statsd": true, "telemetry": true,
	"collector": true, "injector": true, "renew": true, "refresh": true, "registrar": true, "attacher": true, "provisioner": true, "snapshotter": true,
	"resizer": true, "probe": true, "livenessprobe": true, "driver": true, "plugin": true, "gateway": true, "tls": true, "ssl": true, "certs": true, "wait": true,
	"pause": true, "shell": true, "toolbox": true, "cache": true, "authenticator": true, "rbac": true, "webhook": true, "leader": true, "elector": true,
}

// mostContainers is more than any Pod has that a person wrote; comparing each with each of more would take too long.
const mostContainers = 64

// PlainApps returns the running containers that do work of their own beyond doubt: apps by their role, with nothing in their
// names that says that they ride along with another.
func PlainApps(w *pod.Workload, roles *Roles) []*pod.Container {
	if len(w.Containers) > mostContainers {
		return nil
	}
	var out []*pod.Container
	for _, c := range w.In(pod.Containers) {
		names := append(pod.Words(c.Name), pod.Words(path.Base(pod.Repository(c.Image)))...)
		if line := c.CommandLine(); len(line) > 0 {
			names = append(names, line[0]) // thanos sidecar
		}
		if roles.Of(c).Kind == pod.App && !slices.ContainsFunc(names, func(word string) bool { return riding[word] }) {
			out = append(out, c)
		}
	}
	return out
}
