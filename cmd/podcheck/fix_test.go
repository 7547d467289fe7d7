package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// reader is a Pod with a fault that has a safe fix: tail -F.
func reader(name string) string {
	return strings.ReplaceAll(`apiVersion: v1
kind: Pod
metadata:
  name: NAME
spec:
  containers:
    - name: orders
      image: example.com/shop/orders:3.2
      command: ["sh", "-c", "exec /srv/orders >> /var/log/orders/app.log"]
      volumeMounts:
        - name: logs
          mountPath: /var/log/orders
    - name: log-reader
      image: busybox:1.37
      command: ["sh", "-c", "tail -n +1 -f /var/log/orders/app.log"]
      volumeMounts:
        - name: logs
          mountPath: /var/log/orders
          readOnly: true
  volumes:
    - name: logs
      emptyDir: {sizeLimit: 1Gi}
`, "NAME", name)
}

func followed(text string) string { return strings.Replace(text, "+1 -f", "+1 -F", 1) }

// costly is reader with a further fault, whose fix alters behaviour.
func costly(name string) string {
	const image = "      image: example.com/shop/orders:3.2\n"
	return strings.Replace(reader(name), image, image+"      resources:\n        requests: {cpu: 500m, memory: 256Mi}\n", 1)
}

func git(t *testing.T, dir string, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s\n%s", args, err, out, stdin)
	}
	return string(out)
}

// content is what the files of a folder hold, by path; git's own are left out.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(p, "/.git/") {
			return err
		}
		data, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		out[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func texts(files map[string]string) map[string][]byte {
	out := map[string][]byte{}
	for p, text := range files {
		out[p] = []byte(text)
	}
	return out
}

func TestFixAppliesSafeFixes(t *testing.T) {
	tests := []struct {
		name   string
		file   string
		args   []string
		want   string
		code   int
		stdout string
	}{
		{"safe", reader("a"), nil, followed(reader("a")), 0, "a.yaml:15: fixed tail-follow Pod/a: "},
		{"nothing to do", service, nil, service, 0, "nothing to fix"},
		{"what alters behaviour is left", costly("a"), nil, followed(costly("a")), 1, "left sidecar-resources Pod/a: The change alters behaviour; --review applies it too."},
		{"a rule", costly("a"), []string{"--rule", "tail-follow"}, followed(costly("a")), 0, "1 fixed in 1 file, 0 left"},
		{"another rule", reader("a"), []string{"--rule", "native-sidecar", "--rule", "job-sidecar"}, reader("a"), 0, "nothing to fix"},
		{"a finding without a fix", service + "---\n" + strings.Replace(service, "name: web", "name: my web", 1), []string{"--rule", "invalid-manifest"}, "", 0, "nothing to fix"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t, map[string][]byte{"a.yaml": []byte(tt.file)})
			out, stderr, code := run(t, dir, "", append([]string{"fix", "."}, tt.args...)...)
			if code != tt.code || !strings.Contains(out, tt.stdout) {
				t.Errorf("exit %d, want %d: %s%s", code, tt.code, out, stderr)
			}
			if tt.want == "" {
				tt.want = tt.file
			}
			if got := content(t, dir); len(got) != 1 || got["a.yaml"] != tt.want {
				t.Errorf("the file is\n%s", got)
			}
			if out, _, _ := run(t, dir, "", append([]string{"fix", "."}, tt.args...)...); strings.Contains(out, " fixed ") && !strings.Contains(out, "0 fixed in 0 files") {
				t.Errorf("fixing again: %s", out)
			}
		})
	}
}

func TestFixTakesWhatAltersBehaviourWhenAsked(t *testing.T) {
	dir := folder(t, map[string][]byte{"a.yaml": []byte(costly("a"))})
	out, stderr, code := run(t, dir, "", "fix", "--review", "a.yaml")
	if got := content(t, dir)["a.yaml"]; code != 0 || !strings.Contains(got, "cpu: 50m") || !strings.Contains(got, "tail -n +1 -F") {
		t.Errorf("exit %d: %s%s\n%s", code, out, stderr, got)
	}
}

