package roots

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is far above the processor time that any case here takes, and far below what one would take without limits.
const patience = 60 * time.Second

// used is the processor time of this process. Unlike a clock, it does not depend on what else the machine does.
func used(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// find runs Find and fails when it takes too long.
func find(t *testing.T, files map[string]string) ([]Root, string) {
	t.Helper()
	repo := repository(files)
	start := used(t)
	roots, unseen, libraries := Find(repo)
	if took := used(t) - start; took > patience {
		t.Fatalf("took %v", took)
	}
	return roots, described(nil, unseen, libraries)
}

func TestManyKustomizations(t *testing.T) {
	files := map[string]string{}
	for i := range 10_000 {
		files[fmt.Sprintf("chain/%05d/kustomization.yaml", i)] = fmt.Sprintf("resources: [../%05d, web.yaml]\n", i+1)
		files[fmt.Sprintf("chain/%05d/web.yaml", i)] = "a: b\n"
	}
	files["chain/10000/kustomization.yaml"] = "resources: []\n"
	roots, _ := find(t, files)
	if len(roots) != 1 || roots[0].Name != "chain/00000" || len(roots[0].Takes) != 10_000 {
		t.Fatalf("%d roots: %.200q", len(roots), names(roots))
	}
	files["chain/10000/kustomization.yaml"] = "resources: [../00000]\n"
	roots, told := find(t, files)
	if len(roots) != 0 || !strings.Contains(told, "a cycle") {
		t.Fatalf("%d roots; told %.200s", len(roots), told)
	}
}

func TestKustomizationsThatAllTakeInAllOthers(t *testing.T) {
	if raced {
		t.Skip("a bound, which holds with and without the race detector")
	}
	files := map[string]string{}
	var bases strings.Builder
	for i := range 1_100 {
		fmt.Fprintf(&bases, "- ../../bases/%d\n", i)
		files[fmt.Sprintf("bases/%d/kustomization.yaml", i)] = "resources: [web.yaml]\n"
		files[fmt.Sprintf("bases/%d/web.yaml", i)] = "a: b\n"
	}
	for i := range 1_000 {
		files[fmt.Sprintf("overlays/%d/kustomization.yaml", i)] = "resources:\n" + bases.String()
	}
	roots, told := find(t, files)
	if len(roots) == 0 || len(roots) > 1_000 || !strings.Contains(told, "asks for more than") {
		t.Fatalf("%d roots; told %.200s", len(roots), told)
	}
}

func set(spec string) string {
	return "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: set}\nspec:\n" + spec
}

func list(key string, count int) string {
	var out strings.Builder
	for i := range count {
		fmt.Fprintf(&out, "{%s: '%d'},", key, i)
	}
	return "{list: {elements: [" + out.String() + "]}}"
}

func matrix(a, b string) string { return "{matrix: {generators: [" + a + ", " + b + "]}}" }

func TestGeneratorsThatMultiply(t *testing.T) {
	big := matrix(matrix(list("a", 300), list("b", 300)), matrix(list("c", 300), list("d", 300)))
	deep := list("x", 1)
	for i := range 100 {
		deep = matrix(deep, list(fmt.Sprint("k", i), 1))
	}
	template := "\n  template: {metadata: {name: x}, spec: {source: {repoURL: '" + here + "', path: apps}}}\n"
	for name, generators := range map[string]string{
		"matrix of matrices": big,
		"deep":               deep,
		"too many":           list("a", 501),
		"patterns":           "{git: {repoURL: '" + here + "', directories: [" + strings.Repeat("{path: '*'},", 1000) + "]}}",
	} {
		roots, told := find(t, map[string]string{"apps/a.yaml": "a: b\n", "set.yaml": set("  generators: [" + generators + "]" + template)})
		if len(roots) != 0 || !strings.Contains(told, "more than") && !strings.Contains(told, "deeper than") {
			t.Errorf("%s: %d roots; told %.300s", name, len(roots), told)
		}
	}
	roots, told := find(t, map[string]string{"apps/a.yaml": "a: b\n", "set.yaml": set("  generators: [" + list("a", 500) + "]" + template)})
	if len(roots) != 500 || told != "" {
		t.Errorf("500 applications: %d roots; told %.300s", len(roots), told)
	}
}

func TestMatrixOverManyFiles(t *testing.T) {
	files := map[string]string{"set.yaml": set("  generators: [" + matrix(list("a", 2000), "{git: {repoURL: '"+here+"', files: [{path: '**{{a}}**x'}]}}") +
		"]\n  template: {metadata: {name: x}, spec: {source: {repoURL: '" + here + "', path: apps}}}\n")}
	for i := range 30_000 {
		files[fmt.Sprintf("d/%s/%d.txt", strings.Repeat("x0", 20), i)] = ""
	}
	if roots, told := find(t, files); len(roots) != 0 || !strings.Contains(told, "too much") {
		t.Fatalf("%d roots; told %.300s", len(roots), told)
	}
}

func TestTemplatesThatNeverEnd(t *testing.T) {
	loop := strings.Repeat("{{range until 5000}}", 8) + strings.Repeat("{{end}}", 8)
	for name, template := range map[string]string{
		"nested loops":            loop,
		"loop over a number":      strings.Repeat("{{range 1000000000}}", 3) + strings.Repeat("{{end}}", 3),
		"loop over data":          strings.Repeat("{{range $.l}}", 12) + strings.Repeat("{{end}}", 12),
		"endless else":            "{{range $.l}}{{else}}{{end}}" + strings.Repeat("{{with $.l}}{{range 100000}}", 4) + strings.Repeat("{{end}}{{end}}", 4),
		"recursion":               `{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}`,
		"double recursion":        `{{define "a"}}{{template "a" .}}{{template "a" .}}{{end}}{{template "a" .}}`,
		"a loop of no output":     `{{range $i := until 10000}}{{range $j := until 10000}}{{$k := $j}}{{end}}{{end}}`,
		"doubling":                `{{$s := "xxxxxxxx"}}{{range until 100}}{{$s = printf "%s%s" $s $s}}{{end}}{{$s}}`,
		"doubling by cat":         `{{$s := "xxxxxxxx"}}{{range until 100}}{{$s = cat $s $s}}{{end}}{{$s}}`,
		"doubling lists":          `{{$s := list 1}}{{range until 100}}{{$s = list $s $s}}{{end}}{{$s}}`,
		"doubling by concat":      `{{$s := list 1}}{{range until 100}}{{$s = concat $s $s}}{{end}}{{$s}}`,
		"repeat":                  `{{repeat 1000000000 "x"}}`,
		"repeat of repeat":        `{{repeat 10000 (repeat 10000 (repeat 10000 "x"))}}`,
		"wide":                    `{{printf "%1000000d" 1}}`,
		"wide by an argument":     `{{printf "%*d" 1000000 1}}`,
		"indent":                  `{{indent 1000000000 "x"}}`,
		"replace":                 `{{$s := repeat 10000 "x"}}{{replace "x" $s $s}}`,
		"join":                    `{{$s := repeat 10000 "x"}}{{join $s (until 10000)}}`,
		"until":                   `{{until 1000000000}}`,
		"untilStep that wraps":    `{{untilStep 9223372036854775800 9223372036854775807 5}}`,
		"seq":                     `{{seq 1 1000000000}}`,
		"a map that holds itself": `{{$d := dict}}{{$_ := set $d "d" $d}}{{$d}}`,
		"regular expression":      `{{range until 1000}}{{regexMatch (repeat 50 "(a?){1000}") (repeat 5000 "a")}}{{end}}`,
		"split":                   `{{$s := repeat 10000 "x"}}{{range until 10000}}{{$_ := splitList "" $s}}{{end}}`,
		"aliases":                 "{{fromYaml \"a: &a [x,x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\"}}",
		"much text":               `{{range until 5000}}xxxxxxxxxxxxxxxxxxxxxxxxxxx{{end}}`,
		"chunk":                   `{{chunk 0 (until 100)}}`,
		"long":                    "{{" + strings.Repeat("(", 10_000),
		"sum":                     `{{sha256sum (repeat 100000 "x")}}{{range until 10000}}{{range until 10000}}{{sha512sum "x"}}{{end}}{{end}}`,
	} {
		t.Run(name, func(t *testing.T) {
			spec := "  goTemplate: true\n  generators: [{list: {elements: [{l: [" + strings.Repeat("1,", 100) + "]}]}}]\n" +
				"  template: {metadata: {name: x}, spec: {source: {repoURL: '" + here + "', path: " + quote("apps"+template) + "}}}\n"
			roots, told := find(t, map[string]string{"apps/a.yaml": "a: b\n", "set.yaml": set(spec)})
			if len(roots) != 0 || !strings.Contains(told, "can't be filled in") {
				t.Errorf("%d roots; told %.300s", len(roots), told)
			}
		})
	}
}

func TestAliasesThatStandForMuch(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 'b'; i < 'm'; i++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", i-1), 10), ","))
	}
	indent := func(text string, by int) string {
		return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+strings.Repeat(" ", by))
	}
	source := "source:\n    repoURL: " + here + "\n    path: charts/web\n"
	roots, told := find(t, map[string]string{
		"charts/web/Chart.yaml": "name: web\n",
		"app.yaml":              "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  " + source + "    helm:\n      valuesObject:\n        " + indent(bomb, 8) + "\n",
		"set.yaml":              set("  generators: [{list: {elements: [{a: b}]}}]\n  template:\n   metadata: {name: x}\n   spec:\n    " + indent(bomb, 4) + "\n"),
		"params.yaml":           bomb,
		"files.yaml":            set("  generators: [{git: {repoURL: '" + here + "', files: [{path: params.yaml}]}}]\n  template: {metadata: {name: x}}\n"),
	})
	if len(roots) != 1 || roots[0].Name != "chart charts/web" {
		t.Fatalf("%q; told %.600s", names(roots), told)
	}
	for _, want := range []string{"app.yaml:3: the values can't be read", "files.yaml:5: the parameters in params.yaml can't be read", "set.yaml"} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not told: %.600s", want, told)
		}
	}
}

