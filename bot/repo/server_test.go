package repo

import (
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

const token = "ghs_s3cr3tT0ken0123456789"

// server is a repository behind git's own smart HTTP, which wants the token.
type server struct {
	*httptest.Server
	bare     string
	requests atomic.Int64
	// intercept answers a request itself when it returns true.
	intercept func(http.ResponseWriter, *http.Request) bool
}

func newServer(t testing.TB) *server {
	t.Helper()
	root := t.TempDir()
	s := &server{bare: filepath.Join(root, "acme", "shop.git")}
	run(t, root, "init", "--quiet", "--bare", "--initial-branch=main", s.bare)
	run(t, s.bare, "config", "uploadpack.allowFilter", "true")
	run(t, s.bare, "config", "uploadpack.allowAnySHA1InWant", "true")
	path, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	backend := &cgi.Handler{
		Path: path, Args: []string{"http-backend"}, Stderr: &tail{limit: 1 << 16},
		Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"},
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("x-access-token:"+token))
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		switch {
		case s.intercept != nil && s.intercept(w, r):
		case r.Header.Get("Authorization") != want:
			w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
			http.Error(w, "Bad credentials", http.StatusUnauthorized)
		default:
			backend.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) options(dir string) Options {
	return Options{Dir: dir, Installation: 7, RepoID: 42, URL: s.URL + "/acme/shop.git", Token: tokens(token)}
}

// run runs git for the test itself.
func run(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return runWith(t, dir, nil, "", args...)
}

func runWith(t testing.TB, dir string, env []string, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(localEnv(os.Environ()), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_ALLOW_PROTOCOL=file",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_AUTHOR_DATE=2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE=2026-01-01T00:00:00Z")
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// files are what a commit holds; modes other than 100644 stand before the content: "120000 target".
type files map[string]string

// commit writes a commit of exactly these files into a repository, without a work tree, so that any name is possible.
func commit(t testing.TB, dir, branch string, parents []OID, content files) OID {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "commit %s\ncommitter a <a@example.com> 1767225600 +0000\ndata 1\nx\n", branch)
	for i, parent := range parents {
		fmt.Fprintf(&b, "%s %s\n", map[bool]string{true: "from", false: "merge"}[i == 0], parent)
	}
	b.WriteString("deleteall\n")
	for path, text := range content {
		mode := "100644"
		for _, m := range []string{"100755 ", "120000 ", "160000 "} {
			if rest, ok := strings.CutPrefix(text, m); ok {
				mode, text = strings.TrimSpace(m), rest
			}
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(path) + `"`
		if mode == "160000" {
			fmt.Fprintf(&b, "M 160000 %s %s\n", text, quoted)
			continue
		}
		fmt.Fprintf(&b, "M %s inline %s\ndata %d\n%s\n", mode, quoted, len(text), text)
	}
	runWith(t, dir, nil, b.String(), "fast-import", "--quiet", "--force")
	return OID(run(t, dir, "rev-parse", branch))
}

func open(t testing.TB, o Options) *Mirror {
	t.Helper()
	m, err := OpenMirror(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// fetched opens a mirror at a revision.
func fetched(t testing.TB, s *server, r Revision) *Mirror {
	t.Helper()
	m := open(t, s.options(t.TempDir()))
	if err := m.Fetch(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return m
}

// contents reads every file of a revision through the API under test.
func contents(t testing.TB, r Repository, rev OID) files {
	t.Helper()
	entries, err := r.Tree(t.Context(), rev)
	if err != nil {
		t.Fatal(err)
	}
	var ids []OID
	for _, e := range entries {
		if e.Mode.IsFile() {
			ids = append(ids, e.OID)
		}
	}
	blobs := map[OID]string{}
	if err := r.Blobs(t.Context(), ids, func(b Blob) error { blobs[b.OID] = string(b.Data); return nil }); err != nil {
		t.Fatal(err)
	}
	out := files{}
	for _, e := range entries {
		if e.Mode.IsFile() {
			out[e.Path] = blobs[e.OID]
		} else {
			out[e.Path] = "mode " + e.Mode.String()
		}
	}
	return out
}

// eachFile calls f for every file below dir.
func eachFile(t testing.TB, dir string, f func(path string, data []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		f(path, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func tokens(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}
