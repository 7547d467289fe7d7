package edit

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
)

// one is the single edit of a primitive.
func one(t testing.TB, edits []Edit, err error) Edit {
	t.Helper()
	if err != nil || len(edits) != 1 {
		t.Fatalf("%v, %v", edits, err)
	}
	return edits[0]
}

// The bytes of an edit may be right for YAML and still not what was asked for.
func TestVerifyHoldsBytesAgainstTheIntention(t *testing.T) {
	replace := func(value string) func(*manifest.File) ([]Edit, error) {
		return func(f *manifest.File) ([]Edit, error) {
			e, err := ReplaceScalar(at(t, f, "a"), value)
			return []Edit{e}, err
		}
	}
	list := "c:\n- name: a\n  # of x\n  x: 1\n- name: b\n- name: c\n"
	tests := []struct {
		name, file string
		make       func(*manifest.File) ([]Edit, error)
		old, fresh string // what is changed in the file that came out
		reason     string
	}{
		{"a boolean instead of text", "a: b\n", replace("true"), `"true"`, "true", "at a"},
		{"text instead of a number", "a: 1\n", replace("2"), "2", `"2"`, "at a"},
		{"null instead of text", "a: b\n", replace("null"), `"null"`, "null", "at a"},
		{"what older readers take for a boolean", "a: b\n", replace("on"), `"on"`, "on", "at a"},
		{"another value", "a: b\n", replace("c"), "c", "d", "at a"},
		{"two keys instead of one", "a: b\n", replace("c"), "c", "c\nx: y", "at x"},
		{"the other document", "a: b\n---\na: b\n", replace("c"), "a: c\n---\na: b\n", "a: b\n---\na: c\n", "outside of the edits"},
		{"an anchor", "a: b\n", replace("c"), "c", "&x c", "at a"},
		{"an item too early", list, func(f *manifest.File) ([]Edit, error) { return InsertItem(at(t, f, "c"), 1, "name: z\n") },
			"c:\n- name: a\n  # of x\n  x: 1\n- name: z\n", "c:\n- name: z\n- name: a\n  # of x\n  x: 1\n", "at c[0]"},
		{"an item nested", list, func(f *manifest.File) ([]Edit, error) { return AppendItem(at(t, f, "c"), "z\n") },
			"\n- z\n", "\n- - z\n", "at c[3]"},
		{"the item beside", list, func(f *manifest.File) ([]Edit, error) { return RemoveItem(at(t, f, "c[1]"), KeepEmpty) },
			"- name: c\n", "- name: b\n", "at c[1].name"},
		{"a field of the item left", list, func(f *manifest.File) ([]Edit, error) { return RemovePair(at(t, f, "c[0]"), "x") },
			"- name: a\n", "- name: a\n  x: 1\n", "at c[0].x"},
		{"an emptied list gone", "c:\n- a\nd: 1\n", func(f *manifest.File) ([]Edit, error) { return RemoveItem(at(t, f, "c[0]"), KeepEmpty) },
			"c: []\n", "", "at c"},
		{"null instead of an empty list", "c:\n- a\nd: 1\n", func(f *manifest.File) ([]Edit, error) { return RemoveItem(at(t, f, "c[0]"), KeepEmpty) },
			"c: []\n", "c:\n", "at c"},
		{"a pair in the mapping around", "m:\n  a: 1\n", func(f *manifest.File) ([]Edit, error) { return InsertPair(at(t, f, "m"), nil, "k", "v\n") },
			"  k: v", "k: v", "at m.k"},
		{"the comment of the neighbour lost", list, func(f *manifest.File) ([]Edit, error) { return RemoveItem(at(t, f, "c[1]"), KeepEmpty) },
			"  # of x\n", "", "comment would be lost: # of x"},
		{"a comment that was to be added lost", list, func(f *manifest.File) ([]Edit, error) { return AppendItem(at(t, f, "c"), "# why\nz\n") },
			"# why\n", "", "comment would be lost: # why"},
		{"a document left", "a: 1\n---\nb: 1\n", func(f *manifest.File) ([]Edit, error) { return RemoveDocuments(f.Documents[1]) },
			"a: 1\n", "a: 1\n---\nb: 1\n", "what was meant"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.file)
			edits, err := tt.make(f)
			if err != nil {
				t.Fatal(err)
			}
			right := apply(t, f, edits)
			wrong := strings.Replace(right, tt.old, tt.fresh, 1)
			if wrong == right {
				t.Fatalf("%q is not in %q", tt.old, right)
			}
			whole := put(f.Documents[0].Root, 0, len(f.Data), wrong)
			whole.meant = edits[0].meant
			faulty := []Edit{whole}
			if strings.Contains(tt.reason, "outside") {
				faulty = edits
			}
			err = Verify(map[string][]byte{f.Path: f.Data}, map[string][]byte{f.Path: []byte(wrong)}, faulty)
			refused(t, err, tt.reason)
		})
	}
}

