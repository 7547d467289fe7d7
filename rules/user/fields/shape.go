package fields

import (
	"fmt"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/user/strict"
)

// Shape is what a value can be: the type expressions of the table, of which at least one is right. No expression means anything.
type Shape []string

// Anything is the shape of values of which nothing is known.
var Anything = Shape{"*"}

// fromCluster are fields of metadata that only a cluster fills in.
var fromCluster = []string{"uid", "creationTimestamp", "resourceVersion", "generation", "selfLink", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds"}

func (s Shape) anything() bool { return len(s) == 0 || slices.Contains(s, "*") }

// Select is the shape of a field, or of the value under a key of a map. An error says why there is no such field, with the
// nearest one that there is.
func (s Shape) Select(name string) (Shape, error) {
	if s.anything() {
		return Anything, nil
	}
	t := known()
	var out Shape
	var candidates []string
	for _, expr := range s {
		switch {
		case expr == "" || strings.HasPrefix(expr, "[]"):
		case strings.HasPrefix(expr, "{}"):
			out = append(out, expr[2:])
		default:
			if name == "status" && t.isObject(expr) {
				return nil, fmt.Errorf("manifests have no status: only a cluster has")
			}
			if expr == "ObjectMeta" && slices.Contains(fromCluster, name) {
				return nil, fmt.Errorf("manifests have no metadata.%s: only a cluster sets it", name)
			}
			if kind, ok := t.types[expr][name]; ok {
				out = append(out, kind)
			} else if t.open[expr] {
				out = append(out, "*")
			}
			for field := range t.types[expr] {
				candidates = append(candidates, field)
			}
		}
	}
	if out != nil {
		return out, nil
	}
	return nil, s.missing(name, candidates)
}

func (s Shape) missing(name string, candidates []string) error {
	if len(candidates) == 0 {
		if s.isList() {
			return fmt.Errorf("a list has no field %q: say which items are meant", name)
		}
		return fmt.Errorf("text and numbers have no field %q", name)
	}
	return fmt.Errorf("%s has no field %q%s", s[0], name, strict.DidYouMean(name, candidates))
}

// Item is the shape of a list's items; an error when it is no list.
func (s Shape) Item() (Shape, error) {
	if s.anything() {
		return Anything, nil
	}
	var out Shape
	for _, expr := range s {
		if strings.HasPrefix(expr, "[]") {
			out = append(out, expr[2:])
		}
	}
	if out == nil {
		return nil, fmt.Errorf("it is no list")
	}
	return out, nil
}

// Value is the shape of what a list or map holds.
func (s Shape) Value() Shape {
	if item, err := s.Item(); err == nil {
		return item
	}
	var out Shape
	for _, expr := range s {
		if strings.HasPrefix(expr, "{}") {
			out = append(out, expr[2:])
		}
	}
	return out
}

func (s Shape) isList() bool {
	return slices.ContainsFunc(s, func(expr string) bool { return strings.HasPrefix(expr, "[]") })
}

// IsMap says whether the keys are the user's, as those of labels are.
func (s Shape) IsMap() bool {
	return slices.ContainsFunc(s, func(expr string) bool { return strings.HasPrefix(expr, "{}") })
}

// isObject says whether a type is that of whole objects.
func (t *table) isObject(name string) bool {
	_, kind := t.types[name]["kind"]
	_, meta := t.types[name]["metadata"]
	return kind && meta
}
