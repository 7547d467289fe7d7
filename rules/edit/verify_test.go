package edit

import (
	"reflect"
	"testing"
)

func TestApply(t *testing.T) {
	files := map[string][]byte{"a": []byte("0123456789"), "b": []byte("x")}
	tests := []struct {
		name  string
		edits []Edit
		want  map[string][]byte
		fails bool
	}{
		{"any order", []Edit{raw("a", 8, 9, "-"), raw("a", 1, 3, "")}, map[string][]byte{"a": []byte("034567-9")}, false},
		{"insertions at one offset keep their order", []Edit{raw("a", 1, 1, "x"), raw("a", 1, 1, "y")}, map[string][]byte{"a": []byte("0xy123456789")}, false},
		{"an insertion beside replacements", []Edit{raw("a", 1, 3, "r"), raw("a", 3, 3, "z"), raw("a", 1, 1, "i")}, map[string][]byte{"a": []byte("0irz3456789")}, false},
		{"the same replacement twice", []Edit{raw("a", 1, 3, "r"), raw("a", 1, 3, "r")}, nil, true},
		{"a file goes", []Edit{raw("b", 0, 1, "")}, map[string][]byte{"b": nil}, false},
		{"nothing changes", []Edit{raw("b", 0, 1, "x")}, map[string][]byte{}, false},
		{"overlap", []Edit{raw("a", 1, 3, ""), raw("a", 2, 4, "")}, nil, true},
		{"insertion inside a replacement", []Edit{raw("a", 1, 3, ""), raw("a", 2, 2, "x")}, nil, true},
		{"behind the end", []Edit{raw("a", 9, 11, "")}, nil, true},
		{"before the start", []Edit{raw("a", -1, 1, "")}, nil, true},
		{"backwards", []Edit{raw("a", 3, 2, "")}, nil, true},
		{"unknown file", []Edit{raw("c", 0, 0, "x")}, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Apply(files, tt.edits)
			if (err != nil) != tt.fails || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func FuzzApply(f *testing.F) {
	f.Add([]byte("0123"), 1, 2, "x", 2, 3, "y")
	f.Add([]byte(""), 0, 0, "x", 0, 0, "y")
	f.Fuzz(func(t *testing.T, data []byte, s1, e1 int, n1 string, s2, e2 int, n2 string) {
		files := map[string][]byte{"f": data}
		edits := []Edit{raw("f", s1, e1, n1), raw("f", s2, e2, n2)}
		after, err := Apply(files, edits)
		if err != nil {
			return
		}
		got, changed := after["f"]
		if !changed {
			got = data
		}
		if err := untouched(data, got, byPath(edits)["f"]); err != nil {
			t.Errorf("%q, %v -> %q: %v", data, edits, got, err)
		}
	})
}

func TestDifference(t *testing.T) {
	tests := []struct {
		name, before, after string
		want                []Change
	}{
		{"style, comments and order don't count", "a: 1\nb: 'x'\n", "# c\nb: x\na: 1\n", nil},
		{"scalar", "a: {b: [1, 2]}\n", "a: {b: [1, 3]}\n", []Change{{Path: "a.b[1]", Old: "2", New: "3"}}},
		{"type", "a: 1\n", "a: \"1\"\n", []Change{{Path: "a", Old: "1", New: `"1"`}}},
		{"added and removed keys", "a: 1\nb: 2\n", "a: 1\nc: {d: e}\n", []Change{{Path: "b", Old: "2"}, {Path: "c", New: `{"d":"e"}`}}},
		{"item in front", "c: [{name: a}, {name: b}]\n", "c: [{name: x}, {name: a}, {name: b}]\n", []Change{{Path: "c[0]", New: `{"name":"x"}`}}},
		{"item removed and another changed", "c: [{name: x}, {name: a, i: 1}]\n", "c: [{name: a, i: 2}]\n",
			[]Change{{Path: "c[0]", Old: `{"name":"x"}`}, {Path: "c[1].i", Old: "1", New: "2"}}},
		{"item renamed", "c: [{name: a, i: 1}, {name: b}]\n", "c: [{name: x, i: 1}, {name: b}]\n", []Change{{Path: "c[0].name", Old: `"a"`, New: `"x"`}}},
		{"key with a dot", "m: {a.b/c: 1}\n", "m: {a.b/c: 2}\n", []Change{{Path: `m."a.b/c"`, Old: "1", New: "2"}}},
		{"key twice", "a: 1\na: 2\n", "a: 3\na: 2\n", []Change{{Path: "a", Old: "1", New: "3"}}},
		{"document removed", "apiVersion: v1\nkind: A\nmetadata: {name: x}\n---\napiVersion: v1\nkind: B\nmetadata: {name: y, namespace: n}\n",
			"apiVersion: v1\nkind: A\nmetadata: {name: x}\n",
			[]Change{{Document: 1, Object: "v1 B n/y", Old: `{"apiVersion":"v1","kind":"B","metadata":{"name":"y","namespace":"n"}}`}}},
		{"document in front of a changed one removed", "kind: A\n---\nkind: B\nx: 1\n", "kind: B\nx: 2\n",
			[]Change{{Object: "A", Old: `{"kind":"A"}`}, {Document: 1, Object: "B", Path: "x", Old: "1", New: "2"}}},
		{"anchor", "a: &x 1\nb: *x\n", "a: &x 2\nb: *x\n", []Change{{Path: "a", Old: "1", New: "2"}}},
		{"alias expanded", "a: &x 1\nb: *x\n", "a: &x 1\nb: 1\n", []Change{{Path: "b", Old: "*x", New: "1"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Difference(parse(t, tt.before), parse(t, tt.after))
			for i := range got {
				got[i].File = ""
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	block := "a: |\n  b\n  c\nd: 1\n"
	tests := []struct {
		name, before string
		edit         Edit
		after        string // "" for what Apply makes
		reason       string
	}{
		{"a file that no longer parses", "a: b\nd: 1\n", raw("f.yaml", 3, 4, "\"b"), "", "after the change"},
		{"a key twice", "apiVersion: v1\nkind: A\n", raw("f.yaml", 0, 0, "kind: B\n"), "", "after the change"},
		{"other bytes", "a: b\nd: 1\n", raw("f.yaml", 3, 4, "x"), "a: x\nd: 2\n", "outside of the edits"},
		{"bytes behind the last edit", "a: b\n", raw("f.yaml", 3, 4, "x"), "a: x\nd: 2\n", "outside of the edits"},
		{"half of a text block removed", block, raw("f.yaml", 9, 14, ""), "", "text block"},
		{"a line put into a text block", block, raw("f.yaml", 9, 9, "  x\n"), "", "text block"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := map[string][]byte{"f.yaml": []byte(tt.before)}
			after, err := Apply(before, []Edit{tt.edit})
			if err != nil {
				t.Fatal(err)
			}
			if tt.after != "" {
				after["f.yaml"] = []byte(tt.after)
			}
			err = Verify(before, after, []Edit{tt.edit})
			refused(t, err, tt.reason)
		})
	}
}

func TestVerifyKeepsOldProblems(t *testing.T) {
	data := "a: \"b\n---\nkind: A\napiVersion: v1\nx: 1\n"
	before := map[string][]byte{"f.yaml": []byte(data)}
	e, err := ReplaceScalar(at(t, parse(t, data), "1/x"), "2")
	if err != nil {
		t.Fatal(err)
	}
	edits := []Edit{e}
	after, err := Apply(before, edits)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := verified(before, after, edits)
	if err != nil || len(changes) != 1 || changes[0].Path != "x" {
		t.Errorf("got %+v, %v", changes, err)
	}
}
