package bot_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sourcegraph/conc"

	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/stage"
)

// recorder is a proxy in front of GitHub that knows every credential that passed, and that can answer with the one that it was sent, as a
// broken proxy would.
type recorder struct {
	proxy  *httputil.ReverseProxy
	passed atomic.Int64 // requests

	mu          sync.Mutex
	credentials map[string]bool
	echoes      []echo
}

// echo is an answer that tells the credential of its request, once.
type echo struct {
	method, path string // the path is a part of it
	status       int
	contentType  string
	body         string // with %[1]s for the header and %[2]s for the token
}

func record(t *testing.T, target string) (*recorder, string) {
	t.Helper()
	r := &recorder{proxy: httputil.NewSingleHostReverseProxy(value(url.Parse(target))(t)), credentials: map[string]bool{}}
	front := httptest.NewServer(r)
	t.Cleanup(front.Close)
	return r, front.URL
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	header := request.Header.Get("Authorization")
	_, token, _ := strings.Cut(header, " ")
	if _, password, basic := request.BasicAuth(); basic {
		token = password
	}
	e, planned := r.take(request, token)
	if !planned {
		r.passed.Add(1)
		r.proxy.ServeHTTP(w, request)
		return
	}
	w.Header().Set("Content-Type", e.contentType)
	w.WriteHeader(e.status)
	fmt.Fprintf(w, e.body, header, token)
}

// take notes the credential of a request and returns the echo that is planned for it.
func (r *recorder) take(request *http.Request, token string) (echo, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if token == "" {
		return echo{}, false
	}
	r.credentials[token] = true
	at := slices.IndexFunc(r.echoes, func(e echo) bool { return e.method == request.Method && strings.Contains(request.URL.Path, e.path) })
	if at < 0 {
		return echo{}, false
	}
	e := r.echoes[at]
	r.echoes = slices.Delete(r.echoes, at, at+1)
	return e, true
}

func (r *recorder) left() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.echoes)
}

// echoes are all kinds of answers in which a credential could come back.
var echoes = []echo{
	{"GET", "/info/refs", 403, "text/plain", "you sent %[1]s, that is %[2]s\n"},
	{"GET", "/info/refs", 500, "text/plain", "you sent %[1]s, that is %[2]s\n"},
	{"POST", "/git-upload-pack", 400, "text/plain", "you sent %[1]s, that is %[2]s\n"},
	{"POST", "/api/graphql", 502, "text/html", "<html>%[1]s %[2]s</html>"},
	{"POST", "/api/graphql", 400, "application/json", `{"message": "you sent %[1]s, that is %[2]s"}`},
	{"POST", "/api/graphql", 403, "application/json", `{"message": "you sent %[1]s, that is %[2]s"}`},
	{"POST", "/api/graphql", 200, "application/json", `{"errors": [{"type": "FORBIDDEN", "path": ["viewer"], "message": "you sent %[1]s, that is %[2]s"}]}`},
	{"POST", "/api/graphql", 200, "application/json", `{"errors": [{"message": "you sent %[1]s, that is %[2]s"}]}`},
	{"POST", "/api/graphql", 200, "application/json", `{"data": "you sent %[1]s, that is %[2]s"}`},
	{"POST", "/api/graphql", 200, "text/html", "%[1]s %[2]s"},
	{"POST", "/check-runs", 422, "application/json", `{"message": "you sent %[1]s", "errors": [{"message": "that is %[2]s", "code": "%[2]s", "field": "%[2]s"}]}`},
	{"POST", "/reviews", 422, "application/json", `{"message": "you sent %[1]s", "errors": ["that is %[2]s"]}`},
	{"POST", "/reviews", 403, "application/json", `{"message": "you sent %[1]s", "documentation_url": "https://github.com/%[2]s"}`},
	{"POST", "/access_tokens", 500, "application/json", `{"message": "you sent %[1]s, that is %[2]s"}`},
	{"POST", "/access_tokens", 401, "application/json", `{"message": "you sent %[1]s, that is %[2]s"}`},
	{"POST", "/access_tokens", 201, "application/json", `you sent %[1]s, that is %[2]s`},
}

// spellings are the ways in which a secret could stand somewhere.
func spellings(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret))}
	for _, before := range []string{"x-access-token:", "", "-", "--"} {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			// What the neighbours share with the secret is cut off.
			text := encoding.EncodeToString([]byte(before + secret))
			all = append(all, text[(len(before)*8+5)/6:len(text)-1])
		}
	}
	return all
}

// found are the secrets that a text tells, shortened.
func found(text []byte, secrets []string) (all []string) {
	for _, s := range secrets {
		for _, spelling := range spellings(s) {
			if bytes.Contains(text, []byte(spelling)) {
				all = append(all, s[:min(len(s), 12)]+"…")
				break
			}
		}
	}
	return all
}

// keyLines are the lines of a private key that tell something about it.
func keyLines(key []byte) (lines []string) {
	for line := range strings.Lines(string(key)) {
		if line = strings.TrimSpace(line); len(line) > 40 && !strings.HasPrefix(line, "-") {
			lines = append(lines, line)
		}
	}
	return lines
}

