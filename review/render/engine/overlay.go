package engine

import (
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/yaml"
)

// layOver puts the fields of a kustomization into another, as `kustomize edit` (Argo CD) and Flux do: not around it, so that a name
// prefix replaces the one that is there, and an image is matched by the name that the folder's files have.
func layOver(base, over []byte) ([]byte, error) {
	var below, above map[string]any
	if err := yaml.Unmarshal(base, &below); err != nil {
		return nil, fmt.Errorf("reading the kustomization: %w", err)
	}
	if err := yaml.Unmarshal(over, &above); err != nil {
		return nil, fmt.Errorf("reading the fields laid over the kustomization: %w", err)
	}
	if below == nil {
		below = map[string]any{}
	}
	for key, value := range above {
		below[key] = layValue(key, below[key], value)
	}
	out, err := yaml.Marshal(below)
	if err != nil {
		return nil, fmt.Errorf("writing the kustomization: %w", err)
	}
	return out, nil
}

func layValue(key string, below, above any) any {
	switch a := above.(type) {
	case map[string]any:
		if b, ok := below.(map[string]any); ok {
			b = maps.Clone(b)
			maps.Copy(b, a)
			return b
		}
	case []any:
		b, _ := below.([]any)
		if key == "images" || key == "replicas" {
			return layNamed(b, a)
		}
		return slices.Concat(b, a)
	}
	return above
}

// layNamed puts entries over those of the same name, field by field, and the others behind.
func layNamed(below, above []any) []any {
	out := slices.Clone(below)
	for _, entry := range above {
		name := nameOf(entry)
		i := slices.IndexFunc(out, func(b any) bool { return name != nil && nameOf(b) == name })
		if i < 0 {
			out = append(out, entry)
			continue
		}
		out[i] = layEntry(out[i].(map[string]any), entry.(map[string]any))
	}
	return out
}

// layEntry lays an entry over one; of an image, a tag replaces a digest and the other way round.
func layEntry(below, above map[string]any) map[string]any {
	out := maps.Clone(below)
	if above["newTag"] != nil || above["digest"] != nil {
		delete(out, "newTag")
		delete(out, "digest")
	}
	maps.Copy(out, above)
	return out
}

// nameOf is the name of an entry, nil when it has none.
func nameOf(entry any) any {
	if m, ok := entry.(map[string]any); ok {
		if name, ok := m["name"].(string); ok {
			return name
		}
	}
	return nil
}
