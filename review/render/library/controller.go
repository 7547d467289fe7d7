package library

import (
	"fmt"

	"github.com/podcheck/podcheck/rules/manifest"
)

// kinds are the objects that controllers become, by the type that is written.
var kinds = map[string]struct{ apiVersion, kind string }{
	"":            {"apps/v1", "Deployment"},
	"deployment":  {"apps/v1", "Deployment"},
	"statefulset": {"apps/v1", "StatefulSet"},
	"daemonset":   {"apps/v1", "DaemonSet"},
	"cronjob":     {"batch/v1", "CronJob"},
	"job":         {"batch/v1", "Job"},
}

// workload makes the object of a controller; none for one whose name or type can't be read.
func (m *maker) workload(c entry) (*manifest.Object, *unread) {
	kind, known := kinds[c.values.Get("type").Text()]
	name, ok := m.resource(c, len(m.controllers))
	if !known {
		return nil, &unread{c.values.Get("type"), fmt.Sprintf("a controller has no type %q", c.values.Get("type").Text())}
	}
	if !ok {
		return nil, nil
	}
	template, fault := m.template(c, kind.kind)
	if fault != nil || template == nil {
		return nil, fault
	}
	o := m.object(kind.apiVersion, kind.kind, name, c)
	spec := m.mapping(around(c.key))
	switch kind.kind {
	case "CronJob":
		m.cronJob(spec, c, template)
	case "Job":
		m.job(spec, c.values.Get("job"))
		m.set(spec, "template", template)
	default:
		m.running(spec, c, kind.kind)
		m.set(spec, "template", template)
	}
	m.set(o.Node, "spec", spec)
	if kind.kind == "StatefulSet" {
		m.stateful(spec, c)
	}
	return o, nil
}

// running adds the fields of workloads that go on.
func (m *maker) running(spec *manifest.Node, c entry, kind string) {
	switch replicas := c.values.Get("replicas"); {
	case kind == "DaemonSet":
	case replicas != nil:
		if !replicas.IsNull() {
			m.handOn(spec, "replicas", replicas)
		}
	case kind == "Deployment":
		m.set(spec, "replicas", m.number(1, around(c.key)))
	}
	if kind == "Deployment" {
		strategy := m.mapping(around(c.key))
		if written := c.values.Get("strategy"); !empty(written) {
			m.set(strategy, "type", m.copied(written))
		} else {
			m.set(strategy, "type", m.text("Recreate", around(c.key)))
		}
		m.set(spec, "strategy", strategy)
	}
	selector := m.mapping(around(c.key))
	m.set(selector, "matchLabels", m.selector(c.key, c.id, m.controllerLabel(), nil))
	m.set(spec, "selector", selector)
}

// selector are the labels by which a controller's Pods are known.
func (m *maker) selector(at *manifest.Node, controller, key string, extra *manifest.Node) *manifest.Node {
	labels := m.mapping(around(at))
	for _, p := range pairs(extra) {
		m.copy(labels, p.Key.Value, p.Value)
	}
	m.set(labels, key, m.text(controller, around(at)))
	m.set(labels, "app.kubernetes.io/name", m.text(m.label, around(at)))
	m.set(labels, "app.kubernetes.io/instance", m.text(m.name, around(at)))
	return labels
}

// controllerLabel is the label that says which controller a Pod belongs to: version 4 renamed it.
func (m *maker) controllerLabel() string {
	if m.major == 2 || m.major == 3 {
		return "app.kubernetes.io/component"
	}
	return "app.kubernetes.io/controller"
}

func (m *maker) cronJob(spec *manifest.Node, c entry, template *manifest.Node) {
	settings := c.values.Get("cronjob")
	m.copy(spec, "schedule", settings.Get("schedule"))
	m.copy(spec, "suspend", settings.Get("suspend"))
	m.copy(spec, "concurrencyPolicy", settings.Get("concurrencyPolicy"))
	job := m.mapping(around(c.key))
	m.job(job, settings)
	m.set(job, "template", template)
	jobTemplate := m.mapping(around(c.key))
	m.set(jobTemplate, "spec", job)
	m.set(spec, "jobTemplate", jobTemplate)
}

func (m *maker) job(spec, settings *manifest.Node) {
	for _, field := range []string{"suspend", "activeDeadlineSeconds", "ttlSecondsAfterFinished", "parallelism", "completions", "completionMode", "backoffLimit"} {
		m.copy(spec, field, settings.Get(field))
	}
}

// stateful adds what only a StatefulSet has.
func (m *maker) stateful(spec *manifest.Node, c entry) {
	settings := c.values.Get("statefulset")
	name := settings.Get("serviceName")
	switch text, ok := m.filled(name.Text()); {
	case name == nil:
		m.set(spec, "serviceName", m.text(m.fullname, around(c.key)))
	case text != "" && ok:
		m.set(spec, "serviceName", m.text(text, of(name)))
	}
	templates := m.list(around(c.key))
	for _, t := range settings.Get("volumeClaimTemplates").Seq() {
		if !isMapping(t) {
			continue
		}
		claim, metadata, claimSpec := m.mapping(of(t)), m.mapping(of(t)), m.mapping(of(t))
		m.copy(metadata, "name", t.Get("name"))
		if mode := t.Get("accessMode"); !empty(mode) {
			modes := m.list(of(mode))
			m.add(modes, m.copied(mode))
			m.set(claimSpec, "accessModes", modes)
		}
		if size := t.Get("size"); !empty(size) {
			resources, requests := m.mapping(of(size)), m.mapping(of(size))
			m.set(requests, "storage", m.copied(size))
			m.set(resources, "requests", requests)
			m.set(claimSpec, "resources", resources)
		}
		if class := t.Get("storageClass"); !empty(class) && class.Text() != "-" {
			m.set(claimSpec, "storageClassName", m.copied(class))
		}
		m.set(claim, "metadata", metadata)
		m.set(claim, "spec", claimSpec)
		m.add(templates, claim)
	}
	if len(templates.Items) > 0 {
		m.set(spec, "volumeClaimTemplates", templates)
	}
}
