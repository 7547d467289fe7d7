package manifest

import (
	"slices"
	"strings"
	"testing"
)

func TestDocumentsCoverTheFile(t *testing.T) {
	tests := []struct {
		name string
		in   string // documents are separated by ‖, their markers from their content by ¦
		root []bool
	}{
		{"empty file", "", []bool{false}},
		{"one without a marker", "a: 1\n", []bool{true}},
		{"one without a final newline", "a: 1", []bool{true}},
		{"one with a marker", "---\n¦a: 1\n", []bool{true}},
		{"two", "a: 1\n‖---\n¦b: 2\n", []bool{true, true}},
		{"marker with a comment", "a: 1\n‖--- # next\n¦b: 2\n", []bool{true, true}},
		{"content on the marker line", "a: 1\n‖--- {b: 2}\n¦", []bool{true, true}},
		{"carriage returns", "a: 1\r\n‖---\r\n¦b: 2\r\n", []bool{true, true}},
		{"byte order mark", byteOrderMark + "---\n¦a: 1\n", []bool{true}},
		{"comments before the first", "# license\n\n‖---\n¦a: 1\n", []bool{false, true}},
		{"comments in one without a marker", "# license\n\na: 1\n", []bool{true}},
		{"empty and comment-only", "---\n¦‖---\n¦# nothing\n‖---\n¦a: 1\n", []bool{false, false, true}},
		{"marker at the end", "a: 1\n‖---¦", []bool{true, false}},
		{"document end", "a: 1\n...\n‖---\n¦b: 2\n...\n", []bool{true, true}},
		{"document end before one without a marker", "a: 1\n...\n‖# next\nb: 2\n", []bool{true, true}},
		{"directive", "%YAML 1.1\n---\n¦a: 1\n...\n‖%TAG ! !x\n---\n¦b: 2\n", []bool{true, true}},
		{"directive behind comments", "# c\n‖%YAML 1.1\n---\n¦a: 1\n", []bool{false, true}},
		{"marker text in a block scalar", "a: |\n  ---\n  x\n‖---\n¦b: 1\n", []bool{true, true}},
		{"marker text with more behind it", "a: 1\n---b: 2\n", []bool{true}},
		{"broken first", "a: [\n‖---\n¦b: 2\n", []bool{false, true}},
		{"broken in the middle", "a: 1\n‖---\n¦b: 'x\n‖---\n¦c: 3\n", []bool{true, false, true}},
		{"broken last", "a: 1\n‖---\n¦b: \"x\n", []bool{true, false}},
		{"broken before a document end", "a: ]\n...\n‖b: 2\n", []bool{false, true}},
		{"broken twice in a row", "a: ]\n‖---\n¦b: ]\n‖---\n¦c: 3\n", []bool{false, false, true}},
		{"broken behind comments", "# c\n‖---\n¦b: ]\n", []bool{false, false}},
		{"broken directive", "%YAML 7.0\n---\n¦a: 1\n...\n‖---\n¦b: 2\n", []bool{false, true}},
		{"block scalar without indentation", "|\nfoo\n‖---\n¦b: 2\n", []bool{true, true}},
		{"invalid byte", "a: \xff\n‖---\n¦b: 2\n", []bool{false, true}},
		{"control character", "a: \x00\n‖---\n¦b: 2\n", []bool{false, true}},
		{"unknown alias", "a: *x\n‖---\n¦b: 2\n", []bool{false, true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pieces := strings.Split(tt.in, "‖")
			f := Parse("x.yaml", []byte(strings.NewReplacer("‖", "", "¦", "").Replace(tt.in)))
			checkFile(t, f)
			if len(f.Documents) != len(pieces) {
				t.Fatalf("%d documents, want %d; problems %+v", len(f.Documents), len(pieces), f.Problems)
			}
			var roots []bool
			for i, d := range f.Documents {
				roots = append(roots, d.Root != nil)
				marker, content, found := strings.Cut(pieces[i], "¦")
				if !found {
					marker, content = "", pieces[i]
				}
				if got := string(f.Data[d.Start:d.Content]); got != marker {
					t.Errorf("document %d has the marker %q, want %q", i, got, marker)
				}
				if got := string(f.Data[d.Content:d.End]); got != content {
					t.Errorf("document %d has the content %q, want %q", i, got, content)
				}
			}
			if !slices.Equal(roots, tt.root) {
				t.Errorf("the roots are %v, want %v", roots, tt.root)
			}
		})
	}
}
