package kubepattern

import "slices"

// selectsLabels says whether a resource's selector means another's labels. A Service without a selector selects nothing, and one
// of the others with an empty selector everything, as Kubernetes has it.
func selectsLabels(selecting, other *resource) bool {
	spec := entries(selecting.value()["spec"])
	for _, key := range []string{"selector", "podSelector"} {
		if selector, ok := spec[key]; ok && selector != nil {
			if selecting.kind == "Service" && len(entries(selector)) == 0 {
				return false
			}
			return selectedBy(selector, other.labels())
		}
	}
	return false
}

// selectedBy says whether labels meet a selector: a plain map, or matchLabels and matchExpressions.
func selectedBy(selector any, labels map[string]any) bool {
	m, ok := selector.(map[string]any)
	if !ok {
		return false
	}
	_, byLabels := m["matchLabels"].(map[string]any)
	_, byExpressions := m["matchExpressions"].([]any)
	if !byLabels && !byExpressions {
		return subset(m, labels)
	}
	if !subset(entries(m["matchLabels"]), labels) {
		return false
	}
	return !slices.ContainsFunc(list(m, "matchExpressions"), func(v any) bool { return !expression(v, labels) })
}

func subset(want, labels map[string]any) bool {
	for key, value := range want {
		if has, ok := labels[key]; !ok || scalar(has) != scalar(value) {
			return false
		}
	}
	return true
}

func expression(v any, labels map[string]any) bool {
	has, present := labels[scalar(get(v, "key"))]
	listed := present && slices.ContainsFunc(list(v, "values"), func(v any) bool { return scalar(v) == scalar(has) })
	switch scalar(get(v, "operator")) {
	case "In":
		return listed
	case "NotIn":
		return !listed
	case "Exists":
		return present
	case "DoesNotExist":
		return !present
	}
	return false
}

// get follows keys through mappings; nil when a step is absent.
func get(v any, keys ...string) any {
	for _, key := range keys {
		v = entries(v)[key]
	}
	return v
}

// list is the list that keys lead to.
func list(v any, keys ...string) []any {
	items, _ := get(v, keys...).([]any)
	return items
}

func entries(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