func TestVerifyRefusesWhatSaysNothing(t *testing.T) {
	f := parse(t, "a: b\nc: d\n")
	before := map[string][]byte{f.Path: f.Data}
	meant, err := ReplaceScalar(at(t, f, "a"), "x")
	if err != nil {
		t.Fatal(err)
	}
	hand := raw(f.Path, 8, 9, "y")
	for _, edits := range [][]Edit{{hand}, {meant, hand}, Join([]Edit{meant}, []Edit{raw(f.Path, meant.Start, meant.End, meant.New)})} {
		after, err := Apply(before, edits)
		if err != nil {
			t.Fatal(err)
		}
		err = Verify(before, after, edits)
		refused(t, err, "unproven")
	}
	_, err = Extract(at(t, f, "c"), []Edit{hand})
	refused(t, err, "unproven")
}

func TestVerifyRefusesAnotherState(t *testing.T) {
	f := parse(t, "a: {b: c}\n")
	e, err := ReplaceScalar(at(t, f, "a.b"), "x")
	if err != nil {
		t.Fatal(err)
	}
	for _, now := range []string{"a: bcdefgh\n", "k: {b: c}\n---\n", "b: [c, d]\na: {b: c}\n"} {
		before := map[string][]byte{f.Path: []byte(now)}
		after, err := Apply(before, []Edit{e})
		if err != nil {
			t.Fatal(err)
		}
		if err = Verify(before, after, []Edit{e}); err == nil && now[0] != 'k' {
			t.Errorf("%q became %q", now, after[f.Path])
		}
	}
}

// Edits are held against the state by place, so that they may come from several readings of it.
func TestVerifyTakesEditsOfSeveralReadings(t *testing.T) {
	const data = "a: b\nc:\n- d\n"
	one, two := parse(t, data), parse(t, data)
	e, err := ReplaceScalar(at(t, one, "a"), "x")
	if err != nil {
		t.Fatal(err)
	}
	more, err := AppendItem(at(t, two, "c"), "e\n")
	if err != nil {
		t.Fatal(err)
	}
	same(t, apply(t, parse(t, data), Join([]Edit{e}, more)), "a: x\nc:\n- d\n- e\n")
}

func TestVerifyLooksAtFilesThatStay(t *testing.T) {
	f := parse(t, "a: b\n")
	e, err := ReplaceScalar(at(t, f, "a"), "c")
	if err != nil {
		t.Fatal(err)
	}
	err = Verify(map[string][]byte{f.Path: f.Data}, nil, []Edit{e})
	refused(t, err, "outside of the edits")
	err = Verify(nil, nil, []Edit{e})
	refused(t, err, "not there")
}

func TestRemarks(t *testing.T) {
	f := parse(t, "\xef\xbb\xbf# a\nx: 'b # no' # b\ny: | # c\n  # no\n  z\n  # no\n # d\nl: [e, f#g] # e\nm:\n  # f\n  n: \"o\n    # no\"\n--- # g\np: q # h\r\n#\n")
	var got []string
	for _, r := range remarks(f) {
		got = append(got, r.text)
	}
	same(t, strings.Join(got, "|"), "# a|# b|# c|# d|# e|# f|# g|# h|#")
}

// What is nested in several operations comes out as if they were made one by one.
func TestIntentionsNest(t *testing.T) {
	f := parse(t, "c:\n- name: a\n  m:\n    x: 1\n    y: 2\n- name: b\nd: {}\n")
	renamed, err := ReplaceScalar(at(t, f, "c[0].name"), "z")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ReplaceScalar(f.Documents[0].Root.Pairs[1].Key, "e")
	if err != nil {
		t.Fatal(err)
	}
	x := one(t, must(RemovePair(at(t, f, "c[0].m"), "x")), nil)
	added := must(InsertItem(at(t, f, "c"), 1, "name: k\n"))
	first := must(InsertItem(at(t, f, "c"), 0, "name: f\n"))
	gone := must(RemoveItem(at(t, f, "c[1]"), KeepEmpty))
	filled := must(InsertPairs(at(t, f, "d"), nil, "g: h\n"))
	all := Join([]Edit{renamed, key, x}, added, first, gone, filled)
	same(t, apply(t, f, all), "c:\n- name: f\n- name: z\n  m:\n    y: 2\n- name: k\ne:\n  g: h\n")
}

func must(edits []Edit, err error) []Edit {
	if err != nil {
		panic(err)
	}
	return edits
}
