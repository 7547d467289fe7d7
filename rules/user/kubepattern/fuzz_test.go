package kubepattern

import (
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user/strict"
)

// FuzzDefinition reads definitions of both forms, and runs what loads.
func FuzzDefinition(f *testing.F) {
	f.Add([]byte(single(rel("EXPOSES", "service", false, true, "0.6"), `, "minRelationshipPoints": 0.5`)))
	f.Add([]byte(`{apiVersion: kubepattern.dev/v1, kind: Pattern, metadata: {name: a}, spec: {displayName: A, severity: LOW, message: "{{target.kind}}",
		target: {kind: Pod, apiVersion: v1, plural: pods, filters: {matchAny: [{path: "spec.volumes[*].name", operator: CONTAINS, values: [d]}]}},
		dependencies: [{id: s, kind: Service, apiVersion: v1, plural: services}],
		relationships: {matchNone: [{with: s, type: custom, criteria: [{targetPath: metadata.labels, dependencyPath: spec.selector, operator: LABEL_SELECTOR}]}]}}}`))
	state := analysis.NewState([]*manifest.File{manifest.Parse("apps/a.yaml", []byte(shop))})
	f.Fuzz(func(_ *testing.T, data []byte) {
		file := manifest.Parse("rule.yaml", data)
		for _, doc := range file.Documents {
			for _, load := range []func(*strict.Reader, *manifest.Node) *analysis.Rule{LoadPublished, LoadResource} {
				if rule := load(&strict.Reader{File: file}, doc.Root); rule != nil {
					_ = rule.Run(&analysis.Pass{Rule: rule, State: state, Report: func(analysis.Finding) {}})
				}
			}
		}
	})
}
