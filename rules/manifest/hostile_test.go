package manifest

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// bomb nests nine references to the level before, levels times; format writes one level's value.
func bomb(levels int, format string) string {
	var b strings.Builder
	b.WriteString(object("l0: &l0 {k0: x}\n"))
	for i := 1; i <= levels; i++ {
		refs := strings.Repeat(fmt.Sprintf("*l%d, ", i-1), 9)
		fmt.Fprintf(&b, "l%d: &l%d "+format+"\n", i, i, refs)
	}
	return b.String()
}

func TestAliasBombsAreNotExpanded(t *testing.T) {
	f := Parse("x.yaml", []byte(bomb(30, "[%s]")))
	checkFile(t, f)
	if len(f.Problems) > 0 || len(f.Objects) != 1 {
		t.Fatalf("%d objects, problems %+v", len(f.Objects), f.Problems)
	}
	if n := f.Objects[0].Node.Get("l30").Items; len(n) != 9 || n[0].Target != n[8].Target {
		t.Errorf("%d items", len(n))
	}
}

func TestEqualComparesBombsOnce(t *testing.T) {
	a, b := Parse("a.yaml", []byte(bomb(30, "[%s]"))), Parse("b.yaml", []byte(bomb(30, "[%s]")))
	if !Equal(a.Documents[0].Root, b.Documents[0].Root) {
		t.Error("the same text differs")
	}
	if c := Parse("c.yaml", []byte(bomb(29, "[%s]"))); Equal(a.Documents[0].Root, c.Documents[0].Root) {
		t.Error("different text is equal")
	}
}

func TestMergeBombsAreVisitedOnce(t *testing.T) {
	f := Parse("x.yaml", []byte(bomb(30, "{<<: [%s], k: v}")))
	n := f.Objects[0].Node.Get("l30")
	if n.Get("absent") != nil || n.Get("k0").Text() != "x" || len(n.Keys()) != 2 || len(n.StringMap()) != 2 {
		t.Errorf("the keys are %v", n.Keys())
	}
}

func TestListBombsGiveEachObjectOnce(t *testing.T) {
	text := "apiVersion: v1\nkind: List\na: &l0 {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod}]}\n"
	for i := 1; i <= 12; i++ {
		text += fmt.Sprintf("b%d: &l%d {apiVersion: v1, kind: List, items: [%s]}\n", i, i, strings.Repeat(fmt.Sprintf("*l%d, ", i-1), 9))
	}
	if f := Parse("x.yaml", []byte(text+"items: [*l12, *l12]\n")); len(f.Objects) != 1 {
		t.Errorf("%d objects, problems %+v", len(f.Objects), f.Problems)
	}
}

func TestAliasToItsHolderHasNoTarget(t *testing.T) {
	f := Parse("x.yaml", []byte(object("a: &x\n  b: *x\n  c: [*x]\n  <<: *x\n")))
	n := f.Objects[0].Node.Get("a")
	if n.Get("b") != nil && n.Get("b").Target != nil || n.Get("b", "b").Resolve() != nil || n.Get("d") != nil || len(n.Keys()) != 2 {
		t.Errorf("the keys are %v", n.Keys())
	}
	if len(f.Problems) != 3 {
		t.Errorf("problems %+v", f.Problems)
	}
}

func TestHostileFilesAreRefusedCheaply(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"deep flow", bytes.Repeat([]byte("["), 10_000), "nested"},
		{"deep closed flow", append(bytes.Repeat([]byte("["), 10_000), bytes.Repeat([]byte("]"), 10_000)...), "nested"},
		{"deep block", bytes.Repeat([]byte("- "), 10_000), "nested"},
		{"deep mappings", bytes.Repeat([]byte("? "), 10_000), "nested"},
		{"deep object", []byte(object("a: " + strings.Repeat("{a: ", 5_000) + "\n")), "nested"},
		{"too large", bytes.Repeat([]byte("a"), MaxFileSize+1), "bytes"},
		{"too many entries", []byte("[" + strings.Repeat("[],", 1<<20) + "]"), "entries"},
		{"too many lines", bytes.Repeat([]byte("-\n"), 1<<20), "entries"},
		{"UTF-16", []byte("\xff\xfea\x00:\x00"), "UTF-16"},
		{"UTF-16, big end first", []byte("\xfe\xff\x00a\x00:"), "UTF-16"},
	}
	for _, tt := range tests {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f := Parse("x.yaml", tt.in)
		runtime.ReadMemStats(&after)
		checkFile(t, f)
		if len(f.Problems) != 1 || f.Problems[0].Kind != NotAnalysed || f.Problems[0].Path != "x.yaml" || !strings.Contains(f.Problems[0].Message, tt.want) {
			t.Errorf("%s: problems %+v", tt.name, f.Problems)
		}
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 64<<20 {
			t.Errorf("%s: %d MB allocated", tt.name, spent>>20)
		}
	}
}

func TestGreatButHarmlessFilesAreRead(t *testing.T) {
	long := strings.Repeat("x", 2<<20)
	for name, in := range map[string]string{
		"long literal":    object("a: |\n  " + long + "\n"),
		"long quotes":     object("a: \"" + long + "\"\n"),
		"long plain":      object("a: " + long + "\n"),
		"long comment":    object("# " + long + "\n"),
		"wide characters": object("a: [" + strings.Repeat("ä, ", 100_000) + "]\n"),
		"nested":          object("a: " + strings.Repeat("[", 900) + strings.Repeat("]", 900) + "\n"),
		"many keys":       object("a:\n" + manyKeys(50_000)),
	} {
		f := Parse("x.yaml", []byte(in))
		checkDocuments(t, f)
		if len(f.Objects) != 1 || len(f.Problems) > 0 {
			t.Errorf("%s: %d objects, problems %+v", name, len(f.Objects), f.Problems)
		}
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  key%d: v\n", i)
	}
	return b.String()
}

func TestHundredThousandDocuments(t *testing.T) {
	f := Parse("x.yaml", bytes.Repeat([]byte("---\na: 1\n"), 100_000))
	checkDocuments(t, f)
	if len(f.Documents) != 100_000 || len(f.Problems) > 0 {
		t.Errorf("%d documents, %d problems", len(f.Documents), len(f.Problems))
	}
}

func TestEverySecondDocumentBroken(t *testing.T) {
	f := Parse("x.yaml", bytes.Repeat([]byte("---\na: ]\n---\n"+object("")), 5_000))
	checkDocuments(t, f)
	if len(f.Objects) != 5_000 || len(f.Problems) != 5_000 {
		t.Errorf("%d objects, %d problems", len(f.Objects), len(f.Problems))
	}
}
