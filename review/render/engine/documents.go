package engine

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/podcheck/podcheck/review/render/wire"
)

// head is what of a document decides whether it belongs to what a release runs.
type head struct {
	Metadata struct {
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
}

// split takes the text that a template gave apart into objects. lines has the template's line of each of its lines; nil when these
// are unknown.
func split(text string, lines []int) ([]wire.Object, error) {
	var objects []wire.Object
	var document []string
	first := 0
	end := func(next int) error {
		o, ok, err := oneDocument(document, lines, first)
		if ok {
			objects = append(objects, o)
		}
		document, first = nil, next
		return err
	}
	n := 0
	for line := range strings.Lines(text) {
		if rest, separator := strings.CutPrefix(line, "---"); separator {
			if err := end(n); err != nil {
				return nil, err
			}
			line = strings.TrimLeft(rest, " \t")
		}
		document = append(document, line)
		n++
	}
	return objects, end(n)
}

// oneDocument is the object of the lines of a document; false when there is none, or only a test, which neither Argo CD nor Flux runs
// as part of a release.
func oneDocument(document []string, lines []int, first int) (wire.Object, bool, error) {
	text := strings.Join(document, "")
	var content any
	var h head
	if err := yaml.Unmarshal([]byte(text), &content); err != nil {
		return wire.Object{}, false, fmt.Errorf("what the template gives from line %d on is no valid YAML: %w", first+1, err)
	}
	if content == nil {
		return wire.Object{}, false, nil
	}
	if err := yaml.Unmarshal([]byte(text), &h); err == nil && isTest(h.Metadata.Annotations["helm.sh/hook"]) {
		return wire.Object{}, false, nil
	}
	o := wire.Object{YAML: []byte(text)}
	if lines != nil {
		o.Lines = slices.Clone(lines[first : first+len(document)])
	}
	return o, true, nil
}

// isTest says whether a hook is one of `helm test` alone.
func isTest(hooks string) bool {
	if hooks == "" {
		return false
	}
	for hook := range strings.SplitSeq(hooks, ",") {
		switch strings.TrimSpace(strings.ToLower(hook)) {
		case "test", "test-success", "test-failure":
		default:
			return false
		}
	}
	return true
}
