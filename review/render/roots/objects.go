package roots

import (
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// The API groups whose objects say what is rendered.
const (
	argoGroup      = "argoproj.io"
	fluxGroup      = "kustomize.toolkit.fluxcd.io"
	sourceGroup    = "source.toolkit.fluxcd.io"
	artifactGroup  = "source.extensions.fluxcd.io"
	instanceGroup  = "fluxcd.controlplane.io"
	releaseGroup   = "helm.toolkit.fluxcd.io"
	firstFluxGroup = "helm.fluxcd.io"
	coreGroup      = ""
)

// groupOf is the API group of an object; "" for the core.
func groupOf(o *manifest.Object) string {
	group, _, ok := strings.Cut(o.APIVersion, "/")
	if !ok {
		return coreGroup
	}
	return group
}

// readObjects sets patches aside and indexes the objects that others refer to.
func (f *finder) readObjects() {
	patches := f.patchFiles()
	kept := f.objects[:0:0]
	for _, o := range f.objects {
		if o.Root == "" && patches[o.File.Path] {
			continue
		}
		group := groupOf(o)
		switch group {
		case argoGroup, fluxGroup, releaseGroup, firstFluxGroup:
			kept = append(kept, o)
		case sourceGroup:
		case instanceGroup:
			if kind, name := syncedSource(o); name != "" {
				key := sourceGroup + "/" + kind + "/" + name
				f.named[key] = append(f.named[key], o)
			}
			continue
		case artifactGroup:
			for _, artifact := range o.Node.Get("spec", "artifacts").Seq() {
				key := artifactGroup + "/ExternalArtifact/" + artifact.Get("name").Text()
				f.named[key] = append(f.named[key], o)
			}
		case coreGroup:
			if o.Kind != "ConfigMap" {
				continue
			}
		default:
			continue
		}
		key := group + "/" + o.Kind + "/" + o.Name
		f.named[key] = append(f.named[key], o)
	}
	f.objects = kept
}

// patchFiles are the files that kustomizations have as patches and not as resources: what is in them is part of other objects.
func (f *finder) patchFiles() map[string]bool {
	patches := map[string]bool{}
	for _, k := range f.kustomizations {
		for _, p := range k.patches {
			patches[p] = true
		}
	}
	for _, k := range f.kustomizations {
		asPatch := map[string]int{}
		for _, p := range k.patches {
			asPatch[p]++
		}
		for _, p := range k.takes {
			if asPatch[p]--; asPatch[p] < 0 {
				delete(patches, p)
			}
		}
	}
	return patches
}

// lookup returns the objects of a group, kind and name that may be meant in a namespace: all where it is unknown on a side.
func (f *finder) lookup(group, kind, name, namespace string) []*manifest.Object {
	var out []*manifest.Object
	named := f.named[group+"/"+kind+"/"+name]
	if f.spend(8 * len(named)); f.spent() {
		return nil
	}
	for _, o := range named {
		if namespace == "" || o.Namespace == "" || o.Namespace == namespace {
			out = append(out, o)
		}
	}
	return out
}

// each calls do for every object of a group and kind.
func (f *finder) each(group, kind string, do func(*manifest.Object)) {
	for _, o := range f.objects {
		if o.Kind == kind && groupOf(o) == group {
			do(o)
		}
	}
}

// labelOf names an object in reports: its kind, its name and where it is written, and for a rendered one the build that gave it.
func labelOf(o *manifest.Object) string {
	label := oneLine(o.Kind + "/" + o.Name)
	if o.File != nil {
		label += " in " + o.File.Path
	}
	if o.Root != "" {
		label += ", of " + o.Root
	}
	return label
}
