package edit

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
)

func TestRemoveItem(t *testing.T) {
	tests := []struct {
		name, before, path, after string
		last                      Emptied
	}{
		{"middle", "c:\n- a\n- b\n- d\n", "c[1]", "c:\n- a\n- d\n", 0},
		{"with its lines and comments", "c:\n  - n: a\n  # of b\n  - n: b # one\n    # two\n    i: x\n    # i: y\n  # of d\n  - n: d\n", "c[1]",
			"c:\n  - n: a\n  # of d\n  - n: d\n", 0},
		{"commented-out items stay", "c:\n- n: a\n# - n: old\n#   i: x\n- n: b\n# - n: other\nz: 1\n", "c[1]",
			"c:\n- n: a\n# - n: old\n#   i: x\n# - n: other\nz: 1\n", 0},
		{"all lines of a commented-out item stay", "c:\n- n: a\n# - n: old\n#   args:\n#   - --x y\n- n: b\n", "c[1]",
			"c:\n- n: a\n# - n: old\n#   args:\n#   - --x y\n", 0},
		{"text that keeps blank lines above stays the same", "c:\n- |+\n  x\n- b\n\n- d\n", "c[1]", "c:\n- |+\n  x\n- d\n", 0},
		{"blank lines don't add up", "c:\n- a\n\n- b\n\n- d\n", "c[1]", "c:\n- a\n\n- d\n", 0},
		{"blank lines around an item with a comment", "c:\n- a\n\n# of b\n- b\n\n\n- d\n", "c[1]", "c:\n- a\n\n- d\n", 0},
		{"first, blank line below", "c:\n- a\n\n- b\n", "c[0]", "c:\n- b\n", 0},
		{"first below a comment that stays, blank line below", "c:\n# - x\n- a\n\n- b\n", "c[0]", "c:\n# - x\n\n- b\n", 0},
		{"only one between blank lines", "c:\n\n- a\n\nd: 1\n", "c[0]", "c: []\n\nd: 1\n", KeepEmpty},
		{"text block above blanks at the end of the file", "c:\n- |2\n  x\n- b\n    ", "c[1]", "c:\n- |2\n  x\n", 0},
		{"last, blank line before", "c:\n- a\n\n- b\nz: 1\n", "c[1]", "c:\n- a\nz: 1\n", 0},
		{"last in a file without final newline", "c:\n- a\n- b", "c[1]", "c:\n- a\n", 0},
		{"CRLF", "c:\r\n- a\r\n- b\r\n", "c[0]", "c:\r\n- b\r\n", 0},
		{"text block with blank lines", "c:\n- |\n  a\n\n  b\n- d\n", "c[0]", "c:\n- d\n", 0},
		{"only one: the key goes", "a: 1\nc:\n- b\nz: 1\n", "c[0]", "a: 1\nz: 1\n", RemoveKey},
		{"only one: empty", "c: # mine\n- b\nz: 1\n", "c[0]", "c: [] # mine\nz: 1\n", KeepEmpty},
		{"only one beside a commented-out one", "a: 1\nc:\n# - n: old\n- n: b\nz: 1\n", "c[0]", "a: 1\nc: []\n# - n: old\nz: 1\n", RemoveKey},
		{"only one above a commented-out one", "a: 1\nc:\n  - n: b\n  # - n: old\nz: 1\n", "c[0]", "a: 1\nc: []\n  # - n: old\nz: 1\n", RemoveKey},
		{"flow, first", "c: [a, b, d]\n", "c[0]", "c: [b, d]\n", 0},
		{"flow, last", "c: [a, b, d]\n", "c[2]", "c: [a, b]\n", 0},
		{"flow, only one", "a: 1\nc: [b]\n", "c[0]", "c: []\n", KeepEmpty},
		{"flow, only one: the key goes", "a: 1\nc: [b]\n", "c[0]", "a: 1\n", RemoveKey},
		{"flow items", "c:\n- {n: a}\n- {n: b}\n", "c[0]", "c:\n- {n: b}\n", 0},
		{"dash on a line of its own", "c:\n-\n  n: a\n- n: b\n", "c[0]", "c:\n- n: b\n", 0},
		{"object of a List", "kind: List\nitems:\n- kind: A\n- kind: B\n", "items[1]", "kind: List\nitems:\n- kind: A\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "flow, only one" {
				tt.after = "a: 1\n" + tt.after
			}
			f := parse(t, tt.before)
			edits, err := RemoveItem(at(t, f, tt.path), tt.last)
			if err != nil {
				t.Fatal(err)
			}
			same(t, apply(t, f, edits), tt.after)
		})
	}
}

