package user_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/podcheck/podcheck/rules"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/user"
)

// TestCases runs testdata: a case is a txtar archive of rule files below rules/, manifests, and `want`: what is wrong with the
// rules, then a line for each finding with its evidence, then the errors of rules.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want string
			definitions, manifests := map[string][]byte{}, map[string]string{}
			for _, f := range archive.Files {
				if strings.HasPrefix(f.Name, "rules/") {
					definitions[".podcheck/"+f.Name] = f.Data
				} else if f.Name == "want" {
					want = string(f.Data)
				} else {
					manifests[f.Name] = string(f.Data)
				}
			}
			if got := outcome(definitions, manifests); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// outcome is everything that loading and running says.
func outcome(definitions map[string][]byte, manifests map[string]string) string {
	var out strings.Builder
	loaded, problems := user.Load(definitions, rules.Names()...)
	for _, p := range problems {
		fmt.Fprintln(&out, user.Describe(p))
	}
	state := stateOf(manifests)
	for _, rule := range loaded {
		pass := &analysis.Pass{Rule: rule, State: state, Config: &analysis.Config{}, Roles: analysis.NewRoles(nil)}
		pass.Report = func(f analysis.Finding) {
			fmt.Fprintf(&out, "%s %s %s:%d:%d %s %s|%s|\n", rule.Severity, rule.Name, f.Place.Path, f.Place.Span.Start.Line, f.Place.Span.Start.Column, f.Object, f.Container, f.Subject)
			fmt.Fprintf(&out, "  %s\n", f.Message)
			for _, e := range f.Evidence {
				fmt.Fprintf(&out, "  - %s (%s:%d)\n", e.Text, e.Place.Path, e.Place.Span.Start.Line)
			}
		}
		if err := rule.Run(pass); err != nil {
			fmt.Fprintf(&out, "error %s: %v\n", rule.Name, err)
		}
	}
	return out.String()
}

func stateOf(manifests map[string]string) *analysis.State {
	var files []*manifest.File
	for path, text := range manifests {
		files = append(files, manifest.Parse(path, []byte(text)))
	}
	slices.SortFunc(files, func(a, b *manifest.File) int { return strings.Compare(a.Path, b.Path) })
	return analysis.NewState(files)
}

// TestNames holds that a rule has its name for itself.
func TestNames(t *testing.T) {
	text := func(name string) []byte {
		return []byte("name: " + name + "\nexpression: \"true\"\nmessage: m\n")
	}
	for _, c := range []struct {
		about string
		files map[string][]byte
		want  string
		rules int
	}{
		{"of the catalogue", map[string][]byte{"a.yaml": text("split-sidecar")}, `a.yaml:1: the name "split-sidecar" is taken by Podcheck itself`, 0},
		{"of nothing", map[string][]byte{"a.yaml": []byte("# later\n"), "b.yaml": text("one")}, `a.yaml:1: the file holds no rule, or is too large to be read`, 1},
		{"of another file", map[string][]byte{"a.yaml": text("one"), "b.yaml": text("one")}, `b.yaml:1: the name "one" is taken by a.yaml`, 1},
		{"twice in a file", map[string][]byte{"a.yaml": []byte(string(text("one")) + "---\n" + string(text("one")))}, `a.yaml:1: the name "one" stands twice in this file`, 0},
		{"beside a broken file", map[string][]byte{"a.yaml": []byte("name: [\n"), "b.yaml": text("one")}, `a.yaml:1: the '[' that opens here is not closed before line 2, or an entry lacks its comma`, 1},
	} {
		found, problems := user.Load(c.files, rules.Names()...)
		if len(found) != c.rules || len(problems) != 1 || user.Describe(problems[0]) != c.want {
			t.Errorf("%s: %d rules, %v", c.about, len(found), describe(problems))
		}
	}
}

func describe(problems []manifest.Problem) []string {
	var out []string
	for _, p := range problems {
		out = append(out, user.Describe(p))
	}
	return out
}

// TestRunWithCatalogue holds that users' rules join a run under the configuration, as any rule does.
func TestRunWithCatalogue(t *testing.T) {
	loaded, problems := user.Load(map[string][]byte{".podcheck/rules/a.yaml": []byte("name: no-latest\nexpression: \"!container.image.endsWith(':latest')\"\nmessage: \"{{container.name}} floats\"\n")})
	if len(problems) != 0 {
		t.Fatal(describe(problems))
	}
	state := stateOf(map[string]string{"a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - name: app\n      image: web:latest\n"})
	for _, c := range []struct {
		level analysis.Level
		want  int
	}{{analysis.Level{On: true}, 1}, {analysis.Level{}, 0}} {
		found, err := rules.Run(state, &analysis.Config{User: loaded, Rules: map[string]analysis.Level{"no-latest": c.level}})
		if err != nil || len(found) != c.want {
			t.Errorf("level %v: %v, %v", c.level, found, err)
		}
	}
}

