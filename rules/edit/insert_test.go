package edit

import (
	"errors"
	"strings"
	"testing"
)

func TestAppendItem(t *testing.T) {
	sidecar := Block("name: b\nargs:\n  - x\n")
	tests := []struct {
		name, before, path, after string
		item                      Block
	}{
		{"compact sequence", "c:\n- name: a\n  image: x\nd: 1\n", "c",
			"c:\n- name: a\n  image: x\n- name: b\n  args:\n    - x\nd: 1\n", sidecar},
		{"indented sequence", "c:\n  - name: a\n    image: x\nd: 1\n", "c",
			"c:\n  - name: a\n    image: x\n  - name: b\n    args:\n      - x\nd: 1\n", sidecar},
		{"four columns, wide dash", "c:\n    -   name: a\n        image: x\nd: 1\n", "c",
			"c:\n    -   name: a\n        image: x\n    -   name: b\n        args:\n          - x\nd: 1\n", sidecar},
		{"CRLF", "c:\r\n- name: a\r\nd: 1\r\n", "c", "c:\r\n- name: a\r\n- name: b\r\n  args:\r\n    - x\r\nd: 1\r\n", sidecar},
		{"no final newline", "c:\n- name: a", "c", "c:\n- name: a\n- name: b\n  args:\n    - x", sidecar},
		{"no final newline, CRLF", "c:\r\n- name: a", "c", "c:\r\n- name: a\r\n- name: b\r\n  args:\r\n    - x", sidecar},
		{"comment behind the last line", "c:\n- name: a # one\n", "c", "c:\n- name: a # one\n- b\n", "b\n"},
		{"commented-out field of the last item stays with it", "c:\n- name: a\n  # image: x\nd: 1\n", "c",
			"c:\n- name: a\n  # image: x\n- b\nd: 1\n", "b\n"},
		{"commented-out field at the start of the line", "c:\n  - name: a\n#    image: x\nd: 1\n", "c",
			"c:\n  - name: a\n#    image: x\n  - b\nd: 1\n", "b\n"},
		{"commented-out item stays where it is", "c:\n- name: a\n# - name: old\n#   image: x\nd: 1\n", "c",
			"c:\n- name: a\n- b\n# - name: old\n#   image: x\nd: 1\n", "b\n"},
		{"comment of the next key stays with it", "c:\n- name: a\n# the d\nd: 1\n", "c", "c:\n- name: a\n- b\n# the d\nd: 1\n", "b\n"},
		{"blank lines stay behind", "c:\n- a\n\n\nd: 1\n", "c", "c:\n- a\n- b\n\n\nd: 1\n", "b\n"},
		{"comments of the item stand above its dash", "c:\n  - a\n", "c", "c:\n  - a\n  # why\n  - name: b\n", "# why\nname: b\n"},
		{"empty flow sequence", "c: [] # none\nd: 1\n", "c", "c: # none\n  - name: b\nd: 1\n", "name: b\n"},
		{"empty flow sequence in a compact file", "c: []\nd:\n- 1\n", "c", "c:\n- name: b\nd:\n- 1\n", "name: b\n"},
		{"null", "c:\nd: 1\n", "c", "c:\n  - name: b\nd: 1\n", "name: b\n"},
		{"written null", "c: null\nd: 1\n", "c", "c:\n  - name: b\nd: 1\n", "name: b\n"},
		{"flow sequence", "c: [a, 'b']\n", "c", "c: [a, 'b', c]\n", "c\n"},
		{"flow sequence, quoted where needed", "c: [ a ]\n", "c", "c: [ a, \"b,c\" ]\n", "b,c\n"},
		{"text block last", "c:\n- |\n  a\n\nd: 1\n", "c", "c:\n- |\n  a\n- b\n\nd: 1\n", "b\n"},
		{"text block that keeps blank lines last", "c:\n- |+\n  a\n\nd: 1\n", "c", "c:\n- |+\n  a\n\n- b\nd: 1\n", "b\n"},
		{"text block that ends the file without a line break", "c:\n- |\n  a", "c", "c:\n- |-\n  a\n- b", "b\n"},
		{"text block added to a file without final newline", "c:\n- a", "c", "c:\n- a\n- |\n  x\n", "|\n  x\n"},
		{"text block without final line break added there", "c:\n- a", "c", "c:\n- a\n- |-\n  x", "|-\n  x\n"},
		{"text block added", "c:\n- a\n", "c", "c:\n- a\n- |\n  x\n    y\n", "|\n  x\n    y\n"},
		{"lines into a flow sequence", "c: [a]\n", "c", "c: [a, {name: b, args: [x]}]\n", sidecar},
		{"text of several lines into a flow sequence", "c: [a]\n", "c", "c: [a, \"x\\n  y\\n\"]\n", "|\n  x\n    y\n"},
		{"text that older readers take for a boolean", "c: [a]\n", "c", "c: [a, {b: on, c: 'on'}]\n", "b: on\nc: 'on'\n"},
		{"nested dashes", "c:\n- - a\n- z\n", "c[0]", "c:\n- - a\n  - b\n- z\n", "b\n"},
		{"last of the document", "c:\n- a\n---\nd: 1\n", "c", "c:\n- a\n- b\n---\nd: 1\n", "b\n"},
		{"at the root", "- a\n", "", "- a\n- b\n", "b\n"},
		{"JSON on one line", `{"c": [{"a": 1}]}`, "c", `{"c": [{"a": 1}, {"args":["x"],"name":"b"}]}`, sidecar},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.before)
			edits, err := AppendItem(at(t, f, tt.path), tt.item)
			if err != nil {
				t.Fatal(err)
			}
			same(t, apply(t, f, edits), tt.after)
		})
	}
}

