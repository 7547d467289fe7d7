package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
)

func TestCatalogueReadsLikeThis(t *testing.T) {
	catalogue := []*analysis.Rule{
		{Name: "log-replay", Title: "A loop prints a log | again", Severity: analysis.Warning, Safety: analysis.Safe, Doc: "# log-replay\n"},
		{Name: "shared-pod", Title: "Apps share a Pod", Severity: analysis.Notice, Disabled: true, Doc: "# shared-pod\n"},
	}
	for format, want := range map[string]string{
		"table": "RULE        DEFAULT  FIX   FINDS\n" +
			"log-replay  warning  safe  A loop prints a log | again\n" +
			"shared-pod  off      none  Apps share a Pod\n",
		"markdown": "| rule | default | fix | finds |\n|---|---|---|---|\n" +
			"| `log-replay` | warning | safe | A loop prints a log \\| again |\n" +
			"| `shared-pod` | off | none | Apps share a Pod |\n",
		"json": "[\n" +
			"  {\n    \"name\": \"log-replay\",\n    \"title\": \"A loop prints a log | again\",\n    \"severity\": \"warning\",\n" +
			"    \"default\": \"warning\",\n    \"fix\": \"safe\",\n    \"documentation\": \"# log-replay\\n\"\n  },\n" +
			"  {\n    \"name\": \"shared-pod\",\n    \"title\": \"Apps share a Pod\",\n    \"severity\": \"notice\",\n" +
			"    \"default\": \"off\",\n    \"fix\": \"none\",\n    \"documentation\": \"# shared-pod\\n\"\n  }\n]\n",
	} {
		var b bytes.Buffer
		if err := WriteCatalogue(&b, format, catalogue); err != nil || b.String() != want {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", format, err, b.String(), want)
		}
		if err := WriteCatalogue(full{}, format, catalogue); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%s: error %v", format, err)
		}
	}
	if err := WriteCatalogue(&bytes.Buffer{}, "xml", catalogue); err == nil || !strings.Contains(err.Error(), "use table, json, markdown") {
		t.Errorf("error %v", err)
	}
}
