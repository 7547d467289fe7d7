package engine

import (
	"fmt"
	"strings"

	"github.com/fluxcd/pkg/envsubst"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/yaml"
)

// substituteKey is the label or annotation by which an object is left out of Flux's substitution.
const substituteKey = "kustomize.toolkit.fluxcd.io/substitute"

// substitute replaces ${variables} in the built objects as Flux does after a build: in the text of each object, an unknown one by
// nothing. Source: fluxcd/pkg/kustomize, SubstituteVariables.
func substitute(built resmap.ResMap, variables map[string]string) error {
	if len(variables) == 0 {
		return nil
	}
	value := func(name string) (string, bool) { return strings.ReplaceAll(variables[name], "\n", ""), true }
	for _, r := range built.Resources() {
		if r.GetLabels()[substituteKey] == "disabled" || r.GetAnnotations()[substituteKey] == "disabled" {
			continue
		}
		text, err := r.AsYAML()
		if err != nil {
			return fmt.Errorf("writing %s: %w", r.CurId(), err)
		}
		replaced, err := envsubst.Eval(string(text), value)
		if err != nil {
			return fmt.Errorf("replacing the variables of %s: %w", r.CurId(), err)
		}
		if replaced == string(text) {
			continue
		}
		json, err := yaml.YAMLToJSON([]byte(replaced))
		if err != nil {
			return fmt.Errorf("%s is not valid after its variables were replaced: %w", r.CurId(), err)
		}
		if err := r.UnmarshalJSON(json); err != nil {
			return fmt.Errorf("%s is not valid after its variables were replaced: %w", r.CurId(), err)
		}
	}
	return nil
}
