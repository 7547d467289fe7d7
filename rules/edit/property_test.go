package edit

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
)

// An intent is what a primitive is meant to do to the decoded documents. Paths are those of Difference.
type intent struct {
	what    string
	edits   []Edit
	err     error
	changes []Change // File, Document and Object are not compared
}

// primitives tries every primitive that applies to a node.
func primitives(n *manifest.Node, path string) []intent {
	var out []intent
	try := func(what string, edits []Edit, err error, changes ...Change) {
		out = append(out, intent{what + " " + path, edits, err, changes})
	}
	switch n.Kind {
	case manifest.Sequence:
		sequencePrimitives(n, path, try)
	case manifest.Mapping:
		mappingPrimitives(n, path, try)
	case manifest.Scalar:
		scalarPrimitives(n, path, try)
	}
	return out
}

type attempt func(what string, edits []Edit, err error, changes ...Change)

func sequencePrimitives(n *manifest.Node, path string, try attempt) {
	count := len(n.Items)
	added := Change{Path: fmt.Sprintf("%s[%d]", path, count), New: `{"args":["x"],"name":"zz"}`}
	edits, err := AppendItem(n, "# why\nname: zz\nargs:\n- x\n")
	try("append mapping", edits, err, added)
	edits, err = AppendItem(n, "zz # why\n")
	try("append scalar", edits, err, Change{Path: added.Path, New: `"zz"`})
	for i, item := range n.Items {
		at := fmt.Sprintf("%s[%d]", path, i)
		edits, err = InsertItem(n, i, "zz\n")
		try(fmt.Sprint("insert before ", i), edits, err, Change{Path: at, New: `"zz"`})
		edits, err = RemoveItem(item, KeepEmpty)
		try(fmt.Sprint("remove item ", i), edits, err, Change{Path: at, Old: canonical(item)})
		if block, err := Extract(item, nil); err == nil {
			edits, err = AppendItem(n, block)
			try(fmt.Sprint("append a copy of ", i), edits, err, Change{Path: added.Path, New: canonical(item)})
		}
	}
}

func mappingPrimitives(n *manifest.Node, path string, try attempt) {
	dot := strings.TrimPrefix(path+".", ".")
	layout := LayoutAt(n)
	value, err := layout.Render(Map{{"a", []string{"x", "y"}}, {"b", Map{{"c", 1}}}})
	if err != nil {
		panic(err)
	}
	edits, err := InsertPair(n, nil, "zz", value)
	try("insert pair", edits, err, Change{Path: dot + "zz", New: `{"a":["x","y"],"b":{"c":1}}`})
	for _, p := range n.Pairs {
		if _, own := n.Pair(p.Key.Value); !own || p.Key.IsMerge() {
			continue
		}
		edits, err = InsertPair(n, []string{p.Key.Value}, "zz", "v\n")
		try("insert pair behind "+p.Key.Value, edits, err, Change{Path: dot + "zz", New: `"v"`})
		edits, err = RemovePair(n, p.Key.Value)
		try("remove pair "+p.Key.Value, edits, err, Change{Path: dot + keyText(p.Key), Old: canonical(p.Value)})
		if canonical(p.Value) != `"zzz"` {
			edits, err = ReplacePair(n, p.Key.Value, Block(Quote(p.Key.Value, manifest.Plain)+": zzz\n"))
			try("replace pair "+p.Key.Value, edits, err, Change{Path: dot + keyText(p.Key), Old: canonical(p.Value), New: `"zzz"`})
		}
		if block, err := Extract(p.Value, nil); err == nil {
			edits, err = InsertPair(n, nil, "zz", block)
			try("insert a copy of "+p.Key.Value, edits, err, Change{Path: dot + "zz", New: canonical(p.Value)})
		}
	}
}

func scalarPrimitives(n *manifest.Node, path string, try attempt) {
	for _, value := range []string{"zz", "a: b #", "true"} {
		e, err := ReplaceScalar(n, value)
		fresh := jsonString(value)
		if n.Tag == "!!bool" && n.Style == manifest.Plain && value == "true" {
			fresh = value
		}
		if canonical(n) == fresh {
			continue
		}
		try("replace by "+value, []Edit{e}, err, Change{Path: path, Old: canonical(n), New: fresh})
	}
	words := strings.Fields(n.Value)
	if n.Tag != "!!str" || len(words) == 0 {
		return
	}
	word := words[len(words)/2]
	for _, by := range []string{"zz", "z'\"z", word + " " + word} {
		value := strings.ReplaceAll(n.Value, word, by)
		edits, err := ReplaceWithin(n, word, by)
		try("replace "+word+" within by "+by, edits, err, Change{Path: path, Old: canonical(n), New: jsonString(value)})
	}
}