func TestFixOfOneFinding(t *testing.T) {
	files := map[string]string{"a.yaml": reader("a"), "b.yaml": reader("b")}
	dir := folder(t, texts(files))
	scan, _, _ := run(t, dir, "", "scan", "b.yaml")
	id := scan[strings.Index(scan, "[")+1 : strings.Index(scan, "]")]
	if out, stderr, code := run(t, dir, "", "fix", ".", "--finding", id); code != 0 {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
	files["b.yaml"] = followed(reader("b"))
	if got := content(t, dir); !maps.Equal(got, files) {
		t.Errorf("%v", got)
	}
}

func TestFixUsage(t *testing.T) {
	for name, test := range map[string]struct {
		args   []string
		stderr string
	}{
		"no path":                      {nil, "requires at least 1 arg"},
		"no such file":                 {[]string{"absent.yaml"}, "absent.yaml"},
		"no such rule":                 {[]string{"--rule", "tail-folow", "."}, "did you mean tail-follow"},
		"no such finding":              {[]string{"--finding", "zz99", "."}, `no finding "zz99"`},
		"a symbolic link":              {[]string{"link.yaml"}, "name a.yaml instead"},
		"standard input and a file":    {[]string{"-", "a.yaml"}, "without other paths"},
		"a patch of standard input":    {[]string{"-", "--diff"}, "give it paths"},
		"no such color":                {[]string{"--color", "blue", "."}, "use auto, always or never"},
		"a broken configuration above": {[]string{"bad"}, ".podcheck.yml"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, map[string][]byte{"a.yaml": []byte(reader("a")), "bad/.podcheck.yml": []byte("version: 1\nrulez: {}\n")})
			if err := os.Symlink("a.yaml", filepath.Join(dir, "link.yaml")); err != nil {
				t.Fatal(err)
			}
			_, stderr, code := run(t, dir, "", append([]string{"fix"}, test.args...)...)
			if code != 2 || !strings.Contains(stderr, test.stderr) {
				t.Errorf("exit %d: %s", code, stderr)
			}
			if got := content(t, dir)["a.yaml"]; got != reader("a") {
				t.Errorf("the file was changed:\n%s", got)
			}
		})
	}
}

func TestFixOfStandardInput(t *testing.T) {
	for name, test := range map[string]struct{ in, out, stderr string }{
		"fixed":      {reader("a"), followed(reader("a")), "-:15: fixed tail-follow"},
		"unchanged":  {service, service, "nothing to fix"},
		"not a YAML": {"a: {{ .x }}\n", "a: {{ .x }}\n", "nothing to fix"},
	} {
		t.Run(name, func(t *testing.T) {
			out, stderr, code := run(t, t.TempDir(), test.in, "fix", "-")
			if code != 0 || out != test.out || !strings.Contains(stderr, test.stderr) {
				t.Errorf("exit %d, %s\n%s", code, stderr, out)
			}
		})
	}
}

