package report

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules/analysis"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("report.json", text); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestReportsFollowTheSchema(t *testing.T) {
	schema := compiled(t)
	failed := sample()
	failed.Incomplete = []string{"a rule failed"}
	for name, r := range map[string]Report{
		"a review": {Result: sample()}, "all of it": {Result: sample(), All: true}, "incomplete": {Result: failed},
		"a scan": scanned(t, replaying), "nothing": scanned(t, ""),
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(written(t, "json", r)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefusesOtherReports(t *testing.T) {
	schema := compiled(t)
	right := written(t, "json", Report{Result: sample()})
	for name, wrong := range map[string]string{
		"another version":   strings.Replace(right, `"version": 1`, `"version": 2`, 1),
		"another severity":  strings.Replace(right, `"severity": "error"`, `"severity": "fatal"`, 1),
		"no list":           strings.Replace(right, `"evidence": []`, `"evidence": null`, 1),
		"a finding less":    strings.Replace(right, `"id": "b0rk",`, "", 1),
		"a negative offset": strings.Replace(right, `"start": 120`, `"start": -1`, 1),
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(wrong))
		if err != nil || wrong == right {
			t.Fatalf("%s: %v", name, err)
		}
		if schema.Validate(value) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// Every field that is printed is described, and every described one can be printed.
func TestSchemaDescribesEveryField(t *testing.T) {
	schema := compiled(t)
	item := func(s *jsonschema.Schema) *jsonschema.Schema { return s.Items2020.Ref }
	finding := item(schema.Properties["findings"])
	fix := finding.Properties["fix"].Ref
	for name, c := range map[string]struct {
		schema *jsonschema.Schema
		value  any
	}{
		"report":   {schema, jsonReport{}},
		"finding":  {finding, jsonFinding{}},
		"object":   {finding.Properties["object"].AnyOf[0].Ref, analysis.Object{}},
		"evidence": {item(finding.Properties["evidence"]), jsonEvidence{}}, "related": {item(finding.Properties["related"]), jsonRelated{}},
		"fix": {fix, jsonFix{}}, "edit": {item(fix.Properties["edits"]), jsonEdit{}},
		"not analysed": {item(schema.Properties["notAnalysed"]), jsonUnseen{}}, "summary": {schema.Properties["summary"].Ref, review.Counts{}},
	} {
		var described, printed, needed []string
		for field := range c.schema.Properties {
			described = append(described, field)
		}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(c.value)) {
			field, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if field == "-" {
				continue
			}
			printed = append(printed, field)
			if !strings.Contains(options, "omitempty") {
				needed = append(needed, field)
			}
		}
		required := slices.Clone(c.schema.Required)
		for _, list := range [][]string{described, printed, needed, required} {
			slices.Sort(list)
		}
		if !slices.Equal(described, printed) || !slices.Equal(required, needed) {
			t.Errorf("%s: described %v, printed %v; required %v, always printed %v", name, described, printed, required, needed)
		}
	}
}
