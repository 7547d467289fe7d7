package engine

import (
	"bytes"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/podcheck/podcheck/review/render/wire"
)

// writtenKey is the annotation by which an object is followed through a build.
const writtenKey = "internal.podcheck.dev/written"

// trace says which written object each built one comes from. It builds a second time, with every object annotated, because an
// annotation can change a build (a patch may replace them all): what is analysed comes from the clean one. Nil when the two do not go
// together.
func trace(t *tree, dir string, s *scanned, built resmap.ResMap) []wire.Object {
	written, marked := annotate(t, s.resources)
	file, err := kustomizationOf(t, dir)
	if err != nil {
		return nil
	}
	over, err := layOver(t.files[file], []byte("buildMetadata: ["+types.OriginAnnotations+"]"))
	if err != nil {
		return nil
	}
	marked[file] = over
	again, err := run(t.with(marked), dir)
	if err != nil || again.Size() != built.Size() {
		return nil
	}
	claimed := map[int]bool{}
	origins := make([]wire.Object, built.Size())
	for i, r := range again.Resources() {
		if r.CurId() != built.Resources()[i].CurId() {
			return nil
		}
		if n, ok := number(r, len(written)); ok {
			origins[i] = written[n]
			claimed[n] = true
		} else {
			origins[i] = generated(r, dir)
		}
	}
	for i, r := range built.Resources() {
		if origins[i].Path == "" && origins[i].By == "" {
			origins[i] = unclaimed(written, claimed, r)
		}
	}
	return origins
}

// number is which of the written objects a built one is.
func number(r *resource.Resource, count int) (int, bool) {
	n, err := strconv.Atoi(r.GetAnnotations()[writtenKey])
	return n, err == nil && n >= 0 && n < count
}

// generated is the origin of an object that a kustomization's generator made.
func generated(r *resource.Resource, dir string) wire.Object {
	o, err := r.GetOrigin()
	if err != nil || o == nil || o.ConfiguredIn == "" || strings.HasSuffix(o.ConfiguredBy.Kind, "Transformer") {
		return wire.Object{} // a patch replaced the annotations, and kustomize takes the patch for what made the object
	}
	return wire.Object{By: relative(path.Join(dir, o.ConfiguredIn)), Kind: r.GetKind(), Name: r.GetName(), Namespace: r.GetNamespace()}
}

// unclaimed is the one written object that no other built one comes from and that fits; for one whose annotations a patch replaced.
func unclaimed(written []wire.Object, claimed map[int]bool, r *resource.Resource) wire.Object {
	found := -1
	for n, w := range written {
		if claimed[n] || w.Kind != r.GetKind() || !strings.Contains(r.GetName(), w.Name) {
			continue
		}
		if found >= 0 {
			return wire.Object{}
		}
		found = n
	}
	if found < 0 {
		return wire.Object{}
	}
	claimed[found] = true
	return written[found]
}

// annotate gives every object of some files its number, and returns these objects and the files so changed. A file that can't be read
// stays as it is.
func annotate(t *tree, files []string) (written []wire.Object, changed map[string][]byte) {
	changed = map[string][]byte{}
	for _, file := range files {
		nodes, err := documents(t.files[file])
		if err != nil {
			continue
		}
		var out []string
		for _, node := range nodes {
			for _, object := range items(node) {
				o := wire.Object{Path: relative(file), Kind: object.GetKind(), Name: object.GetName(), Namespace: object.GetNamespace()}
				if err = errors.Join(err, object.PipeE(kyaml.SetAnnotation(writtenKey, strconv.Itoa(len(written))))); err == nil {
					written = append(written, o)
				}
			}
			text, failed := node.String()
			err = errors.Join(err, failed)
			out = append(out, text)
		}
		if err == nil {
			changed[file] = []byte(strings.Join(out, "---\n"))
		}
	}
	return written, changed
}

// documents reads a file's objects as kustomize does, anchors resolved.
func documents(data []byte) ([]*kyaml.RNode, error) {
	var nodes []*kyaml.RNode
	decoder := kyaml.NewDecoder(bytes.NewReader(data))
	for {
		var n kyaml.Node
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			return nodes, nil
		}
		if err != nil {
			return nil, err
		}
		node := kyaml.NewRNode(&n)
		if node.IsNilOrEmpty() {
			continue
		}
		if err := node.DeAnchor(); err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
	}
}

// items are the objects of a document: those of a List, or the one.
func items(node *kyaml.RNode) []*kyaml.RNode {
	if !strings.HasSuffix(node.GetKind(), "List") {
		return []*kyaml.RNode{node}
	}
	list, err := node.Pipe(kyaml.Lookup("items"))
	if err != nil || list == nil {
		return []*kyaml.RNode{node}
	}
	elements, err := list.Elements()
	if err != nil {
		return []*kyaml.RNode{node}
	}
	return elements
}
