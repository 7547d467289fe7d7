package origin

import (
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/podcheck/podcheck/rules/manifest"
)

// subject is an object on its way, as patches can name it: by the name that is written, or by one that a kustomization gave it.
type subject struct {
	rendered   *manifest.Object
	written    *manifest.Object // nil for a generated one
	names      []string         // written first, of the last layer last
	namespaces []string
}

func newSubject(rendered, written *manifest.Object, name, namespace string) *subject {
	return &subject{rendered: rendered, written: written, names: []string{name}, namespaces: []string{namespace}}
}

func (s *subject) name() string      { return s.names[len(s.names)-1] }
func (s *subject) namespace() string { return s.namespaces[len(s.namespaces)-1] }

// rename is what a kustomization's namePrefix, nameSuffix and namespace do.
func (s *subject) rename(k *manifest.Node) {
	switch s.rendered.Kind {
	case "Namespace", "CustomResourceDefinition", "APIService":
	default:
		if name := k.Get("namePrefix").Text() + s.name() + k.Get("nameSuffix").Text(); name != s.name() {
			s.names = append(s.names, name)
		}
	}
	if namespace := namespaceOf(k).Text(); namespace != "" && s.rendered.Namespace != "" {
		s.namespaces = append(s.namespaces, namespace)
	}
}

// namespaceOf is the node of the namespace that a kustomization, or the spec of a Flux Kustomization, gives.
func namespaceOf(k *manifest.Node) *manifest.Node {
	if n := k.Get("namespace"); n != nil {
		return n
	}
	return k.Get("targetNamespace")
}

// named says whether a patch that is written as an object is about the subject.
func (s *subject) named(patch *manifest.Node) bool {
	namespace := patch.Get("metadata", "namespace").Text()
	return patch.Get("kind").Text() == s.rendered.Kind && group(patch.Get("apiVersion").Text()) == group(s.rendered.APIVersion) &&
		slices.Contains(s.names, patch.Get("metadata", "name").Text()) &&
		slices.ContainsFunc(s.namespaces, func(is string) bool { return orDefault(is) == orDefault(namespace) })
}

func orDefault(namespace string) string {
	if namespace == "" {
		return "default"
	}
	return namespace
}

func group(apiVersion string) string {
	if group, _, ok := strings.Cut(apiVersion, "/"); ok {
		return group
	}
	return ""
}

func version(apiVersion string) string {
	return apiVersion[strings.IndexByte(apiVersion, '/')+1:]
}

// chosen says whether the target of a patch chooses the subject. Source: kustomize, resWrangler.Select.
func (s *subject) chosen(target *manifest.Node) bool {
	return matches(target.Get("group"), group(s.rendered.APIVersion)) && matches(target.Get("version"), version(s.rendered.APIVersion)) &&
		matches(target.Get("kind"), s.rendered.Kind) &&
		matches(target.Get("name"), s.names...) && matches(target.Get("namespace"), s.namespaces...) &&
		s.selected(target.Get("labelSelector"), "labels") && s.selected(target.Get("annotationSelector"), "annotations")
}

// matches says whether a pattern matches one of the texts as a whole; one that is not there matches all.
func matches(pattern *manifest.Node, texts ...string) bool {
	if pattern.Text() == "" {
		return true
	}
	expression, err := regexp.Compile("^(?:" + pattern.Text() + ")$")
	return err == nil && slices.ContainsFunc(texts, expression.MatchString)
}

// selected says whether a selector chooses the subject by its labels or annotations, as they are written or as they are rendered: those
// between aren't known.
func (s *subject) selected(selector *manifest.Node, field string) bool {
	if selector.Text() == "" {
		return true
	}
	chosen, err := labels.Parse(selector.Text())
	if err != nil {
		return false
	}
	return chosen.Matches(labels.Set(s.rendered.Node.Get("metadata", field).StringMap())) ||
		s.written != nil && chosen.Matches(labels.Set(s.written.Node.Get("metadata", field).StringMap()))
}
