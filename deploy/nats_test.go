package deploy_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// natsOptions reads a configuration as the server does.
func natsOptions(t *testing.T, text string, env map[string]string) *server.Options {
	t.Helper()
	for name, value := range env {
		t.Setenv(name, value)
	}
	options, err := server.ProcessConfigFile(write(t, "nats.conf", text))
	if err != nil {
		t.Fatal(err)
	}
	return options
}

// durable: what is acknowledged is on disk, on the volume at /data, and there are three servers of one cluster.
func durable(t *testing.T, o *server.Options, name string) {
	t.Helper()
	if !o.JetStream || !o.SyncAlways || o.StoreDir != "/data" {
		t.Errorf("JetStream is %v, in %q, synced always: %v", o.JetStream, o.StoreDir, o.SyncAlways)
	}
	if o.ServerName != name || o.Cluster.Name == "" || len(o.Routes) != 3 {
		t.Errorf("server %q of cluster %q has routes to %v", o.ServerName, o.Cluster.Name, o.Routes)
	}
}

func TestNATSOfTheChart(t *testing.T) {
	for _, release := range []string{"podcheck", "a-release-whose-name-is-as-long-as-helm-allows-53-bytes"} {
		r, err := install(t, release, "mode: cluster")
		if err != nil {
			t.Fatal(err)
		}
		set := one[*appsv1.StatefulSet](t, r)
		c := set.Spec.Template.Spec.Containers[0]
		o := natsOptions(t, one[*corev1.ConfigMap](t, r).Data["nats.conf"], map[string]string{"POD_NAME": set.Name + "-0"})
		durable(t, o, set.Name+"-0")
		if *set.Spec.Replicas != 3 {
			t.Errorf("there are %d servers", *set.Spec.Replicas)
		}
		for i, route := range o.Routes {
			if want := fmt.Sprintf("%s-%d.%s:%d", set.Name, i, set.Spec.ServiceName, o.Cluster.Port); route.Host != want {
				t.Errorf("route %d leads to %s, and the Pod is %s", i, route.Host, want)
			}
		}
		ports := map[string]int{"client": o.Port, "cluster": o.Cluster.Port, "monitor": o.HTTPPort}
		for _, p := range c.Ports {
			if ports[p.Name] != int(p.ContainerPort) {
				t.Errorf("port %s is %d, and the server listens on %d", p.Name, p.ContainerPort, ports[p.Name])
			}
		}
		for _, probe := range []*corev1.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
			if probe.HTTPGet.Port.StrVal != "monitor" || !strings.HasPrefix(probe.HTTPGet.Path, "/healthz") || o.HTTPHost != "0.0.0.0" {
				t.Errorf("a probe asks %+v", probe.HTTPGet)
			}
		}
		if !written(c, o.StoreDir) || c.Command[len(c.Command)-1] != "/etc/nats/nats.conf" {
			t.Errorf("%v with %+v", c.Command, c.VolumeMounts)
		}
		reaches(t, r, set, o)
	}
}

// reaches: the URL that bots are given is that of the headless Service.
func reaches(t *testing.T, r rendered, set *appsv1.StatefulSet, o *server.Options) {
	t.Helper()
	u, err := url.Parse(load(t, bot(t, r)).NATSURL)
	if err != nil {
		t.Fatal(err)
	}
	if u.Host != fmt.Sprintf("%s:%d", set.Spec.ServiceName, o.Port) {
		t.Errorf("bots are led to %s", u.Host)
	}
	for _, s := range all[*corev1.Service](r) {
		if s.Name == set.Spec.ServiceName && s.Spec.ClusterIP == corev1.ClusterIPNone && s.Spec.PublishNotReadyAddresses {
			return
		}
	}
	t.Errorf("no headless Service %s has the addresses of servers that are not ready", set.Spec.ServiceName)
}

// TestNoNATSWhereItIsNotUsed: a cluster of the user's own, or none.
func TestNoNATSWhereItIsNotUsed(t *testing.T) {
	for name, values := range shapes {
		has := strings.Contains(mustInstall(t, values).text, "sync_interval")
		if want := strings.HasPrefix(values, "mode: cluster") || name == "cluster, everything"; has != want {
			t.Errorf("%s: a NATS cluster is there: %v", name, has)
		}
	}
}
