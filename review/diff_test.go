package review

import (
	"slices"
	"strings"
	"testing"
)

const sampleDiff = `diff --git a/web.yaml b/web.yaml
index 1111111..2222222 100644
--- a/web.yaml
+++ b/web.yaml
@@ -1,4 +1,5 @@
 one
-two
+two!
+two and a half
 three
 four
@@ -10,4 +11,3 @@ some heading
 ten
-eleven
 twelve
 thirteen
diff --git a/gone.yaml b/gone.yaml
deleted file mode 100644
index 1111111..0000000
--- a/gone.yaml
+++ /dev/null
@@ -1 +0,0 @@
-diff --git a/fake b/fake
diff --git a/old name.yaml b/new name.yaml
similarity index 100%
rename from old name.yaml
rename to new name.yaml
diff --git "a/\303\244.yaml" "b/\303\244.yaml"
new file mode 100644
index 0000000..1111111
--- /dev/null
+++ "b/\303\244.yaml"
@@ -0,0 +1,2 @@
+one
+two
\ No newline at end of file
diff --git a/logo.png b/logo.png
index 1111111..2222222 100644
Binary files a/logo.png and b/logo.png differ
`

func TestParseDiffReadsTheNewSide(t *testing.T) {
	c, err := parseDiff([]byte(sampleDiff))
	if err != nil {
		t.Fatal(err)
	}
	web := c.byNew["web.yaml"]
	if len(web.Hunks) != 2 || web.Hunks[0].Start != 1 || web.Hunks[0].End != 5 || web.Hunks[1].Start != 11 || web.Hunks[1].End != 13 {
		t.Errorf("hunks of web.yaml: %+v", web.Hunks)
	}
	if h := web.Hunks[0]; !h.added[2] || !h.added[3] || h.added[1] || !h.cut[2] || len(h.cut) != 1 {
		t.Errorf("first hunk: added %v, cut %v", h.added, h.cut)
	}
	if h := web.Hunks[1]; len(h.added) != 0 || !h.cut[12] {
		t.Errorf("second hunk: added %v, cut %v", h.added, h.cut)
	}
	var paths []string
	for path := range c.byNew {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	expectLines(t, paths, "logo.png", "new name.yaml", "web.yaml", "ä.yaml")
	for old, want := range map[string]string{"old name.yaml": "new name.yaml", "gone.yaml": "", "untouched.yaml": "untouched.yaml"} {
		if got := c.headPath(old); got != want {
			t.Errorf("head path of %s is %q, want %q", old, got, want)
		}
	}
}

// Without context a hunk that only deletes has no new line; its header names the line above.
func TestParseDiffReadsAHunkWithoutNewLines(t *testing.T) {
	c, err := parseDiff([]byte("diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -5,2 +4,0 @@\n-five\n-six\n"))
	if err != nil {
		t.Fatal(err)
	}
	if h := c.byNew["f"].Hunks[0]; h.Start != 5 || h.End != 4 || !h.cut[5] || h.contains(4, 4) || h.contains(5, 5) {
		t.Errorf("hunk %+v", h)
	}
}

func TestParseDiffHidesNoFileBehindABrokenOne(t *testing.T) {
	broken := strings.Replace(sampleDiff, "@@ -10,4 +11,3 @@", "@@ -10,4 +11,9 @@", 1)
	c, err := parseDiff([]byte(broken))
	if err == nil || !strings.Contains(err.Error(), "web.yaml") {
		t.Errorf("error %v does not name the file", err)
	}
	if c.byNew["web.yaml"] != nil || c.byNew["ä.yaml"] == nil {
		t.Errorf("files read: %v", c.byNew)
	}
}

func FuzzParseDiff(f *testing.F) {
	f.Add([]byte(sampleDiff))
	f.Add([]byte("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _ := parseDiff(data)
		for path, ch := range c.byNew {
			for _, h := range ch.Hunks {
				if h.End-h.Start+1 > len(data) {
					t.Errorf("%s: hunk %d-%d of %d bytes", path, h.Start, h.End, len(data))
				}
			}
		}
	})
}
