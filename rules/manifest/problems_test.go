package manifest

import (
	"fmt"
	"strings"
	"testing"
)

// object puts lines below the head of a Kubernetes object; they begin on line 3.
func object(lines string) string { return "apiVersion: v1\nkind: Pod\n" + lines }

func TestProblemPointsWhereTheUnfinishedTokenBegins(t *testing.T) {
	tests := []struct {
		name, in string
		line     int
		message  string
	}{
		{"quote left open in a list, with further quotes behind",
			object("spec:\n  containers:\n  - name: a\n    command: [\"sh\",\"-c\",\"while true; do echo hi; sleep 30; done]\n    image: x\n    args: [\"b\"]\n"),
			6, "quoted string"},
		{"quote left open in a list, none behind",
			object("spec:\n  containers:\n  - name: a\n    command: [\"sh\",\"-c\",\"while true; do echo hi; sleep 30; done]\n    image: x\n"),
			6, "never closed"},
		{"quote left open in a list before another document",
			object("spec:\n  command: [\"sh\",\"-c\",\"sleep 30; done]\n  image: x\n---\na: \"b\"\n"), 4, "never closed"},
		{"quote left open, closed by the next", object("a: \"foo\nb: \"nginx\"\nc: d\n"), 3, "runs on to line 4"},
		{"single quote left open", object("a: 'it's'\nb: c\n"), 3, ""},
		{"bracket left open before keys", object("a: [b, c\nd: e\nf: g\n"), 3, "'[' that opens here"},
		{"bracket left open at the end", object("a: {b: c\n"), 3, "'{' that opens here"},
		{"inner bracket left open", object("a: [\n  b,\n  {c: d\n]\n"), 5, "'{' that opens here"},
		{"bracket left open before a marker", object("a: [\n---\nb: c\n"), 3, "'[' that opens here"},
		{"tab for indentation", object("a:\n\tb: c\n"), 4, "tab"},
		{"colon in a value", object("a: b: c\n"), 3, "colon"},
		{"indentation", object("a:\n    b: c\n  d: e\n"), 5, "indentation"},
		{"bare text among keys", object("a: b\nRELEASED\nc: d\n"), 4, "neither"},
		{"text that cannot begin so", object("a: @b\n"), 3, "'@'"},
		{"alias without an anchor", object("a: *b\n"), 3, "anchor"},
		{"escape", object("a: \"b\n  \\q\"\n"), 4, "escape"},
		{"surrogate pair in YAML", object("a: \"\\ud83d\\ude00\"\n"), 3, "escape"},
		{"YAML version", "%YAML 2.0\n---\n" + object(""), 1, "version"},
		{"invalid UTF-8", object("a: \xff\n"), 3, "UTF-8"},
		{"control character", object("a: b\nc: \x01\n"), 4, "control character"},
		{"alias to what holds it", object("a: &x\n  b: *x\n"), 4, "contains it"},
		{"key twice", object("a: 1\nb: 2\na: 3\n"), 5, `"a" stands twice in this mapping, first on line 3`},
		{"key twice deep inside", object("a:\n- b: 1\n  \"b\": 2\n"), 5, `"b" stands twice`},
		{"key twice in many", object("a: {b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1, j: 1, k: 1, l: 1, m: 1, n: 1,\n  n: 2}\n"), 4, `"n"`},
		{"second object without a separator", object("a: 1\n") + object("a: 2\n"), 4, "second object begins here"},
		{"JSON left open", "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"a\": [1\n}\n", 4, "'['"},
	}
	for _, tt := range tests {
		for _, lead := range []string{"", "a: 1\n---\n"} {
			if lead != "" && strings.HasPrefix(tt.in, "%") {
				lead = "a: 1\n...\n"
			}
			f := Parse("x.yaml", []byte(lead+tt.in))
			checkFile(t, f)
			if len(f.Problems) != 1 {
				t.Errorf("%s: problems %+v", tt.name, f.Problems)
				continue
			}
			p := f.Problems[0]
			if want := tt.line + strings.Count(lead, "\n"); p.Span.Start.Line != want {
				t.Errorf("%s: line %d, want %d: %s", tt.name, p.Span.Start.Line, want, p.Message)
			}
			if lead == "" && !strings.Contains(p.Message, tt.message) || strings.HasSuffix(p.Message, ".") {
				t.Errorf("%s: the message is %q, want one with %q", tt.name, p.Message, tt.message)
			}
			if p.Kind != Invalid || p.Path != "x.yaml" {
				t.Errorf("%s: kind %v, path %q", tt.name, p.Kind, p.Path)
			}
		}
	}
}

