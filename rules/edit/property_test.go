package edit

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

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

// holds checks one intent: a refusal with a reason, or exactly the intended difference.
func holds(t *testing.T, f *manifest.File, in intent) bool {
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
	changes, err := Verify(before, after, in.edits)
	for i := range changes {
		changes[i].File, changes[i].Document, changes[i].Object = "", 0, ""
	}
	if err != nil || !slices.Equal(changes, in.changes) && !sameLists(changes, in.changes) {
		t.Errorf("%s: %s: %v\ngot  %+v\nwant %+v\nedits %+v", f.Path, in.what, err, changes, in.changes, in.edits)
		return false
	}
	return true
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
	for seed := range uint64(25) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		f := parse(t, g.file())
		f.Path = fmt.Sprintf("seed %d", seed)
		if len(f.Problems) > 0 {
			t.Fatalf("seed %d: %v\n%s", seed, f.Problems, f.Data)
		}
		nodes, paths := nodesOf(f)
		for i, n := range nodes {
			for _, in := range primitives(n, paths[i]) {
				if holds(t, f, in) {
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

// generator writes files out of the pieces that are hard to edit.
type generator struct{ *rand.Rand }

func (g generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g generator) file() string {
	l := Layout{MapIndent: 2 + 2*g.IntN(2), SeqIndent: []int{0, 2, 4}[g.IntN(3)], DashWidth: 2 + 2*g.IntN(2)}
	var docs []string
	for i := range 1 + g.IntN(3) {
		docs = append(docs, fmt.Sprintf("kind: K\nmetadata:\n%sname: n%d\n", strings.Repeat(" ", l.MapIndent), i)+g.mapping(l, 0, 0))
	}
	s := g.pick("", "---\n", "# header\n\n", "# header\n---\n") + strings.Join(docs, "---\n")
	if g.IntN(4) == 0 && !strings.HasSuffix(s, "\n\n") {
		s = strings.TrimSuffix(s, "\n")
	}
	if g.IntN(4) == 0 {
		s = strings.ReplaceAll(s, "\n", "\r\n")
	}
	return s
}

func (g generator) mapping(l Layout, depth, col int) string {
	var out strings.Builder
	pad := strings.Repeat(" ", col)
	for i := range 1 + g.IntN(3) {
		out.WriteString(g.between(pad, fmt.Sprintf("old%d: x", i)))
		key := fmt.Sprintf("%s%d", g.pick("a", "b.c/d", "e"), i)
		switch kind := g.IntN(5); {
		case kind == 0 && depth < 4:
			out.WriteString(pad + key + ":" + g.tail() + g.mapping(l, depth+1, col+l.MapIndent))
		case kind == 1 && depth < 4:
			out.WriteString(pad + key + ":" + g.tail() + g.sequence(l, depth+1, col+l.SeqIndent))
		default:
			out.WriteString(pad + key + ":" + g.scalar(col+2))
		}
	}
	return out.String()
}

func (g generator) sequence(l Layout, depth, col int) string {
	var out strings.Builder
	pad, gap := strings.Repeat(" ", col), strings.Repeat(" ", l.DashWidth-1)
	for i := range 1 + g.IntN(3) {
		out.WriteString(g.between(pad, fmt.Sprintf("- name: old%d\n%s#   image: x", i, pad)))
		if g.IntN(2) == 0 {
			m := g.mapping(l, depth+1, col+l.DashWidth)
			for strings.HasPrefix(strings.TrimLeft(m, " "), "#") || strings.TrimSpace(m[:strings.IndexByte(m, '\n')]) == "" {
				m = m[strings.IndexByte(m, '\n')+1:]
			}
			out.WriteString(pad + "-" + gap + strings.TrimLeft(m, " "))
			continue
		}
		out.WriteString(pad + "-" + g.scalar(col+2))
	}
	return out.String()
}

// between is what can stand above an entry: nothing, blank lines, a comment, something commented out.
func (g generator) between(pad, code string) string {
	switch g.IntN(8) {
	case 0:
		return pad + "# about it\n"
	case 1:
		return pad + "# " + code + "\n"
	case 2:
		return "\n"
	case 3:
		return "\n" + pad + "# Two lines\n" + pad + "# about it\n"
	case 4:
		return "#" + pad + code[:strings.IndexByte(code+"\n", '\n')] + "\n"
	}
	return ""
}

func (g generator) tail() string { return g.pick("\n", "\n", " # note\n", "  \n") }

// scalar is a value behind a colon or dash, with its line break; col is the least column of further lines.
func (g generator) scalar(col int) string {
	pad := "\n" + strings.Repeat(" ", col)
	switch g.IntN(12) {
	case 0:
		return " |" + g.pick("", "-", "+", "2") + pad + "text one" + pad + "  deeper" + g.pick("", "\n") + pad + "text two\n" + g.pick("", "\n")
	case 1:
		return " >" + g.pick("", "-", "+") + pad + "folded one" + pad + "folded two\n" + pad + "para\n" + g.pick("", "\n")
	case 2:
		return " plain one" + pad + "two" + g.tail()
	case 3:
		return ` "double one` + pad + `two \" \u00e4"` + g.tail()
	case 4:
		return " [a, 'b', {c: d}]" + g.tail()
	case 5:
		return " {a: b, c: [d], e: }" + g.tail()
	case 6:
		return g.pick("", " null", " ~", " []", " {}") + g.tail()
	}
	return " " + g.pick("x", "'it''s'", `"q\tr"`, "80", "true", "1.5", "http://app:80/x", "ä ö") + g.tail()
}

func TestPrimitivesOnRealFiles(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "corpus")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no corpus beside the module")
	}
	var paths []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	done, refusedOnes := 0, 0
	for i, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		d, r := sampleFile(t, rand.New(rand.NewPCG(uint64(i), 2)), path, data)
		done, refusedOnes = done+d, refusedOnes+r
	}
	t.Logf("%d edits made, %d refused", done, refusedOnes)
	if done < 4*refusedOnes {
		t.Errorf("only %d of %d edits were made", done, done+refusedOnes)
	}
}

// sampleFile tries the primitives on a few nodes of a file, and the removal of each document.
func sampleFile(t *testing.T, r *rand.Rand, path string, data []byte) (done, refusedOnes int) {
	if len(data) > 100_000 || !utf8.Valid(data) {
		return 0, 0
	}
	f := manifest.Parse(path, data)
	nodes, paths := nodesOf(f)
	for range min(len(nodes), 2) {
		i := r.IntN(len(nodes))
		for _, in := range primitives(nodes[i], paths[i]) {
			if r.IntN(3) > 0 {
				continue
			}
			if holds(t, f, in) {
				done++
			} else {
				refusedOnes++
			}
		}
	}
	for _, d := range f.Documents {
		if d.Root == nil || len(f.Problems) > 0 || len(f.Documents) > 20 {
			continue
		}
		edits, err := RemoveDocument(d)
		holdsDocument(t, f, d, edits, err)
	}
	return done, refusedOnes
}

func holdsDocument(t *testing.T, f *manifest.File, d *manifest.Document, edits []Edit, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", f.Path, err)
		return
	}
	before := map[string][]byte{f.Path: f.Data}
	after, err := Apply(before, edits)
	if err != nil {
		t.Errorf("%s: %v", f.Path, err)
		return
	}
	changes, err := Verify(before, after, edits)
	if err != nil {
		t.Errorf("%s: %v", f.Path, err)
		return
	}
	for _, c := range changes {
		if c.Path != "" || c.New != "" || c.Old != canonical(d.Root) && after[f.Path] != nil {
			t.Errorf("%s: document %d: %+v", f.Path, d.Index, c)
		}
	}
}