func TestManyApplicationsOfManyFiles(t *testing.T) {
	if raced {
		t.Skip("a bound, which holds with and without the race detector")
	}
	files := map[string]string{}
	for i := range 5_000 {
		files[fmt.Sprintf("apps/%d/x.yaml", i)] = "a: b\n"
	}
	var apps strings.Builder
	for i := range 3_000 {
		fmt.Fprintf(&apps, "---\n"+`{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a%d},
 spec: {source: {repoURL: '`+here+`', path: apps, directory: {recurse: true, exclude: '*%d*'}}}}`+"\n", i, i)
	}
	files["apps.yaml"] = apps.String()
	roots, told := find(t, files)
	if len(roots) == 0 || len(roots) > 500 || !strings.Contains(told, "too much") {
		t.Fatalf("%d roots; told %.300s", len(roots), told)
	}
}

func TestManySourcesOfOneName(t *testing.T) {
	files := map[string]string{"apps/a.yaml": "a: b\n"}
	var text strings.Builder
	for i := range 1_000 {
		fmt.Fprintf(&text, "---\n{apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, metadata: {name: x}, spec: {url: 'https://example.com/%d/x'}}\n", i)
		fmt.Fprintf(&text, "---\n{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: k%d}, spec: {path: apps, sourceRef: {kind: GitRepository, name: x}}}\n", i)
	}
	files["all.yaml"] = text.String()
	if roots, told := find(t, files); len(roots) != 0 || told == "" {
		t.Fatalf("%d roots", len(roots))
	}
}

func TestDeepFolders(t *testing.T) {
	files := map[string]string{"set.yaml": set("  generators: [{git: {repoURL: '" + here + "', directories: [{path: '*'}]}}]\n  template: {metadata: {name: '{{path}}'}}\n")}
	for i := range 2_000 {
		files[fmt.Sprint(strings.Repeat("d/", 1_500), i, "/kustomization.yaml")] = "resources: [" + strings.Repeat("../", 1_400) + "x]\n"
	}
	if _, told := find(t, files); told == "" {
		t.Fatal("nothing is told")
	}
}
