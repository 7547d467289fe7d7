package deploy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/intstr"
	sigsyaml "sigs.k8s.io/yaml"
)

// shapes are the installations that most tests look at.
var shapes = map[string]string{
	"single":             "",
	"single, everything": "{publicURL: 'https://p.example.com', metrics: {enabled: true, from: [{namespaceSelector: {}}]}, ingress: {enabled: true, host: p.example.com, tlsSecret: tls}}",
	"cluster":            "mode: cluster",
	"cluster, everything": "{mode: cluster, githubURL: 'https://ghe.example.com', publicURL: 'https://p.example.com', metrics: {enabled: true, from: [{namespaceSelector: {}}]}, " +
		"ingress: {enabled: true, host: p.example.com, className: nginx}}",
	"cluster, NATS elsewhere":       "{mode: cluster, nats: {url: 'nats://a:4222,nats://b:4222'}}",
	"cluster, NATS with a password": "{mode: cluster, nats: {existingSecret: nats}}",
}

// TestEveryOptionOfTheChart does what its name says, in the first context where it does; and values.yaml has no other.
func TestEveryOptionOfTheChart(t *testing.T) {
	options := []struct{ option, value, context, want string }{
		{"mode", "cluster", "", "kind: Deployment"},
		{"existingSecret", "other", "", "secretName: other"},
		{"publicURL", "https://p.example.com", "", `value: "https://p.example.com"`},
		{"githubURL", "https://ghe.example.com", "", `value: "https://ghe.example.com"`},
		{"reconcile", "7m", "", `value: "7m"`},
		{"image.repository", "registry.example.com:5000/podcheck", "", `image: "registry.example.com:5000/podcheck:`},
		{"image.tag", "v9", "", `podcheck:v9"`},
		{"image.pullPolicy", "Always", "", "imagePullPolicy: Always"},
		{"imagePullSecrets", "[{name: pull}]", "mode: cluster", "- name: pull"},
		{"replicas", "5", "mode: cluster", "replicas: 5"},
		{"persistence.size", "7Gi", "", "storage: 7Gi"},
		{"persistence.storageClass", "fast", "", "storageClassName: fast"},
		{"mirrors.sizeLimit", "7Gi", "mode: cluster", "sizeLimit: 7Gi"},
		{"resources.requests.cpu", "77m", "", "cpu: 77m"},
		{"resources.requests.memory", "77Mi", "", "memory: 77Mi"},
		{"resources.limits.cpu", "7", "", "cpu: 7"},
		{"resources.limits.memory", "7Gi", "", "memory: 7Gi"},
		{"nodeSelector", "{disk: ssd}", "", "disk: ssd"},
		{"tolerations", "[{key: dedicated, operator: Exists}]", "", "key: dedicated"},
		{"service.port", "8888", "", "port: 8888"},
		{"ingress.enabled", "true", "ingress: {host: p.example.com}", "kind: Ingress"},
		{"ingress.className", "nginx", "ingress: {enabled: true, host: p.example.com}", "ingressClassName: nginx"},
		{"ingress.annotations", "{a: b}", "ingress: {enabled: true, host: p.example.com}", "a: b"},
		{"ingress.host", "other.example.com", "ingress: {enabled: true, host: p.example.com}", `host: "other.example.com"`},
		{"ingress.tlsSecret", "tls", "ingress: {enabled: true, host: p.example.com}", "secretName: tls"},
		{"metrics.enabled", "true", "", `value: ":9090"`},
		{"metrics.from", "[{podSelector: {matchLabels: {app: prometheus}}}]", "metrics: {enabled: true}", "app: prometheus"},
		{"networkPolicy.enabled", "false", "", ""},
		{"nats.url", "nats://n:4222", "mode: cluster", `value: "nats://n:4222"`},
		{"nats.existingSecret", "nats-url", "mode: cluster", "name: nats-url"},
		{"nats.image", "nats:9", "mode: cluster", `image: "nats:9"`},
		{"nats.storage.size", "7Gi", "mode: cluster", "storage: 7Gi"},
		{"nats.storage.storageClass", "fast", "mode: cluster", "storageClassName: fast"},
		{"nats.resources.requests.cpu", "77m", "mode: cluster", "cpu: 77m"},
		{"nats.resources.requests.memory", "77Mi", "mode: cluster", "memory: 77Mi"},
		{"nats.resources.limits.memory", "7Gi", "mode: cluster", "memory: 7Gi"},
	}
	left := leaves("", decode[map[string]any](t, read(t, chartDir+"/values.yaml")))
	for _, o := range options {
		left = slices.DeleteFunc(left, func(name string) bool { return name == o.option })
		without := mustInstall(t, o.context)
		with := mustInstall(t, set(t, o.context, o.option, o.value))
		if with.text == without.text || o.want != "" && (strings.Contains(without.text, o.want) || !strings.Contains(with.text, o.want)) {
			t.Errorf("%s: %s does not lead to %q", o.option, o.value, o.want)
		}
	}
	if len(left) > 0 {
		t.Errorf("values.yaml has %v too", left)
	}
	if off := mustInstall(t, "{mode: cluster, networkPolicy: {enabled: false}}"); len(all[*networkingv1.NetworkPolicy](off)) > 0 {
		t.Error("there is a network policy")
	}
}

