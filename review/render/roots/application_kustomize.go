package roots

import (
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/manifest"
)

// kustomizeSource makes a root of a source that kustomize builds. What the Application says of it is laid over.
func (f *finder) kustomizeSource(s *source) {
	options := s.node.Get("kustomize")
	if !f.hasKustomization(s.dir) {
		f.skip(s.node.Get("path"), s.app.object, "%s has no kustomization file", called(s.dir))
		return
	}
	if !f.buildable(s.dir) {
		f.skip(s.node.Get("path"), s.app.object, "%s", f.unbuildable(s.dir))
		return
	}
	extra, ok := f.components(s.app.object, s.dir, options.Get("components"), options.Get("ignoreMissingComponents").Text() == "true")
	if !ok {
		return
	}
	r := s.root()
	b := f.closure(append(extra.folders, s.dir)...)
	if !f.patchPaths(s, options.Get("patches"), &b) {
		return
	}
	o := s.overlay(f, options, extra.names)
	if o.err != nil {
		f.skip(options, s.app.object, "the kustomize options can't be read: %v", o.err)
		return
	}
	f.markBuilt(s.dir)
	r.Kustomize, r.Over = &wire.Kustomize{Dir: s.dir, Over: o.bytes()}, options
	slices.Sort(b.takes)
	r.reads, r.Takes = b.reads, slices.Compact(b.takes)
	f.add(r)
}

// patchPaths adds the files of patches that an Application names.
func (f *finder) patchPaths(s *source, patches *manifest.Node, b *build) bool {
	for _, n := range patches.Seq() {
		text := n.Get("path").Text()
		if text == "" {
			continue
		}
		p, inside := within(s.dir, text)
		if !inside || !f.tree.exists(p) {
			f.skip(n.Get("path"), s.app.object, "the patch %s does not exist in the repository", text)
			return false
		}
		b.reads.add(p)
		b.takes = append(b.takes, p)
	}
	return true
}

// overlay says in a kustomization what an Application's options do.
func (s *source) overlay(f *finder, options *manifest.Node, components []string) *over {
	o := &over{f: f}
	o.set("namePrefix", s.environment(options.Get("namePrefix").Text()))
	o.set("nameSuffix", s.environment(options.Get("nameSuffix").Text()))
	o.set("namespace", s.environment(options.Get("namespace").Text()))
	var images []string
	for _, n := range options.Get("images").Seq() {
		images = append(images, imageEntry(s.environment(n.Text())))
	}
	o.list("images", images)
	o.copy("replicas", options.Get("replicas"))
	o.copy("patches", options.Get("patches"))
	o.texts("components", components)
	switch labels := o.flow(options.Get("commonLabels")); {
	case labels == "":
	case options.Get("labelWithoutSelector").Text() == "true":
		o.line("labels", "[{pairs: "+labels+", includeTemplates: "+yes(options.Get("labelIncludeTemplates"))+"}]")
	default:
		o.line("commonLabels", labels)
	}
	o.copy("commonAnnotations", options.Get("commonAnnotations"))
	return o
}

func yes(n *manifest.Node) string {
	if n.Text() == "true" {
		return "true"
	}
	return "false"
}

// imageEntry writes an image as Argo CD takes it (`name=other:tag`, `name:tag`, `name@digest`) as an entry of a kustomization.
func imageEntry(text string) string {
	name, other, renamed := strings.Cut(text, "=")
	if !renamed {
		other = text
	}
	newName, tag, digest := imageParts(other)
	if !renamed {
		name, newName = newName, ""
	}
	if newName == "*" {
		newName = ""
	}
	entry := "{name: " + quote(name)
	for _, field := range [][2]string{{"newName", newName}, {"newTag", tag}, {"digest", digest}} {
		if field[1] != "" && field[1] != "*" {
			entry += ", " + field[0] + ": " + quote(field[1])
		}
	}
	return entry + "}"
}

// imageParts cuts an image reference.
func imageParts(image string) (name, tag, digest string) {
	name, digest, _ = strings.Cut(image, "@")
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		name, tag = name[:i], name[i+1:]
	}
	return name, tag, digest
}

// componentList is the components that an object adds to a build.
type componentList struct {
	names   []string // as written, relative to the folder that is built
	folders []string
}

// components resolves the components that an Application or a Flux Kustomization adds; false when one can't be built.
func (f *finder) components(o *manifest.Object, dir string, list *manifest.Node, ignoreMissing bool) (componentList, bool) {
	var out componentList
	for _, n := range list.Seq() {
		text := n.Text()
		p, inside := within(dir, text)
		switch {
		case !inside:
			f.skip(n, o, "%s leads out of the repository", text)
			return out, false
		case remote(text) && !f.tree.folder(p):
			f.skip(n, o, "%s is outside of this repository", told(text))
			return out, false
		case !f.hasKustomization(p):
			if ignoreMissing {
				continue
			}
			f.skip(n, o, "the component %s does not exist in the repository", called(p))
			return out, false
		case !f.buildable(p):
			f.skip(n, o, "%s", f.unbuildable(p))
			return out, false
		}
		out.names = append(out.names, path.Clean(text))
		out.folders = append(out.folders, p)
	}
	return out, true
}
