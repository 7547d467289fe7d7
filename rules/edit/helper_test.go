package edit

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
)

func parse(t testing.TB, data string) *manifest.File {
	t.Helper()
	return manifest.Parse("f.yaml", []byte(data))
}

// at follows a path such as "spec.containers[1].image" in a document; "1/kind" is in the second one.
func at(t testing.TB, f *manifest.File, path string) *manifest.Node {
	t.Helper()
	doc := 0
	if before, after, ok := strings.Cut(path, "/"); ok {
		doc, _ = strconv.Atoi(before)
		path = after
	}
	n := f.Documents[doc].Root
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		if i, err := strconv.Atoi(step); err == nil && n.Kind == manifest.Sequence {
			n = n.Items[i]
			continue
		}
		n = n.Get(step)
	}
	if n == nil {
		t.Fatalf("no node at %q", path)
	}
	return n
}

// apply applies edits to a file and checks what always holds: it parses as before, and bytes outside the edits stay.
func apply(t testing.TB, f *manifest.File, edits []Edit) string {
	t.Helper()
	before := map[string][]byte{f.Path: f.Data}
	after, err := Apply(before, edits)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(before, after, edits); err != nil {
		t.Fatalf("%v\n%s", err, after[f.Path])
	}
	if out, ok := after[f.Path]; ok {
		return string(out)
	}
	return string(f.Data)
}

func same(t testing.TB, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s\n(%q against %q)", got, want, got, want)
	}
}

// raw is an edit made by hand.
func raw(path string, start, end int, fresh string) Edit {
	return Edit{Path: path, Start: start, End: end, New: fresh}
}

// verified is Verify with the difference of what the documents decode to.
func verified(before, after map[string][]byte, edits []Edit) ([]Change, error) {
	var changes []Change
	for _, path := range slices.Sorted(maps.Keys(after)) {
		changes = append(changes, Difference(manifest.Parse(path, before[path]), manifest.Parse(path, after[path]))...)
	}
	return changes, Verify(before, after, edits)
}