func TestFixKeepsModesAndOtherFiles(t *testing.T) {
	dir := folder(t, map[string][]byte{"a.yaml": []byte(reader("a")), "b.yaml": []byte(service), "read-only.yaml": []byte(reader("c"))})
	modes := map[string]os.FileMode{"a.yaml": 0o755, "b.yaml": 0o600, "read-only.yaml": 0o444}
	for name, mode := range modes {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	before, _ := os.Stat(filepath.Join(dir, "b.yaml"))
	if out, stderr, code := run(t, dir, "", "fix", "."); code != 0 {
		t.Fatalf("exit %d: %s%s", code, out, stderr)
	}
	for name, mode := range modes {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		if name == "b.yaml" && !os.SameFile(info, before) {
			t.Error("a file without a fault was replaced")
		}
	}
	if got := content(t, dir); len(got) != 3 || got["a.yaml"] != followed(reader("a")) {
		t.Errorf("%v", got)
	}
}

// A file that somebody changes between reading and writing stays as they left it, and so do all others.
func TestFilesChangedMeanwhileAreNotOverwritten(t *testing.T) {
	for name, meanwhile := range map[string]func(string) error{
		"edited":  func(p string) error { return os.WriteFile(p, []byte("mine\n"), 0o644) },
		"removed": os.Remove,
		"a link now": func(p string) error {
			if err := os.Rename(p, p+".real"); err != nil {
				return err
			}
			return os.Symlink(p+".real", p)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, map[string][]byte{"a.yaml": []byte("a: 1\n"), "b.yaml": []byte("b: 1\n")})
			t.Chdir(dir)
			state := analysis.NewState([]*manifest.File{manifest.Parse("a.yaml", []byte("a: 1\n")), manifest.Parse("b.yaml", []byte("b: 1\n"))})
			if err := meanwhile("b.yaml"); err != nil {
				t.Fatal(err)
			}
			before := content(t, dir)
			err := replaceFiles(state, map[string][]byte{"a.yaml": []byte("a: 2\n"), "b.yaml": []byte("b: 2\n")}, asIs)
			if err == nil || !strings.Contains(err.Error(), "b.yaml") {
				t.Errorf("error %v", err)
			}
			if got := content(t, dir); !maps.Equal(got, before) {
				t.Errorf("files are %v, were %v", got, before)
			}
		})
	}
}

func TestFilesThatGoAreRemoved(t *testing.T) {
	dir := folder(t, map[string][]byte{"a.yaml": []byte("a: 1\n"), "b.yaml": []byte("b: 1\n")})
	t.Chdir(dir)
	state := analysis.NewState([]*manifest.File{manifest.Parse("a.yaml", []byte("a: 1\n")), manifest.Parse("b.yaml", []byte("b: 1\n"))})
	if err := replaceFiles(state, map[string][]byte{"a.yaml": []byte("a: 2\n"), "b.yaml": nil}, asIs); err != nil {
		t.Fatal(err)
	}
	if got := content(t, dir); len(got) != 1 || got["a.yaml"] != "a: 2\n" {
		t.Errorf("%v", got)
	}
}

