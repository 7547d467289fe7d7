package roots

import (
	"cmp"
	"path"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// bootstrapSource is the name of the source that `flux bootstrap` makes of the repository it writes to.
const bootstrapSource = "flux-system"

// instanceKind is the kind by which the Flux Operator is told which repository to follow.
const instanceKind = "FluxInstance"

// sourceFolder returns the folder of this repository that a path in the source of an object is. Where the source is another, or
// not known, it says so.
func (f *finder) sourceFolder(o *manifest.Object, ref *manifest.Node, text string) (dir string, inside bool, elsewhere string) {
	base := ""
	if ref.Get("kind").Text() == "ExternalArtifact" {
		if base, elsewhere = f.artifact(o, ref); elsewhere != "" {
			return "", true, elsewhere
		}
	} else if elsewhere = f.elsewhere(o, ref); elsewhere != "" {
		return "", true, elsewhere
	}
	dir, inside = within(base, strings.TrimLeft(text, "/"))
	return dir, inside, ""
}

// syncedSource returns kind and name of the source that the Flux Operator makes for a FluxInstance; no name when it makes none.
// Source: fluxcd.controlplane.io/v1, spec.sync, whose name is the namespace unless it says another.
func syncedSource(o *manifest.Object) (kind, name string) {
	sync := o.Node.Get("spec", "sync")
	if o.Kind != instanceKind || sync.Get("url").Text() == "" {
		return "", ""
	}
	return sync.Get("kind").Text(), cmp.Or(sync.Get("name").Text(), o.Namespace, bootstrapSource)
}

// elsewhere says what is the matter with the source that a reference leads to, "" for this repository.
//
// A GitRepository counts by its URL. The one that `flux bootstrap` writes (gotk-sync.yaml) is this repository whatever it says, as a
// fork or a renamed repository keeps the file; so is one of its name that a FluxInstance makes, or that is nowhere in the repository.
func (f *finder) elsewhere(o *manifest.Object, ref *manifest.Node) string {
	kind, name := ref.Get("kind").Text(), ref.Get("name").Text()
	found := f.lookup(sourceGroup, kind, name, referredNamespace(o, ref))
	if kind == "GitRepository" && len(found) == 0 && name == bootstrapSource && !f.spent() {
		return ""
	}
	last := ""
	for _, source := range found {
		url := cmp.Or(source.Node.Get("spec", "url").Text(), source.Node.Get("spec", "sync", "url").Text())
		bootstrapped := name == bootstrapSource && (path.Base(source.File.Path) == "gotk-sync.yaml" || source.Kind == instanceKind)
		if kind == "GitRepository" && (f.mine(url) || bootstrapped) {
			return ""
		}
		if url != "" {
			last = url
		}
	}
	switch {
	case last != "":
		return kind + "/" + name + " (" + shown(last) + ") is outside of this repository"
	case kind == "GitRepository" && len(found) == 0:
		return kind + "/" + name + " is not followed: this repository does not define that source, so its URL is not known"
	}
	return kind + "/" + name + " is outside of this repository"
}

// artifact returns the folder of this repository whose content an ExternalArtifact has at its root. That is known when its
// ArtifactGenerator copies folders of this repository without moving them apart.
func (f *finder) artifact(o *manifest.Object, ref *manifest.Node) (base, elsewhere string) {
	name := ref.Get("name").Text()
	elsewhere = "ExternalArtifact/" + name + " is outside of this repository"
	generator := nearest(o, f.lookup(artifactGroup, "ExternalArtifact", name, referredNamespace(o, ref)))
	if generator == nil {
		return "", elsewhere
	}
	spec := generator.Node.Get("spec")
	first := true
	for _, artifact := range spec.Get("artifacts").Seq() {
		if artifact.Get("name").Text() != name {
			continue
		}
		for _, rule := range artifact.Get("copy").Seq() {
			at, ok := f.copied(generator, spec, rule)
			if !ok || !first && at != base {
				return "", elsewhere
			}
			base, first = at, false
		}
	}
	if first {
		return "", elsewhere
	}
	return base, ""
}

// copied returns the folder that a rule maps to the root of an artifact: apps for `@repo/apps/base/**` to `@artifact/base/`.
func (f *finder) copied(generator *manifest.Object, spec, rule *manifest.Node) (base string, ok bool) {
	alias, from, _ := strings.Cut(strings.TrimPrefix(rule.Get("from").Text(), "@"), "/")
	for _, source := range spec.Get("sources").Seq() {
		if source.Get("alias").Text() == alias && f.elsewhere(generator, source) == "" {
			ok = true
		}
	}
	to, isArtifact := strings.CutPrefix(rule.Get("to").Text(), "@artifact/")
	from, isTree := strings.CutSuffix(from, "**")
	if !ok || !isArtifact || !isTree || strings.ContainsAny(from, "*?[{") {
		return "", false
	}
	from, to = path.Join("/", from), path.Join("/", to)
	base, ok = strings.CutSuffix(from, strings.TrimSuffix(to, "/"))
	return strings.Trim(base, "/"), ok && (base == "" || strings.HasPrefix(base, "/"))
}

// referredNamespace is the namespace of what a reference names: its own, else that of the object; "" when unknown.
func referredNamespace(o *manifest.Object, ref *manifest.Node) string {
	if ns := ref.Get("namespace").Text(); ns != "" {
		return ns
	}
	return o.Namespace
}

// nearest returns the object that another one most likely means: one of the same build, then that of the nearest folder.
func nearest(o *manifest.Object, found []*manifest.Object) *manifest.Object {
	var best *manifest.Object
	most := -1
	for _, c := range found {
		near := shared(folderOf(c.File.Path), folderOf(o.File.Path))
		if c.Root == o.Root {
			near += 1 << 20
		}
		if near > most {
			best, most = c, near
		}
	}
	return best
}

// shared counts the leading segments that two folders share.
func shared(a, b string) int {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < len(as) && n < len(bs) && as[n] == bs[n] {
		n++
	}
	return n
}
