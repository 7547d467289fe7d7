// Package fields knows which fields the objects of the Kubernetes API have, so that a rule that asks for one that no type has is
// refused when it is loaded, instead of being silent for ever.
//
// The table is data: kubernetes.txt is read off the Go types of k8s.io/api, workloads.txt adds the workloads of other groups as
// far as Podcheck knows them. A kind that is in neither may have any field beside those that every object has.
//
// It imports no package that knows manifests or rules.
package fields

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

var (
	//go:embed kubernetes.txt
	kubernetes string
	//go:embed workloads.txt
	workloads string
)

// Kind is a kind of the API, or of a custom resource that runs Pods.
type Kind struct {
	APIVersion string
	Kind       string
	typeName   string
}

type table struct {
	kinds []Kind
	types map[string]map[string]string // type to field to type expression
	open  map[string]bool              // types with further fields
}

var known = sync.OnceValue(func() *table {
	t := &table{types: map[string]map[string]string{}, open: map[string]bool{}}
	for line := range strings.Lines(kubernetes + workloads) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case words[0] == "kind":
			t.kinds = append(t.kinds, Kind{words[1], words[2], words[3]})
		default:
			t.types[words[0]] = map[string]string{}
			for _, field := range words[1:] {
				name, kind, _ := strings.Cut(field, ":")
				if name == "*" {
					t.open[words[0]] = true
					continue
				}
				t.types[words[0]][name] = kind
			}
		}
	}
	return t
})

// Kinds lists the kinds of the table.
func Kinds() []Kind { return slices.Clone(known().kinds) }

// Object is the shape of an object of which nothing is known but what all objects have.
func Object() Shape { return Shape{"Object"} }

// Of is the shape of a kind's objects in every API version of the table, or in one; that of any object when the table has no
// such kind.
func Of(kind, apiVersion string) Shape {
	var out Shape
	for _, k := range known().kinds {
		if k.Kind == kind && (apiVersion == "" || k.APIVersion == apiVersion) {
			out = append(out, k.typeName)
		}
	}
	if out == nil {
		return Object()
	}
	return out
}

// Named is the shape of one type of the table, such as PodSpec or Container.
func Named(name string) Shape { return Shape{name} }
