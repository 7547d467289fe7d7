package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
)

var update = flag.Bool("update", false, "write the golden files")

func place1(path string, line, column, endLine, endColumn int) analysis.Place {
	return analysis.Place{Path: path, Span: manifest.Span{Start: manifest.Pos{Line: line, Column: column}, End: manifest.Pos{Line: endLine, Column: endColumn}}}
}

// sample holds one finding of each status, one of them with foreign text that tries to get out of its place.
func sample() review.Result {
	split := review.Finding{ID: "k3v9", Key: "split", Status: review.Introduced, Patch: "--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1 @@\n-a\n+b\n", Finding: analysis.Finding{
		Rule: "split-sidecar", Severity: analysis.Warning, Message: "Deployment/shipper ships the logs of Deployment/web.",
		Object:    analysis.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "shipper"},
		Container: "fluent-bit", Place: place1("apps/shop/shipper.yaml", 12, 9, 12, 20),
		Evidence: []analysis.Evidence{{Text: "mounts claim shop-logs, as Deployment/web does", Place: place1("apps/shop/web.yaml", 31, 5, 31, 9)}},
		Related:  []analysis.Related{{Object: analysis.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web"}, Place: place1("apps/shop/web.yaml", 4, 3, 4, 8)}},
		Fix: &analysis.Fix{
			Safety: analysis.Review, Description: "Run fluent-bit as a native sidecar", Changes: []string{"2 shippers instead of 1"},
			Edits: []edit.Edit{{Path: "apps/shop/web.yaml", Start: 120, End: 340, New: "x <&> \"y\"\n"}},
		},
	}}
	broken := review.Finding{ID: "b0rk", Key: "broken", Status: review.Introduced, Finding: analysis.Finding{
		Rule: "invalid-manifest", Severity: analysis.Error, Message: "the quote \x1b[2J`@me`\n::error::is never closed, 100%", Place: place1("a,b:c.yaml", 3, 1, 6, 1),
		Fix: &analysis.Fix{Safety: analysis.Safe, Description: "Close the quote", Obstacles: []string{"Where it ends is not known."}},
	}}
	fixed := review.Finding{ID: "f1xd", Key: "fixed", Status: review.Fixed, Finding: analysis.Finding{
		Rule: "log-replay", Severity: analysis.Notice, Message: "A loop prints the log again.", Object: analysis.Object{APIVersion: "v1", Kind: "Pod", Name: "x"}, Place: place1("x.yaml", 1, 1, 1, 2),
	}}
	unchanged, ignored := fixed, fixed
	unchanged.ID, unchanged.Status = "n0ne", review.Unchanged
	ignored.ID, ignored.Status, ignored.Reason = "p4rd", review.Ignored, "leaves in March"
	return review.Result{
		Findings:    []review.Finding{broken, split, fixed, unchanged, ignored},
		NotAnalysed: []manifest.Problem{{Kind: manifest.NotAnalysed, Path: "charts/x/templates/a.yaml", Span: manifest.Span{Start: manifest.Pos{Line: 3}}, Message: "the file is a template"}},
		Elsewhere:   []manifest.Problem{{Kind: manifest.NotAnalysed, Path: "other.yaml", Message: "the file is too large"}},
		Counts:      review.Counts{Introduced: 2, Fixed: 1, Unchanged: 1, Ignored: 1, Files: 812, Objects: 1, Workloads: 230},
	}
}

func written(t *testing.T, format string, r Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, format, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFormatsReadLikeThis(t *testing.T) {
	for name, r := range map[string]Report{
		"review.text": {}, "review.json": {}, "review.markdown": {}, "review.github": {},
		"all.text": {All: true}, "all.json": {All: true}, "scan.text": {Scan: true}, "scan.json": {Scan: true}, "color.text": {Color: true},
	} {
		t.Run(name, func(t *testing.T) {
			r.Result = sample()
			if r.Scan {
				for i := range r.Result.Findings {
					if f := &r.Result.Findings[i]; f.Status != review.Ignored {
						f.Status = ""
					}
				}
			}
			got := written(t, strings.TrimPrefix(filepath.Ext(name), "."), r)
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; got\n%s", path, got)
			}
		})
	}
}

// The shape is a promise: these keys, these types, empty lists rather than null.
func TestJSONKeepsItsShape(t *testing.T) {
	var out struct {
		Version     int
		Findings    []map[string]any
		NotAnalysed []map[string]any
		Summary     map[string]any
	}
	if err := json.Unmarshal([]byte(written(t, "json", Report{Result: sample()})), &out); err != nil {
		t.Fatal(err)
	}
	f := out.Findings[1]
	for _, key := range []string{"id", "rule", "severity", "status", "message", "path", "line", "column", "endLine", "object", "container", "evidence", "related", "fix"} {
		if _, ok := f[key]; !ok {
			t.Errorf("a finding lacks %s", key)
		}
	}
	if object, ok := out.Findings[0]["object"]; !ok || object != nil {
		t.Errorf("an unknown object is %v, not null", object)
	}
	fix := out.Findings[0]["fix"].(map[string]any)
	if edits, ok := fix["edits"].([]any); !ok || len(edits) != 0 || fix["patch"] != "" {
		t.Errorf("a fix with obstacles: %v", fix)
	}
	empty := written(t, "json", Report{})
	if strings.Contains(empty, "null") {
		t.Errorf("null in %s", empty)
	}
}

// Text of manifests stays on its line in all formats: no escape codes, no workflow command of its own.
func TestForeignTextStaysInItsPlace(t *testing.T) {
	for _, format := range []string{"text", "github", "markdown"} {
		for line := range strings.Lines(written(t, format, Report{Result: sample(), All: true})) {
			if strings.ContainsAny(line, "\x1b\r") || format == "github" && strings.Contains(line, "::error::is") && !strings.HasPrefix(line, "::error file=a%2Cb%3Ac.yaml") {
				t.Errorf("%s: %q", format, line)
			}
		}
	}
}

func TestWriteSaysWhatFailed(t *testing.T) {
	if err := Write(&bytes.Buffer{}, "xml", Report{}); err == nil || !strings.Contains(err.Error(), "use text, json, sarif, markdown, github") {
		t.Errorf("error %v", err)
	}
	for _, format := range Formats() {
		if err := Write(full{}, format, Report{Result: sample()}); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%s: error %v", format, err)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }
