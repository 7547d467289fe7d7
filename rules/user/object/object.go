// Package object turns manifests into the values that users' rules look at: maps, lists, text, numbers and truth values, as the
// API server would decode them.
//
// Invariants: the values of Secrets are not in them (their keys are); a document that aliases blow up beyond maxNodes is not
// decoded at all; what is decoded is shared between users and must not be changed. It knows no rules.
package object

import (
	"strconv"

	"github.com/podcheck/podcheck/rules/manifest"
)

// maxNodes bounds what one object is when every alias in it is followed.
const maxNodes = 500_000

// Hidden stands for each value of a Secret.
const Hidden = "(hidden)"

// Of decodes an object; false when it is too large.
func Of(o *manifest.Object) (map[string]any, bool) {
	d := decoder{values: map[*manifest.Node]decoded{}}
	v := d.decode(o.Node)
	m, ok := v.value.(map[string]any)
	if !ok || v.size > maxNodes {
		return nil, false
	}
	if o.Kind == "Secret" {
		m = hide(m)
	}
	return m, true
}

func hide(secret map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range secret {
		switch key {
		case "data", "stringData":
			hidden := map[string]any{}
			if values, ok := value.(map[string]any); ok {
				for name := range values {
					hidden[name] = Hidden
				}
			}
			value = hidden
		case "metadata": // kubectl apply keeps the whole Secret in an annotation
			value = withoutLastApplied(value)
		}
		out[key] = value
	}
	return out
}

func withoutLastApplied(metadata any) any {
	m, _ := metadata.(map[string]any)
	annotations, _ := m["annotations"].(map[string]any)
	const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
	if _, ok := annotations[lastApplied]; !ok {
		return metadata
	}
	return with(m, "annotations", with(annotations, lastApplied, Hidden))
}

// with is a copy of a map with one more entry.
func with(m map[string]any, key string, value any) map[string]any {
	out := make(map[string]any, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	out[key] = value
	return out
}

type decoded struct {
	value any
	size  int // nodes, with every alias followed
}

// decoder decodes each node once, however many aliases lead to it.
type decoder struct {
	values map[*manifest.Node]decoded
}

func (d *decoder) decode(n *manifest.Node) decoded {
	n = n.Resolve()
	if n == nil {
		return decoded{nil, 1}
	}
	if v, ok := d.values[n]; ok {
		return v
	}
	var out decoded
	switch n.Kind {
	case manifest.Mapping:
		m := map[string]any{}
		n.Each(func(key string, value *manifest.Node) {
			v := d.decode(value)
			m[key] = v.value
			out.size = min(out.size+v.size, maxNodes+1)
		})
		out.value = m
	case manifest.Sequence:
		list := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			v := d.decode(item)
			list = append(list, v.value)
			out.size = min(out.size+v.size, maxNodes+1)
		}
		out.value = list
	default:
		out.value = scalar(n)
	}
	out.size++
	d.values[n] = out
	return out
}

// scalar decodes text as its tag says; what is no number after all stays text.
func scalar(n *manifest.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case "!!int":
		if v, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			return v
		}
	case "!!float":
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return v
		}
	}
	return n.Value
}

// Value decodes part of an object that is known not to be too large.
func Value(n *manifest.Node) any {
	d := decoder{values: map[*manifest.Node]decoded{}}
	return d.decode(n).value
}
