package engine

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/podcheck/podcheck/review/render/wire"
)

// buildKustomize builds a folder as Argo CD and Flux do: what they add goes into the folder's own kustomization.
func buildKustomize(files map[string][]byte, k *wire.Kustomize) ([]wire.Object, error) {
	t := newTree(files)
	dir := absolute(k.Dir)
	if !t.IsDir(dir) {
		return nil, fmt.Errorf("there is no folder %s", k.Dir)
	}
	file, err := kustomizationOf(t, dir)
	if err != nil {
		return nil, err
	}
	if file == "" && k.Generate {
		if file, err = generate(t, dir); err != nil {
			return nil, err
		}
	}
	if file == "" {
		return nil, fmt.Errorf("there is no kustomization in %s", relative(dir))
	}
	if k.Over != nil {
		over, err := layOver(t.files[file], k.Over)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", relative(file), err)
		}
		t.put(file, over)
	}
	return buildFolder(t, dir, k.Substitute)
}

// buildFolder builds a folder that has a kustomization.
func buildFolder(t *tree, dir string, substitutes map[string]string) ([]wire.Object, error) {
	s, err := scan(t, dir)
	if err != nil {
		return nil, err
	}
	built, err := run(t, dir)
	if err != nil {
		return nil, err
	}
	origins := trace(t, dir, s, built)
	if err := substitute(built, substitutes); err != nil {
		return nil, err
	}
	objects := make([]wire.Object, 0, built.Size())
	for i, r := range built.Resources() {
		o := wire.Object{}
		if origins != nil {
			o = origins[i]
		}
		if o.YAML, err = r.AsYAML(); err != nil {
			return nil, fmt.Errorf("writing %s: %w", r.CurId(), err)
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// run is one build. Plugins, functions and Helm charts are off; files may be read from the whole tree, as Argo CD and Flux allow.
func run(t *tree, dir string) (resmap.ResMap, error) {
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = types.LoadRestrictionsNone
	built, err := krusty.MakeKustomizer(options).Run(t, dir)
	if err != nil {
		return nil, errors.New(cause(err.Error()))
	}
	return built, nil
}

// cause is what an error of kustomize says of an entry that can't be taken in. Kustomize takes each for a file and then for a folder,
// and tells why it was neither: of a folder first that it is no file, and of a file last that it is no folder.
//
// Source: sigs.k8s.io/kustomize/api/internal/target, accumulateResources.
func cause(text string) string {
	for {
		before, both, found := strings.Cut(text, "accumulating resources: accumulation err='")
		if !found {
			return text
		}
		both = strings.TrimPrefix(strings.TrimPrefix(both, "accumulating resources from '"), "merging resources from '")
		var name, why string
		if _, recursed, isFolder := strings.Cut(both, "': recursed accumulation of path '"); isFolder {
			name, why, _ = strings.Cut(recursed, "': ")
		} else if end := strings.LastIndex(both, ": must build at directory: "); end >= 0 {
			name, why, _ = strings.Cut(strings.TrimSuffix(both[:end], "'"), "': ")
			why = strings.TrimPrefix(why, "merging resources from '"+name+"': ") // which can come twice
		} else {
			return text
		}
		text = before + name + ": " + why
	}
}

// kustomizationOf is the file that makes a folder a kustomization, "" without one.
func kustomizationOf(t *tree, dir string) (string, error) {
	found := ""
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		file := path.Join(dir, name)
		if _, ok := t.files[file]; !ok {
			continue
		}
		if found != "" {
			return "", errors.New(relative(dir) + " has both " + path.Base(found) + " and " + name + "; kustomize takes one")
		}
		found = file
	}
	return found, nil
}
