package origin

import (
	"strconv"

	"github.com/podcheck/podcheck/rules/manifest"
)

// itemViews hands the views of a list down to its rendered items, by their index.
func itemViews(items []*manifest.Node, views []view, field string) [][]view {
	out := make([][]view, len(items))
	for _, v := range views {
		if len(v.below) > 0 {
			i := itemAt(items, v, field)
			if i >= 0 {
				v.below = v.below[1:]
				out[i] = append(out[i], v)
			}
			continue
		}
		atomic := v.manner == merge && len(items) > 0 && keysOf(field, items[0]) == nil
		for i, written := range aligned(items, v.node.Seq(), field, v.manner != merge || atomic) {
			if written != nil {
				v := v
				v.node, v.key = written, nil
				out[i] = append(out[i], v)
			}
		}
	}
	return out
}

// maxTail bounds the items among which an appended one is looked for.
const maxTail = 100

// itemAt is the index of the rendered item that an operation of RFC 6902 is about, -1 when that isn't known. Later operations and
// patches can have moved it.
func itemAt(items []*manifest.Node, v view, field string) int {
	index, err := strconv.Atoi(v.below[0])
	if len(v.below) > 1 {
		if err != nil || index < 0 || index >= len(items) {
			return -1
		}
		return index
	}
	if err == nil && index >= 0 && index < len(items) && resembles(items[index], v.node, field) {
		return index
	}
	for i := len(items) - 1; i >= max(0, len(items)-maxTail); i-- {
		if resembles(items[i], v.node, field) {
			return i
		}
	}
	return -1
}

// resembles says whether a rendered item can be a written one to which more was done.
func resembles(rendered, written *manifest.Node, field string) bool {
	written = written.Resolve()
	if rendered == nil || written == nil || rendered.Kind != written.Kind {
		return false
	}
	if id := identity(field, written); id != "" {
		return identity(field, rendered) == id
	}
	return manifest.Equal(rendered, written)
}
