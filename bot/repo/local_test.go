package repo

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// newLocal makes a repository with a work tree that holds content, committed on main.
func newLocal(t testing.TB, content files) string {
	t.Helper()
	dir := t.TempDir()
	run(t, dir, "init", "--quiet", "--initial-branch=main", ".")
	put(t, dir, content)
	run(t, dir, "add", "--all")
	run(t, dir, "commit", "--quiet", "--allow-empty", "--message=x")
	return dir
}

func put(t testing.TB, dir string, content files) {
	t.Helper()
	for name, text := range content {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func openLocal(t testing.TB, dir string) *Local {
	t.Helper()
	l, err := OpenLocal(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func resolve(t testing.TB, l *Local, rev string) OID {
	t.Helper()
	id, err := l.Resolve(t.Context(), rev)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestLocalReadsLikeAMirror(t *testing.T) {
	dir := newLocal(t, files{"apps/a.yaml": "a: 1\n", "b.yaml": "b: 1\n"})
	run(t, dir, "switch", "--quiet", "--create", "topic")
	put(t, dir, files{"apps/a.yaml": "a: 2\n"})
	run(t, dir, "commit", "--quiet", "--all", "--message=x")
	bare := filepath.Join(t.TempDir(), "bare.git")
	run(t, dir, "clone", "--quiet", "--bare", dir, bare)
	linked := filepath.Join(t.TempDir(), "linked")
	run(t, dir, "worktree", "add", "--quiet", "--detach", linked)
	t.Setenv("GIT_DIR", "/nowhere") // as in a hook of another repository
	for name, at := range map[string]string{"top": dir, "subfolder": filepath.Join(dir, "apps"), "bare": bare, "linked work tree": linked} {
		t.Run(name, func(t *testing.T) {
			l := openLocal(t, at)
			head := resolve(t, l, "HEAD")
			if got, want := contents(t, l, head), (files{"apps/a.yaml": "a: 2\n", "b.yaml": "b: 1\n"}); !maps.Equal(got, want) {
				t.Errorf("%v", got)
			}
			base, err := l.MergeBase(t.Context(), resolve(t, l, "main"), head)
			if err != nil || base != resolve(t, l, "topic~1") {
				t.Errorf("%s, %v", base, err)
			}
			c, err := l.Compare(t.Context(), base, head)
			if err != nil || len(c.Changes) != 1 || !strings.HasSuffix(string(c.Patch), "@@ -1 +1 @@\n-a: 1\n+a: 2\n") {
				t.Errorf("%+v %s, %v", c.Changes, c.Patch, err)
			}
		})
	}
}

func TestOpenLocalSaysWhatIsWrong(t *testing.T) {
	empty := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(empty))
	put(t, empty, files{"file": ""})
	for dir, want := range map[string]string{
		empty:                           "as a git repository: git rev-parse: exit status 128: fatal: not a git repository",
		filepath.Join(empty, "nowhere"): "no such file or directory",
		filepath.Join(empty, "file"):    "is no folder",
	} {
		if _, err := OpenLocal(t.Context(), dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestResolveTakesRevisionsAndNoOptions(t *testing.T) {
	l := openLocal(t, newLocal(t, files{"a": "1"}))
	resolve(t, l, "main")
	for _, rev := range []string{"nothing", "--all", "-h", "", "main:a", "HEAD^{tree}", "a\nb"} {
		if id, err := l.Resolve(t.Context(), rev); err == nil || !strings.Contains(err.Error(), "is no commit of this repository") {
			t.Errorf("%q: %s, %v", rev, id, err)
		}
	}
}

func TestDefaultBranch(t *testing.T) {
	dir := newLocal(t, files{"a": "1"})
	l := openLocal(t, dir)
	want := func(want string) {
		t.Helper()
		if got, err := l.DefaultBranch(t.Context()); got != want || err != nil {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
	want("refs/heads/main")
	run(t, dir, "update-ref", "refs/remotes/origin/master", "HEAD")
	want("refs/remotes/origin/master")
	run(t, dir, "update-ref", "refs/remotes/origin/trunk", "HEAD")
	run(t, dir, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
	want("refs/remotes/origin/trunk")

	run(t, dir, "update-ref", "-d", "refs/remotes/origin/master")
	run(t, dir, "update-ref", "-d", "refs/remotes/origin/trunk")
	run(t, dir, "branch", "--move", "main", "topic")
	if _, err := l.DefaultBranch(t.Context()); err == nil || !strings.Contains(err.Error(), "name the base with --base") {
		t.Errorf("%v", err)
	}
}

func TestRemotesAreWhatIsFetchedFrom(t *testing.T) {
	dir := newLocal(t, files{})
	run(t, dir, "remote", "add", "origin", "git@github.com:Acme/Shop.git")
	run(t, dir, "remote", "add", "same", "https://user:pw@github.com/acme/shop")
	run(t, dir, "remote", "add", "short", "gh:acme/other")
	run(t, dir, "remote", "add", "folder", "../elsewhere")
	run(t, dir, "config", "url.https://github.com/.insteadOf", "gh:")
	got, err := openLocal(t, dir).Remotes(t.Context())
	want := []string{"../elsewhere", "git@github.com:Acme/Shop.git", "https://github.com/acme/other", "https://user:pw@github.com/acme/shop"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWorktreeIsReadAndNotTouched(t *testing.T) {
	dir := newLocal(t, files{"same.yaml": "a: 1\n", "changed.yaml": "a: 1\n", "gone.yaml": "a: 1\n", "staged.yaml": "a: 1\n", "folder.yaml": "a: 0\n", "file/inside": "a: 0\n", ".gitignore": "ignored.yaml\n"})
	put(t, dir, files{"staged.yaml": "a: 2\n"})
	run(t, dir, "add", "staged.yaml")
	put(t, dir, files{"changed.yaml": "a: 2\n", "new/ünï -\n.yaml": "a: 3\n", "ignored.yaml": "x\n", "staged.yaml": "a: 3\n"})
	for _, gone := range []string{"gone.yaml", "folder.yaml", "file"} {
		if err := os.RemoveAll(filepath.Join(dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, files{"folder.yaml/inside.yaml": "a: 1\n", "file": "a: 1\n"})
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "init", "--quiet", "nested")
	put(t, dir, files{"nested/a.yaml": "x\n"})
	run(t, filepath.Join(dir, "nested"), "add", "a.yaml")
	run(t, filepath.Join(dir, "nested"), "commit", "--quiet", "--message=x")
	before := snapshot(t, dir)

	l := openLocal(t, filepath.Join(dir, "new"))
	tree, err := l.Worktree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := files{
		"same.yaml": "a: 1\n", "changed.yaml": "a: 2\n", "staged.yaml": "a: 3\n", "new/ünï -\n.yaml": "a: 3\n",
		"folder.yaml/inside.yaml": "a: 1\n", "file": "a: 1\n", ".gitignore": "ignored.yaml\n", "link": "mode 120000",
	}
	if got := contents(t, l, tree); !maps.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	c, err := l.Compare(t.Context(), resolve(t, l, "HEAD"), tree)
	if err != nil || len(c.Changes) != 8 {
		t.Errorf("%+v, %v", c.Changes, err)
	}
	put(t, dir, files{"changed.yaml": "a: 4\n"})
	again, err := l.Worktree(t.Context())
	if err != nil || contents(t, l, again)["changed.yaml"] != "a: 4\n" {
		t.Errorf("a second reading shows the first: %v", err)
	}
	put(t, dir, files{"changed.yaml": "a: 2\n"})
	if after := snapshot(t, dir); !maps.Equal(before, after) {
		t.Error("the repository was changed")
	}
	temp := l.temp
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(temp); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", temp, err)
	}
}

// snapshot is every file below dir with its content, git's own included.
func snapshot(t *testing.T, dir string) files {
	t.Helper()
	out := files{}
	eachFile(t, dir, func(path string, data []byte) { out[path] = string(data) })
	return out
}

func TestWorktreeOfARepositoryWithoutCommits(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, "init", "--quiet", ".")
	put(t, dir, files{"a.yaml": "a: 1\n"})
	l := openLocal(t, dir)
	tree, err := l.Worktree(t.Context())
	if err != nil || contents(t, l, tree)["a.yaml"] != "a: 1\n" {
		t.Errorf("%s, %v", tree, err)
	}
}

func TestWorktreeOfABareRepositoryIsRefused(t *testing.T) {
	if _, err := openLocal(t, newServer(t).bare).Worktree(t.Context()); err == nil || !strings.Contains(err.Error(), "it has no work tree") {
		t.Errorf("%v", err)
	}
}

func TestLocalRunsNothingOfTheRepository(t *testing.T) {
	program, mark := trap(t)
	dir := newLocal(t, files{".gitattributes": attributes, "a.yaml": "a: 1\n", "b.yaml": "b: 1\n"})
	config := filepath.Join(dir, ".git", "config")
	old, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, append(old, evil(program)...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, hook := range []string{"post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-commit"} {
		if err := os.Symlink(program, filepath.Join(dir, ".git", "hooks", hook)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, files{"a.yaml": "a: 2\n", "new.yaml": "n: 1\n"})
	l := openLocal(t, dir)
	tree, err := l.Worktree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head := resolve(t, l, "HEAD")
	if got, want := contents(t, l, tree), (files{".gitattributes": attributes, "a.yaml": "a: 2\n", "b.yaml": "b: 1\n", "new.yaml": "n: 1\n"}); !maps.Equal(got, want) {
		t.Errorf("%q", got)
	}
	c, err := l.Compare(t.Context(), head, tree)
	if err != nil || !strings.Contains(string(c.Patch), "-a: 1\n+a: 2\n") {
		t.Errorf("%s, %v", c.Patch, err)
	}
	if _, err := l.MergeBase(t.Context(), head, head); err != nil {
		t.Error(err)
	}
	if _, err := l.DefaultBranch(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := l.Remotes(t.Context()); err != nil {
		t.Error(err)
	}
	unmarked(t, mark)
}

func TestUserSettingsDoNotChangeThePatch(t *testing.T) {
	var before, after strings.Builder
	for i := range 30 {
		text := "line: " + strings.Repeat("x", i) + "\n"
		before.WriteString(text)
		if i == 5 || i == 15 {
			text = "changed: true\n"
		}
		after.WriteString(text)
	}
	dir := newLocal(t, files{"ü.yaml": before.String(), "moved.yaml": before.String()})
	put(t, dir, files{"ü.yaml": after.String()})
	run(t, dir, "mv", "moved.yaml", "elsewhere.yaml")
	run(t, dir, "add", "--all")
	run(t, dir, "commit", "--quiet", "--message=x")
	patch := func() string {
		l := openLocal(t, dir)
		c, err := l.Compare(t.Context(), resolve(t, l, "HEAD~1"), resolve(t, l, "HEAD"))
		if err != nil {
			t.Fatal(err)
		}
		return string(c.Patch)
	}
	want := patch()
	if strings.Count(want, "\n@@ ") != 2 || !strings.Contains(want, "+++ b/ü.yaml\n") {
		t.Errorf("%s", want)
	}
	for _, s := range [][2]string{
		{"diff.context", "0"}, {"diff.interHunkContext", "20"}, {"diff.noprefix", "true"}, {"diff.mnemonicPrefix", "true"}, {"diff.renames", "false"},
		{"diff.algorithm", "patience"}, {"diff.suppressBlankEmpty", "true"}, {"color.ui", "always"}, {"color.diff", "always"}, {"core.quotePath", "true"},
		{"diff.orderFile", "/dev/null"}, {"diff.relative", "true"}, {"core.abbrev", "4"}, {"diff.wsErrorHighlight", "all"},
	} {
		run(t, dir, "config", s[0], s[1])
	}
	put(t, dir, files{".gitattributes": "*.yaml -diff\n"})
	if got := patch(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestIncompleteClonesSayWhatToDo(t *testing.T) {
	s := newServer(t)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"a.yaml": "a: 1\n"})
	commit(t, s.bare, "refs/heads/main", []OID{base}, files{"a.yaml": "a: 2\n"})
	head := commit(t, s.bare, "refs/heads/topic", []OID{base}, files{"a.yaml": "a: 3\n"})
	parent := t.TempDir()
	run(t, parent, "clone", "--quiet", "--no-single-branch", "--depth=1", "file://"+s.bare, "shallow")
	run(t, parent, "clone", "--quiet", "--no-checkout", "--filter=blob:none", "file://"+s.bare, "partial")

	shallow := openLocal(t, filepath.Join(parent, "shallow"))
	if _, err := shallow.MergeBase(t.Context(), resolve(t, shallow, "origin/main"), head); !errors.Is(err, ErrNoMergeBase) || !strings.Contains(err.Error(), "git fetch --unshallow") {
		t.Errorf("%v", err)
	}
	partial := openLocal(t, filepath.Join(parent, "partial"))
	if _, err := partial.Compare(t.Context(), base, head); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "partial clone") {
		t.Errorf("Compare: %v", err)
	}
	entries, err := partial.Tree(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	if err := partial.Blobs(t.Context(), []OID{entries[0].OID}, func(Blob) error { return nil }); !errors.Is(err, ErrMissing) {
		t.Errorf("Blobs: %v", err)
	}
}

func TestChangeWithinOneTickOfTheClockIsSeen(t *testing.T) {
	dir := newLocal(t, files{"a.yaml": "a: 1\n"})
	run(t, dir, "config", "core.trustctime", "false")
	tick := time.Now().Add(-time.Hour).Truncate(time.Second)
	at := func(path string) {
		if err := os.Chtimes(filepath.Join(dir, path), tick, tick); err != nil {
			t.Fatal(err)
		}
	}
	at("a.yaml")
	run(t, dir, "update-index", "--refresh")
	put(t, dir, files{"a.yaml": "a: 2\n"})
	at("a.yaml")
	at(".git/index")
	l := openLocal(t, dir)
	tree, err := l.Worktree(t.Context())
	if err != nil || contents(t, l, tree)["a.yaml"] != "a: 2\n" {
		t.Errorf("the change is not seen: %v", err)
	}
}
