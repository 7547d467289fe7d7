package kubepattern

import (
	"encoding/json"
	"slices"
	"strings"
)

// own are volumes that belong to one Pod alone; configuration are those that many Pods have alike without sharing data.
var (
	own           = []string{"emptyDir", "downwardAPI", "ephemeral", "image"}
	configuration = map[string]string{"configMap": "ConfigMap", "secret": "Secret"}
)

// mounts: a Pod has a volume. Two Pods have one in common when it is the same claim, directory of the node, or remote export.
func (c *cluster) mounts(e *edges) {
	for _, r := range c.pods() {
		for _, v := range list(r.value(), "spec", "volumes") {
			c.mount(e, r, entries(v))
		}
	}
	for _, claim := range c.ofKind("PersistentVolumeClaim") {
		if volume := scalar(get(claim.value(), "spec", "volumeName")); volume != "" {
			for _, pv := range c.byName["PersistentVolume/"+volume] {
				for user := range e.of[claim] {
					e.relate(user, pv, false)
				}
			}
		}
	}
}

func (c *cluster) mount(e *edges, r *resource, volume map[string]any) {
	for source, v := range volume {
		spec := entries(v)
		switch kind := configuration[source]; {
		case source == "name" || v == nil || slices.Contains(own, source):
		case source == "persistentVolumeClaim":
			e.relate(r, c.named(e, r, "PersistentVolumeClaim", scalar(spec["claimName"])), true)
		case kind != "":
			e.relate(r, c.named(e, r, kind, scalar(spec["name"])+scalar(spec["secretName"])), false)
		case source == "projected":
			for _, part := range list(spec, "sources") {
				c.mount(e, r, projected(part))
			}
		case source == "hostPath":
			e.relate(r, e.everywhere("hostPath", scalar(spec["path"])), true)
		default:
			if identity, err := json.Marshal(spec); err == nil {
				e.relate(r, e.everywhere(source, string(identity)), true)
			}
		}
	}
}

// projected are the ConfigMap and the Secret of one source of a projected volume.
func projected(source any) map[string]any {
	out := map[string]any{}
	for _, key := range []string{"configMap", "secret"} {
		if v, ok := entries(source)[key]; ok {
			out[key] = v
		}
	}
	return out
}

// usesConfig: a Pod reads a ConfigMap or Secret, as files or as variables.
func (c *cluster) usesConfig(e *edges) {
	for _, r := range c.pods() {
		files := &edges{of: map[*resource]map[*resource]bool{}, shared: e.shared}
		for _, v := range list(r.value(), "spec", "volumes") {
			c.mount(files, r, entries(v))
		}
		for used := range files.of[r] {
			if used.kind == "ConfigMap" || used.kind == "Secret" {
				e.relate(r, used, true)
			}
		}
		for _, section := range []string{"initContainers", "containers", "ephemeralContainers"} {
			for _, container := range list(r.value(), "spec", section) {
				c.environment(e, r, entries(container))
			}
		}
	}
}

func (c *cluster) environment(e *edges, r *resource, container map[string]any) {
	for _, from := range list(container, "envFrom") {
		e.relate(r, c.named(e, r, "ConfigMap", scalar(get(from, "configMapRef", "name"))), true)
		e.relate(r, c.named(e, r, "Secret", scalar(get(from, "secretRef", "name"))), true)
	}
	for _, variable := range list(container, "env") {
		e.relate(r, c.named(e, r, "ConfigMap", scalar(get(variable, "valueFrom", "configMapKeyRef", "name"))), true)
		e.relate(r, c.named(e, r, "Secret", scalar(get(variable, "valueFrom", "secretKeyRef", "name"))), true)
	}
}

// exposes: a Service leads to a Pod.
func (c *cluster) exposes(e *edges) { c.selects(e, "Service") }

// sameNetwork: a NetworkPolicy is about a Pod; two Pods have it in common.
func (c *cluster) sameNetwork(e *edges) { c.selects(e, "NetworkPolicy") }

func (c *cluster) selects(e *edges, kind string) {
	pods := c.pods()
	for _, selecting := range c.ofKind(kind) {
		for _, r := range pods {
			if !c.spend() {
				return
			}
			if selectsLabels(selecting, r) && c.together(selecting, r) {
				e.relate(selecting, r, true)
			}
		}
	}
}

// isNamespaceOf: everything in a namespace that is known.
func (c *cluster) isNamespaceOf(e *edges) {
	for _, r := range c.resources {
		ns := scalar(get(r.value(), "metadata", "namespace"))
		if ns == "" {
			continue
		}
		if declared := c.byName["Namespace/"+ns]; len(declared) > 0 {
			e.relate(r, declared[0], true)
		} else {
			e.relate(r, e.everywhere("Namespace", ns), true)
		}
	}
}

// usesServiceAccount: a Pod runs as a ServiceAccount; "default" unless it says so.
func (c *cluster) usesServiceAccount(e *edges) {
	for _, r := range c.pods() {
		account := scalar(get(r.value(), "spec", "serviceAccountName"))
		if account == "" {
			account = "default"
		}
		e.relate(r, c.named(e, r, "ServiceAccount", account), true)
	}
}

// hasAffinityTo: a Pod asks to be near Pods with some labels.
func (c *cluster) hasAffinityTo(e *edges) {
	pods := c.pods()
	for _, r := range pods {
		for _, term := range affinityTerms(r) {
			for _, other := range pods {
				if !c.spend() {
					return
				}
				if selectedBy(get(term, "labelSelector"), other.labels()) && c.inTermNamespace(term, r, other) {
					e.relate(r, other, true)
				}
			}
		}
	}
}

func affinityTerms(r *resource) []any {
	affinity := get(r.value(), "spec", "affinity", "podAffinity")
	terms := slices.Clone(list(affinity, "requiredDuringSchedulingIgnoredDuringExecution"))
	for _, preferred := range list(affinity, "preferredDuringSchedulingIgnoredDuringExecution") {
		terms = append(terms, get(preferred, "podAffinityTerm"))
	}
	return terms
}

func (c *cluster) inTermNamespace(term any, r, other *resource) bool {
	namespaces := list(term, "namespaces")
	if len(namespaces) == 0 {
		return c.together(r, other)
	}
	ns := scalar(get(other.value(), "metadata", "namespace"))
	return slices.ContainsFunc(namespaces, func(v any) bool { return scalar(v) == ns && ns != "" })
}

// referencesKrateo: a widget of Krateo lists another one under spec.resourcesRefs.items, by plural, namespace and name.
func (c *cluster) referencesKrateo(e *edges) {
	for _, r := range c.resources {
		for _, item := range list(r.value(), "spec", "resourcesRefs", "items") {
			ns, plural := scalar(get(item, "namespace")), scalar(get(item, "resource"))
			for _, other := range c.resources {
				if !c.spend() {
					return
				}
				if other.name == scalar(get(item, "name")) && strings.ToLower(other.kind)+"s" == plural &&
					scalar(get(other.value(), "metadata", "namespace")) == ns {
					e.relate(r, other, true)
				}
			}
		}
	}
}

// references: any way in which one object names another.
func (c *cluster) references(e *edges) {
	for _, build := range []func(*cluster, *edges){
		(*cluster).owns, (*cluster).mounts, (*cluster).usesConfig, (*cluster).usesServiceAccount, (*cluster).exposes, (*cluster).referencesKrateo,
	} {
		build(c, e)
	}
}
