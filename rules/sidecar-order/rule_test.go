package sidecarorder

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
)

const app = `apiVersion: v1
kind: Pod
metadata:
  name: shop
spec:
  serviceAccountName: shop
  containers:
    - name: shop
      image: example.com/shop/web:1
`

const proxy = `    - name: proxy
      image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.1
      args: ["--port=5432", "p:r:i"]
`

// findings runs this rule alone: in the catalogue native-sidecar speaks for what is found about plain helpers.
func findings(t *testing.T, text string) []analysis.Finding {
	t.Helper()
	var out []analysis.Finding
	cfg := &analysis.Config{}
	p := &analysis.Pass{
		Rule: Rule, Config: cfg, Roles: analysis.NewRoles(cfg),
		State:  analysis.NewState([]*manifest.File{manifest.Parse("pod.yaml", []byte(text))}),
		Report: func(f analysis.Finding) { out = append(out, f) },
	}
	if err := run(p); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWaitsForAPlainHelper(t *testing.T) {
	for script, want := range map[string]string{
		`sleep 5; /shop --db=127.0.0.1:5432`:                             "Container shop sleeps 5 seconds so that proxy is there first, which nothing guarantees.",
		`until nc -z localhost 5432; do sleep 1; done; exec /shop`:       "Container shop waits in its own script (`nc -z localhost 5432`) for proxy, a helper of its Pod.",
		`until nc -z localhost 5433; do sleep 1; done; exec /shop`:       "",
		`sleep 5; /shop --db=db:5432`:                                    "",
		`/shop --db=127.0.0.1:5432; sleep 5`:                             "",
		`if [ -n "$WAIT" ]; then sleep 5; fi; /shop --db=localhost:5432`: "",
	} {
		found := findings(t, app+`      command: ["sh", "-c", "`+strings.ReplaceAll(script, `"`, `\"`)+"\"]\n"+proxy)
		got := ""
		for _, f := range found {
			got += f.Message
			if len(f.Fix.Edits) > 0 || len(f.Fix.Obstacles) != 1 {
				t.Errorf("%s: a plain helper must first become a native sidecar, yet the fix is %v", script, f.Fix)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", script, got, want)
		}
	}
}

func TestSleepBeforeTheStop(t *testing.T) {
	dials := "      env:\n        - {name: DB, value: \"localhost:5432\"}\n"
	text := app + dials + proxy + "      lifecycle:\n        preStop:\n          sleep:\n            seconds: 20\n"
	found := findings(t, text)
	if len(found) != 1 || found[0].Container != "proxy" || found[0].Subject != "preStop" {
		t.Fatalf("found %v", found)
	}
	after, err := edit.Apply(map[string][]byte{"pod.yaml": []byte(text)}, found[0].Fix.Edits)
	if err != nil {
		t.Fatal(err)
	}
	want := `apiVersion: v1
kind: Pod
metadata:
  name: shop
spec:
  serviceAccountName: shop
  initContainers:
    - name: proxy
      image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.1
      restartPolicy: Always
      args: ["--port=5432", "p:r:i"]
  containers:
    - name: shop
      image: example.com/shop/web:1
` + dials
	if got := string(after["pod.yaml"]); got != want {
		t.Errorf("after the fix:\n%s\nwant:\n%s", got, want)
	}
	for name, other := range map[string]string{
		"nothing dials it":      strings.Replace(text, dials, "", 1),
		"it does more":          strings.Replace(text, "sleep:\n            seconds: 20", "exec:\n            command: [sh, -c, drain]", 1),
		"it is the app's sleep": app + dials + "      lifecycle:\n        preStop:\n          sleep:\n            seconds: 20\n" + proxy,
	} {
		if found := findings(t, other); len(found) != 0 {
			t.Errorf("%s: found %v", name, found[0].Message)
		}
	}
}
