// Package kubepattern runs KubePattern definitions over manifests, in both published forms: `kubepattern.it/v1` (JSON with
// resources, filters, relationships, common relationships and actors) and `kubepattern.dev/v1` (target, dependencies, filters,
// relationships).
//
// Definitions are written for a cluster. Here Pod templates count as the Pods that controllers would make of them, named as
// their workload, and so do the ReplicaSets of Deployments and the Jobs of CronJobs. A definition that asks for what only a
// cluster has (status, uid) is refused, because on manifests it would be right or wrong for every object alike.
//
// Where the documentation and KubePattern's own engines differ, the documentation counts: weights are fractions, EQUALS compares
// numbers and truth values by their text, and minimum points matter only where something can score.
//
// Sources: docs "Write Pattern-as-Code" v1.1.0 (it/v1) and "KubePattern Patterns" v1 (dev/v1) of the KubePattern project.
package kubepattern

import (
	"regexp"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/user/strict"
)

// The two forms, by version or apiVersion.
const (
	Published = "kubepattern.it/v1"
	Resource  = "kubepattern.dev/v1"
)

var validName = regexp.MustCompile(`^[a-zA-Z0-9]([-a-zA-Z0-9.]{0,251}[a-zA-Z0-9])?$`)

// name reads the name of a definition.
func name(r *strict.Reader, metadata strict.Mapping) string {
	text := metadata.Required("name")
	if text != "" && !validName.MatchString(text) {
		r.Fail(metadata.Get("name"), "the name %q must be letters, digits, dots and dashes", text)
	}
	return text
}

// severities are the levels of both forms.
var severities = map[string]analysis.Severity{
	"INFO": analysis.Notice, "WARNING": analysis.Warning,
	"LOW": analysis.Notice, "MEDIUM": analysis.Warning, "HIGH": analysis.Error,
	"CRITICAL": analysis.Error,
}

// document is what explain prints for a definition.
func document(name, title, description, reference string) string {
	doc := "# " + name + "\n\n" + title + "\n"
	if description != "" {
		doc += "\n" + description + "\n"
	}
	if reference != "" {
		doc += "\n## References\n\n- " + reference + "\n"
	}
	return doc
}
