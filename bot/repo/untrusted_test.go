package repo

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestHostileNamesAreDataOnly(t *testing.T) {
	s := newServer(t)
	names := []string{"-rf", "--output=pwned", "new\nline.yaml", `quo"te.yaml`, `back\slash.yaml`, "tab\t.yaml", "ünï/cödé.yaml", "invalid-\xff.yaml", " blank ", "$(touch pwned)", ":(glob)**"}
	old, changed := files{}, files{}
	for _, name := range names {
		old[name], changed[name] = "a: 1\n", "a: 1\nb: 2\n"
	}
	base := commit(t, s.bare, `refs/heads/--upload-pack=touch"pwned`, nil, old)
	head := commit(t, s.bare, "refs/pull/1/head", []OID{base}, changed)
	m := fetched(t, s, Revision{Pull: 1, Base: base, Head: head})
	if got := contents(t, m, head); !maps.Equal(got, changed) {
		t.Errorf("%q", got)
	}
	c, err := m.Compare(t.Context(), base, head)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, change := range c.Changes {
		seen[change.Path] = change.Status == Modified
	}
	for _, name := range names {
		if !seen[name] {
			t.Errorf("%q is not among the changes", name)
		}
	}
	if !strings.Contains(string(c.Patch), "+++ b/ünï/cödé.yaml\n") || !strings.Contains(string(c.Patch), `+++ "b/new\nline.yaml"`) {
		t.Errorf("names in the patch:\n%s", c.Patch)
	}
	if pwned, _ := filepath.Glob(filepath.Join(m.path, "pwned*")); len(pwned) > 0 {
		t.Error("a name was run")
	}
}

func TestEntryThatLeadsOutsideIsNoFile(t *testing.T) {
	for path, want := range map[string]Mode{
		"a/b.yaml": Regular, "../a": None, "a/../b": None, "/etc/passwd": None, "a//b": None, ".git/config": None, "x/.GIT/hooks": None, "a..b": Regular, ".github/x": Regular,
	} {
		e, err := parseEntry("100644 blob " + strings.Repeat("a", 40) + "\t" + path)
		if err != nil || e.Mode != want {
			t.Errorf("%s: mode %s, %v, want %s", path, e.Mode, err, want)
		}
	}
}

// trap writes a program that leaves a mark when it runs.
func trap(t *testing.T) (program, mark string) {
	t.Helper()
	dir := t.TempDir()
	program, mark = filepath.Join(dir, "trap"), filepath.Join(dir, "mark")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"$0 $@\" >> "+mark+"\ncat\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, mark
}

func unmarked(t *testing.T, mark string) {
	t.Helper()
	if data, err := os.ReadFile(mark); err == nil {
		t.Errorf("a program of the repository ran: %s", data)
	}
}

const attributes = "*.yaml filter=evil diff=evil merge=evil\n"

// evil are settings that would run program.
func evil(program string) string {
	return fmt.Sprintf("[core]\n\tfsmonitor = %[1]s\n\tsshCommand = %[1]s\n\tpager = %[1]s\n[filter \"evil\"]\n\tclean = %[1]s\n\tsmudge = %[1]s\n\tprocess = %[1]s\n\trequired = true\n"+
		"[diff]\n\texternal = %[1]s\n[diff \"evil\"]\n\ttextconv = %[1]s\n\tcommand = %[1]s\n[credential]\n\thelper = %[1]s\n", program)
}

