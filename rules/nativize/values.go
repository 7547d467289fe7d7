package nativize

import (
	"fmt"
	"slices"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// inValues says what to do where a container is an entry of a chart's values, by name, and no item of a list; "" elsewhere. Among such
// entries the chart decides the order: by name, each behind those that its dependsOn names, which must be of its own section. Source:
// the templates of bjw-s app-template, versions 2 to 4.
func (p Plan) inValues() string {
	w := p.Move.Node.Written()
	if w == nil || w.Parent == nil {
		return ""
	}
	key, section, controller, controllers := keyOf(w), keyOf(w.Parent), keyOf(w.Parent.Parent), ""
	if controller != "" {
		controllers = keyOf(w.Parent.Parent.Parent)
	}
	if key == "" || section != string(pod.Containers) || controllers != "controllers" {
		return ""
	}
	text := fmt.Sprintf("The chart decides from its values where containers stand: move `%s` from `controllers.%s.containers` to `controllers.%s.initContainers` and add `restartPolicy: Always`", key, controller, controller)
	for _, other := range w.Parent.Keys() {
		if needs := w.Parent.Get(other, "dependsOn"); needs.Text() == key || slices.Contains(needs.Strings(), key) {
			text += fmt.Sprintf("; take it out of `dependsOn` of `%s`", other)
		}
	}
	if len(w.Get("dependsOn").Strings()) > 0 || w.Get("dependsOn").Text() != "" {
		text += "; take its own `dependsOn` away"
	}
	if needs := Needs(p.Workload, p.Move); len(needs) > 0 {
		text += fmt.Sprintf("; let `%s` depend on it by `dependsOn`", needs[0].Name)
	}
	return text + "."
}

// keyOf is the key of an entry of a mapping; "" for what is none.
func keyOf(n *manifest.Node) string {
	if n == nil || n.Parent == nil || n.Parent.Kind != manifest.Mapping {
		return ""
	}
	for _, pair := range n.Parent.Pairs {
		if pair.Value == n {
			return pair.Key.Value
		}
	}
	return ""
}
