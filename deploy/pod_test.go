package deploy_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/podcheck/podcheck/bot/config"
)

// TestPodsAreConfined: no user of the node, no rights, nothing written but volumes, nothing unbounded.
func TestPodsAreConfined(t *testing.T) {
	for name, values := range shapes {
		for _, w := range workloads(mustInstall(t, values)) {
			spec := w.template.Spec
			pod := spec.SecurityContext
			if pod == nil || !is(pod.RunAsNonRoot) || pod.RunAsUser == nil || *pod.RunAsUser != 65532 || pod.FSGroup == nil || *pod.FSGroup != 65532 ||
				pod.SeccompProfile == nil || pod.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
				t.Errorf("%s: %s may more than it needs: %+v", name, w.name, pod)
			}
			if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken || spec.HostNetwork || spec.HostPID || spec.HostIPC {
				t.Errorf("%s: %s reaches the cluster or the node", name, w.name)
			}
			for _, c := range spec.Containers {
				s := c.SecurityContext
				if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || !is(s.ReadOnlyRootFilesystem) ||
					s.Capabilities == nil || len(s.Capabilities.Drop) != 1 || s.Capabilities.Drop[0] != "ALL" || len(s.Capabilities.Add) > 0 {
					t.Errorf("%s: %s/%s may more than it needs: %+v", name, w.name, c.Name, s)
				}
				if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() {
					t.Errorf("%s: %s/%s has no requests or no limit of memory", name, w.name, c.Name)
				}
			}
			for _, v := range spec.Volumes {
				if v.EmptyDir != nil && (v.EmptyDir.SizeLimit == nil || v.EmptyDir.SizeLimit.IsZero()) {
					t.Errorf("%s: %s has an emptyDir without a limit", name, w.name)
				}
				if v.HostPath != nil {
					t.Errorf("%s: %s mounts the node", name, w.name)
				}
			}
		}
	}
}

func is(b *bool) bool { return b != nil && *b }

// TestConfigurationOfTheBotIsAccepted by the server, and it listens where the probes and Services look.
func TestConfigurationOfTheBotIsAccepted(t *testing.T) {
	for name, values := range shapes {
		t.Run(name, func(t *testing.T) {
			r := mustInstall(t, values)
			w := bot(t, r)
			c := w.template.Spec.Containers[0]
			settings := load(t, w)
			port, ok := containerPort(w, intstr.FromString("http"))
			if !ok || portOf(t, settings.Listen) != port {
				t.Errorf("it listens on %s, and the port is %d", settings.Listen, port)
			}
			host, _, err := net.SplitHostPort(settings.AdminListen)
			if err != nil {
				t.Fatal(err)
			}
			if admin, open := containerPort(w, intstr.FromString("admin")); open != strings.Contains(values, "metrics") || open != (host == "") || open && portOf(t, settings.AdminListen) != admin {
				t.Errorf("the admin port is %s, and the container has %d", settings.AdminListen, admin)
			}
			for what, probe := range map[string]*corev1.Probe{"/healthz": c.LivenessProbe, "/healthz ": c.StartupProbe, "/readyz": c.ReadinessProbe} {
				if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != strings.TrimSpace(what) || probe.HTTPGet.Port.StrVal != "http" {
					t.Errorf("%s is asked for by %+v", what, probe)
				}
			}
			if (settings.NATSURL != "") != strings.HasPrefix(name, "cluster") {
				t.Errorf("the URL of NATS is %q", settings.NATSURL)
			}
			pause := c.Lifecycle.PreStop.Sleep.Seconds
			if grace := *w.template.Spec.TerminationGracePeriodSeconds; grace < pause+drain+5 {
				t.Errorf("it is killed after %d s, and needs up to %d", grace, pause+drain)
			}
			if c.Resources.Limits.Cpu().IsZero() {
				t.Error("without a limit of CPU it reviews as much at once as the node has cores, whatever memory it has")
			}
		})
	}
}

func portOf(t *testing.T, address string) int32 {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return int32(n)
}

// load gives the environment of a bot to the server's own reader, with the files that its Secret mounts.
func load(t *testing.T, w workload) config.Server {
	t.Helper()
	c := w.template.Spec.Containers[0]
	secrets := map[string]string{"app-id": "1234", "url": "nats://bot:password@nats:4222", "private-key.pem": privateKey(t), "webhook-secret": "secret\n"}
	env := map[string]string{}
	for _, e := range c.Env {
		env[e.Name] = e.Value
		if e.ValueFrom != nil {
			env[e.Name] = secrets[e.ValueFrom.SecretKeyRef.Key]
		}
	}
	dir := t.TempDir()
	for _, file := range []string{"PODCHECK_PRIVATE_KEY_FILE", "PODCHECK_WEBHOOK_SECRET_FILE"} {
		local := filepath.Join(dir, path.Base(env[file]))
		if err := os.WriteFile(local, []byte(secrets[mounted(t, w, env[file])]), 0o600); err != nil {
			t.Fatal(err)
		}
		env[file] = local
	}
	settings, err := config.LoadServer("", func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	if !written(c, settings.DataDir) || !written(c, "/tmp") {
		t.Errorf("%s or /tmp can't be written to", settings.DataDir)
	}
	return settings
}

// mounted returns the key of the Secret that lies at a path of the container.
func mounted(t *testing.T, w workload, file string) string {
	t.Helper()
	for _, m := range w.template.Spec.Containers[0].VolumeMounts {
		for _, v := range w.template.Spec.Volumes {
			if v.Name != m.Name || v.Secret == nil {
				continue
			}
			for _, item := range v.Secret.Items {
				if path.Join(m.MountPath, item.Path) == file {
					return item.Key
				}
			}
		}
	}
	t.Errorf("%s mounts nothing at %s", w.name, file)
	return ""
}

func written(c corev1.Container, dir string) bool {
	for _, m := range c.VolumeMounts {
		if m.MountPath == dir && !m.ReadOnly {
			return true
		}
	}
	return false
}

func privateKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

// TestStoreOfModeSingleBelongsToOneBot: a second Pod would not get its lock, and a Deployment would start one before the first is gone.
func TestStoreOfModeSingleBelongsToOneBot(t *testing.T) {
	w := bot(t, mustInstall(t, "replicas: 5"))
	if len(w.claims) != 1 || w.claims[0].Spec.AccessModes[0] != corev1.ReadWriteOnce {
		t.Errorf("its claims are %+v", w.claims)
	}
	if r := mustInstall(t, "replicas: 5"); len(workloads(r)) != 1 || strings.Contains(r.text, "replicas: 5") {
		t.Errorf("it is\n%s", r.text)
	}
}