func TestMirrorRunsNothingOfTheRepository(t *testing.T) {
	program, mark := trap(t)
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(evil(program)), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newServer(t)
	base := commit(t, s.bare, "refs/heads/main", nil, files{".gitattributes": attributes, "a.yaml": "a: 1\n"})
	head := commit(t, s.bare, "refs/pull/1/head", []OID{base}, files{".gitattributes": attributes, "a.yaml": "a: 2\n"})
	t.Setenv("HOME", home)
	t.Setenv("GIT_EXTERNAL_DIFF", program)
	t.Setenv("GIT_ASKPASS", program)
	m := fetched(t, s, Revision{Pull: 1, Base: base, Head: head})
	for _, hook := range []string{"reference-transaction", "post-index-change", "pre-auto-gc"} {
		if err := os.MkdirAll(filepath.Join(m.path, "hooks"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(program, filepath.Join(m.path, "hooks", hook)); err != nil {
			t.Fatal(err)
		}
	}
	pushed := commit(t, s.bare, "refs/pull/1/head", []OID{head}, files{".gitattributes": attributes, "a.yaml": "a: 3\n"})
	if err := m.Fetch(t.Context(), Revision{Pull: 1, Base: base, Head: pushed}); err != nil {
		t.Fatal(err)
	}
	c, err := m.Compare(t.Context(), base, pushed)
	if err != nil || !strings.Contains(string(c.Patch), "-a: 1\n+a: 3\n") {
		t.Errorf("%v\n%s", err, c.Patch)
	}
	if got := contents(t, m, pushed)["a.yaml"]; got != "a: 3\n" {
		t.Errorf("%q", got)
	}
	unmarked(t, mark)
}

// spy puts a git first in the PATH that records its arguments.
func spy(t *testing.T) (record string) {
	t.Helper()
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	record = filepath.Join(dir, "record")
	script := fmt.Sprintf("#!/bin/sh\necho \"$0 $@\" >> %s\nexec %s \"$@\"\n", record, real)
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return record
}

func TestTokenIsNowhereButInTheHeader(t *testing.T) {
	s := newServer(t)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"a.yaml": "a: 1\n"})
	record := spy(t)
	dir := t.TempDir()
	m := open(t, s.options(dir))
	if err := m.Fetch(t.Context(), Revision{Pull: 1, Base: base, Head: base}); err != nil {
		t.Fatal(err)
	}
	contents(t, m, base)
	header := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + token))
	clean := func(what, text string) {
		if strings.Contains(text, token) || strings.Contains(text, header) {
			t.Errorf("%s shows the token: %s", what, text)
		}
	}
	eachFile(t, dir, func(path string, data []byte) {
		clean(path, string(data))
		if strings.Contains(string(data), s.URL) {
			t.Errorf("%s knows the remote", path)
		}
	})
	args, err := os.ReadFile(record)
	if err != nil || !strings.Contains(string(args), "fetch") {
		t.Fatalf("the spy saw nothing: %s, %v", args, err)
	}
	clean("arguments", string(args))

	s.intercept = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "you sent %s, that is %s\x1b[31m\n", r.Header.Get("Authorization"), token)
		return true
	}
	err = m.Fetch(t.Context(), Revision{Pull: 1, Base: base, Head: OID(strings.Repeat("a", 40))})
	if !errors.Is(err, ErrUnauthorized) || !strings.Contains(err.Error(), "[redacted]") || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("%v", err)
	}
	clean("error", fmt.Sprint(err))
}

func TestRedirectIsNotFollowed(t *testing.T) {
	s, other := newServer(t), newServer(t)
	s.intercept = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, other.URL+r.URL.Path+"?"+r.URL.RawQuery, http.StatusMovedPermanently)
		return true
	}
	id := OID(strings.Repeat("a", 40))
	if err := open(t, s.options(t.TempDir())).Fetch(t.Context(), Revision{Pull: 1, Base: id, Head: id}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if other.requests.Load() != 0 {
		t.Error("the fetch followed a redirect to another server")
	}
}

func TestOwnCertificateAuthorityOfTheEnvironmentCounts(t *testing.T) {
	plain := newServer(t)
	base := commit(t, plain.bare, "refs/heads/main", nil, files{"a.yaml": "a: 1\n"})
	secure := httptest.NewTLSServer(plain.Config.Handler)
	defer secure.Close()
	o := plain.options(t.TempDir())
	o.URL = secure.URL + "/acme/shop.git"
	t.Setenv("GIT_SSL_CAINFO", "")
	m := open(t, o)
	r := Revision{Pull: 1, Base: base, Head: base}
	if err := m.Fetch(t.Context(), r); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority: %v", err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", ca)
	if err := m.Fetch(t.Context(), r); err != nil {
		t.Error(err)
	}
}