// TestIs tells rule files from others.
func TestIs(t *testing.T) {
	for path, want := range map[string]bool{
		".podcheck/rules/a.yaml": true, ".podcheck/rules/a.yml": true, ".podcheck/rules/a.json": true,
		".podcheck/rules/a.md": false, ".podcheck/rules/deep/a.yaml": false, ".podcheck.yml": false, "x/.podcheck/rules/a.yaml": false,
	} {
		if user.Is(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}

// TestHostileDefinitions holds that no definition, however absurd, does more than fail.
func TestHostileDefinitions(t *testing.T) {
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	huge := `"` + strings.Repeat("'x', ", 200_000) + `'x'"`
	for about, text := range map[string]string{
		"deep nesting":           "name: a\nmatch: " + deep + "\n",
		"alias bomb":             bomb + "name: x\nexpression: *k\nmessage: *k\n",
		"deep expression":        "name: a\nmessage: m\nexpression: \"" + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000) + "\"\n",
		"huge expression":        "name: a\nmessage: m\nexpression: " + huge + "\n",
		"huge list of kinds":     "name: a\nmessage: m\nexpression: \"true\"\nmatch: {kinds: [" + strings.Repeat("Podd, ", 50_000) + "]}\n",
		"invalid UTF-8":          "name: a\xff\n",
		"a NUL":                  "name: \"a\x00\"\n",
		"not a mapping":          "- name: a\n",
		"a scalar":               "name\n",
		"keys that are mappings": "{a: b}: c\n",
		"a long path": `{"version": "kubepattern.it/v1", "kind": "Pattern", "spec": {"resources": [{"resource": "Pod", "id": "a", "filters":
			{"matchAll": [{"key": "` + strings.Repeat("spec.", 10_000) + `", "operator": "EXISTS"}]}}]}}`,
	} {
		loaded, problems := user.Load(map[string][]byte{"a.yaml": []byte(text)})
		if len(loaded) != 0 || len(problems) == 0 {
			t.Errorf("%s: %d rules, no problem", about, len(loaded))
		}
		for _, p := range problems {
			if len(p.Message) > 2000 {
				t.Errorf("%s: a message of %d bytes", about, len(p.Message))
			}
		}
	}
}

// FuzzLoad feeds both loaders, and runs what loads.
func FuzzLoad(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(data).Files {
			if strings.HasPrefix(file.Name, "rules/") {
				f.Add(file.Data)
			}
		}
	}
	manifests := map[string]string{"a.yaml": pods}
	f.Fuzz(func(t *testing.T, data []byte) {
		outcome(map[string][]byte{".podcheck/rules/a.yaml": data}, manifests)
	})
}

const pods = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: backend}}
    spec:
      containers:
        - {name: app, image: "web:1", ports: [{containerPort: 80}], volumeMounts: [{name: logs, mountPath: /logs}]}
      volumes: [{name: logs, persistentVolumeClaim: {claimName: logs}}]
---
apiVersion: v1
kind: Pod
metadata: {name: shipper, namespace: shop, labels: {app: logging}}
spec:
  containers: [{name: ship, image: fluent/fluent-bit}]
  volumes: [{name: logs, persistentVolumeClaim: {claimName: logs}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
`

// TestReadmeIsExecuted loads every example of the documentation, and runs it.
func TestReadmeIsExecuted(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for i, block := range strings.Split(string(text), "```yaml\n")[1:] {
		example, _, _ := strings.Cut(block, "```")
		files[fmt.Sprintf(".podcheck/rules/%d.yaml", i)] = []byte(example)
	}
	loaded, problems := user.Load(files, rules.Names()...)
	if len(loaded) != 4 || len(problems) != 0 {
		t.Fatal(len(loaded), describe(problems))
	}
	want := map[string]int{"images-have-a-version": 0, "memory-is-limited": 2, "every-port-has-a-service": 0, "pod-without-service": 0}
	state := stateOf(map[string]string{"a.yaml": pods})
	for _, rule := range loaded {
		n := 0
		pass := &analysis.Pass{Rule: rule, State: state, Config: &analysis.Config{}, Roles: analysis.NewRoles(nil), Report: func(analysis.Finding) { n++ }}
		if err := rule.Run(pass); err != nil || n != want[rule.Name] {
			t.Errorf("%s: %d findings, %v", rule.Name, n, err)
		}
	}
}
