package edit

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/podcheck/podcheck/rules/manifest"
)

var seeds = []string{
	"spec:\n  containers:\n  # why\n  - name: a # b\n    args: [x, 'y']\n\n  # - name: c\n  - name: d\n    run: |\n      x\n    m: {a: b, c: }\n",
	"a:\r\n-   b: 'c'\r\n    d: >+\r\n      e\r\n\r\n- f",
	"\xef\xbb\xbf# top\n\n---\na:\n  - |-\n    b\n...\n---\n{\"a\": [1, {\"b\": null}]}\n",
	"- - a\n  - b: |2\n      c\n# d\n- ? e\n  : f\n-\n",
	"{\"kind\": \"A\", \"c\": [{\"n\": 1}, {}], \"d\": {}}",
	"a: # b\n  # c\n  d: \"e\n    f\"\n# g: h\ni:\n- # j\n  k: 1\n-\n  l: on\n",
	"a: &x [b]\nc: *x\nm:\n  <<: {d: 1}\n  d: 2\nt: !!str 5\nk: !\n",
	"a: |\n  b",
	"a: >-\n  b\n c:\n",
	"a:\r\n-   b: 'c'\r\n    d: >+\r\n ",
	"  - b: |2\n  - b: |2\n       ",
	"- - a\n  - b: |2\n      c",
	"a: # b\n",
	"  b { b",
	"...\n\ufeff# top\n\n---\na: b\n...\n\t---\n{\"a\": [? 1, {\"b\": null}]}\n",
	"e: |\n  a\n\n# Two\nf:\n   ",
}

// foreign marks edits that put text of the fuzzer's own into a file as YAML, which no rule does: there the proof may refuse what the
// primitive did not.
const foreign = "foreign: "

// FuzzPrimitives tries every primitive on a node of foreign bytes: it is refused with a reason, or proven.
func FuzzPrimitives(f *testing.F) {
	for i, seed := range seeds {
		f.Add([]byte(seed), uint(i), "x: [y]\n")
		f.Add([]byte(seed), uint(3*i), "|\n  x\n")
		f.Add([]byte(seed), uint(7*i), "# why\nz # what")
		f.Add([]byte(seed), uint(5*i), "\xd5")
		f.Add([]byte(seed), uint(i), "|\n\n x ")
	}
	f.Fuzz(func(t *testing.T, data []byte, which uint, fresh string) {
		if len(data) > 2000 || len(fresh) > 200 || !utf8.Valid(data) {
			return
		}
		file := manifest.Parse("f", data)
		nodes, _ := nodesOf(file)
		if len(nodes) == 0 {
			return
		}
		tried(nodes[which%uint(len(nodes))], fresh, func(what string, edits []Edit, err error) { proven(t, file, what, edits, err) })
		for _, d := range file.Documents {
			edits, err := RemoveDocuments(d)
			proven(t, file, "remove a document", edits, err)
		}
	})
}

// proven says that a primitive refused or did what it means.
func proven(t *testing.T, f *manifest.File, what string, edits []Edit, err error) {
	t.Helper()
	if err != nil {
		if _, ok := errors.AsType[*Refusal](err); !ok && !strings.HasPrefix(what, foreign) {
			t.Errorf("%s: %v is no refusal", what, err)
		}
		return
	}
	before := map[string][]byte{f.Path: f.Data}
	after, err := Apply(before, edits)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if err := Verify(before, after, edits); err != nil && !strings.HasPrefix(what, foreign) {
		t.Errorf("%s: %v\n%q\nbecame\n%q", what, err, f.Data, after[f.Path])
	}
}

// tried calls every primitive that applies to a node.
func tried(n *manifest.Node, fresh string, report func(what string, edits []Edit, err error)) {
	do := func(what string) func([]Edit, error) {
		return func(edits []Edit, err error) { report(what, edits, err) }
	}
	do(foreign + "append")(AppendItem(n, Block(fresh)))
	do(foreign + "append two")(AppendItem(n, "zz\n", Block(fresh)))
	do(foreign + "insert first")(InsertItem(n, 0, Block(fresh)))
	do(foreign + "insert pair")(InsertPair(n, nil, "zz", Block(fresh)))
	do(foreign + "insert pair of a key")(InsertPair(n, nil, fresh, "zz\n"))
	do(foreign + "insert pairs")(InsertPairs(n, nil, Block(fresh)))
	do("remove item")(RemoveItem(n, KeepEmpty))
	do("remove item and key")(RemoveItem(n, RemoveKey))
	for _, item := range n.Items {
		do("remove an item")(RemoveItem(item, RemoveKey))
	}
	if n.Kind == manifest.Sequence {
		do("remove all items")(RemoveItems(RemoveKey, n.Items...))
		do("empty")(RemoveItems(KeepEmpty, n.Items...))
	}
	for _, p := range n.Pairs {
		do("remove pair")(RemovePair(n, p.Key.Value))
		do(foreign + "replace pair")(ReplacePair(n, p.Key.Value, Block(fresh)))
		do(foreign + "insert pair behind")(InsertPair(n, []string{p.Key.Value}, "zz", Block(fresh)))
		renamed, err := ReplaceScalar(p.Key, fresh)
		report("rename key", []Edit{renamed}, err)
	}
	e, err := ReplaceScalar(n, fresh)
	report("replace", []Edit{e}, err)
	half := len(n.Value) / 2
	for half > 0 && !utf8.RuneStart(n.Value[half]) {
		half--
	}
	do("replace within")(ReplaceWithin(n, n.Value[:half], fresh))
	do("replace range")(ReplaceRange(n, half, len(n.Value), fresh))
	if block, err := Extract(n, nil); err == nil {
		moves(n, block, report)
	}
}

// moves puts the text of a node elsewhere.
func moves(n *manifest.Node, block Block, report func(what string, edits []Edit, err error)) {
	if n.Parent == nil {
		return
	}
	edits, err := AppendItem(n.Parent, block)
	report("append a copy", edits, err)
	if err == nil && len(n.Parent.Items) > 1 {
		removed, err := RemoveItem(n, KeepEmpty)
		report("move behind", Join(removed, edits), err)
	}
	edits, err = InsertPair(n.Parent, nil, "zz", block)
	report("insert a copy", edits, err)
}