func TestBlobLimits(t *testing.T) {
	s := newServer(t)
	exact, over := strings.Repeat("x", MaxBlob), strings.Repeat("x", MaxBlob+1)
	base := commit(t, s.bare, "refs/heads/main", nil, files{"exact": exact, "over": over, "small": "a\n", "empty": ""})
	m := fetched(t, s, Revision{Pull: 1, Base: base, Head: base})
	got := map[int64]bool{}
	entries, err := m.Tree(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	var ids []OID
	for _, e := range entries {
		ids = append(ids, e.OID, e.OID)
	}
	err = m.Blobs(t.Context(), ids, func(b Blob) error {
		if got[b.Size] = b.TooLarge; !b.TooLarge && int64(len(b.Data)) != b.Size || b.TooLarge && b.Data != nil {
			t.Errorf("%d bytes of %d, too large: %v", len(b.Data), b.Size, b.TooLarge)
		}
		return nil
	})
	if want := map[int64]bool{MaxBlob: false, MaxBlob + 1: true, 2: false, 0: false}; err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	stop := errors.New("enough")
	calls := 0
	if err := m.Blobs(t.Context(), ids, func(Blob) error { calls++; return stop }); err != stop || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	if err := m.Blobs(t.Context(), []OID{base}, func(Blob) error { return nil }); err == nil || !strings.Contains(err.Error(), "it is a commit, not a file") {
		t.Errorf("%v", err)
	}
}

func TestOptionsAndIdsAreChecked(t *testing.T) {
	for _, url := range []string{
		"", "https://github.com", "git@github.com:a/b.git", "ssh://github.com/a/b", "http://github.com/a/b.git", "ext::sh -c id",
		"file:///etc", "https://x-access-token:t@github.com/a/b.git", "https://github.com/a/b?x", "-u", "/etc",
	} {
		if _, err := OpenMirror(t.Context(), Options{Dir: t.TempDir(), Installation: 1, RepoID: 1, URL: url}); err == nil {
			t.Errorf("%q is accepted", url)
		}
	}
	for _, url := range []string{"https://github.com/a/b.git", "https://ghe.example.com:8443/a/b", "http://127.0.0.1:3000/a/b", "http://[::1]/a/b", "http://localhost/a/b"} {
		m, err := OpenMirror(t.Context(), Options{Dir: t.TempDir(), Installation: 1, RepoID: 1, URL: url})
		if err != nil {
			t.Errorf("%q: %v", url, err)
			continue
		}
		m.Close()
	}
	m := open(t, Options{Dir: t.TempDir(), Installation: 1, RepoID: 1, URL: "http://127.0.0.1:1/a/b"})
	good := OID(strings.Repeat("a", 40))
	for _, bad := range []OID{"", "HEAD", "--all", OID(strings.Repeat("A", 40)), good + "^", good[:39], good + ":"} {
		if _, err := m.Tree(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "is no git object id") {
			t.Errorf("Tree %q: %v", bad, err)
		}
		if err := m.Fetch(t.Context(), Revision{Pull: 1, Base: good, Head: bad}); err == nil || !strings.Contains(err.Error(), "is no git object id") {
			t.Errorf("Fetch %q: %v", bad, err)
		}
	}
	if err := m.Fetch(t.Context(), Revision{Pull: -1, Base: good, Head: good}); err == nil || m.Processes() != 0 {
		t.Errorf("negative pull request: %v; %d processes", err, m.Processes())
	}
}

func TestEnvironmentOfAMirror(t *testing.T) {
	env := mirrorEnv(func(name string) (string, bool) {
		v, ok := map[string]string{
			"PATH": "/bin", "HTTP_PROXY": "http://p:1", "https_proxy": "http://q:1", "HTTPS_PROXY": "http://r:1", "NO_PROXY": "x", "SSL_CERT_FILE": "/ca.pem",
			"GIT_TRACE_CURL": "1", "GIT_DIR": "/x", "HOME": "/root", "LD_PRELOAD": "y", "GITHUB_TOKEN": "z",
		}[name]
		return v, ok
	})
	got := map[string]string{}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		got[name] = value
	}
	want := map[string]string{
		"HOME": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1",
		"GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "PATH": "/bin", "http_proxy": "http://p:1", "https_proxy": "http://q:1",
		"no_proxy": "x", "GIT_SSL_CAINFO": "/ca.pem",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