func TestRemovePair(t *testing.T) {
	tests := []struct{ name, before, path, key, after string }{
		{"scalar", "a: 1\nb: 2\nc: 3\n", "", "b", "a: 1\nc: 3\n"},
		{"nested with comments", "a: 1\n# why\nb: # x\n  c: 1\n  # d: 2\ne: 1\n", "", "b", "a: 1\ne: 1\n"},
		{"commented-out field above stays", "a: 1\n# x: 1\nb: 2\n", "", "b", "a: 1\n# x: 1\n"},
		{"header of the file stays", "# licence\na: 1\nb: 2\n", "", "a", "# licence\nb: 2\n"},
		{"first of an item", "c:\n- a: 1\n  b: 2\n", "c[0]", "a", "c:\n- b: 2\n"},
		{"first of an item, nested", "c:\n- a:\n    x: 1\n  b: 2\n", "c[0]", "a", "c:\n- b: 2\n"},
		{"only one", "m:\n  a: 1\nz: 1\n", "m", "a", "m: {}\nz: 1\n"},
		{"only one of an item", "c:\n- a:\n    b: 1\n- z\n", "c[0]", "a", "c:\n- {}\n- z\n"},
		{"flow, middle", "m: {a: 1, b: 2, c: 3}\n", "m", "b", "m: {a: 1, c: 3}\n"},
		{"flow, first", "m: {a: 1, b: 2}\n", "m", "a", "m: {b: 2}\n"},
		{"flow, only one", "m: {a: 1}\n", "m", "a", "m: {}\n"},
		{"last, no final newline", "m:\n  a: 1\n  b: 2", "m", "b", "m:\n  a: 1\n"},
		{"text block", "m:\n  a: |\n    x\n\n    y\n  b: 2\n", "m", "a", "m:\n  b: 2\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.before)
			edits, err := RemovePair(at(t, f, tt.path), tt.key)
			if err != nil {
				t.Fatal(err)
			}
			same(t, apply(t, f, edits), tt.after)
		})
	}
}

func TestRemoveRefuses(t *testing.T) {
	tests := []struct{ name, file, path, reason string }{
		{"anchor inside", "c:\n- a: &x 1\n- b\n", "c[0]", "anchor &x"},
		{"alias inside", "x: &x 1\nc:\n- a: *x\n- b\n", "c[0]", "alias"},
		{"flow over lines inside", "c:\n- a: [1,\n    2]\n- b\n", "c[0]", "several lines"},
		{"within flow over lines", "c: [a,\n  b]\n", "c[0]", "several lines"},
		{"dash behind a dash", "c:\n- - a\n  - b\n", "c[0][0]", "another one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := RemoveItem(at(t, parse(t, tt.file), tt.path), RemoveKey)
			refused(t, err, tt.reason)
		})
	}
}

func TestRemovePairRefuses(t *testing.T) {
	tests := []struct{ name, file, path, key, reason string }{
		{"absent", "a: 1\n", "", "b", "no key b"},
		{"key twice", "a: 1\na: 2\n", "", "a", "twice"},
		{"merge key", "x: &x {a: 1}\nm:\n  <<: *x\n  b: 1\n", "m", "b", "merge key"},
		{"comment between the first key and the second", "c:\n- a: 1\n  # why\n  b: 2\n", "c[0]", "a", "comment"},
		{"explicit key", "? a\n: 1\n? b\n: 2\n", "", "a", "explicit keys"},
		{"tabs", "m:\n  a:\n  - 1\n\t# x\n  - 2\n  b: 2\n", "m", "a", "tabs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := RemovePair(at(t, parse(t, tt.file), tt.path), tt.key)
			refused(t, err, tt.reason)
		})
	}
}

func TestRemoveDocuments(t *testing.T) {
	tests := []struct {
		name, before string
		index        int // among the documents with content
		after        string
	}{
		{"first, no separator at the top", "a: 1\n---\nb: 1\n---\nc: 1\n", 0, "b: 1\n---\nc: 1\n"},
		{"first, separator at the top", "---\na: 1\n---\nb: 1\n", 0, "---\nb: 1\n"},
		{"middle", "a: 1\n---\nb: 1\n---\nc: 1\n", 1, "a: 1\n---\nc: 1\n"},
		{"last", "a: 1\n---\nb: 1\n---\nc: 1\n", 2, "a: 1\n---\nb: 1\n"},
		{"last without final newline", "a: 1\n---\nb: 1", 1, "a: 1\n"},
		{"last before a trailing separator", "a: 1\n---\nb: 1\n---\n", 1, "a: 1\n---\n"},
		{"its comments go", "a: 1\n---\n# about b\nb: 1\n# more\n---\nc: 1\n", 1, "a: 1\n---\nc: 1\n"},
		{"header above the first separator stays", "# licence\n---\na: 1\n---\nb: 1\n", 0, "# licence\n---\nb: 1\n"},
		{"header above a blank line stays", "# licence\n\n# about a\na: 1\n---\nb: 1\n", 0, "# licence\n\nb: 1\n"},
		{"separator with a comment stays", "a: 1\n--- # b\nb: 1\n", 0, "--- # b\nb: 1\n"},
		{"the only one", "# licence\n---\na: 1\n", 0, ""},
		{"the only one among empty ones", "---\n# nothing\n---\na: 1\n---\n", 0, ""},
		{"CRLF", "a: 1\r\n---\r\nb: 1\r\n", 0, "b: 1\r\n"},
		{"byte order mark", "\ufeffa: 1\n---\nb: 1\n", 0, "\ufeffb: 1\n"},
		{"documents ended by dots", "a: 1\n...\n---\nb: 1\n...\nc: 1\n", 1, "a: 1\n...\n---\nc: 1\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.before)
			index := tt.index
			for _, d := range f.Documents {
				if !hasContent(d) {
					continue
				}
				if index--; index < 0 {
					edits, err := RemoveDocuments(d)
					if err != nil {
						t.Fatal(err)
					}
					same(t, apply(t, f, edits), tt.after)
					return
				}
			}
			t.Fatal("no such document")
		})
	}
}

