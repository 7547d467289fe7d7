package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

// postRender lays a kustomization over what Helm rendered, as a HelmRelease's postRenderers ask.
func postRender(objects []wire.Object, post []byte) ([]wire.Object, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	files := map[string][]byte{}
	var list strings.Builder
	for i, o := range objects {
		name := "rendered-" + strconv.Itoa(i) + ".yaml"
		files[name] = o.YAML
		list.WriteString("- " + name + "\n")
	}
	over, err := layOver([]byte("resources:\n"+list.String()), post)
	if err != nil {
		return nil, fmt.Errorf("the post renderer: %w", err)
	}
	files["kustomization.yaml"] = over
	built, err := buildFolder(newTree(files), mount, nil)
	if err != nil {
		return nil, fmt.Errorf("the post renderer: %w", err)
	}
	for i := range built {
		built[i] = rendered(built[i], objects)
	}
	return built, nil
}

// rendered is a patched object as one of the template that gave it.
func rendered(o wire.Object, objects []wire.Object) wire.Object {
	out := wire.Object{YAML: o.YAML}
	name := strings.TrimSuffix(strings.TrimPrefix(o.Path, "rendered-"), ".yaml")
	n, err := strconv.Atoi(name)
	if err != nil || n >= len(objects) {
		return out
	}
	out.Template = objects[n].Template
	if objects[n].Lines != nil {
		out.Lines = carryLines(objects[n], o.YAML)
	}
	return out
}

// carryLines gives the lines of a patched object the template lines of the same fields of the object as it was rendered.
func carryLines(was wire.Object, now []byte) []int {
	before, after := manifest.Parse("before.yaml", was.YAML), manifest.Parse("after.yaml", now)
	if len(before.Documents) != 1 || len(after.Documents) != 1 || before.Documents[0].Root == nil || after.Documents[0].Root == nil {
		return nil
	}
	c := carrier{was: was.Lines, now: make([]int, strings.Count(string(now), "\n"))}
	c.carry(before.Documents[0].Root, after.Documents[0].Root)
	return c.now
}

type carrier struct{ was, now []int }

func (c *carrier) at(before, after *manifest.Node) {
	from, to := before.Span.Start.Line-1, after.Span.Start.Line-1
	if from < len(c.was) && to < len(c.now) && c.now[to] == 0 {
		c.now[to] = c.was[from]
	}
}

func (c *carrier) carry(before, after *manifest.Node) {
	before, after = before.Resolve(), after.Resolve()
	if before == nil || after == nil || before.Kind != after.Kind {
		return
	}
	for _, pair := range after.Pairs {
		if old, ok := before.Pair(pair.Key.Value); ok {
			c.at(old.Key, pair.Key)
			c.carry(old.Value, pair.Value)
		}
	}
	for i, item := range after.Items {
		if old := counterpart(before, item, i, len(after.Items)); old != nil {
			if item.Kind == manifest.Scalar { // a mapping begins with its first key
				c.at(old, item)
			}
			c.carry(old, item)
		}
	}
}

// counterpart is the element of a list that a patched one was: of the same name, else at the same place of a list as long.
func counterpart(before *manifest.Node, item *manifest.Node, i, length int) *manifest.Node {
	if name := item.Get("name").Text(); name != "" {
		for _, old := range before.Items {
			if old.Get("name").Text() == name {
				return old
			}
		}
		return nil
	}
	if len(before.Items) == length {
		return before.Items[i]
	}
	return nil
}
