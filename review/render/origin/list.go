package origin

import (
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// listKeys are the fields by which a strategic merge tells the items of a list apart, by the name of the list. Source: patchMergeKey and
// x-kubernetes-list-map-keys of the Kubernetes API.
var listKeys = map[string][]string{
	"containers":                {"name"},
	"initContainers":            {"name"},
	"ephemeralContainers":       {"name"},
	"volumes":                   {"name"},
	"env":                       {"name"},
	"imagePullSecrets":          {"name"},
	"secrets":                   {"name"},
	"resourceClaims":            {"name"},
	"schedulingGates":           {"name"},
	"webhooks":                  {"name"},
	"volumeMounts":              {"mountPath"},
	"volumeDevices":             {"devicePath"},
	"hostAliases":               {"ip"},
	"topologySpreadConstraints": {"topologyKey", "whenUnsatisfiable"},
	"ownerReferences":           {"uid"},
	"conditions":                {"type"},
	"containerPorts":            {"containerPort", "protocol"},
	"servicePorts":              {"port", "protocol"},
}

// keysOf returns the fields that tell the items of a list apart, nil for a list that a patch replaces as a whole.
func keysOf(field string, item *manifest.Node) []string {
	if field == "ports" {
		if item.Get("containerPort") != nil {
			return listKeys["containerPorts"]
		}
		return listKeys["servicePorts"]
	}
	return listKeys[field]
}

// identity is the text of the fields that tell an item of a list apart from others; "" when it has none.
func identity(field string, item *manifest.Node) string {
	keys := keysOf(field, item)
	if keys == nil {
		keys = []string{"name"}
	}
	var parts []string
	for i, key := range keys {
		text := item.Get(key).Text()
		switch {
		case text == "" && i == 0:
			return ""
		case text == "" && key == "protocol":
			text = "TCP"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "\x00")
}

// maxCompared bounds the items that are compared by value.
const maxCompared = 10_000

// aligned finds, for each rendered item of a list, the item of a written list that it comes from; nil where none is known. By is the
// name of the list. Index says that items in the same place of lists of one length belong together.
func aligned(rendered, written []*manifest.Node, by string, index bool) []*manifest.Node {
	a := alignment{rendered: rendered, written: written, out: make([]*manifest.Node, len(rendered)), taken: make([]bool, len(written))}
	a.byIdentity(by)
	if index && len(rendered) == len(written) {
		a.byIndex()
		return a.out
	}
	if len(rendered)*len(written) <= maxCompared {
		a.byValue()
	}
	return a.out
}

type alignment struct {
	rendered, written, out []*manifest.Node
	taken                  []bool
}

func (a *alignment) byIdentity(field string) {
	at := map[string][]int{}
	for i, item := range a.written {
		if id := identity(field, item); id != "" {
			at[id] = append(at[id], i)
		}
	}
	for i, item := range a.rendered {
		id := identity(field, item)
		if found := at[id]; len(found) > 0 {
			a.take(i, found[0])
			at[id] = found[1:]
		}
	}
}

func (a *alignment) byIndex() {
	for i := range a.rendered {
		if a.out[i] == nil && !a.taken[i] {
			a.take(i, i)
		}
	}
}

func (a *alignment) byValue() {
	from := 0
	for i, item := range a.rendered {
		if a.out[i] != nil {
			continue
		}
		for j := from; j < len(a.written); j++ {
			if !a.taken[j] && manifest.Equal(item, a.written[j]) {
				a.take(i, j)
				from = j + 1
				break
			}
		}
	}
}

func (a *alignment) take(rendered, written int) {
	a.out[rendered], a.taken[written] = a.written[written], true
}
