package engine

import (
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review/render/wire"
)

func TestMarksAreReadBack(t *testing.T) {
	marked := "a" + mark(3, 17) + " b" + mark(12, 205) + "\n"
	if got := unmark(marked); got != "a b\n" {
		t.Errorf("unmarked %q", got)
	}
	for file, want := range map[int]int{3: 17, 12: 205, 1: 0} {
		if got := markedLine(marked, file); got != want {
			t.Errorf("file %d: line %d, want %d", file, got, want)
		}
	}
	for _, broken := range []string{string(markStart), string(markStart) + "x", mark(3, 17)[:12], string(markStart) + string(markEnd), mark(3, 17)[4:]} {
		if got := markedLine(broken, 3); got != 0 {
			t.Errorf("%q: line %d", broken, got)
		}
	}
}

// FuzzLines holds, for any template, that marks neither get into what is rendered nor change it, and that every line that is given is
// one of the template.
func FuzzLines(f *testing.F) {
	for _, template := range []string{
		"a: {{ .Release.Name }}\n", "{{- if true }}\n  a: 1\n{{- end -}}\n", "{{ define \"x\" }}y: 1{{ end }}\n{{ include \"x\" . | nindent 2 }}", "a: {{ \"b\\nc\" }}\n---\n{b: {{ tpl \"{{ 1 }}\" . }}}",
		"{{ template \"x\" }}{{ define \"x\" }}{ { {{ end }}", "{{/* c */}} a: {{- range $i, $e := tuple 1 2 }}{{ $e }}{{ else }}{{ end }}", "a: \U000F0000\U000F0011\U000F0001\U000F0012\U000F0002", "\r\na: 1\r\n",
	} {
		f.Add(template)
	}
	f.Fuzz(func(t *testing.T, template string) {
		if strings.Contains(template, "until") || strings.Contains(template, "repeat") || strings.Contains(template, "seq") || len(template) > 1000 {
			t.Skip("may take as long as it likes: in a child that is killed")
		}
		r := answer(&wire.Request{Version: 33, Helm: &wire.Helm{Chart: "c"}, Files: map[string][]byte{
			"c/Chart.yaml": []byte("apiVersion: v2\nname: c\nversion: 0.1.0\n"), "c/templates/t.yaml": []byte(template),
		}})
		last := 1 + strings.Count(template, "\n")
		for _, o := range r.Objects {
			if !strings.ContainsRune(template, markStart) && strings.ContainsRune(string(o.YAML), markStart) {
				t.Errorf("a mark in %q", o.YAML)
			}
			for _, line := range o.Lines {
				if line < 0 || line > last {
					t.Errorf("line %d of a template of %d", line, last)
				}
			}
		}
	})
}
