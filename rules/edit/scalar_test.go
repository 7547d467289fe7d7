package edit

import (
	"testing"
	"unicode/utf8"

	"sigs.k8s.io/yaml"

	"github.com/podcheck/podcheck/rules/manifest"
)

func TestReplaceScalar(t *testing.T) {
	tests := []struct{ name, before, path, value, after string }{
		{"plain", "a: b # c\n", "a", "d", "a: d # c\n"},
		{"plain that must be quoted", "a: b\n", "a", "true", "a: \"true\"\n"},
		{"looks like a mapping", "a: b\n", "a", "x: y", "a: \"x: y\"\n"},
		{"looks like a comment", "a: b\n", "a", "x #y", "a: \"x #y\"\n"},
		{"with quotes in it", "a: b\n", "a", `"x" \`, "a: '\"x\" \\'\n"},
		{"single quotes stay", "a: 'b'\n", "a", "it's", "a: 'it''s'\n"},
		{"double quotes stay", `a: "b"` + "\n", "a", "x\"\n", `a: "x\"\n"` + "\n"},
		{"single quotes that cannot hold it", "a: 'b'\n", "a", "x\ty", "a: \"x\\ty\"\n"},
		{"a number stays a number", "a: 80\n", "a", "8080", "a: 8080\n"},
		{"a number becomes text", "a: 80\n", "a", "http", "a: http\n"},
		{"a number's text", "a: \"80\"\n", "a", "8080", "a: \"8080\"\n"},
		{"octal is text", "a: 80\n", "a", "0777", "a: \"0777\"\n"},
		{"a boolean stays one", "a: false\n", "a", "true", "a: true\n"},
		{"a boolean of YAML 1.1 is text", "a: b\n", "a", "on", "a: \"on\"\n"},
		{"absent", "a:\nb: 1\n", "a", "x", "a: x\nb: 1\n"},
		{"absent item", "a:\n-\n- b\n", "a[0]", "x", "a:\n- x\n- b\n"},
		{"over several lines", "a: b\n  c\nd: 1\n", "a", "x", "a: x\nd: 1\n"},
		{"in a flow sequence", "a: [b, c]\n", "a[0]", "x,y", "a: [\"x,y\", c]\n"},
		{"literal block", "a: |\n  b\n  c\nd: 1\n", "a", "x\n\n y\n", "a: |\n  x\n\n   y\nd: 1\n"},
		{"literal block without its last break", "a: | # c\n  b\nd: 1\n", "a", "x\ny", "a: |- # c\n  x\n  y\nd: 1\n"},
		{"literal block that ends the file without a line break", "a: |\n  b", "a", "x", "a: |\n  x"},
		{"folded block", "a: >\n  b\n  c\nd: 1\n", "a", "x\n", "a: >\n  x\nd: 1\n"},
		{"JSON over several lines", "{\n  \"a\": \"b\",\n  \"c\": 1\n}\n", "a", "x\"y", "{\n  \"a\": \"x\\\"y\",\n  \"c\": 1\n}\n"},
		{"JSON number", "{\n  \"a\": 1\n}\n", "a", "2", "{\n  \"a\": 2\n}\n"},
		{"JSON number to text", "{\"a\": 1}", "a", "x", "{\"a\": \"x\"}"},
		{"template in a block scalar is text", "a: |\n  {{ b }}\nd: 1\n", "d", "2", "a: |\n  {{ b }}\nd: 2\n"},
		{"CRLF literal", "a: |\r\n  b\r\nd: 1\r\n", "a", "x\ny\n", "a: |\r\n  x\r\n  y\r\nd: 1\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.before)
			e, err := ReplaceScalar(at(t, f, tt.path), tt.value)
			if err != nil {
				t.Fatal(err)
			}
			out := apply(t, f, []Edit{e})
			same(t, out, tt.after)
			if got := at(t, parse(t, out), tt.path).Value; got != tt.value {
				t.Errorf("decodes to %q, want %q", got, tt.value)
			}
		})
	}
}

func TestReplaceScalarRefuses(t *testing.T) {
	tests := []struct{ name, file, path, reason string }{
		{"anchor", "a: &x b\n", "a", "anchor &x"},
		{"absent value of an explicit key", "? a\n", "a", "neither a colon nor a dash"},
		{"absent value without a colon", "{a}\n", "a", "neither a colon nor a dash"},
		{"mapping", "a: {b: 1}\n", "a", "not a scalar"},
		{"tag", "a: !!str 1\n", "a", "explicit tag"},
		{"flow over lines", "a: [b,\n  c]\n", "a[0]", "several lines"},
		{"block that keeps blank lines", "a: |+\n  b\n\n", "a", "text block"},
		{"indicator", "a: |2\n  b\n", "a", "text block"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := parse(t, tt.file).Documents[0].Root.Pairs[0].Value
			if len(n.Items) > 0 {
				n = n.Items[0]
			}
			_, err := ReplaceScalar(n, "x")
			refused(t, err, tt.reason)
		})
	}
}

func TestReplaceWithin(t *testing.T) {
	tests := []struct{ name, before, path, old, replacement, after string }{
		{"plain", "a: http://app:8080/x\n", "a", "app:8080", "localhost:80", "a: http://localhost:80/x\n"},
		{"every occurrence", "a: x-x\n", "a", "x", "yy", "a: yy-yy\n"},
		{"plain that must be quoted then", "a: b-c\n", "a", "-", ": ", "a: \"b: c\"\n"},
		{"double quotes with escapes before", `a: "\t\u00e4\"b"` + "\n", "a", "b", "\"", `a: "\t\u00e4\"\""` + "\n"},
		{"an escape itself", `a: "x\ty"` + "\n", "a", "\t", " ", `a: "x y"` + "\n"},
		{"single quotes", "a: 'it''s b'\n", "a", "'s b", "'b", "a: 'it''b'\n"},
		{"literal block", "a: |\n  while true; do\n    cat f\n  done\n", "a", "cat f", "tail -n +1 -F f", "a: |\n  while true; do\n    tail -n +1 -F f\n  done\n"},
		{"literal block, CRLF", "a: |\r\n  b c\r\n  d\r\n", "a", "c", "x", "a: |\r\n  b x\r\n  d\r\n"},
		{"literal block, two lines", "a: |-\n  b c\n  c\n", "a", "c", "x", "a: |-\n  b x\n  x\n"},
		{"folded block", "a: >\n  b c\n  d e\n\n  f\n", "a", "e", "x", "a: >\n  b c\n  d x\n\n  f\n"},
		{"plain over lines", "a: b c\n  d e\n", "a", "d", "x", "a: b c\n  x e\n"},
		{"quoted over lines", "a: \"b c\n\n  d e\"\n", "a", "e", "x", "a: \"b c\n\n  d x\"\n"},
		{"in a flow sequence", "a: [\"-c\", \"cat f\"]\n", "a[1]", "cat", "tail", "a: [\"-c\", \"tail f\"]\n"},
		{"a number becomes text", "a: 80\n", "a", "8", "x", "a: x0\n"},
		{"number in text", "a: 80\n", "a", "80", "81", "a: 81\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.before)
			edits, err := ReplaceWithin(at(t, f, tt.path), tt.old, tt.replacement)
			if err != nil {
				t.Fatal(err)
			}
			same(t, apply(t, f, edits), tt.after)
		})
	}
}

func TestReplaceWithinRefuses(t *testing.T) {
	tests := []struct{ name, file, old, replacement, reason string }{
		{"absent", "a: b\n", "x", "y", "does not contain"},
		{"over a line of a block", "a: |\n  b\n  c\n", "b\nc", "x", "line break"},
		{"over a fold", "a: b\n  c\n", "b c", "x", "line break"},
		{"a line break into a block", "a: |\n  b\n", "b", "x\ny", "does not fit"},
		{"a blank at the start of a block's line", "a: |\n  b\n", "b", " x", "begin or end"},
		{"an emptied line", "a: |\n  b\n  c\n", "b", "", "begin or end"},
		{"comment into plain text over lines", "a: b\n  c\n", "c", "x # y", "does not fit"},
		{"template line of a block", "a: |\n  {{ b }}\n", "b", "c", "template"},
		{"anchor", "a: &x b\n", "b", "c", "anchor &x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReplaceWithin(parse(t, tt.file).Documents[0].Root.Pairs[0].Value, tt.old, tt.replacement)
			refused(t, err, tt.reason)
		})
	}
}

var hardStrings = []string{"", " ", "a", "a b", "true", "True", "yes", "on", "y", "n", "NO", "null", "~", "Null", "1", "-1", "0x1f", "0o17", "0777", "1e3",
	"1_000", ".5", "1.", ".inf", ".NaN", "1:30", "2001-01-01", "2001-12-14t21:59:43.10-05:00", "a: b", "a:", ":a", ": a", "#", "a #b", "a#b", "- a", "-", "-a", "--", "---", "...", "? a", "?",
	"[a", "a]", "{a", "a}", "a,b", ",", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "'", "''", "\"", "'a' b", "\"a\" b", "it's", `a\b`, "\t", "a\tb", "a\nb", "\n", " a", "a ",
	"{{ x }}", "ä", "日本", "😀", "\u00a0", "\u0085", "\u2028", "\ufeff", "\x00", "\x7f", "<<", "=", "http://a:80/b?c=d&e#f", "--upstream=http://localhost:80", "$(A)", "a: [b", "x  y",
	"a very long text with many blanks in it that an emitter would break into several lines because it is longer than eighty columns"}

func TestQuoteDecodesToTheSameText(t *testing.T) {
	for _, s := range hardStrings {
		for _, like := range []manifest.Style{manifest.Plain, manifest.SingleQuoted, manifest.DoubleQuoted, manifest.Literal} {
			decodes(t, "v: "+Quote(s, like)+"\n", s)
			decodes(t, "v: ["+quote(s, like, true)+", x]\n", s)
			decodes(t, "v: {k: "+quote(s, like, true)+"}\n", s)
		}
		decodes(t, "- "+Quote(s, manifest.Plain)+"\n", s)
	}
}

// decodes checks that both readers of YAML in use take the one scalar of a text for a string.
func decodes(t testing.TB, doc, want string) {
	t.Helper()
	f := parse(t, doc)
	var first func(n *manifest.Node) *manifest.Node
	first = func(n *manifest.Node) *manifest.Node {
		switch {
		case n != nil && len(n.Pairs) > 0:
			return first(n.Pairs[0].Value)
		case n != nil && len(n.Items) > 0:
			return first(n.Items[0])
		}
		return n
	}
	n := first(f.Documents[0].Root)
	if n == nil || n.Tag != "!!str" || n.Value != want || len(f.Problems) > 0 {
		t.Fatalf("%q: node %+v, want the text %q (%v)", doc, n, want, f.Problems)
	}
	var v any
	if err := yaml.Unmarshal([]byte(doc), &v); err != nil {
		t.Fatalf("%q: %v", doc, err)
	}
	for {
		switch x := v.(type) {
		case map[string]any:
			v = anyOf(x)
			continue
		case []any:
			v = x[0]
			continue
		}
		break
	}
	if v != want {
		t.Fatalf("%q: sigs.k8s.io/yaml reads %#v, want %q", doc, v, want)
	}
}

func anyOf(m map[string]any) any {
	for _, v := range m {
		return v
	}
	return nil
}

func FuzzReplaceScalar(f *testing.F) {
	for i, s := range hardStrings {
		f.Add("a: b # c\nd:\n- 'e'\n- \"f\"\n- [g, 1]\n", s, i)
		f.Add("a: |\n  b\n   c\nd: >-\n  e\n\n  f\n", s, i)
	}
	f.Fuzz(func(t *testing.T, data, value string, pick int) {
		file := parse(t, data)
		n := pickScalar(file, pick)
		if n == nil || !utf8.ValidString(data) {
			return
		}
		e, err := ReplaceScalar(n, value)
		if err != nil {
			return
		}
		before := map[string][]byte{file.Path: file.Data}
		after, err := Apply(before, []Edit{e})
		if err != nil {
			t.Fatal(err)
		}
		changes, err := verified(before, after, []Edit{e})
		if err != nil {
			t.Fatalf("%q -> %q: %v", data, after[file.Path], err)
		}
		old := n.Tag == "!!str" && n.Value == value
		if len(changes) > 1 || len(changes) == 1 && changes[0].New != jsonString(value) && changes[0].New != value || len(changes) == 0 && !old && canonical(n) != value {
			t.Fatalf("%q -> %q: changes %+v, want one to %q", data, after[file.Path], changes, value)
		}
	})
}

func pickScalar(f *manifest.File, pick int) *manifest.Node {
	var all []*manifest.Node
	for _, d := range f.Documents {
		eachNode(d.Root, func(n *manifest.Node) {
			if n.Kind == manifest.Scalar {
				all = append(all, n)
			}
		})
	}
	if len(all) == 0 {
		return nil
	}
	return all[max(pick%len(all), 0)]
}

// eachNode visits the values of a tree.
func eachNode(n *manifest.Node, visit func(*manifest.Node)) {
	if n == nil {
		return
	}
	visit(n)
	for _, p := range n.Pairs {
		eachNode(p.Value, visit)
	}
	for _, item := range n.Items {
		eachNode(item, visit)
	}
}