func TestInsertItem(t *testing.T) {
	tests := []struct {
		name, before, after string
		index               int
	}{
		{"first", "c:\n- a\n- b\n", "c:\n- x\n- a\n- b\n", 0},
		{"above the comment of the item behind", "c:\n- a\n# of b\n- b\n", "c:\n- a\n- x\n# of b\n- b\n", 1},
		{"above the comment of the first", "c:\n  # of a\n  - a\n", "c:\n  - x\n  # of a\n  - a\n", 0},
		{"below what is commented out", "c:\n- n: a\n# - n: old\n#   i: x\n- n: b\n", "c:\n- n: a\n# - n: old\n#   i: x\n- x\n- n: b\n", 1},
		{"first of a flow sequence", "c: [a, b]\n", "c: [x, a, b]\n", 0},
		{"inside a flow sequence", "c: [a, b]\n", "c: [a, x, b]\n", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.before)
			edits, err := InsertItem(at(t, f, "c"), tt.index, "x\n")
			if err != nil {
				t.Fatal(err)
			}
			same(t, apply(t, f, edits), tt.after)
		})
	}
}

func TestInsertPair(t *testing.T) {
	tests := []struct {
		name, before, path string
		after              []string
		value              Block
		want               string
	}{
		{"at the end", "m:\n  a: 1\nz: 1\n", "m", nil, "v\n", "m:\n  a: 1\n  k: v\nz: 1\n"},
		{"behind a key", "a: 1\nb: 2\n", "", []string{"x", "a"}, "v\n", "a: 1\nk: v\nb: 2\n"},
		{"in an item", "c:\n- name: a\n- name: b\n", "c[0]", nil, "v\n", "c:\n- name: a\n  k: v\n- name: b\n"},
		{"in the last item, no final newline", "c:\n  - name: a", "c[0]", nil, "v\n", "c:\n  - name: a\n    k: v"},
		{"a mapping", "m:\n    a:\n        b: 1\n", "m", nil, "x: 1\ny: 2\n", "m:\n    a:\n        b: 1\n    k:\n        x: 1\n        y: 2\n"},
		{"a sequence, compact", "m:\n  a:\n  - b\n", "m", nil, "- x\n", "m:\n  a:\n  - b\n  k:\n  - x\n"},
		{"behind a compact sequence and its commented-out items", "a:\n- b\n# - old\n# - c: 1\n#   d: 2\n# words\nz: 1\n", "", []string{"a"}, "v\n",
			"a:\n- b\n# - old\n# - c: 1\n#   d: 2\nk: v\n# words\nz: 1\n"},
		{"a sequence, indented", "m:\n  a:\n    - b\n", "m", nil, "- x\n", "m:\n  a:\n    - b\n  k:\n    - x\n"},
		{"a text block", "m:\n  a: 1\n", "m", nil, "|\n  x\n\n    y\n", "m:\n  a: 1\n  k: |\n    x\n\n      y\n"},
		{"into an empty mapping", "m: {} # none\nz: 1\n", "m", nil, "v\n", "m: # none\n  k: v\nz: 1\n"},
		{"into an empty mapping on a line of its own", "m:\n    {} # none\nz: 1\n", "m", nil, "v\n", "m: # none\n  k: v\nz: 1\n"},
		{"into an empty mapping on a line of its own, in an item", "c:\n- m:\n    {}\n  n: 1\n", "c[0].m", nil, "v\n", "c:\n- m:\n    k: v\n  n: 1\n"},
		{"into an empty mapping on the last line", "m:\n  {}", "m", nil, "v\n", "m:\n  k: v"},
		{"into an empty mapping on a line of its own, CRLF", "m:\r\n  {}\r\nz: 1\r\n", "m", nil, "v\n", "m:\r\n  k: v\r\nz: 1\r\n"},
		{"into an absent mapping", "c:\n- m:\n- z\n", "c[0].m", nil, "v\n", "c:\n- m:\n    k: v\n- z\n"},
		{"into a flow mapping", "m: {a: 1}\n", "m", nil, "v\n", "m: {a: 1, k: v}\n"},
		{"behind a key of a flow mapping", "m: {a: 1, b: 2}\n", "m", []string{"a"}, "true\n", "m: {a: 1, k: true, b: 2}\n"},
		{"CRLF", "m:\r\n  a: 1\r\n", "m", nil, "- x\n- y\n", "m:\r\n  a: 1\r\n  k:\r\n    - x\r\n    - y\r\n"},
		{"commented-out fields stay behind", "m:\n  a: 1\n  # b: 2\nz: 1\n", "m", nil, "v\n", "m:\n  a: 1\n  k: v\n  # b: 2\nz: 1\n"},
		{"JSON", `{"m": {"a": 1}}`, "m", nil, "- x: z\n", `{"m": {"a": 1, "k": [{"x":"z"}]}}`},
		{"JSON, empty mapping", `{"m": {}}`, "m", nil, "v\n", `{"m": {"k": "v"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.before)
			edits, err := InsertPair(at(t, f, tt.path), tt.after, "k", tt.value)
			if err != nil {
				t.Fatal(err)
			}
			same(t, apply(t, f, edits), tt.want)
		})
	}
}

func TestInsertRefuses(t *testing.T) {
	tests := []struct{ name, file, path, reason string }{
		{"anchored sequence", "a: &x\n- b\n", "a", "anchor &x"},
		{"below an anchor", "m: &x\n  a:\n  - b\n", "m.a", "anchor &x"},
		{"alias", "a: &x [b]\nc: *x\n", "c", "anchor &x"},
		{"flow sequence over lines", "a: [b,\n  c]\n", "a", "several lines"},
		{"comment before an empty sequence", "a:\n  # why\n  []\n", "a", "a comment stands between the key a and its empty value"},
		{"empty sequence over lines", "a:\n  [\n  ]\n", "a", "several lines"},
		{"not a sequence", "a: b\n", "a", "not a sequence"},
		{"explicit tag", "a: !!seq\n- b\n", "a", "explicit tag"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.file)
			var n = at(t, f, "")
			if p, ok := n.Pair(tt.path); ok {
				n = p.Value
			} else {
				n = at(t, f, tt.path)
			}
			_, err := AppendItem(n, "x: 1\ny: 2\n")
			refused(t, err, tt.reason)
		})
	}
	_, err := AppendItem(at(t, parse(t, "c:\n- a\n\nd: 1\n"), "c"), "|+\n  x\n\n")
	refused(t, err, "blank lines")
	_, err = AppendItem(at(t, parse(t, "c:\n- a\r- b\n"), "c"), "x\n")
	refused(t, err, "line breaks")

	_, err = AppendItem(at(t, parse(t, "c: [a]\n"), "c"), "# why\nb\n")
	refused(t, err, "a comment does not fit")
	_, err = AppendItem(at(t, parse(t, `{"c": []}`), "c"), "a: on\n")
	refused(t, err, "read the same")
	_, err = AppendItem(at(t, parse(t, `{"c": []}`), "c"), "0x10\n")
	refused(t, err, "read the same")

	for _, below := range []string{"  ", "\n   \nd: 1\n"} {
		_, err = AppendItem(at(t, parse(t, "c:\n- a\n"+below), "c"), "|\n  x\n")
		refused(t, err, "blank lines or comments below")
	}
	_, err = AppendItem(at(t, parse(t, "c:\n    # d\n"), "c"), "|\n  x\n")
	refused(t, err, "blank lines or comments below")
	_, err = InsertPair(at(t, parse(t, "a: |+\n  b\n "), ""), nil, "k", "v\n")
	refused(t, err, "within the blank lines")
	_, err = InsertPair(at(t, parse(t, "c: [a: b]\n"), "c[0]"), nil, "k", "v\n")
	refused(t, err, "in braces")

	f := parse(t, "x: &x {a: 1}\nm:\n  <<: *x\n  b: 1\n")
	_, err = InsertPair(at(t, f, "m"), nil, "k", "v\n")
	refused(t, err, "merge key")
	_, err = InsertPair(at(t, f, ""), nil, "m", "v\n")
	refused(t, err, "has a key m")
}

func refused(t testing.TB, err error, reason string) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || !strings.Contains(r.Reason, reason) {
		t.Errorf("got error %v, want a refusal that names %q", err, reason)
	}
}