// meets checks one intent: a refusal with a reason, or exactly the intended difference.
func meets(t *testing.T, f *manifest.File, in intent) bool {
	t.Helper()
	var r *Refusal
	if in.err != nil {
		if !errors.As(in.err, &r) || r.Reason == "" {
			t.Errorf("%s: %s: %v is no refusal", f.Path, in.what, in.err)
		}
		return false
	}
	before := map[string][]byte{f.Path: f.Data}
	after, err := Apply(before, in.edits)
	if err != nil {
		t.Errorf("%s: %s: %v", f.Path, in.what, err)
		return false
	}
	changes, err := verified(before, after, in.edits)
	for i := range changes {
		changes[i].File, changes[i].Document, changes[i].Object = "", 0, ""
	}
	if err != nil || !slices.Equal(changes, in.changes) && !sameLists(changes, in.changes) {
		t.Errorf("%s: %s: %v\ngot  %+v\nwant %+v\nedits %+v", f.Path, in.what, err, changes, in.changes, in.edits)
		return false
	}
	if is, ok := after[f.Path]; ok {
		keepsStyle(t, f, in.what, string(f.Data), string(is))
	}
	return true
}

// keepsStyle holds what is the same before and after every edit: line ends, the end of the file, and no more blank lines together.
func keepsStyle(t *testing.T, f *manifest.File, what, was, is string) {
	t.Helper()
	breaks, carriages := strings.Count(was, "\n"), strings.Count(was, "\r\n")
	if n := strings.Count(is, "\r\n"); carriages == 0 && n > 0 || carriages == breaks && n < strings.Count(is, "\n") {
		t.Errorf("%s: %s: line ends of two kinds in\n%q", f.Path, what, is)
	}
	if strings.HasSuffix(was, "\n") && !strings.HasSuffix(is, "\n") {
		t.Errorf("%s: %s: the last line lost its end", f.Path, what)
	}
	if blankRun(is) > blankRun(was) {
		t.Errorf("%s: %s: blank lines add up in\n%q", f.Path, what, is)
	}
}

// blankRun is the greatest number of blank lines together.
func blankRun(s string) int {
	run, most := 0, 0
	for line := range strings.Lines(s) {
		if run++; strings.TrimSpace(line) != "" {
			run = 0
		}
		most = max(most, run)
	}
	return most
}

// sameLists allows for lists with equal items, where the one that was added or removed can't be told.
func sameLists(got, want []Change) bool {
	if len(got) != 1 || len(want) != 1 {
		return false
	}
	list := func(s string) string { return s[:max(strings.LastIndexByte(s, '['), 0)] }
	g, w := got[0], want[0]
	return g.Old == w.Old && g.New == w.New && list(g.Path) == list(w.Path) && strings.HasSuffix(g.Path, "]") && strings.HasSuffix(w.Path, "]")
}

// nodesOf returns the nodes of a file with their paths.
func nodesOf(f *manifest.File) (nodes []*manifest.Node, paths []string) {
	var walk func(n *manifest.Node, path string)
	walk = func(n *manifest.Node, path string) {
		if n == nil {
			return
		}
		nodes, paths = append(nodes, n), append(paths, strings.TrimPrefix(path, "."))
		for _, p := range n.Pairs {
			walk(p.Value, path+"."+keyText(p.Key))
		}
		for i, item := range n.Items {
			walk(item, fmt.Sprintf("%s[%d]", path, i))
		}
	}
	for _, d := range f.Documents {
		walk(d.Root, "")
	}
	return nodes, paths
}

func TestPrimitivesOnGeneratedFiles(t *testing.T) {
	done, refusedOnes := 0, 0
	for seed := range uint64(40) {
		if seed%everyNth != 0 && seed != 7 { // which is JSON
			continue
		}
		f := generated(t, seed)
		nodes, paths := nodesOf(f)
		for i, n := range nodes {
			for _, in := range primitives(n, paths[i]) {
				if meets(t, f, in) {
					done++
				} else {
					refusedOnes++
				}
			}
		}
		if t.Failed() {
			t.Fatalf("the file:\n%s", f.Data)
		}
	}
	t.Logf("%d edits made, %d refused", done, refusedOnes)
	if done < 4*refusedOnes {
		t.Errorf("only %d of %d edits were made", done, done+refusedOnes)
	}
}

func generated(t *testing.T, seed uint64) *manifest.File {
	t.Helper()
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	data := g.file()
	if seed%8 == 7 {
		data = g.json()
	}
	f := parse(t, data)
	f.Path = fmt.Sprintf("seed %d", seed)
	if len(f.Problems) > 0 {
		t.Fatalf("seed %d: %v\n%s", seed, f.Problems, f.Data)
	}
	return f
}

