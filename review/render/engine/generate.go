package engine

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"github.com/podcheck/podcheck/rules/manifest"
)

// generate puts a kustomization into a folder that has none and returns its path, as Flux does: it takes the folders below that have
// one, and all manifests outside of these. Source: fluxcd/pkg/kustomize, Generator.generateKustomization.
func generate(t *tree, dir string) (string, error) {
	k := types.Kustomization{TypeMeta: types.TypeMeta{APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind}}
	if err := collect(t, dir, dir, &k.Resources); err != nil {
		return "", err
	}
	if len(k.Resources) == 0 {
		return "", fmt.Errorf("there is neither a kustomization nor a manifest in %s", relative(dir))
	}
	data, err := yaml.Marshal(k)
	if err != nil {
		return "", fmt.Errorf("writing a kustomization for %s: %w", relative(dir), err)
	}
	file := path.Join(dir, "kustomization.yaml")
	t.put(file, data)
	return file, nil
}

func collect(t *tree, root, dir string, resources *[]string) error {
	names, err := t.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		full := path.Join(dir, name)
		short := strings.TrimPrefix(full, root+"/")
		if !t.IsDir(full) {
			if err := collectFile(t, full, short, resources); err != nil {
				return err
			}
			continue
		}
		file, err := kustomizationOf(t, full)
		if err != nil {
			return err
		}
		if file != "" {
			*resources = append(*resources, short)
			continue
		}
		if err := collect(t, root, full, resources); err != nil {
			return err
		}
	}
	return nil
}

// ignoredFiles are those that Flux's source controller leaves out of what it fetches. Source: its sourceignore package.
var ignoredFiles = []string{".goreleaser.yml", ".goreleaser.yaml", ".sops.yaml", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml", "cloudbuild.yaml", "codeship-services.yml", "codeship-steps.yml"}

// collectFile takes a file of manifests. Flux stops at one that it can't read.
func collectFile(t *tree, full, short string, resources *[]string) error {
	if ext := path.Ext(full); ext != ".yaml" && ext != ".yml" || slices.Contains(ignoredFiles, path.Base(full)) {
		return nil
	}
	file := manifest.Parse(relative(full), t.files[full])
	for _, p := range file.Problems {
		return fmt.Errorf("%s:%d: %s, and without a kustomization every manifest below the folder is taken", p.Path, p.Span.Start.Line, p.Message)
	}
	if len(file.Objects) > 0 {
		*resources = append(*resources, short)
	}
	return nil
}
