package kubepattern

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user/strict"
)

// found loads a definition and returns the messages of its findings.
func found(t *testing.T, definition, manifests string) ([]string, error) {
	t.Helper()
	file := manifest.Parse("rule.json", []byte(definition))
	r := &strict.Reader{File: file}
	rule := LoadPublished(r, file.Documents[0].Root)
	if rule == nil {
		t.Fatalf("%v\n%s", r.Problems, definition)
	}
	var out []string
	state := analysis.NewState([]*manifest.File{manifest.Parse("apps/a.yaml", []byte(manifests))})
	err := rule.Run(&analysis.Pass{Rule: rule, State: state, Report: func(f analysis.Finding) { out = append(out, f.Message) }})
	slices.Sort(out)
	return out, err
}

func single(relationships string, points string) string {
	return fmt.Sprintf(`{"version": "kubepattern.it/v1", "kind": "Pattern",
		"metadata": {"name": "a", "displayName": "A", "patternType": "CUSTOM", "severity": "INFO", "category": "c"},
		"spec": {"message": "{{pod.name}}", "topology": "SINGLE", "actors": ["pod"], "relationships": [%s]%s, "resources": [
			{"resource": "Pod", "id": "pod", "leader": true}, {"resource": "Service", "id": "service"}, {"resource": "PersistentVolumeClaim", "id": "claim"}]}}`, relationships, points)
}

func rel(kind, with string, required, shared bool, weight string) string {
	return fmt.Sprintf(`{"type": %q, "resourceIds": ["pod", %q], "required": %v, "shared": %v, "weight": %s}`, kind, with, required, shared, weight)
}

// TestVetoAndScore holds the four meanings of required and shared, weights and the threshold: web has a Service and a claim, db a
// claim, far nothing that the manifests have, sweep a claim, copy nothing.
func TestVetoAndScore(t *testing.T) {
	service, claim := "EXPOSES", "MOUNTS"
	for _, c := range []struct {
		about, relationships, points, want string
	}{
		{"must have", rel(service, "service", true, true, "0"), "", "web"},
		{"must not have", rel(service, "service", true, false, "0"), "", "copy db far sweep"},
		{"points for having", rel(service, "service", false, true, "0.6"), `, "minRelationshipPoints": 0.5`, "web"},
		{"too few points", rel(service, "service", false, true, "0.4"), `, "minRelationshipPoints": 0.5`, ""},
		{"points for not having", rel(service, "service", false, false, "1"), `, "minRelationshipPoints": 1`, "copy db far sweep"},
		{"points add up", rel(service, "service", false, true, "0.3") + "," + rel(claim, "claim", false, true, "0.7"), `, "minRelationshipPoints": 1`, "web"},
		{"either is enough", rel(service, "service", false, true, "1") + "," + rel(claim, "claim", false, true, "1"), `, "minRelationshipPoints": 1`, "sweep web"},
		{"no threshold", rel(service, "service", false, true, "1"), "", "copy db far sweep web"},
		{"nothing can score", rel(service, "service", true, true, "1"), `, "minRelationshipPoints": 1`, "web"},
		{"veto and score", rel(claim, "claim", true, true, "1") + "," + rel(service, "service", false, false, "1"), `, "minRelationshipPoints": 1`, "sweep"},
	} {
		got, err := found(t, single(c.relationships, c.points), shop)
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v %v, want %s", c.about, got, err, c.want)
		}
	}
}

// TestCommonScore holds that common relationships are judged for each pair.
func TestCommonScore(t *testing.T) {
	definition := func(common string) string {
		return `{"version": "kubepattern.it/v1", "kind": "Pattern",
		"metadata": {"name": "a", "displayName": "A", "patternType": "CUSTOM", "severity": "INFO", "category": "c"},
		"spec": {"message": "{{app.name}}-{{other.name}}", "topology": "leader_follower", "actors": ["app", "other"], "resources": [
			{"resource": "Pod", "id": "app", "leader": true, "filters": {"matchAll": [{"key": "metadata.name", "operator": "EQUALS", "values": ["web"]}]}},
			{"resource": "Pod", "id": "other"}], "commonRelationships": [` + common + `]}}`
	}
	pair := func(kind string, required, shared bool, weight string) string {
		return fmt.Sprintf(`{"type": %q, "resourceIds": ["app", "other"], "required": %v, "shared": %v, "weight": %s}`, kind, required, shared, weight)
	}
	for _, c := range []struct{ about, common, more, want string }{
		{"must have in common", pair("mounts", true, true, "1"), "", "web-sweep"},
		{"must not", pair("MOUNTS", true, false, "1") + "," + pair("USES_SA", true, true, "1"), "", "web-copy"},
		{"score", pair("USES_CONFIG", false, true, "0.5") + "," + pair("MOUNTS", false, true, "0.5"), `, "minCommonRelationshipPoints": 1`, "web-sweep"},
		{"half the score", pair("USES_CONFIG", false, true, "0.5") + "," + pair("MOUNTS", false, true, "0.5"), `, "minCommonRelationshipPoints": 0.5`, "web-db web-sweep"},
		{"nobody with itself", "", "", "web-copy web-db web-far web-sweep"},
	} {
		text := strings.Replace(definition(c.common), `"leader_follower"`, `"leader_follower"`+c.more, 1)
		got, err := found(t, text, shop)
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v %v, want %s", c.about, got, err, c.want)
		}
	}
}

// TestRequiredBetweenPair holds that a required relationship of leader and follower is asked of the pair that is reported.
func TestRequiredBetweenPair(t *testing.T) {
	definition := `{"version": "kubepattern.it/v1", "kind": "Pattern",
		"metadata": {"name": "a", "displayName": "A", "patternType": "CUSTOM", "severity": "INFO", "category": "c"},
		"spec": {"message": "{{s.name}} of {{s.namespace}} and {{s.kind}}: {{p.name}} {{p.metadata.labels.app}} {{p.spec.containers[*].image}} {{p.spec.nodeName}}",
		"topology": "LEADER_FOLLOWER", "actors": ["s", "p"],
		"resources": [{"resource": "Service", "id": "s", "leader": true}, {"resource": "Pod", "id": "p"}],
		"relationships": [{"type": "EXPOSES", "resourceIds": ["s", "p"], "required": true, "shared": true}]}}`
	got, err := found(t, definition, shop)
	if want := "web of shop and Service: web web web (not set)"; err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%q %v", got, err)
	}
}

// TestTooManyPairs holds that a definition without filters ends with an error on a large repository, not after an hour.
func TestTooManyPairs(t *testing.T) {
	var manifests strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&manifests, "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p%d, namespace: n}\nspec: {containers: [{name: a, image: b}]}\n", i)
	}
	definition := `{"version": "kubepattern.it/v1", "kind": "Pattern",
		"metadata": {"name": "a", "displayName": "A", "patternType": "CUSTOM", "severity": "INFO", "category": "c"},
		"spec": {"message": "{{a.name}}", "topology": "LEADER_FOLLOWER", "actors": ["a", "b"],
		"resources": [{"resource": "Pod", "id": "a", "leader": true}, {"resource": "Pod", "id": "b"}],
		"commonRelationships": [{"type": "MOUNTS", "resourceIds": ["a", "b"], "required": true, "shared": true}]}}`
	if _, err := found(t, definition, manifests.String()); err != errTooExpensive {
		t.Error(err)
	}
}