func TestOnlyKubernetesDocumentsAreInvalid(t *testing.T) {
	tests := []struct {
		name, in string
		want     []ProblemKind
	}{
		{"values file that does not parse", "a: [\n", []ProblemKind{NotAnalysed}},
		{"kind alone", "kind: Kustomization\na: [\n", []ProblemKind{NotAnalysed}},
		{"both, but not at line starts", "a:\n  apiVersion: v1\n  kind: Pod\n  b: [\n", []ProblemKind{NotAnalysed}},
		{"both", object("b: [\n"), []ProblemKind{Invalid}},
		{"both behind a byte order mark", byteOrderMark + object("b: [\n"), []ProblemKind{Invalid}},
		{"both in another document", object("") + "---\nb: [\n", []ProblemKind{NotAnalysed}},
		{"keys twice in a values file", "a: 1\na: 2\n", nil},
		{"alias to what holds it in a values file", "a: &x [*x]\n", nil},
		{"merge keys twice", object("a: &a {b: 1}\nc:\n  <<: *a\n  <<: *a\n"), nil},
		{"one key in two mappings", object("a: {b: 1}\nc: {b: 1}\n"), nil},
		{"three faults", "a: [\n---\n" + object("b: [\n---\n") + object("b: 1\nb: 2\n"), []ProblemKind{NotAnalysed, Invalid, Invalid}},
	}
	for _, tt := range tests {
		f := Parse("x.yaml", []byte(tt.in))
		checkFile(t, f)
		var got []ProblemKind
		for _, p := range f.Problems {
			got = append(got, p.Kind)
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestKeyTwiceNamesItsObjectAndKeepsIt(t *testing.T) {
	f := Parse("x.yaml", []byte("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n"+
		"- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: b\n    labels: {x: y, x: z}\n"))
	if len(f.Problems) != 1 || len(f.Objects) != 2 {
		t.Fatalf("%d problems, %d objects", len(f.Problems), len(f.Objects))
	}
	if o := f.Problems[0].Object; o == nil || o.Name != "b" {
		t.Errorf("the problem is that of %+v", o)
	}
}

func TestTemplatesAreNotAnalysed(t *testing.T) {
	tests := []struct {
		name, path, in string
		line           int // of the action; 0 when the file is analysed
	}{
		{"value", "x.yaml", object("name: {{ .Values.x }}\n"), 3},
		{"value with text behind", "x.yaml", object("name: {{ .Values.x }}-a\n"), 3},
		{"value in a list", "x.yaml", object("args:\n- {{ x }}\n"), 4},
		{"value in a flow list", "x.yaml", object("args: [a, {{ x }}]\n"), 3},
		{"key", "x.yaml", object("labels:\n  {{ x }}: y\n"), 4},
		{"line", "x.yaml", "# c\n{{- if .Values.x }}\n" + object("{{- end }}\n"), 2},
		{"line that parses", "x.yaml", "{{ x }}\n", 1},
		{"Jinja block", "x.yaml", object("{% if x %}\na: b\n{% endif %}\n"), 3},
		{"Jinja value", "x.yaml", object("a: {% x %}\n"), 3},
		{"ERB line", "x.yaml", object("<% if x %>\na: b\n<% end %>\n"), 3},
		{"ERB value", "x.yaml", object("a: <%= x %>\n"), 3},
		{"middle of a value on the line that does not parse", "x.yaml", object("a: b-{{ c | default \"d: e\" }}\n"), 3},
		{"scaffolding", "x.yaml", object("a: ${{ values.name }}\n"), 3},
		{"second document", "x.yaml", object("---\n") + object("a: {{ x }}\n"), 6},
		{"value behind a block scalar in a list", "x.yaml", object("a:\n- b: |\n    x\n  c: {{ y }}: [\n"), 6},
		{"chart, in quotes", "charts/a/templates/x.yaml", object("# {{ no }}\na: \"{{ .Values.x }}\"\n"), 4},
		{"chart, in a block scalar", "templates/x.yaml", object("a: |\n  {{ .Values.x }}\n"), 4},

		{"placeholder line", "x.yaml", object("metadata:\n  name: a\n  EXTRA_LABELS\nspec: {}\n"), 5},
		{"placeholder line in a list item", "x.yaml", object("containers:\n- name: a\n  APP_IMAGE  \r\n  tty: true\n"), 5},
		{"placeholder line with a default", "x.yaml", object("env:\n- name: a\n  APP_DEBUG|-value: \"no\"-|\n- name: b\n"), 5},
		{"placeholder line in braces", "x.yaml", object("metadata:\n  name: a\n  ${LABELS}\nspec: {}\n"), 5},
		{"placeholder line with dashes", "x.yaml", object("metadata:\n  name: a\n  APP_SHOP-CART_IMAGE\nspec: {}\n"), 5},
		{"variable line", "x.yaml", object("spec:\n  a: b\n$moreOfIt\n  c: d\n"), 5},
		{"variable before a line", "x.yaml", object("spec:\n${off}  a:\n${off}    - b\n  c: d\n"), 4},
		{"placeholder value in signs", "x.yaml", object("image: @IMAGE_NAME@:1\n"), 3},
		{"placeholder value in percent signs", "x.yaml", object("replicas: %%REPLICAS%%\n"), 3},

		{"placeholder that is a value", "x.yaml", object("image: APP_IMAGE\nargs:\n- APP_ARG\n- ${ARG}\n"), 0},
		{"quotes", "x.yaml", object("a: \"{{ item }}\"\nb: '{{ item }}'\n"), 0},
		{"block scalar", "x.yaml", object("a: |\n  {{ item }}\n  {% x %}\n"), 0},
		{"comment", "x.yaml", object("# {{ item }}\na: b # {{ x }}\n"), 0},
		{"middle of a plain scalar", "x.yaml", object("a: sleep-{{item}}\n"), 0},
		{"workflow of GitHub", "x.yaml", "on: push\nenv:\n  a: ${{ github.ref }}\n", 0},
		{"chart without actions", "charts/a/templates/x.yaml", object("# {{ no }}\na: b\n"), 0},
		{"file called templates", "charts/templates", object("a: \"{{ x }}\"\n"), 0},
		{"JSON", "x.json", `{"apiVersion": "v1", "kind": "Pod", "a": {"b": [{"c": "{{x}}"}]}}`, 0},
	}
	for _, tt := range tests {
		f := Parse(tt.path, []byte(tt.in))
		checkFile(t, f)
		if tt.line == 0 {
			if len(f.Problems) > 0 || f.Documents[0].Root == nil {
				t.Errorf("%s: not analysed: %+v", tt.name, f.Problems)
			}
			continue
		}
		if len(f.Problems) != 1 || f.Problems[0].Kind != NotAnalysed || f.Problems[0].Span.Start.Line != tt.line ||
			!strings.Contains(f.Problems[0].Message, "template") {
			t.Errorf("%s: problems %+v, want one on line %d", tt.name, f.Problems, tt.line)
		}
		if len(f.Objects) > 0 {
			t.Errorf("%s: %d objects", tt.name, len(f.Objects))
		}
	}
}

// Kubernetes' tools read an escaped apostrophe, so it is no fault, and its place in the text stays what it is.
func TestEscapedApostrophes(t *testing.T) {
	in := object("metadata: {name: a}\nb: \"it\\'s \\\\'\\u00e9\\'\"\nc: 'it\\'\nd: it\\'s\n") + "---\n" + object("metadata: {name: e}\nf: \"\\'\"\n")
	f := Parse("x.yaml", []byte(in))
	checkFile(t, f)
	if len(f.Problems) > 0 || len(f.Objects) != 2 || len(f.Documents) != 2 {
		t.Fatalf("problems %+v, %d objects, %d documents", f.Problems, len(f.Objects), len(f.Documents))
	}
	root := f.Objects[0].Node
	if b, c, d := root.Get("b"), root.Get("c").Text(), root.Get("d").Text(); b.Text() != `it's \'é'` || c != `it\` || d != `it\'s` ||
		in[b.Span.Start.Offset:b.Span.End.Offset] != `"it\'s \\'\u00e9\'"` {
		t.Errorf("%q, %q, %q", b.Text(), c, d)
	}
	if text := f.Objects[1].Node.Get("f").Text(); text != "'" {
		t.Errorf("in the second document %q", text)
	}
	for name, in := range map[string]string{
		"another escape":            object("b: \"\\'\"\nc: \"\\d\"\n"),
		"more than are worth a try": object("b:\n" + strings.Repeat("- \"\\'\"\n", 2000)),
	} {
		if f := Parse("x.yaml", []byte(in)); len(f.Problems) != 1 || f.Problems[0].Kind != Invalid || !strings.Contains(f.Problems[0].Message, "escape") {
			t.Errorf("%s: problems %+v", name, f.Problems)
		}
	}
}

func TestWordsInCapitalsDoNotExcuseABrokenManifest(t *testing.T) {
	for name, in := range map[string]string{
		"end of a heredoc":           object("spec: {}\nEOF\n"),
		"assignment":                 object("data:\n  a: b\n  DB_HOST=db\n"),
		"value before the fault":     object("image: APP_IMAGE\nspec:\n  a: b\n c: d\n"),
		"list item before the fault": object("args:\n- APP_ARG\nspec:\n  a: b\n c: d\n"),
		"script before the fault":    object("data: |\n  RUN_IT\nspec:\n  a: b\n c: d\n"),
		"variable in a key":          object("${APP}-a: b\nspec:\n  a: b\n c: d\n"),
		"sign":                       object("schedule: @daily\n"),
		"percentage":                 object("share: %5\n"),
	} {
		if f := Parse("x.yaml", []byte(in)); len(f.Problems) != 1 || f.Problems[0].Kind != Invalid {
			t.Errorf("%s: problems %+v", name, f.Problems)
		}
	}
}

func TestDataActionsDoNotExcuseABrokenManifest(t *testing.T) {
	in := object("spec:\n  script: |\n    {{ item }}\n  # {{ c }}\n  a: \"{{ q }}\"\n  args:\n  - |\n    {{ item }}\n  - b: |\n      {{ x }}\n    c: [d\n    e: f\n")
	f := Parse("x.yaml", []byte(in))
	if len(f.Problems) != 1 || f.Problems[0].Kind != Invalid || f.Problems[0].Span.Start.Line != 13 {
		t.Errorf("problems %+v", f.Problems)
	}
}
