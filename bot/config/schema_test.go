package config

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	typed "sigs.k8s.io/yaml"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	rules := map[string]string{}
	for _, name := range knownRules {
		rules[name] = "Finds what " + name + " is about"
	}
	data, err := Schema(rules)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("config.json", text); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asEditor reads YAML as editors do, by version 1.2 of YAML: off and on are words there.
func asEditor(t *testing.T, text string) any {
	t.Helper()
	text = strings.NewReplacer(": off", `: "off"`, ": on", `: "on"`, "until: 2027-03-31", `until: "2027-03-31"`).Replace(text)
	data, err := typed.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// The schema and the strict reader agree: what one refuses, the other does too.
func TestSchemaAgreesWithTheReader(t *testing.T) {
	s := compiledSchema(t)
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"every field":             {everything, true},
		"the least":               {"version: 1\n", true},
		"no version":              {"kubernetes: \"1.30\"\n", false},
		"another version":         {"version: 2\n", false},
		"an unknown field":        {"version: 1\nrulez: {}\n", false},
		"an unknown rule":         {"version: 1\nrules: {split-sidecars: off}\n", false},
		"an unknown level":        {"version: 1\nrules: {split-sidecar: fatal}\n", false},
		"an old Kubernetes":       {"version: 1\nkubernetes: \"1.4\"\n", false},
		"a glob that leads out":   {"version: 1\npaths: {include: [\"/apps\"]}\n", false},
		"a glob of a folder":      {"version: 1\npaths: {include: [\"apps/\"]}\n", false},
		"a glob of one character": {"version: 1\npaths: {include: [\"a\", \"*\"]}\n", true},
		"an override of nothing":  {"version: 1\noverrides: [{paths: [\"a/**\"]}]\n", false},
		"a role that is none":     {"version: 1\nhelpers: [{image: x, role: app}]\n", false},
		"a helper without role":   {"version: 1\nhelpers: [{image: x}]\n", false},
		"no quantity":             {"version: 1\nhelpers: [{image: x, role: proxy, requests: {cpu: much}}]\n", false},
		"a plain quantity":        {"version: 1\nhelpers: [{image: x, role: proxy, requests: {cpu: 1}}]\n", true},
		"no reason":               {"version: 1\nignore: [{rule: native-sidecar}]\n", false},
		"everything ignored":      {"version: 1\nignore: [{reason: \"no\"}]\n", false},
		"no object":               {"version: 1\nignore: [{object: web, reason: \"no\"}]\n", false},
		"no date":                 {"version: 1\nignore: [{rule: native-sidecar, reason: \"no\", until: March}]\n", false},
		"too many comments":       {"version: 1\nreview: {comments: 101}\n", false},
		"never fails":             {"version: 1\nreview: {failOn: never}\n", true},
		"no threshold":            {"version: 1\nreview: {failOn: off}\n", false},
		"no boolean":              {"version: 1\nrender: {helm: maybe}\n", false},
	} {
		_, problems := ParseRepository(".podcheck.yml", []byte(c.text), knownRules)
		if err := s.Validate(asEditor(t, c.text)); (err == nil) != c.ok || (len(problems) == 0) != c.ok {
			t.Errorf("%s: schema %v, reader %v", name, err, problems)
		}
	}
}

func TestSchemaDescribesEveryField(t *testing.T) {
	s := compiledSchema(t)
	compareFields(t, "the file", s, reflect.TypeFor[Repository]())
	if level := s.Properties["rules"].Ref.Properties["split-sidecar"]; level == nil || !strings.Contains(level.Description, "split-sidecar") {
		t.Error("an editor can't complete the names of rules")
	}
}

func compareFields(t *testing.T, where string, s *jsonschema.Schema, typ reflect.Type) {
	if s.Ref != nil {
		s = s.Ref
	}
	switch {
	case typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Struct:
		compareFields(t, where, s.Items2020, typ.Elem())
	case typ.Kind() == reflect.Struct && typ != reflect.TypeFor[Date]():
		var described, read []string
		for field := range s.Properties {
			described = append(described, field)
		}
		for field, inner := range fields(typ) {
			read = append(read, field)
			if s.Properties[field] != nil {
				compareFields(t, where+"."+field, s.Properties[field], inner)
			}
		}
		slices.Sort(described)
		slices.Sort(read)
		if !slices.Equal(described, read) {
			t.Errorf("%s: described %v, read %v", where, described, read)
		}
	}
}

// Defaults in the schema are those of the program.
func TestSchemaKnowsTheDefaults(t *testing.T) {
	var s struct {
		Properties struct {
			Render, Review struct {
				Properties map[string]struct{ Default any }
			}
		}
	}
	if err := json.Unmarshal(schemaJSON, &s); err != nil {
		t.Fatal(err)
	}
	d := Default()
	render, review := s.Properties.Render.Properties, s.Properties.Review.Properties
	for field, want := range map[string]bool{"kustomize": d.Render.Kustomize, "helm": d.Render.Helm, "argocd": d.Render.ArgoCD, "flux": d.Render.Flux} {
		if render[field].Default != want {
			t.Errorf("render.%s: %v, not %v", field, render[field].Default, want)
		}
	}
	if review["comments"].Default != float64(d.Review.Comments) || review["failOn"].Default != "error" ||
		review["drafts"].Default != d.Review.Drafts || review["picture"].Default != d.Review.Picture {
		t.Errorf("review: %v", review)
	}
}
