package manifest

import "testing"

// find returns the value of the first mapping entry with a key, anywhere below n.
func find(n *Node, key string) *Node {
	if n == nil {
		return nil
	}
	if p, ok := n.Pair(key); ok {
		return p.Value
	}
	for _, p := range n.Pairs {
		if v := find(p.Value, key); v != nil {
			return v
		}
	}
	for _, item := range n.Items {
		if v := find(item, key); v != nil {
			return v
		}
	}
	return nil
}

func TestSpanIsTheNodesOwnText(t *testing.T) {
	tests := []struct {
		name, in, want string // want is the text of the value of the key x
		value          string
		style          Style
	}{
		{"plain", "x: abc # note\n", "abc", "abc", Plain},
		{"plain before a carriage return", "x: abc\r\ny: 1\r\n", "abc", "abc", Plain},
		{"plain with inner colon and hash", "x: a:b#c  \n", "a:b#c", "a:b#c", Plain},
		{"plain over lines", "x: one\n  two\n\n  three # end\ny: 1\n", "one\n  two\n\n  three", "one two\nthree", Plain},
		{"plain at the end of the file", "x: abc", "abc", "abc", Plain},
		{"plain behind wide characters", "[{é: ö, x: 日本 , z: 1}]\n", "日本", "日本", Plain},
		{"plain that a next-line character ends", "x: a\u0085y: b\n", "a", "a", Plain},
		{"single quotes", "x: 'it''s' # 'c'\n", "'it''s'", "it's", SingleQuoted},
		{"double quotes", `x: "a \" \\" # "c"` + "\n", `"a \" \\"`, `a " \`, DoubleQuoted},
		{"double quotes over lines", "x: \"a\n\n  b \\\n  c\"\ny: 1\n", "\"a\n\n  b \\\n  c\"", "a\nb c", DoubleQuoted},
		{"literal", "x: |\n  a\n\n   b\n\n\n# note\ny: 1\n", "|\n  a\n\n   b", "a\n\n b\n", Literal},
		{"literal with a header comment", "x: |- # h\n  a\ny: 1\n", "|- # h\n  a", "a", Literal},
		{"literal that keeps its end", "x: |+\n  a\n\n\ny: 1\n", "|+\n  a", "a\n\n\n", Literal},
		{"literal with an indentation indicator", "x: |2\n    a\n  b\ny: 1\n", "|2\n    a\n  b", "  a\nb\n", Literal},
		{"literal with trailing blanks", "x: |\n  a  \n   \ny: 1\n", "|\n  a  ", "a  \n \n", Literal},
		{"literal with carriage returns", "x: |\r\n  a\r\n  b\r\ny: 1\r\n", "|\r\n  a\r\n  b", "a\nb\n", Literal},
		{"literal without text", "x: |-\n\ny: 1\n", "|-", "", Literal},
		{"literal at the end of the file", "x: |\n  a", "|\n  a", "a", Literal},
		{"literal with a comment line for text", "x: |\n  # a\n  b\n", "|\n  # a\n  b", "# a\nb\n", Literal},
		{"folded", "x: >-\n  a\n  b\n\n  c\ny: 1\n", ">-\n  a\n  b\n\n  c", "a b\nc", Folded},
		{"absent", "x:\ny: 1\n", "", "", Plain},
		{"absent before a comment", "x: # none\ny: 1\n", "", "", Plain},
		{"null", "x: ~\n", "~", "~", Plain},
		{"empty quotes", "x: ''\n", "''", "", SingleQuoted},
		{"anchor", "x: &a abc\n", "&a abc", "abc", Plain},
		{"anchor and tag", "x: &a !!str 12 # n\n", "&a !!str 12", "12", Plain},
		{"tag on the line before", "x: !!str\n  # why\n  \"12\"\n", "!!str\n  # why\n  \"12\"", "12", DoubleQuoted},
		{"verbatim tag", "x: !<tag:yaml.org,2002:str> 12\n", "!<tag:yaml.org,2002:str> 12", "12", Plain},
		{"anchor of nothing", "x: &a # none\ny: 1\n", "&a", "", Plain},
		{"alias", "y: &a 1\nx: *a # n\n", "*a", "", Plain},
		{"flow sequence", "x: [a, b ] # n\n", "[a, b ]", "", Flow},
		{"flow sequence over lines", "x: [a, # ]\n  b,\n  # ]\n]\ny: 1\n", "[a, # ]\n  b,\n  # ]\n]", "", Flow},
		{"flow mapping", "x: {a: 1, b: {c: }, d, 'e':2}\n", "{a: 1, b: {c: }, d, 'e':2}", "", Flow},
		{"flow mapping that ends in an absent key", "x: {a: 1, ? }\n", "{a: 1, ? }", "", Flow},
		{"empty flow collections", "z: []\nx: { }\n", "{ }", "", Flow},
		{"pairs without braces", "x: [a: b, {c: d}: e, ? f : g, : h]\n", "[a: b, {c: d}: e, ? f : g, : h]", "", Flow},
		{"block mapping", "x:\n  # head\n  a: 1\n  b:\n    c: d # n\n  # foot\ny: 1\n", "a: 1\n  b:\n    c: d", "", Block},
		{"block mapping with an anchor", "x: &a\n  a: 1\n", "&a\n  a: 1", "", Block},
		{"block mapping whose key has an anchor", "x:\n  &k a: 1\n", "&k a: 1", "", Block},
		{"block mapping that ends in an absent value", "x:\n  a:\n\ny: 1\n", "a:", "", Block},
		{"block sequence", "x:\n- a\n-   b: 1\n    c: 2\n\ny: 1\n", "- a\n-   b: 1\n    c: 2", "", Block},
		{"block sequence that ends in an absent item", "x:\n  - a\n  -  # n\ny: 1\n", "- a\n  -", "", Block},
		{"sequence in a sequence", "x:\n- - a\n  - b\n", "- - a\n  - b", "", Block},
		{"explicit key", "? x\n: - a\n  - b\n? y\n", "- a\n  - b", "", Block},
		{"absent value of an explicit key", "? x\n? y\n", "", "", Plain},
		{"JSON with tabs", "{\n\t\"x\": {\n\t\t\"a\": 1\n\t}\n}\n", "{\n\t\t\"a\": 1\n\t}", "", Flow},
		{"JSON with a surrogate pair", `{"y": 1, "x": "a\ud83d\ude00b\n"}`, `"a\ud83d\ude00b\n"`, "a😀b\n", DoubleQuoted},
		{"byte order mark", byteOrderMark + "x: abc\n", "abc", "abc", Plain},
		{"lone carriage returns", "a: 1\rx: abc\ry: 2\r", "abc", "abc", Plain},
		{"behind a broken document", "a: [\n---\nx: abc\n", "abc", "abc", Plain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := Parse("x.yaml", []byte(tt.in))
			checkFile(t, f)
			n := find(f.Documents[len(f.Documents)-1].Root, "x")
			if n == nil {
				t.Fatalf("not found; problems %+v", f.Problems)
			}
			if got := tt.in[n.Span.Start.Offset:n.Span.End.Offset]; got != tt.want {
				t.Errorf("the text is %q, want %q", got, tt.want)
			}
			if n.Kind == Scalar && n.Value != tt.value {
				t.Errorf("the value is %q, want %q", n.Value, tt.value)
			}
			if n.Style != tt.style {
				t.Errorf("the style is %v, want %v", n.Style, tt.style)
			}
		})
	}
}

func TestAbsentValueStandsBehindColonOrDash(t *testing.T) {
	tests := []struct {
		in   string
		path []string
		want int
	}{
		{"x:\ny: 1\n", []string{"x"}, 2},
		{"x:   # n\ny: 1\n", []string{"x"}, 2},
		{"{x: , y: 1}", []string{"x"}, 3},
		{"{y: 1, x}", []string{"x"}, 8},
		{"? x\n: \n", []string{"x"}, 5},
		{"? x\n? y\n", []string{"x"}, 3},
		{"? x\n:y: z\n", []string{"x"}, 3},
		{"{x:}", []string{"x"}, 3},
	}
	for _, tt := range tests {
		f := Parse("x.yaml", []byte(tt.in))
		n := f.Documents[0].Root.Get(tt.path...)
		if n == nil || n.Span.Start.Offset != tt.want || n.Span.End.Offset != tt.want {
			t.Errorf("%q: %+v, want an empty span at %d", tt.in, n, tt.want)
		}
	}
	f := Parse("x.yaml", []byte("- a\n-\n- b\n"))
	if n := f.Documents[0].Root.Items[1]; n.Span.Start.Offset != 5 || n.Span.End.Offset != 5 {
		t.Errorf("an absent item stands at %+v", n.Span)
	}
}

func TestTagsAreResolved(t *testing.T) {
	for in, want := range map[string]string{
		"a": "!!str", "1": "!!int", "'1'": "!!str", "true": "!!bool", "~": "!!null", "": "!!null", "{}": "!!map", "[]": "!!seq",
		"! 1": "!!str", "!!str 1": "!!str", "! {}": "!!map", "!x 1": "!x",
	} {
		f := Parse("x.yaml", []byte("a: "+in+"\n"))
		if got := f.Documents[0].Root.Get("a").Tag; got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
}

func TestPositionsCountLinesOfGitAndColumnsOfBytes(t *testing.T) {
	f := Parse("x.yaml", []byte("a: é\u2028b: ü\n\r\nxé: y\n"))
	n := f.Documents[0].Root.Get("xé")
	if n == nil || n.Span.Start.Line != 3 || n.Span.Start.Column != 6 {
		t.Errorf("the value is at %+v", n)
	}
	if f.LineOf(len(f.Data)) != 4 || f.LineOf(-1) != 1 {
		t.Errorf("the ends of the file are on the lines %d and %d", f.LineOf(-1), f.LineOf(len(f.Data)))
	}
	if start, end := f.Line(2); string(f.Data[start:end]) != "" {
		t.Errorf("line 2 is %q", f.Data[start:end])
	}
	if start, end := f.Line(3); string(f.Data[start:end]) != "xé: y" {
		t.Errorf("line 3 is %q", f.Data[start:end])
	}
	if start, end := f.Line(9); start != len(f.Data) || end != start {
		t.Errorf("line 9 is %d-%d", start, end)
	}
	if first, last := f.Documents[0].Root.Lines(); first != 1 || last != 3 {
		t.Errorf("the root has the lines %d-%d", first, last)
	}
}
