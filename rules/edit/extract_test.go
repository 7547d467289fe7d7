package edit

import "testing"

func TestExtract(t *testing.T) {
	tests := []struct{ name, file, path, want string }{
		{"item", "c:\n    - name: a\n      args:\n        - x\n\n      # why\n      image: y # z\n    - b\n", "c[0]", "name: a\nargs:\n  - x\n\n# why\nimage: y # z\n"},
		{"comments above its dash and below it", "c:\n- a\n# one\n# two\n- name: b\n  # image: x\nd: 1\n", "c[1]", "# one\n# two\nname: b\n# image: x\n"},
		{"not what is commented out above", "c:\n# - name: old\n#   image: x\n- name: b\n", "c[0]", "name: b\n"},
		{"text block", "c:\n  - name: a\n    run: |\n      x\n\n        y\n    z: 1\n", "c[0]", "name: a\nrun: |\n  x\n\n    y\nz: 1\n"},
		{"text block with indicator", "c:\n  - name: a\n    run: |2\n        x\n", "c[0]", "name: a\nrun: |2\n    x\n"},
		{"flow item", "c:\n- {name: x, image: y} # z\n- b\n", "c[0]", "{name: x, image: y} # z\n"},
		{"member of a flow sequence", "c: [a, 'b']\n", "c[1]", "'b'\n"},
		{"CRLF", "c:\r\n- name: a\r\n  run: |\r\n    x\r\n- b\r\n", "c[0]", "name: a\nrun: |\n  x\n"},
		{"no final newline", "c:\n- name: a\n  image: x", "c[0]", "name: a\nimage: x\n"},
		{"text block that ends the file without a line break", "c:\n- a: |+\n    x", "c[0]", "a: |-\n  x\n"},
		{"mapping value", "m:\n    # why\n    a: 1\n    b:\n    - 2\nz: 1\n", "m", "# why\na: 1\nb:\n- 2\n"},
		{"sequence value, compact", "m:\n  s:\n  - a\n  - b\n", "m.s", "- a\n- b\n"},
		{"scalar value", "m:\n  a: x # y\n", "m.a", "x # y\n"},
		{"text block value", "m:\n  a: |\n    x\n      y\n", "m.a", "|\n  x\n    y\n"},
		{"text block item", "c:\n  - |\n    x\n  - b\n", "c[0]", "|\n  x\n"},
		{"comment below a text block", "c:\n  - |\n    x\n   # y\n  - b\n", "c[0]", "# y\n|\n  x\n"},
		{"dash on a line of its own", "c:\n  - # why\n    name: a\n", "c[0]", "# why\nname: a\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Extract(at(t, parse(t, tt.file), tt.path), nil)
			if err != nil {
				t.Fatal(err)
			}
			same(t, string(got), tt.want)
		})
	}
}

func TestExtractAppliesEdits(t *testing.T) {
	f := parse(t, "c:\n  - name: a\n    env: [x]\n    image: b\n  - z\n")
	item := at(t, f, "c[0]")
	rename, err := ReplaceScalar(at(t, f, "c[0].name"), "shipper")
	if err != nil {
		t.Fatal(err)
	}
	drop, err := RemovePair(item, "env")
	if err != nil {
		t.Fatal(err)
	}
	add, err := InsertPair(item, nil, "restartPolicy", "Always\n")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Extract(item, append(append(add, drop...), rename))
	if err != nil {
		t.Fatal(err)
	}
	same(t, string(got), "name: shipper\nimage: b\nrestartPolicy: Always\n")

	_, err = Extract(item, []Edit{raw(f.Path, 0, 1, "x")})
	refused(t, err, "outside")
}

func TestExtractRefuses(t *testing.T) {
	tests := []struct{ name, file, path, reason string }{
		{"anchor", "c:\n- a: &x 1\n", "c[0]", "anchor"},
		{"merge key", "x: &x {a: 1}\nc:\n- <<: *x\n", "c[0]", "merge key"},
		{"flow over lines", "c:\n- a: [1,\n    2]\n", "c[0]", "several lines"},
		{"template", "c:\n- a: x{{ .b }}\n", "c[0]", "template"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Extract(at(t, parse(t, tt.file), tt.path), nil)
			refused(t, err, tt.reason)
		})
	}
}

func TestMoveBetweenStyles(t *testing.T) {
	from := parse(t, "spec:\r\n    containers:\r\n    -   name: a\r\n        args:\r\n        - |\r\n            x\r\n\r\n              y\r\n        image: b # c\r\n")
	to := parse(t, "spec:\n  containers:\n    - name: app")
	item, err := Extract(at(t, from, "spec.containers[0]"), nil)
	if err != nil {
		t.Fatal(err)
	}
	edits, err := AppendItem(at(t, to, "spec.containers"), item)
	if err != nil {
		t.Fatal(err)
	}
	same(t, apply(t, to, edits), "spec:\n  containers:\n    - name: app\n    - name: a\n      args:\n      - |\n          x\n\n            y\n      image: b # c")
}

func TestRender(t *testing.T) {
	l := Layout{MapIndent: 2, SeqIndent: 0, DashWidth: 2, LineEnd: "\n"}
	got, err := l.Render(Map{
		{"name", "on"}, {"size", 3}, {"readOnly", true}, {"empty", Map{}},
		{"args", []string{"-c", "a\nb\n"}},
		{"emptyDir", Map{{"sizeLimit", "1Gi"}}},
		{"raw", Block("# why\na: 1\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	same(t, string(got), "name: \"on\"\nsize: 3\nreadOnly: true\nempty: {}\nargs:\n- -c\n- |\n  a\n  b\nemptyDir:\n  sizeLimit: 1Gi\nraw:\n  # why\n  a: 1\n")
	if _, err := l.Render(3.5); err == nil {
		t.Error("a float is rendered")
	}
}