// leaves are the dotted names of values that hold no others.
func leaves(prefix string, values map[string]any) (names []string) {
	for key, value := range values {
		if inner, ok := value.(map[string]any); ok && len(inner) > 0 {
			names = append(names, leaves(prefix+key+".", inner)...)
		} else {
			names = append(names, prefix+key)
		}
	}
	return names
}

// set adds a dotted name to values.
func set(t *testing.T, values, name, value string) string {
	t.Helper()
	tree := decode[map[string]any](t, values)
	if tree == nil {
		tree = map[string]any{}
	}
	parts := strings.Split(name, ".")
	at := tree
	for _, part := range parts[:len(parts)-1] {
		inner, ok := at[part].(map[string]any)
		if !ok {
			inner = map[string]any{}
			at[part] = inner
		}
		at = inner
	}
	at[parts[len(parts)-1]] = decode[any](t, value)
	data, err := sigsyaml.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSchemaRefusesWrongValues(t *testing.T) {
	for _, values := range []string{
		"mode: ha", "modes: single", "replicas: 0", "replicas: three", "existingSecret: ''", "existingSecret: My_Secret", "publicURL: podcheck.example.com",
		"publicURL: 'https://p.example.com?x'", "githubURL: 'ftp://ghe'", "reconcile: 5 minutes", "reconcile: 5", "persistence: {size: ten}", "persistence: {class: fast}",
		"image: {pullPolicy: Sometimes}", "image: {repository: 'podcheck:v1'}", "image: {tag: 'a b'}", "imagePullSecrets: [pull]", "service: {port: 70000}", "mirrors: {sizeLimit: 10GB}",
		"ingress: {enabled: true}", "ingress: {enabled: 'yes'}", "ingress: {host: 'https://p.example.com'}", "ingress: {annotations: {a: 1}}", "metrics: true", "metrics: {from: {}}",
		"networkPolicy: {enabled: maybe}", "nats: {url: 'http://n:4222'}", "nats: {url: 'nats://a,b'}", "nats: {url: 'nats://n:4222', existingSecret: nats}", "nats: {replicas: 5}",
		"nats: {storage: {size: -1Gi}}", "resources: {limit: {cpu: 1}}", "resources: {limits: {cpu: many}}", "nodeSelector: {a: 1}", "tolerations: {}",
	} {
		if _, err := install(t, "podcheck", values); err == nil || !strings.Contains(err.Error(), "values don't meet the specifications of the schema") {
			t.Errorf("%s: %v", values, err)
		}
	}
	for _, values := range []string{"publicURL: 'https://p.example.com:8443/tools/'", "image: {tag: 'v1@sha256:" + strings.Repeat("0", 64) + "'}", "resources: {limits: {cpu: 1.5}}", "reconcile: 1h30m"} {
		if _, err := install(t, "podcheck", values); err != nil {
			t.Errorf("%s: %v", values, err)
		}
	}
}

// TestObjectsOfTheChartFitTogether: names are valid and lead somewhere, whatever the release is called.
func TestObjectsOfTheChartFitTogether(t *testing.T) {
	for name, values := range shapes {
		for _, release := range []string{"podcheck", "review", "a-release-whose-name-is-as-long-as-helm-allows-53-bytes", "my-podcheck"} {
			t.Run(name+"/"+release, func(t *testing.T) {
				r, err := install(t, release, values)
				if err != nil {
					t.Fatal(err)
				}
				seen := map[string]bool{}
				for _, object := range r.objects {
					accessor, err := meta.Accessor(object)
					if err != nil {
						t.Fatal(err)
					}
					validName(t, accessor.GetName(), 52) // of a StatefulSet, whose Pods carry a label with a hash of ten
					id := fmt.Sprintf("%s/%s", object.GetObjectKind().GroupVersionKind().Kind, accessor.GetName())
					if seen[id] || accessor.GetNamespace() != "" {
						t.Errorf("%s is there twice, or has a namespace", id)
					}
					seen[id] = true
				}
				for _, w := range workloads(r) {
					selects(t, w.selector, w)
					mounts(t, w)
				}
				for _, s := range all[*corev1.Service](r) {
					serves(t, r, s)
				}
				for _, b := range all[*policyv1.PodDisruptionBudget](r) {
					selectsOne(t, r, b.Spec.Selector.MatchLabels)
				}
				for _, p := range all[*networkingv1.NetworkPolicy](r) {
					admits(t, r, p)
				}
			})
		}
	}
}

func selects(t *testing.T, selector map[string]string, w workload) {
	t.Helper()
	for key, value := range selector {
		if w.template.Labels[key] != value {
			t.Errorf("%s: the selector's %s=%s is not on its Pods", w.name, key, value)
		}
		if len(value) > 63 {
			t.Errorf("%s: the label %s is too long", w.name, key)
		}
	}
}

// selectsOne is the one workload that a selector means.
func selectsOne(t *testing.T, r rendered, selector map[string]string) workload {
	t.Helper()
	var found []workload
	for _, w := range workloads(r) {
		if w.selector["app.kubernetes.io/component"] == selector["app.kubernetes.io/component"] {
			found = append(found, w)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%v selects %d workloads", selector, len(found))
	}
	selects(t, selector, found[0])
	return found[0]
}

func mounts(t *testing.T, w workload) {
	t.Helper()
	volumes := map[string]bool{}
	for _, v := range w.template.Spec.Volumes {
		volumes[v.Name] = true
	}
	for _, c := range w.claims {
		volumes[c.Name] = true
	}
	for _, c := range w.template.Spec.Containers {
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				t.Errorf("%s mounts %s, which is no volume", w.name, m.Name)
			}
			delete(volumes, m.Name)
		}
	}
	if len(volumes) > 0 {
		t.Errorf("%s mounts %v nowhere", w.name, volumes)
	}
}