// spyOnGit makes a folder with a git that notes its arguments.
func spyOnGit(t *testing.T) (path, note string) {
	t.Helper()
	dir := t.TempDir()
	note = filepath.Join(dir, "note")
	script := fmt.Sprintf("#!/bin/sh\necho \"$@\" >> %s\nexec %s \"$@\"\n", note, value(exec.LookPath("git"))(t))
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir, note
}

// TestNoCredentialIsTold runs the server through reviews, failures and commands, while GitHub hands its credentials back wherever it can, and
// then looks for them in everything that was written: to GitHub, the log, the disk, the pages, the operators' port, and in what other
// users of the machine see of its processes.
func TestNoCredentialIsTold(t *testing.T) {
	t.Parallel()
	f := load(t, "render-kustomize-base-split")
	w := newWorld(t, f.Before)
	r, front := record(t, w.github.URL())
	r.echoes = slices.Clone(echoes)
	path, note := spyOnGit(t)
	key := w.github.PrivateKeyPEM()
	b := w.startBinary(build(t), front, key, secret, "PATH="+path+":"+os.Getenv("PATH"))
	watch := watchChildren(t, b.command.Process.Pid)

	// Each failure is met by some of these, which are tried again later.
	for i := range 8 {
		w.commit(fmt.Sprint("turn", i), github.Commit{Files: stage.Change(f.Before, f.After)})
		value(w.repo.OpenPull(t.Context(), github.NewPull{Head: fmt.Sprint("turn", i), Author: "ann"}))(t)
		w.deliver()
	}
	w.until("all credentials to be handed back", func() bool { return r.left() == 0 })
	last := w.newPull(f.Before, f.After, "last")
	check := w.checked(last.HeadSHA())
	if err := w.repo.SetCollaborator("wendy", "write"); err != nil {
		t.Fatal(err)
	}
	w.say(last, "wendy", "/podcheck explain split-sidecar")
	w.github.RevokeTokens()
	w.say(last, "wendy", "/podcheck nothing")

	told := map[string][]byte{"GitHub": w.everythingPosted()}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1", "/debug/pprof/allocs?debug=1", "/debug/pprof/cmdline", "/debug/pprof/threadcreate?debug=2", "/dead"} {
		_, text := get(t, "http://"+b.admin+path)
		told[path] = []byte(text)
	}
	code, page := get(t, strings.Replace(check.DetailsURL, publicURL, "http://"+b.public, 1))
	if told["the page"] = []byte(page); code != http.StatusOK {
		t.Errorf("the page is answered with %d", code)
	}
	_, refused := answerTo(attempt("http://"+b.public+"/webhook", &github.Delivery{Event: "pull_request", GUID: "x", Payload: []byte("{}")}, signed("x", nil)))
	told["the answer to a forged delivery"] = []byte(refused)
	told["arguments and environments of processes"] = watch.stop()
	if !bytes.Contains(told["arguments and environments of processes"], []byte("render")) {
		t.Error("no child that renders was seen")
	}
	if err := b.stop(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	told["the log"] = []byte(w.log.String())
	told["arguments of git"] = value(os.ReadFile(note))(t)
	everything(t, b.dir, []string{"key.pem", "secret"}, func(path string, data []byte) { told[path] = data })

	secrets := append(keyLines(key), secret)
	for credential := range r.credentials {
		secrets = append(secrets, credential)
	}
	if len(r.credentials) < 4 || len(told) < 15 || !strings.Contains(string(told["arguments of git"]), "fetch") {
		t.Errorf("%d credentials, %d things written", len(r.credentials), len(told))
	}
	for what, text := range told {
		if found := found(text, secrets); len(found) > 0 {
			t.Errorf("%s: %q", what, found)
			for line := range bytes.Lines(text) {
				if found := foundIn(line, secrets); found && len(line) < 2000 {
					t.Logf("%s", line)
				}
			}
		}
	}
}

func foundIn(line []byte, secrets []string) bool { return len(found(line, secrets)) > 0 }

// everythingPosted is what the bot sent to GitHub.
func (w *world) everythingPosted() []byte {
	var all bytes.Buffer
	for _, r := range w.github.Requests() {
		if r.Method != http.MethodGet {
			all.WriteString(r.Path + "\n")
			all.Write(r.Body)
		}
	}
	return all.Bytes()
}

// watch notes what any user of the machine sees of the children of a process, and the environment of those that render.
type watch struct {
	seen map[string]bool
	end  func()
}

func watchChildren(t *testing.T, parent int) *watch {
	t.Helper()
	w := &watch{seen: map[string]bool{}}
	done := make(chan struct{})
	var group conc.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				w.look(parent)
			}
		}
	})
	w.end = sync.OnceFunc(func() {
		close(done)
		group.Wait()
	})
	t.Cleanup(w.end)
	return w
}

func (w *watch) look(parent int) {
	folders, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	for _, folder := range folders {
		ids, _ := os.ReadFile(folder) // the thread may be gone
		for id := range strings.FieldsSeq(string(ids)) {
			line, _ := os.ReadFile("/proc/" + id + "/cmdline") // and the child
			if bytes.Contains(line, []byte("\x00render")) {
				environment, _ := os.ReadFile("/proc/" + id + "/environ")
				line = append(line, environment...)
			}
			w.seen[string(line)] = true
		}
	}
}

func (w *watch) stop() []byte {
	w.end()
	var all bytes.Buffer
	for line := range w.seen {
		all.WriteString(line + "\n")
	}
	return all.Bytes()
}
