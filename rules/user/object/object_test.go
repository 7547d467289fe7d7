package object

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
)

func parse(t *testing.T, text string) *manifest.Object {
	t.Helper()
	file := manifest.Parse("a.yaml", []byte(text))
	if len(file.Objects) != 1 {
		t.Fatal(file.Problems)
	}
	return file.Objects[0]
}

// TestScalars holds how values are decoded.
func TestScalars(t *testing.T) {
	v, ok := Of(parse(t, "apiVersion: v1\nkind: X\na: 1\nb: 1.5\nc: true\nd: \"1\"\ne:\nf: 2024-01-01\ng: 0x10\nh: [1, {i: x}]\nl: &l {m: n}\no: {<<: *l, p: q}\nr: 99999999999999999999\n"))
	want := map[string]any{
		"apiVersion": "v1", "kind": "X", "a": int64(1), "b": 1.5, "c": true, "d": "1", "e": nil, "f": "2024-01-01", "g": int64(16),
		"h": []any{int64(1), map[string]any{"i": "x"}}, "l": map[string]any{"m": "n"}, "o": map[string]any{"m": "n", "p": "q"}, "r": 1e20,
	}
	if !ok || !reflect.DeepEqual(v, want) {
		t.Errorf("%#v", v)
	}
}

// TestSecrets holds that no value of a Secret is decoded, wherever it stands in it.
func TestSecrets(t *testing.T) {
	v, _ := Of(parse(t, `{apiVersion: v1, kind: Secret, metadata: {name: s, annotations: {a: b, kubectl.kubernetes.io/last-applied-configuration: '{"data":{"p":"hunter2"}}'}}, data: {p: hunter2}, stringData: {q: hunter2}, type: Opaque}`))
	if text := fmt.Sprint(v); strings.Contains(text, "hunter2") || !strings.Contains(text, "p:(hidden)") || !strings.Contains(text, "a:b") {
		t.Error(text)
	}
}

// TestAliasBomb holds that what aliases blow up is not decoded, and that it costs nothing to find out.
func TestAliasBomb(t *testing.T) {
	text := "apiVersion: v1\nkind: X\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'z'; c++ {
		text += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1)
	}
	file := manifest.Parse("a.yaml", []byte(text))
	for _, o := range file.Objects {
		if _, ok := Of(o); ok {
			t.Error("decoded")
		}
	}
}

// TestText holds how values are written into messages.
func TestText(t *testing.T) {
	for want, v := range map[string]any{
		"(not set)": nil, "a b": "a\n  b", "1": int64(1), "a, 1": []any{"a", int64(1)}, "k, l": map[string]any{"l": 1, "k": 2}, "true": true,
		strings.Repeat("x", 200) + "…": strings.Repeat("x", 500),
	} {
		if got := Text(v); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
