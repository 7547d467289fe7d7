package roots

import (
	"fmt"
	"path"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// kustomization is a folder with a kustomization file, and what the file names.
type kustomization struct {
	dir       string
	file      *manifest.File
	root      *manifest.Node
	component bool
	folders   []reference // further kustomizations that it takes in
	takes     []string    // files whose objects go in: resources and patches
	patches   []string    // those of them that are patches
	reads     []string    // further files: of generators, transformers, schemas
	faults    []fault     // why it can't be built
	state     buildState
}

// reference is a folder and the node that names it.
type reference struct {
	dir string
	at  *manifest.Node
}

// fault is why something can't be built. One without a message is told elsewhere.
type fault struct {
	at      *manifest.Node
	message string
}

// kustomizationNames are the names that kustomize knows, in its order.
var kustomizationNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

func isKustomization(p string) bool {
	base := path.Base(p)
	return base == kustomizationNames[0] || base == kustomizationNames[1] || base == kustomizationNames[2]
}

// readKustomizations reads all kustomization files of the repository.
func (f *finder) readKustomizations() {
	for _, p := range f.tree.paths {
		if !isKustomization(p) {
			continue
		}
		if before := f.kustomizations[folderOf(p)]; before != nil {
			before.faults = append(before.faults, fault{before.root, fmt.Sprintf("the folder has both %s and %s, which kustomize refuses", path.Base(before.file.Path), path.Base(p))})
			continue
		}
		if k := f.readKustomization(p); k != nil {
			f.kustomizations[k.dir] = k
		}
	}
}

func (f *finder) readKustomization(p string) *kustomization {
	file := f.tree.file(p)
	if file == nil {
		return nil
	}
	k := &kustomization{dir: folderOf(p), file: file, root: rootOf(file)}
	if k.root == nil || k.root.Kind != manifest.Mapping {
		k.faults = append(k.faults, fault{}) // the file's own problems say why
		return k
	}
	if version := k.root.Get("apiVersion").Text(); version != "" && !strings.HasPrefix(version, "kustomize.config.k8s.io/") {
		return nil // another object in a file of that name
	}
	k.component = k.root.Get("kind").Text() == "Component"
	r := reader{f: f, k: k}
	r.read()
	return k
}

// reader collects what a kustomization names.
type reader struct {
	f *finder
	k *kustomization
}

func (r reader) read() {
	root := r.k.root
	for _, list := range []string{"resources", "bases", "components"} {
		for _, n := range root.Get(list).Seq() {
			r.resource(n)
		}
	}
	for _, list := range []string{"patches", "patchesJson6902"} {
		for _, n := range root.Get(list).Seq() {
			r.patch(n.Get("path"))
		}
	}
	for _, n := range root.Get("patchesStrategicMerge").Seq() {
		if !isInline(n.Text()) {
			r.patch(n)
		}
	}
	for _, list := range []string{"crds", "configurations"} {
		for _, n := range root.Get(list).Seq() {
			r.reads(n, n.Text())
		}
	}
	r.reads(root.Get("openapi", "path"), root.Get("openapi", "path").Text())
	for _, list := range []string{"configMapGenerator", "secretGenerator"} {
		for _, n := range root.Get(list).Seq() {
			r.sources(n)
		}
	}
	for _, n := range root.Get("replacements").Seq() {
		r.reads(n.Get("path"), n.Get("path").Text())
	}
	for _, list := range []string{"generators", "transformers", "validators"} {
		for _, n := range root.Get(list).Seq() {
			r.plugin(n)
		}
	}
	for _, list := range []string{"helmCharts", "helmChartInflationGenerator"} {
		for _, n := range root.Get(list).Seq() {
			r.fault(n, "chart %s is inflated by kustomize, which is not done", n.Get("name").Text()+n.Get("chartName").Text())
		}
	}
}

func (r reader) fault(at *manifest.Node, format string, args ...any) {
	r.k.faults = append(r.k.faults, fault{at, fmt.Sprintf(format, args...)})
}

// outside notes that an entry is remote. One that names this very repository is told apart: kustomize fetches it all the same, in a
// state that need not be the one looked at.
func (r reader) outside(at *manifest.Node, text string) {
	if r.f.names(text) {
		r.fault(at, "%s names this repository by its URL, and nothing is fetched; a path within the repository would be followed", told(text))
		return
	}
	r.fault(at, "%s is outside of this repository", told(text))
}

// resource reads an entry of resources, bases or components: a file, or the folder of another kustomization.
func (r reader) resource(n *manifest.Node) {
	text := n.Text()
	p, inside := within(r.k.dir, text)
	switch {
	case text == "":
	case inside && r.f.tree.exists(p):
		r.k.takes = append(r.k.takes, p)
	case remote(text):
		r.outside(n, text)
	case !inside:
		r.fault(n, "%s leads out of the repository", text)
	case r.f.hasKustomization(p):
		r.k.folders = append(r.k.folders, reference{p, n})
	case r.f.tree.folder(p):
		r.fault(n, "%s has no kustomization file", called(p))
	default:
		r.fault(n, "%s does not exist in the repository", p)
	}
}

// hasKustomization says whether kustomize would build a folder.
func (f *finder) hasKustomization(dir string) bool {
	for _, name := range kustomizationNames {
		if f.tree.exists(path.Join(dir, name)) {
			return true
		}
	}
	return false
}

// patch reads the path of a patch.
func (r reader) patch(n *manifest.Node) {
	if p, ok := r.local(n, n.Text()); ok {
		r.k.takes = append(r.k.takes, p)
		r.k.patches = append(r.k.patches, p)
	}
}

// reads notes a file that the build reads.
func (r reader) reads(at *manifest.Node, text string) {
	if p, ok := r.local(at, text); ok {
		r.k.reads = append(r.k.reads, p)
	}
}

// local resolves the path of a file; it notes a fault and returns false where there is none.
func (r reader) local(at *manifest.Node, text string) (string, bool) {
	p, inside := within(r.k.dir, text)
	switch {
	case text == "":
		return "", false
	case inside && r.f.tree.exists(p):
		return p, true
	case remote(text):
		r.outside(at, text)
	case !inside:
		r.fault(at, "%s leads out of the repository", text)
	default:
		r.fault(at, "%s does not exist in the repository", p)
	}
	return "", false
}

// sources reads the files of a generator of ConfigMaps or Secrets.
func (r reader) sources(n *manifest.Node) {
	for _, file := range n.Get("files").Seq() {
		text := file.Text()
		if _, p, named := strings.Cut(text, "="); named {
			text = p
		}
		r.reads(file, text)
	}
	for _, file := range append(n.Get("envs").Seq(), n.Get("env")) {
		r.reads(file, file.Text())
	}
}

// plugin reads an entry of generators, transformers or validators: a file, the folder of a kustomization, or text.
func (r reader) plugin(n *manifest.Node) {
	text := n.Text()
	if isInline(text) {
		r.configuration(manifest.Parse("inline.yaml", []byte(text)), n)
		return
	}
	p, inside := within(r.k.dir, text)
	switch {
	case inside && r.f.tree.exists(p):
		r.k.reads = append(r.k.reads, p)
		r.configuration(r.f.tree.file(p), nil)
	case inside && !remote(text) && r.f.hasKustomization(p):
		r.k.folders = append(r.k.folders, reference{p, n})
	default:
		r.local(n, text)
	}
}

// configuration reads the objects that configure plugins: only those built into kustomize run. At is the node that holds them, nil for
// a file of their own.
func (r reader) configuration(file *manifest.File, at *manifest.Node) {
	if file == nil {
		return
	}
	for _, o := range file.Objects {
		place := at
		if place == nil {
			place = o.Node
		}
		if o.APIVersion != "builtin" || o.Kind == "HelmChartInflationGenerator" || o.Node.Get("metadata", "annotations", "config.kubernetes.io/function") != nil {
			r.fault(place, "%s %s is a plugin of kustomize, which is not run", o.Kind, o.Name)
			continue
		}
		r.sources(o.Node)
		for _, n := range append(o.Node.Get("paths").Seq(), o.Node.Get("path")) {
			if o.Kind == "PatchTransformer" || o.Kind == "PatchStrategicMergeTransformer" || o.Kind == "PatchJson6902Transformer" {
				r.reads(place, n.Text())
			}
		}
		for _, n := range o.Node.Get("replacements").Seq() {
			r.reads(place, n.Get("path").Text())
		}
	}
}

// isInline says whether an entry is text rather than a path.
func isInline(text string) bool {
	return strings.Contains(text, "\n") || strings.Contains(text, ": ") || strings.HasPrefix(text, "{")
}

// remote says whether kustomize would fetch what an entry names.
func remote(text string) bool {
	lower := strings.ToLower(text)
	for _, prefix := range []string{"git::", "git@", "github.com/", "github.com:", "gh:"} {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	if strings.Contains(text, "://") || strings.Contains(text, "?ref=") || strings.Contains(text, "?version=") || strings.Contains(text, "_git/") {
		return true
	}
	host, _, scp := strings.Cut(text, ":")
	return scp && strings.Contains(host, "@") && !strings.Contains(host, "/")
}

// told is a remote entry without the credentials that it may hold.
func told(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return text
	}
	authority, p, _ := strings.Cut(rest, "/")
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		authority = authority[i+1:]
	}
	p, _, _ = strings.Cut(p, "?")
	return strings.TrimSuffix(scheme+"://"+authority+"/"+p, "/")
}
