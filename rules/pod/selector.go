package pod

import (
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
)

// LabelSelector chooses objects by their labels: matchLabels and matchExpressions, all of which must hold.
type LabelSelector struct {
	Labels      map[string]string
	expressions []expression
}

type expression struct {
	key, operator string
	values        []string
}

// SelectorOf reads a LabelSelector; an absent one is empty.
func SelectorOf(n *manifest.Node) LabelSelector {
	s := LabelSelector{Labels: n.Get("matchLabels").StringMap()}
	for _, e := range n.Get("matchExpressions").Seq() {
		s.expressions = append(s.expressions, expression{e.Get("key").Text(), e.Get("operator").Text(), e.Get("values").Strings()})
	}
	return s
}

// All says whether the selector asks for nothing, and so chooses every object.
func (s LabelSelector) All() bool { return len(s.Labels)+len(s.expressions) == 0 }

// Matches says whether labels are chosen. An operator that does not exist chooses nothing.
func (s LabelSelector) Matches(labels map[string]string) bool {
	for k, v := range s.Labels {
		if labels[k] != v {
			return false
		}
	}
	return !slices.ContainsFunc(s.expressions, func(e expression) bool { return !e.matches(labels) })
}

func (e expression) matches(labels map[string]string) bool {
	value, present := labels[e.key]
	switch e.operator {
	case "In":
		return present && slices.Contains(e.values, value)
	case "NotIn":
		return !present || !slices.Contains(e.values, value)
	case "Exists":
		return present
	case "DoesNotExist":
		return !present
	}
	return false
}
