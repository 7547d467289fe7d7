package edit

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// lines writes n numbered lines.
func lines(n int, end string) string {
	var out strings.Builder
	for i := range n {
		out.WriteString("line: " + strings.Repeat("x", i%7) + end)
	}
	return out.String()
}

func TestPatchIsTakenByGitApply(t *testing.T) {
	long := lines(60, "\n")
	many := strings.Split(lines(200, "\n"), "\n")
	manyAfter := append([]string{}, many...)
	for i := 0; i < len(many); i += 9 {
		manyAfter[i] = "changed\nand more"
	}
	tests := []struct {
		name          string
		path          string
		before, after string // "-" for no file
	}{
		{"one line", "a.yaml", "a: 1\nb: 2\n", "a: 1\nb: 3\n"},
		{"far and near hunks", "d/a.yaml", strings.Join(many, "\n"), strings.Join(manyAfter, "\n")},
		{"file removed", "a.yaml", "a: 1\nb: 2\n", "-"},
		{"file removed, no final newline", "a.yaml", "a: 1\nb: 2", "-"},
		{"file added", "a.yaml", "-", "a: 1\n"},
		{"no newline at the end, kept", "a.yaml", "a: 1\nb: 2", "a: 2\nb: 2"},
		{"no newline at the end, added", "a.yaml", "a: 1\nb: 2", "a: 1\nb: 2\n"},
		{"no newline at the end, removed", "a.yaml", "a: 1\nb: 2\n", "a: 1\nb: 2"},
		{"no newline at the end, line appended", "a.yaml", "a: 1\nb: 2", "a: 1\nb: 2\nc: 3"},
		{"CRLF", "a.yaml", "a: 1\r\nb: 2\r\n", "a: 1\r\nx: 1\r\nb: 2\r\n"},
		{"CRLF, no newline at the end", "a.yaml", "a: 1\r\nb: 2", "a: 1\r\nb: 2\r\nx: 1"},
		{"line at the start", "a.yaml", long, "x: 1\n" + long},
		{"line at the end", "a.yaml", long, long + "x: 1\n"},
		{"all but one line removed", "a.yaml", "a: 1\nb: 2\nc: 3\n", "b: 2\n"},
		{"blank in the path", "my app/a b.yaml", "a: 1\n", "a: 2\n"},
		{"blank in the path of a removed file", "my app/a b.yaml", "a: 1\n", "-"},
		{"quote and tab in the path", "a\"\tb.yaml", "a: 1\n", "a: 2\n"},
		{"umlaut in the path", "ä.yaml", "a: 1\n", "a: 2\n"},
		{"not UTF-8", "a.yaml", "a: \xff\nb: 1\n", "a: \xff\nb: 2\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			git(t, dir, "", "init", "-q")
			before, after := map[string][]byte{}, map[string][]byte{tt.path: nil}
			if tt.before != "-" {
				before[tt.path] = []byte(tt.before)
				write(t, filepath.Join(dir, tt.path), tt.before)
			}
			if tt.after != "-" {
				after[tt.path] = []byte(tt.after)
			}
			patch, err := Patch(before, after)
			if err != nil {
				t.Fatal(err)
			}
			git(t, dir, patch, "apply", "--whitespace=nowarn", "-")
			got, err := os.ReadFile(filepath.Join(dir, tt.path))
			if tt.after == "-" {
				if !os.IsNotExist(err) {
					t.Errorf("the file is still there: %v", err)
				}
				return
			}
			if err != nil || !bytes.Equal(got, after[tt.path]) {
				t.Errorf("got %q, %v, want %q, by\n%s", got, err, tt.after, patch)
			}
		})
	}
}

func TestPatchNumbersLines(t *testing.T) {
	before := lines(40, "\n")
	rows := strings.SplitAfter(before, "\n")
	rows[0], rows[5], rows[30] = "a\nb\n", "c\n", ""
	patch, err := Patch(map[string][]byte{"f": []byte(before)}, map[string][]byte{"f": []byte(strings.Join(rows, ""))})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"diff --git a/f b/f\n--- a/f\n+++ b/f\n", "@@ -1,9 +1,10 @@\n", "@@ -28,7 +29,6 @@\n"} {
		if !strings.Contains(patch, want) {
			t.Errorf("no %q in\n%s", want, patch)
		}
	}
}

func TestPatchHeaders(t *testing.T) {
	patch, err := Patch(map[string][]byte{"a b": []byte("x\n"), "d": []byte("x\n")}, map[string][]byte{"a b": []byte("y\n"), "c": []byte("x\n"), "d": nil})
	if err != nil {
		t.Fatal(err)
	}
	same(t, patch, "diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n@@ -1,1 +1,1 @@\n-x\n+y\n"+
		"diff --git a/c b/c\nnew file mode 100644\n--- /dev/null\n+++ b/c\n@@ -0,0 +1,1 @@\n+x\n"+
		"diff --git a/d b/d\ndeleted file mode 100644\n--- a/d\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n")
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func git(t *testing.T, dir, input string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s\n%s", strings.Join(args, " "), err, out, input)
	}
}
