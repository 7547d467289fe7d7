package edit

import (
	"reflect"
	"testing"
)

func TestJoinNestsLinesInsertedAtOneOffset(t *testing.T) {
	for _, data := range []string{"spec:\n  c:\n  - name: a\n    m:\n      x: 1\n", "spec:\n  c:\n  - name: a\n    m:\n      x: 1"} {
		f := parse(t, data)
		var groups [][]Edit
		for _, step := range []func() ([]Edit, error){
			func() ([]Edit, error) { return InsertPair(at(t, f, "spec"), nil, "volumes", "- v\n") },
			func() ([]Edit, error) { return AppendItem(at(t, f, "spec.c"), "# why\nname: b\n") },
			func() ([]Edit, error) { return InsertPair(at(t, f, "spec.c[0]"), nil, "k", "v\n") },
			func() ([]Edit, error) { return InsertPair(at(t, f, "spec.c[0]"), nil, "l", "w\n") },
			func() ([]Edit, error) { return InsertPair(at(t, f, "spec.c[0].m"), nil, "z", "2\n") },
		} {
			edits, err := step()
			if err != nil {
				t.Fatal(err)
			}
			groups = append(groups, edits)
		}
		want := "spec:\n  c:\n  - name: a\n    m:\n      x: 1\n      z: 2\n    k: v\n    l: w\n  # why\n  - name: b\n  volumes:\n  - v\n"
		same(t, apply(t, f, Join(groups...)), want[:len(want)-1+len(data)-len("spec:\n  c:\n  - name: a\n    m:\n      x: 1")])
	}
}

func TestJoin(t *testing.T) {
	tests := []struct {
		name     string
		in, want []Edit
	}{
		{"sorted by file and place", []Edit{raw("b", 1, 1, "x"), raw("a", 5, 6, "x"), raw("a", 1, 2, "x")}, []Edit{raw("a", 1, 2, "x"), raw("a", 5, 6, "x"), raw("b", 1, 1, "x")}},
		{"text within a line keeps its order", []Edit{raw("a", 1, 1, ", x"), raw("a", 1, 1, ", y")}, []Edit{raw("a", 1, 1, ", x"), raw("a", 1, 1, ", y")}},
		{"insertion before a replacement", []Edit{raw("a", 1, 2, "r"), raw("a", 1, 1, "i")}, []Edit{raw("a", 1, 1, "i"), raw("a", 1, 2, "r")}},
		{"equal replacements", []Edit{raw("a", 1, 2, "r"), raw("a", 1, 2, "r")}, []Edit{raw("a", 1, 2, "r")}},
		{"equal insertions stay two", []Edit{raw("a", 1, 1, "r"), raw("a", 1, 1, "r")}, []Edit{raw("a", 1, 1, "r"), raw("a", 1, 1, "r")}},
		{"what is inserted within a removal stays", []Edit{raw("a", 1, 9, ""), raw("a", 5, 5, "x\n"), raw("a", 5, 5, "y\n")},
			[]Edit{raw("a", 1, 5, ""), raw("a", 5, 5, "x\n"), raw("a", 5, 5, "y\n"), raw("a", 5, 9, "")}},
		{"what is replaced within a removal goes", []Edit{raw("a", 1, 9, ""), raw("a", 5, 6, "x")}, []Edit{raw("a", 1, 9, "")}},
		{"lines at the end of a file behind a removal", []Edit{raw("a", 5, 9, ""), raw("a", 9, 9, "\r\nx")}, []Edit{raw("a", 5, 9, ""), raw("a", 9, 9, "x")}},
		{"removals that overlap", []Edit{raw("a", 1, 4, ""), raw("a", 3, 5, ""), raw("b", 3, 5, "")}, []Edit{raw("a", 1, 5, ""), raw("b", 3, 5, "")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Join(tt.in); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
