package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules"
)

func TestConfigCheckNamesEachMistake(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		code int
		want []string
	}{
		"right":     {"version: 1\nrules: {split-sidecar: error}\n", 0, []string{"no mistakes"}},
		"misspelt":  {"version: 1\nrulez: {}\nrules:\n  split-sidcar: off\n", exitFindings, []string{":2:1: unknown field rulez: did you mean rules?", ":4:3: ", "did you mean split-sidecar?"}},
		"no YAML":   {"version: \"1\nrules: {}\n", exitFindings, []string{":1:"}},
		"empty":     {"", 0, []string{"no mistakes"}},
		"hard tabs": {"version: 1\nrules:\n\tsplit-sidecar: off\n", exitFindings, []string{":3:"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, problems, code := run(t, folder(t, map[string][]byte{configName: []byte(c.text)}), "", "config", "check", configName)
			if code != c.code {
				t.Errorf("exit %d, %s%s", code, out, problems)
			}
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("%q is not in\n%s", want, out)
				}
			}
		})
	}
	if _, problems, code := run(t, t.TempDir(), "", "config", "check", "absent.yml"); code != exitUsage || !strings.Contains(problems, "absent.yml") {
		t.Errorf("exit %d, %s", code, problems)
	}
	if _, problems, code := run(t, ".", "", "config", "chekc"); code != exitUsage {
		t.Errorf("exit %d, %s", code, problems)
	}
}

func TestRulesAreListedInEachFormat(t *testing.T) {
	for _, format := range []string{"table", "json", "markdown"} {
		out, problems, code := run(t, ".", "", "rules", "--format", format)
		if code != 0 {
			t.Errorf("%s: exit %d, %s", format, code, problems)
		}
		for _, name := range rules.Names() {
			if !strings.Contains(out, name) {
				t.Errorf("%s does not list %s", format, name)
			}
		}
	}
	if _, problems, code := run(t, ".", "", "rules", "--format", "xml"); code != exitUsage || !strings.Contains(problems, "markdown") {
		t.Errorf("exit %d, %s", code, problems)
	}
}

func TestSchemasArePrinted(t *testing.T) {
	for _, which := range []string{"report", "config"} {
		out, problems, code := run(t, ".", "", "schema", which)
		var schema struct {
			Properties map[string]any `json:"properties"`
		}
		if err := json.Unmarshal([]byte(out), &schema); code != 0 || err != nil || len(schema.Properties) == 0 || !strings.HasSuffix(out, "}\n") {
			t.Errorf("%s: exit %d, %v, %s", which, code, err, problems)
		}
	}
	if out, _, _ := run(t, ".", "", "schema", "config"); !strings.Contains(out, rules.Catalogue[0].Title) {
		t.Error("the schema of the configuration does not describe the rules")
	}
	for _, args := range [][]string{{"schema"}, {"schema", "server"}} {
		if _, _, code := run(t, ".", "", args...); code != exitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}
