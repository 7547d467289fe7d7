package edit

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
)

// shadow is a rendered tree over a written one: the same values in nodes of their own.
func shadow(n, parent *manifest.Node) *manifest.Node {
	if n == nil {
		return nil
	}
	out := *n
	out.Parent, out.Origin, out.Pairs, out.Items = parent, &manifest.Origin{Source: n}, nil, nil
	for _, p := range n.Pairs {
		out.Pairs = append(out.Pairs, manifest.Pair{Key: shadow(p.Key, &out), Value: shadow(p.Value, &out)})
	}
	for _, item := range n.Items {
		out.Items = append(out.Items, shadow(item, &out))
	}
	return &out
}

const pod = "spec:\n  containers:\n  - name: app # first\n    image: app:1\n    args: [a, b]\n  - name: log\n    image: log:1\n"

// onPod are one use of each on the tree of pod.
var onPod = map[string]func(root *manifest.Node) ([]Edit, error){
	"AppendItem": func(n *manifest.Node) ([]Edit, error) { return AppendItem(n.Get("spec", "containers"), "name: more\n") },
	"InsertItem": func(n *manifest.Node) ([]Edit, error) {
		return InsertItem(n.Get("spec", "containers"), 1, "name: more\n")
	},
	"InsertPair":   func(n *manifest.Node) ([]Edit, error) { return InsertPair(app(n), []string{"image"}, "tty", "true\n") },
	"InsertPairs":  func(n *manifest.Node) ([]Edit, error) { return InsertPairs(app(n), nil, "tty: true\n") },
	"RemovePair":   func(n *manifest.Node) ([]Edit, error) { return RemovePair(app(n), "args") },
	"ReplacePair":  func(n *manifest.Node) ([]Edit, error) { return ReplacePair(app(n), "args", "command: [c]\n") },
	"RemoveItem":   func(n *manifest.Node) ([]Edit, error) { return RemoveItem(app(n), RemoveKey) },
	"ReplaceRange": func(n *manifest.Node) ([]Edit, error) { return ReplaceRange(app(n).Get("image"), 0, 3, "web") },
	"ReplaceWithin": func(n *manifest.Node) ([]Edit, error) {
		return ReplaceWithin(app(n).Get("image"), "app", "web")
	},
	"ReplaceScalar": func(n *manifest.Node) ([]Edit, error) {
		e, err := ReplaceScalar(app(n).Get("image"), "web:2")
		return []Edit{e}, err
	},
	"Extract": func(n *manifest.Node) ([]Edit, error) {
		block, err := Extract(app(n), nil)
		return []Edit{{New: string(block)}}, err
	},
}

func app(root *manifest.Node) *manifest.Node { return root.Get("spec", "containers").Seq()[0] }

func TestRenderedNodesAreEditedWhereTheyAreWritten(t *testing.T) {
	file := parse(t, pod)
	root := file.Documents[0].Root
	for name, primitive := range onPod {
		want, err := primitive(root)
		if err != nil {
			t.Fatal(name, err)
		}
		got, err := primitive(shadow(root, nil))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name != "Extract" {
			same(t, apply(t, file, got), apply(t, file, want))
		} else if got[0].New != want[0].New {
			t.Errorf("Extract: %q", got[0].New)
		}
	}
}

func TestRenderedNodesThatAreNotWrittenAreRefused(t *testing.T) {
	for name, primitive := range onPod {
		root := shadow(parse(t, pod).Documents[0].Root, nil)
		unwritten(root)
		if edits, err := primitive(root); err == nil || !strings.Contains(err.Error(), "f.yaml:") {
			t.Errorf("%s: %v, %v", name, edits, err)
		}
	}
	if _, err := RemoveObjects(&manifest.Object{Root: "overlays/prod", Node: shadow(parse(t, pod).Documents[0].Root, nil)}); err == nil {
		t.Error("an object that nobody wrote is removed")
	}
}

func unwritten(n *manifest.Node) {
	n.Origin = &manifest.Origin{}
	for _, p := range n.Pairs {
		unwritten(p.Key)
		unwritten(p.Value)
	}
	for _, item := range n.Items {
		unwritten(item)
	}
}

// An overlay's patch adds a container between those of the base: places of the rendered list are not those of the written one.
func TestRenderedListsHaveItemsOfOtherFiles(t *testing.T) {
	base, patch := parse(t, pod), manifest.Parse("patch.yaml", []byte("- name: extra\n"))
	root := shadow(base.Documents[0].Root, nil)
	list := root.Get("spec", "containers")
	added := shadow(patch.Documents[0].Root.Items[0], list)
	list.Items = []*manifest.Node{added, list.Items[0], list.Items[1]}

	edits, err := InsertItem(list, 2, "name: more\n")
	if err != nil {
		t.Fatal(err)
	}
	same(t, apply(t, base, edits), strings.Replace(pod, "  - name: log", "  - name: more\n  - name: log", 1))
	if edits, err = AppendItem(list, "name: more\n"); err != nil {
		t.Fatal(err)
	}
	same(t, apply(t, base, edits), pod+"  - name: more\n")
	if _, err := InsertItem(list, 0, "name: more\n"); err == nil {
		t.Error("an item is put before one of another file")
	}
	if edits, err = InsertPair(added, nil, "tty", "true\n"); err != nil || edits[0].Path != "patch.yaml" {
		t.Errorf("the patch's item is edited in %v, %v", edits, err)
	}
}

func TestWhatIsDeployedWithChangesIsNotMoved(t *testing.T) {
	root := shadow(parse(t, pod).Documents[0].Root, nil)
	app(root).Get("image").Value = "app:2"
	if block, err := Extract(app(root), nil); err == nil {
		t.Errorf("it is moved as %q", block)
	}
}
