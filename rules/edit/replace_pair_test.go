package edit

import "testing"

func TestReplacePair(t *testing.T) {
	tests := []struct {
		name, before, path, key string
		entries                 Block
		after                   string
	}{
		{"claim by emptyDir", "v:\n- name: a\n  persistentVolumeClaim:\n    claimName: c # x\n- b\n", "v[0]", "persistentVolumeClaim",
			"emptyDir:\n  sizeLimit: 1Gi\n", "v:\n- name: a\n  emptyDir:\n    sizeLimit: 1Gi # x\n- b\n"},
		{"first of an item", "v:\n    - a: 1\n      b: 2\n", "v[0]", "a", "x: 1\ny: 2\n", "v:\n    - x: 1\n      y: 2\n      b: 2\n"},
		{"flow", "v: {name: a, b: {c: d}}\n", "v", "b", "emptyDir: {}\n", "v: {name: a, emptyDir: {}}\n"},
		{"CRLF, no final newline", "m:\r\n  a: 1", "m", "a", "b:\n  c: 1\n", "m:\r\n  b:\r\n    c: 1"},
		{"text block", "a: |\n  x\n\n  # y\nb: 1\n", "", "a", "a: z\n", "a: z\nb: 1\n"},
		{"JSON", `{"a": {"b": 1}}`, "", "a", "c: [x]\n", `{"c": ["x"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.before)
			edits, err := ReplacePair(at(t, f, tt.path), tt.key, tt.entries)
			if err != nil {
				t.Fatal(err)
			}
			same(t, apply(t, f, edits), tt.after)
		})
	}
}

func TestReplacePairRefuses(t *testing.T) {
	for _, tt := range []struct{ name, file, reason string }{
		{"comment behind the key", "a: # why\n  b: 1\n", "comment"},
		{"comment inside", "a:\n  b: 1\n  # c: 2\n  d: 3\n", "comment"},
		{"entry without braces", "[a: 1]\n", "without braces"},
		{"key that is there", "a: 1\nx: 2\n", "has a key x"},
		{"anchor inside", "a: {b: &x 1}\n", "anchor &x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := at(t, parse(t, tt.file), "")
			if len(n.Items) > 0 {
				n = n.Items[0]
			}
			_, err := ReplacePair(n, "a", "x: 1\n")
			refused(t, err, tt.reason)
		})
	}
	_, err := ReplacePair(at(t, parse(t, "a: 1 # b\n"), ""), "a", "x: 1 # c\n")
	refused(t, err, "two comments")
	_, err = ReplacePair(at(t, parse(t, "a: 1  \n"), ""), "a", "x: |\n  y\n")
	refused(t, err, "text block does not fit")
}