// containerPort finds the port that a name or a number means.
func containerPort(w workload, port intstr.IntOrString) (int32, bool) {
	for _, p := range w.template.Spec.Containers[0].Ports {
		if p.Name == port.StrVal && port.Type == intstr.String || p.ContainerPort == port.IntVal && port.Type == intstr.Int {
			return p.ContainerPort, true
		}
	}
	return 0, false
}

func serves(t *testing.T, r rendered, s *corev1.Service) {
	t.Helper()
	w := selectsOne(t, r, s.Spec.Selector)
	for _, p := range s.Spec.Ports {
		number, ok := containerPort(w, p.TargetPort)
		if !ok {
			t.Errorf("Service %s leads to port %s, which %s does not have", s.Name, p.TargetPort.String(), w.name)
		}
		if s.Spec.ClusterIP == corev1.ClusterIPNone && p.Port != number {
			t.Errorf("Service %s is headless, so its port %d is not %d", s.Name, p.Port, number)
		}
	}
}

func admits(t *testing.T, r rendered, p *networkingv1.NetworkPolicy) {
	t.Helper()
	w := selectsOne(t, r, p.Spec.PodSelector.MatchLabels)
	for _, rule := range p.Spec.Ingress {
		for _, port := range rule.Ports {
			if _, ok := containerPort(w, *port.Port); !ok {
				t.Errorf("%s admits to port %s, which %s does not have", p.Name, port.Port, w.name)
			}
		}
		for _, from := range rule.From {
			if from.PodSelector != nil && from.PodSelector.MatchLabels["app.kubernetes.io/name"] == "podcheck" {
				selectsOne(t, r, from.PodSelector.MatchLabels)
			}
		}
	}
}

// TestPodcheckFindsNothingInItself, neither in what is rendered nor in the chart.
func TestPodcheckFindsNothingInItself(t *testing.T) {
	dir := t.TempDir()
	for name, values := range shapes {
		file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".yaml")
		if err := os.WriteFile(file, []byte(mustInstall(t, values).text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, code := podcheck(t, dir, "scan", "--all", "--fail-on", "notice", file); code != 0 || !strings.HasPrefix(out, "0 findings, 0 ignored, in 1 file,") {
			t.Errorf("%s: exit %d\n%s", name, code, out)
		}
	}
	if out, code := podcheck(t, ".", "scan", "--all", "--fail-on", "notice", "chart"); code != 0 || !strings.HasPrefix(out, "0 findings, 0 ignored") {
		t.Errorf("chart: exit %d\n%s", code, out)
	}
}

func TestNotesNameWhatIsThere(t *testing.T) {
	for values, want := range map[string]string{
		"":              "kubectl -n tools rollout status statefulset/podcheck\n",
		"mode: cluster": "kubectl -n tools exec deployment/podcheck -- podcheck dead retry --all\n",
		"{ingress: {enabled: true, host: p.example.com, tlsSecret: tls}}": "port 80: https://p.example.com/webhook.\n",
	} {
		if r := mustInstall(t, values); !strings.Contains(r.notes, want) || strings.Contains(r.notes, "<no value>") {
			t.Errorf("%s: the notes are\n%s", values, r.notes)
		}
	}
}
