package bot_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
)

// bait is a repository that tries to have a program run that makes a file, and to have files outside of it read.
type bait struct {
	files map[string][]byte
	modes map[string]string
	names []string // of files with a fault that must be found all the same
	made  string   // the file that nobody may make
}

// outside is what a manifest outside of the repository has and no comment may have.
const outside = "Zoutsid3Zoutsid3Z"

func newBait(t *testing.T) bait {
	t.Helper()
	dir := t.TempDir()
	b := bait{made: filepath.Join(dir, "made"), modes: map[string]string{}}
	manifest := filepath.Join(dir, "outside.yaml")
	if err := os.WriteFile(manifest, []byte(replaying(strings.ToLower(outside))), 0o600); err != nil {
		t.Fatal(err)
	}
	touch := "touch " + b.made
	program := "#!/bin/sh\n" + touch + "\ncat\n"
	b.files = map[string][]byte{
		".gitattributes": []byte("* filter=evil diff=evil merge=evil text eol=crlf\n*.lfs.yaml filter=lfs diff=lfs merge=lfs -text\n"),
		".gitconfig":     []byte("[core]\n\tfsmonitor = " + touch + "\n\tpager = " + touch + "\n[filter \"evil\"]\n\tsmudge = " + touch + "\n[diff \"evil\"]\n\ttextconv = " + touch + "\n"),
		".gitmodules": fmt.Appendf(nil, "[submodule \"a\"]\n\tpath = a\n\turl = --upload-pack=%s\n\tupdate = !%[1]s\n[submodule \"b\"]\n\tpath = b\n\turl = ext::sh -c %[1]s\n"+
			"[submodule \"c\"]\n\tpath = c\n\turl = file:///etc\n", touch),
		".lfsconfig":      []byte("[lfs]\n\turl = ssh://-oProxyCommand=" + touch + "/x\n"),
		"stored.lfs.yaml": []byte("version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("4d", 32) + "\nsize 12345\n"),
		".podcheck/rules": []byte("/etc"),
		"passwd.yaml":     []byte("/etc/passwd"),
		"environ.yaml":    []byte("/proc/self/environ"),
		"outside.yaml":    []byte(manifest),
		"above.yaml":      []byte(strings.Repeat("../", 20) + strings.TrimPrefix(manifest, "/")),
		"etc":             []byte("/etc"),
		"linked":          []byte(dir),
		"kustomization.yaml": []byte("resources: [outside.yaml, linked/outside.yaml, " + manifest + ", etc/passwd]\n" +
			"generators: [generate.yaml]\nconfigMapGenerator: [{name: c, files: [passwd.yaml]}]\n"),
		"generate.yaml": []byte("apiVersion: v1\nkind: Gen\nmetadata:\n  name: g\n  annotations:\n    config.kubernetes.io/function: |\n      exec:\n        path: hooks/post-checkout\n"),
	}
	for _, link := range []string{".podcheck/rules", "passwd.yaml", "environ.yaml", "outside.yaml", "above.yaml", "etc", "linked"} {
		b.modes[link] = "120000"
	}
	for _, hook := range []string{"hooks/post-checkout", "hooks/reference-transaction", ".githooks/post-index-change", "hooks/fsmonitor-watchman"} {
		b.files[hook], b.modes[hook] = []byte(program), "100755"
	}
	for i, name := range []string{"--upload-pack=" + touch, "-c core.pager=" + touch, "$(" + touch + ")", "`" + touch + "`", "a;" + touch + ";", "a\n" + touch + "\n", "--output=" + b.made, "..." + "/-", ":(exclude)*", "--"} {
		name += ".yaml"
		b.names = append(b.names, name)
		b.files[name] = []byte(replaying(fmt.Sprint("log-", i)))
	}
	return b
}

// TestRepositoryIsNeverObeyed reviews a pull request whose repository, branches and files are all meant to have something run or read.
func TestRepositoryIsNeverObeyed(t *testing.T) {
	t.Parallel()
	b := newBait(t)
	base := map[string][]byte{"a.yaml": []byte("a: 1\n")}
	w := newWorld(t, base)
	dir := t.TempDir()
	w.run(settings(w.github, dir))
	touch := "touch${IFS}" + b.made
	w.commit("--upload-pack="+touch, github.Commit{})
	w.commit("-c", github.Commit{})
	for i, branch := range []string{"--upload-pack=" + touch + ";a", "-u" + touch, "$(" + touch + ")", "`" + touch + "`", "|" + touch, "feature';" + touch + ";'"} {
		files := maps.Clone(b.files)
		files["turn.yaml"] = fmt.Appendf(nil, "turn: %d\n", i)
		w.commit(branch, github.Commit{Files: files, Modes: b.modes})
		target := "main"
		if i == 0 {
			target = "--upload-pack=" + touch
		}
		p := value(w.repo.OpenPull(t.Context(), github.NewPull{Head: branch, Base: target}))(t)
		w.deliver()
		check := w.checked(p.HeadSHA())
		if check.Conclusion == "skipped" || strings.Contains(check.Title, "Could not") {
			t.Fatalf("%s: %s, %s", branch, check.Title, check.Summary)
		}
		var on []string
		for _, c := range p.ReviewComments() {
			on = append(on, c.Path)
			if text := strings.ToLower(c.Body); strings.Contains(text, strings.ToLower(outside)) {
				t.Errorf("a file outside of the repository was read: %s", c.Body)
			}
		}
		for _, name := range b.names {
			if !slices.Contains(on, name) {
				t.Errorf("%s: no comment on %q among those on %q", branch, name, on)
			}
		}
		if text := strings.ToLower(check.Summary + check.Text + fmt.Sprint(check.Annotations)); strings.Contains(text, strings.ToLower(outside)) || strings.Contains(text, "root:") {
			t.Errorf("a file outside of the repository was read: %s", text)
		}
	}
	if _, err := os.Stat(b.made); err == nil {
		t.Error("something of the repository was run")
	}
	noneIsThere(t, dir)
}

// commit commits to a branch of the repository.
func (w *world) commit(branch string, c github.Commit) {
	w.Helper()
	c.Message = "Change"
	value(w.repo.Commit(w.Context(), branch, c))(w.T)
}

// noneIsThere expects nothing of a repository's tree in the folder of the bot: there are bare mirrors, and no files or hooks.
func noneIsThere(t *testing.T, dir string) {
	t.Helper()
	mirrors := 0
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".git") {
			mirrors++
		}
		if d.Type()&fs.ModeSymlink != 0 || strings.HasSuffix(path, ".yaml") || strings.Contains(path, "/hooks/") {
			t.Errorf("the data has %s", path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if mirrors == 0 {
		t.Error("there is no mirror")
	}
}
