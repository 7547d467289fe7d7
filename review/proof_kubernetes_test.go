package review_test

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
)

// decoder is the one with which Kubernetes reads manifests when asked to be strict.
var decoder = func() runtime.Decoder {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, autoscalingv1.AddToScheme, autoscalingv2.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme,
		networkingv1.AddToScheme, policyv1.AddToScheme, rbacv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
}()

// newlyWrong is what Kubernetes has against a tree that it had not against the one before.
func newlyWrong(was, is map[string]int) []string {
	var wrong []string
	for _, text := range slices.Sorted(maps.Keys(is)) {
		if is[text] > was[text] {
			wrong = append(wrong, fmt.Sprintf("Kubernetes would complain: %s (%d times, before %d)", text, is[text], was[text]))
		}
	}
	return wrong
}

// complaints counts what is wrong with the objects of a tree, by words that hold no index, so that what moves counts once.
func complaints(tree map[string][]byte) map[string]int {
	count := map[string]int{}
	cluster := &world{count: count}
	for p, data := range tree {
		if ext := path.Ext(p); ext != ".yaml" && ext != ".yml" && ext != ".json" {
			continue
		}
		for _, doc := range pieces(data) {
			cluster.add(doc)
		}
	}
	cluster.check()
	return count
}

var separator = regexp.MustCompile(`(?m)^---([ \t].*)?\r?$`)

// pieces cuts a file at its separators. Lines of three dashes within a text block are indented.
func pieces(data []byte) [][]byte {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var out [][]byte
	at := 0
	for _, cut := range separator.FindAllIndex(data, -1) {
		out = append(out, data[at:cut[0]])
		at = cut[1]
	}
	return append(out, data[at:])
}

// world is the objects of a tree.
type world struct {
	count    map[string]int
	pods     []pod
	services []*corev1.Service
}

// pod is a Pod template of some object.
type pod struct {
	owner  string
	labels map[string]string
	claims []string // of templates
	spec   *corev1.PodSpec
	job    bool
}

var index = regexp.MustCompile(`\[\d+\]`)

func (w *world) add(doc []byte) {
	doc = bytes.TrimSuffix(bytes.TrimSpace(doc), []byte("\n..."))
	if len(bytes.TrimSpace(doc)) == 0 {
		return
	}
	o, _, err := decoder.Decode(doc, nil, nil)
	switch {
	case runtime.IsNotRegisteredError(err), runtime.IsMissingKind(err), runtime.IsMissingVersion(err):
		return
	case err != nil && runtime.IsStrictDecodingError(err):
		for _, part := range strings.Split(err.Error(), ",") {
			w.count["strict decoding: "+index.ReplaceAllString(part, "[]")]++
		}
	case err != nil:
		w.count["decoding fails"]++
		return
	}
	if o != nil {
		w.object(o)
	}
}

func (w *world) object(o runtime.Object) {
	switch o := o.(type) {
	case *corev1.List:
		for _, item := range o.Items {
			w.add(item.Raw)
		}
	case *corev1.Pod:
		w.pods = append(w.pods, pod{owner: o.Name, labels: o.Labels, spec: &o.Spec})
	case *appsv1.Deployment:
		w.template(o.Name, &o.Spec.Template, nil, false)
		if o.Spec.Selector != nil {
			w.selects(o.Spec.Selector.MatchLabels, o.Spec.Template.Labels)
		}
	case *appsv1.DaemonSet:
		w.template(o.Name, &o.Spec.Template, nil, false)
	case *appsv1.ReplicaSet:
		w.template(o.Name, &o.Spec.Template, nil, false)
	case *appsv1.StatefulSet:
		var claims []string
		for _, c := range o.Spec.VolumeClaimTemplates {
			claims = append(claims, c.Name)
		}
		w.template(o.Name, &o.Spec.Template, claims, false)
	case *corev1.ReplicationController:
		if o.Spec.Template != nil {
			w.template(o.Name, o.Spec.Template, nil, false)
		}
	case *batchv1.Job:
		w.template(o.Name, &o.Spec.Template, nil, true)
	case *batchv1.CronJob:
		w.template(o.Name, &o.Spec.JobTemplate.Spec.Template, nil, true)
	case *corev1.Service:
		w.services = append(w.services, o)
	case *autoscalingv2.HorizontalPodAutoscaler:
		w.autoscaler(o)
	}
}

func (w *world) template(owner string, t *corev1.PodTemplateSpec, claims []string, job bool) {
	w.pods = append(w.pods, pod{owner: owner, labels: t.Labels, claims: claims, spec: &t.Spec, job: job})
}

func (w *world) selects(selector, labels map[string]string) {
	for key, value := range selector {
		if labels[key] != value {
			w.count["a selector does not match its template"]++
		}
	}
}

func (w *world) autoscaler(o *autoscalingv2.HorizontalPodAutoscaler) {
	for _, m := range o.Spec.Metrics {
		switch {
		case m.Type == autoscalingv2.ResourceMetricSourceType && m.Resource == nil,
			m.Type == autoscalingv2.ContainerResourceMetricSourceType && (m.ContainerResource == nil || m.ContainerResource.Container == "" || m.ContainerResource.Name == ""),
			m.Type != autoscalingv2.ResourceMetricSourceType && m.Resource != nil:
			w.count["a metric of an autoscaler lacks what its type needs"]++
		}
	}
}

func (w *world) check() {
	for _, p := range w.pods {
		p.check(w.count)
	}
	for _, s := range w.services {
		for _, port := range s.Spec.Ports {
			w.served(s, port)
		}
	}
}

// served: a named target port is one of a Pod that the Service selects.
func (w *world) served(s *corev1.Service, port corev1.ServicePort) {
	name := port.TargetPort.StrVal
	if name == "" || len(s.Spec.Selector) == 0 {
		return
	}
	for _, p := range w.pods {
		if !subset(s.Spec.Selector, p.labels) {
			continue
		}
		for _, c := range p.containers() {
			if slices.ContainsFunc(c.Ports, func(cp corev1.ContainerPort) bool { return cp.Name == name }) {
				return
			}
		}
	}
	w.count["the target port "+name+" of a Service is no Pod's"]++
}

func subset(part, whole map[string]string) bool {
	for key, value := range part {
		if whole[key] != value {
			return false
		}
	}
	return true
}
