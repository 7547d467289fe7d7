package manifest

import (
	"slices"
	"testing"
)

func TestObjects(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
	}{
		{"documents", object("metadata: {name: a, namespace: n}\n---\n") + object("metadata: {generateName: b-}\n"), []string{"Pod n/a", "Pod /b-"}},
		{"without a name", object(""), []string{"Pod /"}},
		{"no kind", "apiVersion: v1\nmetadata: {name: a}\n", nil},
		{"kind is no text", "apiVersion: v1\nkind: 1\n", nil},
		{"apiVersion is quoted", "apiVersion: \"1\"\nkind: Pod\n", []string{"Pod /"}},
		{"sequence", "- apiVersion: v1\n  kind: Pod\n", nil},
		{"List", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n- a: b\n-\n- apiVersion: v1\n  kind: Service\n", []string{"Pod / in List", "Service / in List"}},
		{"List of nothing", "apiVersion: v1\nkind: List\nitems: []\n", nil},
		{"List in a List", `{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod"}]}]}`, []string{"Pod / in List"}},
		{"typed list with whole items", "apiVersion: v1\nkind: PodList\nitems:\n- apiVersion: v1\n  kind: Pod\n", []string{"Pod / in List"}},
		{"kind that ends in List", "apiVersion: example.com/v1\nkind: AllowList\nitems: [a]\n", []string{"AllowList /"}},
		{"item that is an alias", "apiVersion: v1\nkind: List\na: &p {apiVersion: v1, kind: Pod}\nitems: [*p, *p]\n", []string{"Pod / in List"}},
		{"merged fields", "a: &a {apiVersion: v1, kind: Pod}\n<<: *a\n", []string{"Pod /"}},
	}
	for _, tt := range tests {
		f := Parse("x.yaml", []byte(tt.in))
		checkFile(t, f)
		var got []string
		for _, o := range f.Objects {
			text := o.Kind + " " + o.Namespace + "/" + o.Name
			if o.List != nil {
				text += " in List"
			}
			got = append(got, text)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMergeKeysGiveWayToOwnKeysAndEarlierSources(t *testing.T) {
	f := Parse("x.yaml", []byte("a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n  y: 3\n"))
	c := f.Documents[0].Root.Get("c")
	got := ""
	c.Each(func(key string, value *Node) { got += key + value.Text() + " " })
	if got != "y3 x1 z2 " {
		t.Errorf("the entries are %q", got)
	}
	for key, want := range map[string]string{"x": "1", "y": "3", "z": "2", "w": ""} {
		if got := c.Get(key).Text(); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}