func TestRemoveObjects(t *testing.T) {
	list := "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: A\n  metadata: {name: a}\n"
	second := "- apiVersion: v1\n  kind: B\n  metadata: {name: b}\n"
	other := "---\napiVersion: v1\nkind: C\nmetadata: {name: c}\n"
	tests := []struct {
		name, before string
		index        int
		after        string
	}{
		{"item of a List", list + second, 0, "apiVersion: v1\nkind: List\nitems:\n" + second},
		{"only item of a List", list + other, 0, strings.TrimPrefix(other, "---\n")},
		{"document", list + other, 1, list},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.before)
			edits, err := RemoveObjects(f.Objects[tt.index])
			if err != nil {
				t.Fatal(err)
			}
			same(t, apply(t, f, edits), tt.after)
		})
	}
}

func TestRemoveItems(t *testing.T) {
	tests := []struct {
		name, before string
		indexes      []int
		after        string
	}{
		{"neighbours", "c:\n- a\n\n- b\n\n- d\n\n- e\n", []int{1, 2}, "c:\n- a\n\n- e\n"},
		{"the last ones", "c:\n- a\n\n- b\n\n- d\nz: 1\n", []int{2, 1}, "c:\n- a\nz: 1\n"},
		{"apart", "c:\n- a\n- b\n- d\n", []int{0, 2}, "c:\n- b\n"},
		{"around a commented-out one", "c:\n- n: a\n# - n: old\n- n: b\n- n: d\n", []int{0, 1}, "c:\n# - n: old\n- n: d\n"},
		{"all", "y: 1\nc:\n- a\n\n- b\nz: 1\n", []int{0, 1}, "y: 1\nz: 1\n"},
		{"all beside a commented-out one", "y: 1\nc:\n- n: a\n# - n: old\n- n: b\nz: 1\n", []int{0, 1}, "y: 1\nc: []\n# - n: old\nz: 1\n"},
		{"of a flow sequence", "c: [a, b, d, e]\n", []int{0, 1, 3}, "c: [d]\n"},
		{"all of a flow sequence", "y: 1\nc: [a, b]\n", []int{0, 1}, "y: 1\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.before)
			var items []*manifest.Node
			for _, i := range tt.indexes {
				items = append(items, at(t, f, "c").Items[i])
			}
			edits, err := RemoveItems(RemoveKey, items...)
			if err != nil {
				t.Fatal(err)
			}
			same(t, apply(t, f, edits), tt.after)
		})
	}
}

func TestRemoveDocumentsTogether(t *testing.T) {
	f := parse(t, "a: 1\n---\nb: 1\n---\nc: 1\n---\nd: 1\n")
	for _, tt := range []struct {
		indexes []int
		after   string
	}{
		{[]int{0, 1}, "c: 1\n---\nd: 1\n"},
		{[]int{3, 1}, "a: 1\n---\nc: 1\n"},
		{[]int{1, 2}, "a: 1\n---\nd: 1\n"},
		{[]int{0, 1, 2, 3}, ""},
	} {
		var docs []*manifest.Document
		for _, i := range tt.indexes {
			docs = append(docs, f.Documents[i])
		}
		edits, err := RemoveDocuments(docs...)
		if err != nil {
			t.Fatal(err)
		}
		same(t, apply(t, f, edits), tt.after)
	}
}

func TestRemoveObjectsOfAList(t *testing.T) {
	f := parse(t, "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: A\n- apiVersion: v1\n  kind: B\n")
	edits, err := RemoveObjects(f.Objects...)
	if err != nil {
		t.Fatal(err)
	}
	same(t, apply(t, f, edits), "")
}