// What is added can be taken away again, and then every byte is as it was. A file may come to end with a line break.
func TestAddingIsUndoneByRemoving(t *testing.T) {
	undone := 0
	for seed := range uint64(60) {
		f := generated(t, seed)
		nodes, _ := nodesOf(f)
		for _, n := range nodes {
			added, remove, err := adding(n)
			if err != nil || text(f.Data).unterminated(n) {
				continue
			}
			before := map[string][]byte{f.Path: f.Data}
			after, err := Apply(before, added)
			if err != nil {
				t.Fatal(err)
			}
			fresh := manifest.Parse(f.Path, after[f.Path])
			edits, err := remove(placeOf(n).in(fresh))
			if err != nil {
				t.Errorf("seed %d: %v in\n%s", seed, err, fresh.Data)
				continue
			}
			back, err := Apply(after, edits)
			if err != nil {
				t.Fatal(err)
			}
			if was, is := strings.TrimRight(string(f.Data), "\r\n"), strings.TrimRight(string(back[f.Path]), "\r\n"); was != is {
				t.Errorf("seed %d: was\n%q\nthen\n%q\nis\n%q", seed, was, fresh.Data, is)
			}
			undone++
		}
	}
	t.Logf("%d edits undone", undone)
}

// adding adds to a collection that has something in it, and says how that is removed.
func adding(n *manifest.Node) (added []Edit, remove func(*manifest.Node) ([]Edit, error), err error) {
	switch {
	case len(n.Items) > 0:
		added, err = AppendItem(n, "name: zz\nargs: [x]\n")
		return added, func(n *manifest.Node) ([]Edit, error) { return RemoveItem(n.Items[len(n.Items)-1], KeepEmpty) }, err
	case len(n.Pairs) > 0:
		added, err = InsertPair(n, nil, "zz", "- x\n- y\n")
		return added, func(n *manifest.Node) ([]Edit, error) { return RemovePair(n, "zz") }, err
	}
	return nil, nil, refuse(n, "nothing to add to")
}

// An item that moves within its list takes its lines and comments along whole, and no comment of others.
func TestMovingWithinAList(t *testing.T) {
	moved := 0
	for seed := range uint64(60) {
		f := generated(t, seed)
		nodes, _ := nodesOf(f)
		for _, n := range nodes {
			for i := range n.Items {
				for j := range len(n.Items) + 1 {
					if j != i && j != i+1 && move(t, f, n, i, j) {
						moved++
					}
				}
			}
		}
	}
	t.Logf("%d items moved", moved)
	if moved < 100 {
		t.Errorf("only %d items moved", moved)
	}
}

func move(t *testing.T, f *manifest.File, seq *manifest.Node, from, to int) bool {
	t.Helper()
	block, err := Extract(seq.Items[from], nil)
	if err != nil {
		return false
	}
	added, err := InsertItem(seq, to, block)
	if err != nil {
		return false
	}
	removed, err := RemoveItem(seq.Items[from], KeepEmpty)
	if err != nil {
		return false
	}
	edits, before := Join(added, removed), map[string][]byte{f.Path: f.Data}
	after, err := Apply(before, edits)
	if err != nil {
		t.Errorf("%s: %d to %d: %v in\n%s", f.Path, from, to, err, f.Data)
		return false
	}
	is, ok := after[f.Path]
	if !ok {
		is = f.Data
	}
	if err := Verify(before, after, edits); err != nil {
		t.Errorf("%s: %d to %d: %v in\n%q\nwhich became\n%q", f.Path, from, to, err, f.Data, is)
		return false
	}
	if bare, all := bareLines(string(block)), bareLines(string(is)); !isFlow(seq) && !strings.Contains("\n"+all, "\n"+bare) {
		t.Errorf("%s: %d to %d: the lines\n%s\nare not together in\n%s", f.Path, from, to, bare, all)
	}
	if was, now := commentTexts(f), commentTexts(manifest.Parse(f.Path, is)); !slices.Equal(was, now) {
		t.Errorf("%s: %d to %d: comments %q became %q in\n%s", f.Path, from, to, was, now, is)
	}
	return true
}

// bareLines is a text without its indents and dashes.
func bareLines(s string) string {
	var out strings.Builder
	for line := range strings.Lines(s) {
		out.WriteString(strings.TrimSpace(strings.TrimLeft(line, " -")) + "\n")
	}
	return out.String()
}

func commentTexts(f *manifest.File) []string {
	var out []string
	for _, r := range remarks(f) {
		out = append(out, r.text)
	}
	slices.Sort(out)
	return out
}
