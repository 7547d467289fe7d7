package roots

import (
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

// fluxKustomization makes a root of a folder that Flux builds.
func (f *finder) fluxKustomization(o *manifest.Object) {
	spec := o.Node.Get("spec")
	ref := spec.Get("sourceRef")
	if ref.Get("kind").IsNull() || f.enough(o) {
		return // part of an object
	}
	at, text := spec.Get("path"), withDefaults(spec.Get("path").Text())
	unset := substituted.FindStringSubmatch(text)
	dir, inside, elsewhere := f.sourceFolder(o, ref, text)
	switch {
	case elsewhere != "":
		f.skip(ref.Get("name"), o, "%s of %s", describe(text), elsewhere)
	case !inside:
		f.skip(at, o, "%s leads out of the repository", text)
	case !f.tree.folder(dir) && unset != nil:
		f.skip(at, o, "%s is not followed: the value of its variable %s is not known here", text, unset[1])
	case !f.tree.folder(dir):
		f.skip(at, o, "the folder %s does not exist in the repository", called(dir))
	default:
		f.fluxFolder(o, spec, dir)
	}
}

func (f *finder) fluxFolder(o *manifest.Object, spec *manifest.Node, dir string) {
	extra, ok := f.components(o, dir, spec.Get("components"), spec.Get("ignoreMissingComponents").Text() == "true")
	if !ok {
		return
	}
	roots, files := []string{dir}, []string(nil)
	if !f.hasKustomization(dir) {
		roots, files = f.generatedKustomization(dir)
	}
	for _, root := range roots {
		if !f.buildable(root) {
			f.skip(spec.Get("path"), o, "%s", f.unbuildable(root))
			return
		}
	}
	b := f.closure(append(extra.folders, roots...)...)
	b.takes = slices.Compact(slices.Sorted(slices.Values(append(b.takes, files...))))
	b.reads.add(files...)
	r := Root{Name: labelOf(o), File: o.File.Path, Place: placeOf(o), object: o, depends: newInputs(), reads: b.reads, Takes: b.takes}
	over := f.fluxOver(spec, extra.names)
	if over.err != nil {
		f.skip(nil, o, "the options can't be read: %v", over.err)
		return
	}
	f.markBuilt(roots...)
	r.Over = spec
	r.Kustomize = &wire.Kustomize{Dir: dir, Over: over.bytes(), Generate: true, Substitute: f.substitutions(o, spec.Get("postBuild"), &r)}
	f.add(r)
}

// generatedKustomization returns what Flux takes in from a folder without a kustomization: the kustomizations below it, and the YAML
// files that belong to none of them.
func (f *finder) generatedKustomization(dir string) (folders, files []string) {
	f.spend(8 * len(f.tree.below(dir)))
	covered := "" // the kustomization that the walk is in; nothing of it is taken by itself
	for _, p := range f.tree.below(dir) {
		if covered != "" && strings.HasPrefix(p, covered+"/") {
			continue
		}
		if covered = f.kustomizedAbove(dir, p); covered != "" {
			folders = append(folders, covered)
			continue
		}
		if ext := path.Ext(p); ext == ".yaml" || ext == ".yml" {
			files = append(files, p)
		}
		if f.spent() {
			break
		}
	}
	return folders, files
}

// kustomizedAbove returns the outermost folder between dir and a file that has a kustomization, "" when none has.
func (f *finder) kustomizedAbove(dir, p string) string {
	outermost := ""
	for up := folderOf(p); up != dir && up != ""; up = folderOf(up) {
		if f.hasKustomization(up) {
			outermost = up
		}
	}
	return outermost
}

// fluxOver says in a kustomization what the fields of a Flux Kustomization do.
func (f *finder) fluxOver(spec *manifest.Node, components []string) *over {
	o := &over{f: f}
	o.set("namespace", spec.Get("targetNamespace").Text())
	o.set("namePrefix", spec.Get("namePrefix").Text())
	o.set("nameSuffix", spec.Get("nameSuffix").Text())
	o.texts("components", components)
	fluxPatches(o, spec)
	if labels := o.flow(spec.Get("commonMetadata", "labels")); labels != "" {
		o.line("labels", "[{pairs: "+labels+"}]")
	}
	return o
}

// fluxPatches writes patches and images of a Flux Kustomization or of a post-renderer. Those of older versions hold objects where
// kustomize has text.
func fluxPatches(o *over, from ...*manifest.Node) {
	var patches, images, merges []string
	for _, n := range from {
		patches = append(patches, o.entries(n.Get("patches"))...)
		images = append(images, o.entries(n.Get("images"))...)
		for _, merge := range o.entries(n.Get("patchesStrategicMerge")) {
			merges = append(merges, "{patch: "+quote(merge)+"}")
		}
		for _, item := range n.Get("patchesJson6902").Seq() {
			merges = append(merges, "{target: "+o.flow(item.Get("target"))+", patch: "+quote(o.flow(item.Get("patch")))+"}")
		}
	}
	o.list("patches", append(merges, patches...))
	o.list("images", images)
}