// The patch gives what fixing in place gives, whatever the names, the line ends and the folder.
func TestThePatchGoesThroughGit(t *testing.T) {
	merge := fixtureTexts(t, "shipper-two-files")
	crlf := map[string]string{"a.yaml": strings.ReplaceAll(reader("a"), "\n", "\r\n")}
	for name, test := range map[string]struct {
		files      map[string]string
		folder     string // where the commands run
		args       []string
		repository bool
		from       string // where git runs; "" for the same folder
		note       string
	}{
		"here":                        {files: map[string]string{"a.yaml": reader("a"), "apps/b.yaml": reader("b")}, args: []string{"."}, repository: true},
		"without a repository":        {files: map[string]string{"a.yaml": reader("a"), "apps/b.yaml": reader("b")}, args: []string{"."}},
		"in a subfolder":              {files: map[string]string{"a.yaml": reader("a"), "apps/b.yaml": reader("b")}, folder: "apps", args: []string{"."}, repository: true},
		"a folder without repository": {files: map[string]string{"a.yaml": reader("a"), "apps/b.yaml": reader("b")}, folder: "apps", args: []string{"b.yaml"}},
		"an absolute path":            {files: map[string]string{"apps/b.yaml": reader("b")}, folder: "apps", args: []string{"ABS/apps/b.yaml"}, repository: true},
		"up and down again":           {files: map[string]string{"apps/b.yaml": reader("b")}, folder: "apps", args: []string{"../apps/b.yaml"}, repository: true},
		"outside of the folder":       {files: map[string]string{"a.yaml": reader("a"), "apps/b.yaml": reader("b")}, folder: "apps", args: []string{"..", "b.yaml"}, repository: true, from: ".", note: "apply it with git -C"},
		"outside without repository":  {files: map[string]string{"x/a.yaml": reader("a"), "y/b.yaml": reader("b")}, folder: "y", args: []string{"../x", "."}, from: ".", note: "apply it with git -C"},
		"names":                       {files: map[string]string{"my apps/a b.yaml": reader("a"), "größe/ü\"x.yaml": reader("b"), "t\tab.yaml": reader("c")}, args: []string{"."}, repository: true},
		"CRLF":                        {files: crlf, args: []string{"."}, repository: true},
		"no line break at the end":    {files: map[string]string{"a.yaml": strings.TrimSuffix(costly("a"), "\n")}, args: []string{"--review", "."}, repository: true},
		"files that go":               {files: merge, args: []string{"--review", "."}, repository: true},
	} {
		t.Run(name, func(t *testing.T) {
			patched, fixed := folder(t, texts(test.files)), folder(t, texts(test.files))
			if test.repository {
				git(t, patched, "", "init", "-q")
			}
			args := func(dir string) []string {
				out := []string{"fix"}
				for _, a := range test.args {
					out = append(out, strings.Replace(a, "ABS", dir, 1))
				}
				return out
			}
			list, stderr, _ := run(t, filepath.Join(fixed, test.folder), "", args(fixed)...)
			patch, stderr2, _ := run(t, filepath.Join(patched, test.folder), "", append(args(patched), "--diff")...)
			if got := content(t, patched); !maps.Equal(got, test.files) || !strings.Contains(stderr2, test.note) || test.note == "" && strings.Contains(stderr2, "git -C") {
				t.Fatalf("--diff changed a file, or said %s", stderr2)
			}
			from := test.from
			if from == "" {
				from = test.folder
			}
			git(t, filepath.Join(patched, from), patch, "apply", "-")
			want, got := content(t, fixed), content(t, patched)
			if !maps.Equal(got, want) || maps.Equal(got, test.files) {
				t.Errorf("the patch\n%s\ngives %v\nin place: %v\n%s%s", patch, got, want, list, stderr)
			}
		})
	}
}

func fixtureTexts(t *testing.T, name string) map[string]string {
	p, err := fixtures.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for path, data := range p.After {
		out[path] = string(data)
	}
	return out
}

func TestThePatchShowsNoSecret(t *testing.T) {
	secret := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: hunter2\n---\n"
	files := map[string]string{"a.yaml": secret + reader("a"), "b.yaml": "kind: Secret\napiVersion: v1\nmetadata: {name: s}\nstringData: {password: hunter2}\n---\n" + compact}
	dir := folder(t, texts(files))
	patch, stderr, code := run(t, dir, "", "fix", ".", "--diff")
	if code != 1 || strings.Contains(patch, "hunter2") || !strings.Contains(patch, "a/a.yaml") || !strings.Contains(stderr, "b.yaml:6: left tail-follow Pod/compact: The patch would show values of a Secret") {
		t.Errorf("exit %d, %s\n%s", code, stderr, patch)
	}
	if out, _, code := run(t, dir, "", "fix", "."); code != 0 || !strings.Contains(content(t, dir)["b.yaml"], "tail -F") {
		t.Errorf("in place: exit %d, %s", code, out)
	}
}

// compact is a Pod in one line.
const compact = `{apiVersion: v1, kind: Pod, metadata: {name: compact}, spec: {volumes: [{name: logs, emptyDir: {sizeLimit: 1Gi}}], containers: [{name: log-reader, image: busybox, command: [sh, -c, tail -f /logs/app.log], volumeMounts: [{name: logs, mountPath: /logs, readOnly: true}]}, {name: orders, image: orders, command: [sh, -c, exec orders >> /logs/app.log], volumeMounts: [{name: logs, mountPath: /logs}]}]}}
`

func asIs(path string) string { return path }
