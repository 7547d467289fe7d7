package manifest

import (
	"bytes"
	"fmt"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		fmt.Sprintf(deploymentText, 1),
		object("a: [b, \"c\", 'd''e', {f: g}, h: i, ? {j: k} : l]\n---\n# c\n---\nm: [\n---\nn: o\n"),
		object("a: |2-\n   x\n\nb: >+\n  y\n  z\n\nc: &a !!str \"d\\\n  e\"\nf: *a\n"),
		"%YAML 1.1\n%TAG ! !x\n---\n!y &z\n- - a\n  -\n-\n? b\n: - c\n? d\n...\ne\n...\n",
		byteOrderMark + "{\r\n\t\"apiVersion\": \"v1\", \"kind\": \"List\",\r\n\t\"items\": [{\"a\": \"\\ud83d\\ude00\"}, null]\r\n}\r\n",
		"a: é\u0085b: \u2028c: \u2029\rd: &x [*x]\n<<: [*x, *x]\na: 1\n",
		"{{- if .x }}\na: {{ b }}\n{% c %}\n<% d %>\ne: ${{ f }}\n",
		object("a: \"b\n  c: \"d\"\n\te: @f\n"),
		"|\nfoo\n---\n>1\n bar\n--- |\n baz\n...",
		"a: \xff\n--- \x00\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		for _, path := range []string{"a.yaml", "templates/a.yaml"} {
			file := Parse(path, data)
			if !bytes.Equal(before, data) {
				t.Fatal("the data was changed")
			}
			checkFile(t, file)
			for _, o := range file.Objects {
				o.Node.Each(func(key string, value *Node) { value.Keys(); value.Strings(); o.Node.Get(key, key) })
			}
		}
	})
}
