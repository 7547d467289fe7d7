package engine

import (
	"bytes"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/podcheck/podcheck/rules/manifest"
)

// scanned is what a look at all kustomizations of a build finds before it runs.
type scanned struct {
	tree      *tree
	done      map[visit]bool
	resources []string // files whose objects are taken in, in the order of reading
}

// visit is one folder, read as resources or as the settings of plugins.
type visit struct {
	dir    string
	plugin bool
}

// scan follows a folder's kustomization to all that it takes in, and refuses what would be fetched, run, or never end.
func scan(t *tree, dir string) (*scanned, error) {
	s := &scanned{tree: t, done: map[visit]bool{}}
	return s, s.folder(dir, false, nil)
}

func (s *scanned) folder(dir string, plugin bool, above []string) error {
	if slices.Contains(above, dir) {
		return fmt.Errorf("the kustomizations take in each other: %s", chain(append(above, dir)))
	}
	if s.done[visit{dir, plugin}] {
		return nil
	}
	s.done[visit{dir, plugin}] = true
	file, err := kustomizationOf(s.tree, dir)
	if err != nil || file == "" {
		return err // kustomize says which reference leads to a folder without one
	}
	var k types.Kustomization
	if err := k.Unmarshal(s.tree.files[file]); err != nil {
		return fmt.Errorf("%s: %w", relative(file), err)
	}
	k.FixKustomization()
	if len(k.HelmCharts) > 0 {
		return s.refuse(file, "helm", "inflates a Helm chart, and kustomize would start Helm for that, which is not done here")
	}
	for _, r := range references(&k) {
		if err := s.reference(file, r, plugin, append(above, dir)); err != nil {
			return err
		}
	}
	return nil
}

func chain(dirs []string) string {
	names := make([]string, len(dirs))
	for i, d := range dirs {
		names[i] = relative(d)
	}
	return strings.Join(names, " -> ")
}

// reference is one path that a kustomization names.
type reference struct {
	field, path string
	objects     bool // taken in as objects: a file or a folder
	plugin      bool // taken in as the settings of plugins
}

func references(k *types.Kustomization) []reference {
	var all []reference
	add := func(field string, objects, plugin bool, paths ...string) {
		for _, p := range paths {
			all = append(all, reference{field, p, objects, plugin})
		}
	}
	add("resources", true, false, k.Resources...)
	add("components", true, false, k.Components...)
	add("generators", true, true, k.Generators...)
	add("transformers", true, true, k.Transformers...)
	add("validators", true, true, k.Validators...)
	add("configurations", false, false, k.Configurations...)
	add("crds", false, false, k.Crds...)
	add("openapi", false, false, k.OpenAPI["path"])
	//lint:ignore SA1019 people still write it
	for _, p := range slices.Concat(k.Patches, k.PatchesJson6902) {
		add("patches", false, false, p.Path)
	}
	//lint:ignore SA1019 likewise
	for _, p := range k.PatchesStrategicMerge {
		add("patchesStrategicMerge", false, false, string(p))
	}
	for _, r := range k.Replacements {
		add("replacements", false, false, r.Path)
	}
	for _, g := range k.ConfigMapGenerator {
		add("configMapGenerator", false, false, sources(g.KvPairSources)...)
	}
	for _, g := range k.SecretGenerator {
		add("secretGenerator", false, false, sources(g.KvPairSources)...)
	}
	return all
}

// sources are the paths of a generator; a file may have a key before it.
func sources(kv types.KvPairSources) []string {
	paths := slices.Clone(kv.EnvSources)
	for _, source := range kv.FileSources {
		if _, file, ok := strings.Cut(source, "="); ok && !remote(source) {
			source = file
		}
		paths = append(paths, source)
	}
	return paths
}

func (s *scanned) reference(file string, r reference, plugin bool, above []string) error {
	plugin = plugin || r.plugin
	if strings.Contains(r.path, "\n") { // written in place, not a path
		if plugin {
			return s.plugins(file, []byte(r.path))
		}
		return nil
	}
	if remote(r.path) {
		return s.refuse(file, r.path, r.field+" names "+r.path+", which is outside of this repository, and nothing is fetched")
	}
	if path.IsAbs(r.path) {
		return s.refuse(file, r.path, r.field+" names the absolute path "+r.path)
	}
	target := path.Join(path.Dir(file), r.path)
	if !r.objects || r.path == "" {
		return nil
	}
	if s.tree.IsDir(target) {
		return s.folder(target, plugin, above)
	}
	data, ok := s.tree.files[target]
	switch {
	case !ok:
		return s.refuse(file, r.path, r.field+" names "+r.path+", which is not there")
	case plugin:
		return s.plugins(target, data)
	case !slices.Contains(s.resources, target):
		s.resources = append(s.resources, target)
	}
	return nil
}

// plugins refuses the settings of what kustomize would start or fetch; its own plugins are compiled in.
func (s *scanned) plugins(file string, data []byte) error {
	for _, o := range manifest.Parse(relative(file), data).Objects {
		if o.APIVersion != "builtin" || o.Kind == "HelmChartInflationGenerator" {
			return s.refuse(file, o.Kind, "asks for the plugin "+o.Kind+", and no program is started here")
		}
		for _, key := range []string{"path", "paths", "files", "envs", "env"} {
			value := o.Node.Get(key)
			for _, p := range append(value.Strings(), value.Text()) {
				if remote(p) {
					return s.refuse(file, p, key+" names "+p+", which is outside of this repository, and nothing is fetched")
				}
			}
		}
	}
	return nil
}

// refuse is an error at the line of a file that holds a text.
func (s *scanned) refuse(file, text, why string) error {
	before, _, found := bytes.Cut(s.tree.files[file], []byte(text))
	if !found || text == "" {
		return fmt.Errorf("%s: %s", relative(file), why)
	}
	return fmt.Errorf("%s:%d: %s", relative(file), 1+bytes.Count(before, []byte("\n")), why)
}

// remote says whether kustomize would take a path as something to fetch: a file by HTTP, or a git repository, which it knows
// best itself.
func remote(p string) bool {
	if u, err := url.Parse(p); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		return true
	}
	return (&resource.Origin{}).Append(p).Repo != ""
}
