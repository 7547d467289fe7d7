package edit

import (
	"fmt"
	"strings"
	"testing"
)

func TestReplaceRange(t *testing.T) {
	tests := []struct{ name, before, old, replacement, after string }{
		{"plain", "a: tail -f /x -f\n", "-f /x", "-F /x", "a: tail -F /x -f\n"},
		{"only the second occurrence", "a: b b c\n", "b c", "d c", "a: b d c\n"},
		{"double quotes with an escape before", `a: "x\ty -f z"` + "\n", "-f", "-F", `a: "x\ty -F z"` + "\n"},
		{"single quotes", "a: 'it''s -f'\n", "-f", "-F", "a: 'it''s -F'\n"},
		{"literal block", "a: |\n  one -f\n  two -f\nb: 1\n", "two -f", "two -F", "a: |\n  one -f\n  two -F\nb: 1\n"},
		{"in a flow sequence", "a: [b, -f, c]\n", "-f", "-F", "a: [b, -F, c]\n"},
		{"text that needs quotes", "a: b\n", "b", "x: y", "a: \"x: y\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.before)
			n := at(t, f, "a")
			if len(n.Items) > 0 {
				n = n.Items[1]
			}
			start := strings.LastIndex(n.Value, tt.old)
			edits, err := ReplaceRange(n, start, start+len(tt.old), tt.replacement)
			if err != nil {
				t.Fatal(err)
			}
			same(t, apply(t, f, edits), tt.after)
		})
	}
}

func TestReplaceRangeRefuses(t *testing.T) {
	tests := []struct {
		name, file, replacement string
		start, end              int
		reason                  string
	}{
		{"anchor", "a: &x b\n", "c", 0, 1, "anchor &x"},
		{"out of range", "a: b\n", "c", 0, 2, "no such part"},
		{"the wrong way round", "a: b\n", "c", 1, 0, "no such part"},
		{"over a line break", "a: |\n  b\n  c\n", "x", 0, 3, "over a line break"},
		{"lines into a literal block", "a: |\n  b\n", "x\ny", 0, 1, "does not fit"},
		{"a mapping", "a: {b: c}\n", "x", 0, 0, "not a scalar"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReplaceRange(at(t, parse(t, tt.file), "a"), tt.start, tt.end, tt.replacement)
			if err == nil || !strings.Contains(err.Error(), tt.reason) {
				t.Errorf("error %v, want one that says %q", err, tt.reason)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	tests := []struct{ name, file, part, want string }{
		{"plain", "a: b -f c\n", "-f", "1:6 1:8"},
		{"double quotes", `a: "b\t-f"` + "\n", "-f", "1:8 1:10"},
		{"a line of a literal block", "a: |\n  b\n  c -f\n", "-f", "3:5 3:7"},
		{"several lines are the whole scalar", "a: |\n  b\n  c\n", "b\nc", "1:4 3:4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := at(t, parse(t, tt.file), "a")
			start := strings.Index(n.Value, tt.part)
			s := Within(n, start, start+len(tt.part))
			if got := fmt.Sprintf("%d:%d %d:%d", s.Start.Line, s.Start.Column, s.End.Line, s.End.Column); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
	if s := Within(nil, 0, 1); s.End.Offset != 0 {
		t.Errorf("nothing is at %v", s)
	}
}
