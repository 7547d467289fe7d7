package analysis

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// ObjectPatch is what one kustomization lays over an object.
type ObjectPatch struct {
	By     Kustomization
	List   string           // the field of the kustomization
	Item   *manifest.Node   // its entry there
	File   *manifest.File   // that holds the text; nil when it stands in the kustomization
	Object *manifest.Object // the object to merge; nil for a list of operations (RFC 6902)
	Only   bool             // it is about that object and no other
	Named  bool             // it names what it is about, so that without an object of that name the build fails
	Sets   []string         // JSON pointers to what it changes
}

// SetsBelow says whether the patch changes a field, what lies below it, or what holds it.
func (p ObjectPatch) SetsBelow(field string) bool {
	return slices.ContainsFunc(p.Sets, func(pointer string) bool {
		return pointer == field || strings.HasPrefix(pointer, field+"/") || strings.HasPrefix(field, pointer+"/")
	})
}

// PatchLists are the fields of a kustomization that hold patches.
var PatchLists = []string{"patches", "patchesStrategicMerge", "patchesJson6902"}

// PatchesOf returns the patches that the kustomizations which build an object lay over it.
func (s *State) PatchesOf(o *manifest.Object) []ObjectPatch {
	if o = o.Written(); o == nil {
		return nil
	}
	var out []ObjectPatch
	for _, k := range s.Builders(o.File.Path) {
		for _, list := range PatchLists {
			for _, item := range k.Root.Get(list).Seq() {
				out = append(out, s.readPatch(k, list, item, o)...)
			}
		}
	}
	return out
}

// readPatch reads one entry: its text, or the file that it names, is an object to merge or a list of operations.
func (s *State) readPatch(k Kustomization, list string, item *manifest.Node, o *manifest.Object) []ObjectPatch {
	p := ObjectPatch{By: k, List: list, Item: item}
	text := item.Text() + item.Get("patch").Text() + item.Get("path").Text()
	parsed := s.File(path.Join(k.Dir, text))
	if parsed == nil || strings.Contains(text, "\n") {
		parsed = manifest.Parse(k.File.Path, []byte(text))
	} else {
		p.File = parsed
	}
	target := item.Get("target")
	if target != nil && !targets(target, o) {
		return nil
	}
	p.Named = target == nil
	p.Only = target.Get("name").Text() == o.Name
	for _, d := range parsed.Documents {
		for _, operation := range d.Root.Seq() {
			p.Sets = append(p.Sets, operation.Get("path").Text())
		}
	}
	if len(p.Sets) > 0 && target != nil {
		return []ObjectPatch{p}
	}
	about := slices.Clone(parsed.Objects)
	if target == nil {
		about = slices.DeleteFunc(about, func(part *manifest.Object) bool { return part.Kind != o.Kind || part.Name != o.Name })
		p.Only = len(about) == len(parsed.Objects)
	}
	for _, part := range about {
		p.Object = part
		p.Sets = append(p.Sets, leaves(part.Node, "")...)
	}
	if len(about) == 0 {
		return nil
	}
	return []ObjectPatch{p}
}

// targets says whether the target of a patch chooses an object; kinds and names are regular expressions (kustomize, Selector). What it
// asks of labels and annotations may hold.
func targets(target *manifest.Node, o *manifest.Object) bool {
	for _, field := range []struct{ wanted, is string }{{target.Get("kind").Text(), o.Kind}, {target.Get("name").Text(), o.Name}, {target.Get("group").Text(), pod.Group(o.APIVersion)}} {
		if field.wanted == "" {
			continue
		}
		if pattern, err := regexp.Compile("^(?:" + field.wanted + ")$"); err != nil || !pattern.MatchString(field.is) {
			return false
		}
	}
	return true
}

// leaves are JSON pointers to the fields that a patch sets, besides what says which object it is about.
func leaves(n *manifest.Node, at string) []string {
	n = n.Resolve()
	if n == nil || n.Kind != manifest.Mapping || len(n.Pairs) == 0 {
		return []string{at}
	}
	var out []string
	n.Each(func(key string, value *manifest.Node) {
		pointer := at + "/" + strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
		switch pointer {
		case "/apiVersion", "/kind", "/metadata/name", "/metadata/namespace":
		default:
			out = append(out, leaves(value, pointer)...)
		}
	})
	return out
}

// Patched says, as obstacles, which kustomizations patch a field of an object, so that it can't be changed where it stands alone.
func (s *State) Patched(o *manifest.Object, field string) []string {
	var out []string
	for _, p := range s.PatchesOf(o) {
		if p.SetsBelow(field) {
			out = append(out, fmt.Sprintf("%s patches %s/%s (%s), and must change with it.", p.By.File.Path, o.Kind, o.Name, p.List))
		}
	}
	return out
}
