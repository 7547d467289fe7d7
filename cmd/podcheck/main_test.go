package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/bot/hook"
	"github.com/podcheck/podcheck/fixtures"
)

var update = flag.Bool("update", false, "write the comment of the demonstration into README.md")

// run runs one command line in a folder and returns what it printed and its exit code.
func run(t *testing.T, dir, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	t.Chdir(dir)
	var out, errs bytes.Buffer
	code = execute(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), code
}

// folder writes files and returns where they are.
func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	return dir
}

func write(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for p, data := range files {
		name := filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func fixture(t *testing.T, name string) fixtures.Pull {
	t.Helper()
	p, err := fixtures.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n"

func TestScanExitCodes(t *testing.T) {
	broken := "apiVersion: v1\nkind: Pod\nmetadata:\n  name: \"web\n"
	template := "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n"
	loop := string(fixture(t, "seed-cat-loop").After["ledger/pod.yaml"])
	tests := []struct {
		name, file string
		args       []string
		code       int
		stderr     string
	}{
		{"nothing to say", service, nil, 0, ""},
		{"an error", broken, nil, 1, "1 finding at or above error"},
		{"a warning is below the threshold", loop, nil, 0, ""},
		{"a warning at the threshold", loop, []string{"--fail-on", "warning"}, 1, "at or above warning"},
		{"never", broken, []string{"--fail-on", "never"}, 0, ""},
		{"incomplete", template, nil, 3, "1 part(s) could not be analysed"},
		{"findings and incomplete", template + "---\n" + service, nil, 3, "could not be analysed"},
		{"no such threshold", service, []string{"--fail-on", "off"}, 2, "use error, warning, notice or never"},
		{"no such format", service, []string{"--format", "xml"}, 2, "use text, json"},
		{"no such file", service, []string{"absent.yaml"}, 2, "absent.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t, map[string][]byte{"a.yaml": []byte(tt.file)})
			_, stderr, code := run(t, dir, "", append([]string{"scan", "."}, tt.args...)...)
			if code != tt.code || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("exit %d, want %d; standard error: %s", code, tt.code, stderr)
			}
		})
	}
}

func TestScanReadsStandardInput(t *testing.T) {
	out, _, code := run(t, t.TempDir(), strings.Replace(service, "name: web", "name: my web", 1), "scan", "-")
	if code != 1 || !strings.HasPrefix(out, "-:4:9: error invalid-manifest: ") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestScanTakesTheNearestConfiguration(t *testing.T) {
	bad := []byte(strings.Replace(service, "name: web", "name: my web", 1))
	dir := folder(t, map[string][]byte{
		".podcheck.yml":  []byte("version: 1\npaths: {exclude: [\"vendor/**\"]}\n"),
		"vendor/a.yaml":  bad,
		"apps/good.yaml": []byte(service),
	})
	if out, _, code := run(t, dir, "", "scan", "."); code != 0 {
		t.Errorf("exit %d: %s", code, out)
	}
	write(t, dir, map[string][]byte{".podcheck.yml": []byte("version: 1\nrulez: {}\n")})
	if _, stderr, code := run(t, dir, "", "scan", "apps"); code != 2 || !strings.Contains(stderr, ".podcheck.yml:2") || !strings.Contains(stderr, "rules") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestOutputGoesToAFile(t *testing.T) {
	dir := folder(t, map[string][]byte{"a.yaml": []byte(service)})
	out, _, code := run(t, dir, "", "scan", ".", "--format", "json", "--output", "report.json")
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if code != 0 || out != "" || err != nil || !json.Valid(data) {
		t.Errorf("exit %d, standard output %q, file %q, %v", code, out, data, err)
	}
}

// repository commits a fixture's trees: before on main, after on the branch that is checked out.
func repository(t *testing.T, p fixtures.Pull) string {
	t.Helper()
	dir := folder(t, p.Before)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	git("init", "-q", "-b", "main")
	git("add", "-A")
	git("commit", "-q", "-m", "before")
	git("checkout", "-q", "-b", "feature")
	for path := range p.Before {
		if _, stays := p.After[path]; !stays {
			git("rm", "-q", path)
		}
	}
	write(t, dir, p.After)
	git("add", "-A")
	git("commit", "-q", "-m", "after", "--allow-empty")
	return dir
}

func TestReviewSaysWhatTheBotSays(t *testing.T) {
	for _, name := range fixtures.Names() {
		t.Run(name, func(t *testing.T) {
			p := fixture(t, name)
			out, stderr, code := run(t, repository(t, p), "", "review", "--format", "json", "--all", "--fail-on", "never", "--repo-url", "https://github.com/acme/shop")
			if code != 0 && code != exitIncomplete {
				t.Fatalf("exit %d: %s", code, stderr)
			}
			var report struct {
				Findings []fixtures.Finding `json:"-"`
				Raw      []struct {
					Rule, Severity, Status, Path, Container string
					Line                                    int
				} `json:"findings"`
			}
			if err := json.Unmarshal([]byte(out), &report); err != nil {
				t.Fatal(err)
			}
			if len(report.Raw) != len(p.Want.Findings) {
				t.Fatalf("%d findings, want %d: %s", len(report.Raw), len(p.Want.Findings), out)
			}
			for i, want := range p.Want.Findings {
				got := report.Raw[i]
				if got.Rule != want.Rule || got.Severity != want.Severity || got.Status != want.Status || got.Path != want.Path || got.Line != want.Line || got.Container != want.Container {
					t.Errorf("finding %d is %+v, want %+v", i, got, want)
				}
			}
		})
	}
}

func TestReviewOfTheWorkTree(t *testing.T) {
	dir := repository(t, fixture(t, "title-edit"))
	write(t, dir, map[string][]byte{"new.yaml": []byte(strings.Replace(service, "name: web", "name: my web", 1))})
	if out, _, code := run(t, dir, "", "review"); code != 0 {
		t.Errorf("HEAD: exit %d: %s", code, out)
	}
	if out, _, code := run(t, dir, "", "review", "--worktree"); code != 1 || !strings.Contains(out, "new.yaml:4:9") {
		t.Errorf("work tree: exit %d: %s", code, out)
	}
}

func TestReviewWantsARepository(t *testing.T) {
	if _, stderr, code := run(t, t.TempDir(), "", "review"); code != 2 || !strings.Contains(stderr, "git repository") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if _, stderr, code := run(t, repository(t, fixture(t, "title-edit")), "", "review", "--base", "nowhere"); code != 2 || !strings.Contains(stderr, "nowhere") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestExplain(t *testing.T) {
	if out, _, code := run(t, t.TempDir(), "", "explain", "split-sidecar"); code != 0 || !strings.HasPrefix(out, "# split-sidecar\n") {
		t.Errorf("exit %d: %s", code, out)
	}
	if _, stderr, code := run(t, t.TempDir(), "", "explain", "split-sidecars"); code != 2 || !strings.Contains(stderr, "did you mean split-sidecar?") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestServeRefusesBadConfiguration(t *testing.T) {
	for _, name := range []string{"PODCHECK_APP_ID", "PODCHECK_PRIVATE_KEY_FILE", "PODCHECK_WEBHOOK_SECRET_FILE"} {
		t.Setenv(name, "")
	}
	dir := folder(t, map[string][]byte{"server.yml": []byte("appID: 12\nprivateKey: key.pem\n")})
	_, stderr, code := run(t, dir, "", "serve", "--config", "server.yml")
	if code != 2 || !strings.Contains(stderr, "server.yml:2") || !strings.Contains(stderr, "privateKeyFile") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestReplayDeliversASignedPayload(t *testing.T) {
	payload := []byte(`{"action":"opened","pull_request":{"number":1}}`)
	var event string
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event = r.Header.Get("X-GitHub-Event")
		h := hook.Handler{Secrets: [][]byte{[]byte("first")}, Log: slog.New(slog.DiscardHandler)}
		h.ServeHTTP(w, r)
	}))
	defer receiver.Close()
	dir := folder(t, map[string][]byte{"payload.json": payload, "secret": []byte("first\nsecond\n"), "wrong": []byte("other\n")})
	out, stderr, code := run(t, dir, "", "replay", "payload.json", "--url", receiver.URL, "--secret-file", "secret")
	if code != 0 || event != "pull_request" || !strings.Contains(out, "202") {
		t.Errorf("exit %d, event %q: %s%s", code, event, out, stderr)
	}
	if out, _, code := run(t, dir, "", "replay", "payload.json", "--url", receiver.URL, "--secret-file", "wrong"); code != 1 || !strings.Contains(out, "401") {
		t.Errorf("wrong secret: exit %d: %s", code, out)
	}
}

// TestDemo plays the demonstration as a user does, and holds the README's comment against what was posted.
func TestDemo(t *testing.T) {
	const begin, end = "<!-- comment:begin -->\n", "<!-- comment:end -->"
	source, err := filepath.Abs("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	out, stderr, code := run(t, t.TempDir(), "", "demo")
	if code != 0 {
		t.Fatalf("exit %d: %s\n%s", code, stderr, out)
	}
	_, comment, _ := strings.Cut(out, "── Comment on ")
	_, comment, _ = strings.Cut(comment, "\n\n")
	comment, _, _ = strings.Cut(comment, "\n── ")
	var quoted strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(comment), "\n") {
		quoted.WriteString(strings.TrimRight("> "+line, " ") + "\n")
	}
	above, rest, _ := strings.Cut(string(readme), begin)
	shown, below, _ := strings.Cut(rest, end)
	if shown == quoted.String() {
		return
	}
	if !*update {
		t.Fatalf("README.md does not show the comment that is posted; -update writes it. It should show\n%s", quoted.String())
	}
	if err := os.WriteFile(source, []byte(above+begin+quoted.String()+end+below), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The bot's own tests play every one of them.
func TestDemoPlaysFixtures(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for i, name := range fixtures.Names() {
		if i%5 != 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if out, stderr, code := run(t, t.TempDir(), "", "demo", "--fixture", name); code != 0 {
				t.Errorf("exit %d: %s\n%s", code, stderr, out)
			}
		})
	}
}

func TestDemoListsAndRefuses(t *testing.T) {
	out, _, code := run(t, t.TempDir(), "", "demo", "--list")
	if code != 0 || strings.Count(out, "\n") != len(fixtures.Names()) {
		t.Errorf("exit %d: %s", code, out)
	}
	if _, stderr, code := run(t, t.TempDir(), "", "demo", "--fixture", "nothing"); code != 2 || !strings.Contains(stderr, "shipper-one-file") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestErrorsObeyNothingThatAFileSays(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".podcheck.yml"), []byte("version: 1\n\"a\\e[31m\": 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"scan", "."}, {"scan", "no\x1b[31mfile\n::error::x\n ##[error]y"}, {"config", "check", "no\n::error::file\x07"}, {"fix", "no\n::error::file"}} {
		_, stderr, code := run(t, dir, "", args...)
		for line := range strings.Lines(stderr) {
			if strings.ContainsAny(line, "\x1b\x07") || strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
				t.Errorf("%q ends with %d and %q", args, code, line)
			}
		}
		if code != exitUsage || stderr == "" {
			t.Errorf("%q ends with %d and %q", args, code, stderr)
		}
	}
}
