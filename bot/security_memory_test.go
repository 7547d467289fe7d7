package bot_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
)

// TestMemoryStaysInTheProcess kills the server in a way that dumps core where it may, in the middle of a request with a credential, and looks
// into its memory as another program of the same user.
func TestMemoryStaysInTheProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("where cores go is looked at on Linux")
	}
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	r, front := record(t, w.github.URL())
	key := w.github.PrivateKeyPEM()
	b := w.startBinary(build(t), front, key, secret, "GOTRACEBACK=crash")
	w.reviewedAs(w.newPull(f.Before, f.After, "first"), len(f.Want.Comments))

	files := fmt.Sprintf("/proc/%d/", b.command.Process.Pid)
	for _, name := range []string{"environ", "mem", "maps"} {
		info, err := os.Stat(files + name)
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t).Uid; owner != 0 { // as it is of every process of root's
			t.Errorf("%s of the server belongs to user %d", name, owner)
		}
	}
	limits := string(value(os.ReadFile(files + "limits"))(t))
	if line := lineWith(limits, "Max core file size"); strings.Join(strings.Fields(line), " ") != "Max core file size 0 0 bytes" {
		t.Errorf("what the server starts may dump core: %s", line)
	}

	release := make(chan struct{})
	defer close(release)
	w.github.Inject(github.Match{Kind: github.KindQuery}, github.Hold(release), 1)
	before := r.passed.Load()
	w.newPull(f.Before, f.After, "held")
	w.until("the request that is held", func() bool { return r.passed.Load() > before })
	if err := b.command.Process.Signal(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	_ = b.command.Wait() // says that it was killed
	status := b.command.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGABRT {
		t.Fatalf("the server ended with %v", b.command.ProcessState)
	}
	if status.CoreDump() {
		t.Error("the server dumped core")
	}
	if cores := value(filepath.Glob(filepath.Join(b.dir, "core*")))(t); len(cores) > 0 {
		t.Errorf("there is %q", cores)
	}
	stacks := w.log.String()
	if !strings.Contains(stacks, "goroutine ") || !strings.Contains(stacks, "RoundTrip") {
		t.Errorf("the server told no stacks: %s", stacks)
	}
	secrets := append(keyLines(key), secret)
	for credential := range r.credentials {
		secrets = append(secrets, credential)
	}
	if told := found([]byte(stacks), secrets); len(told) > 0 {
		t.Errorf("the stacks tell %q", told)
	}
}

func lineWith(text, words string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, words) {
			return line
		}
	}
	return ""
}

// TestAKeyThatDoesNotFitIsNotTold starts the server with keys that are none, or not the App's.
func TestAKeyThatDoesNotFitIsNotTold(t *testing.T) {
	t.Parallel()
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	program := build(t)
	other := value(rsa.GenerateKey(rand.Reader, 2048))(t)
	wrong := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(other)})
	b := w.startBinary(program, w.github.URL(), wrong, secret)
	w.newPull(f.Before, f.After, "first")
	w.until("GitHub to refuse the key, and the work to be handed back", func() bool {
		_, text := get(t, "http://"+b.admin+"/metrics")
		return strings.Contains(text, `podcheck_github_requests_total{code="401"`) && strings.Contains(text, `podcheck_job_seconds_count{kind="pr"`)
	})

	lines := strings.SplitAfter(string(w.github.PrivateKeyPEM()), "\n")
	broken := strings.Join(append(lines[:3:3], lines[4:]...), "")
	dir := t.TempDir()
	for name, text := range map[string]string{"broken.pem": broken, "secret": secret} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, environment := range map[string][]string{
		"a key with a line less": {"PODCHECK_PRIVATE_KEY_FILE=" + filepath.Join(dir, "broken.pem"), "PODCHECK_WEBHOOK_SECRET_FILE=" + filepath.Join(dir, "secret")},
		"a secret for a key":     {"PODCHECK_PRIVATE_KEY_FILE=" + filepath.Join(dir, "secret"), "PODCHECK_WEBHOOK_SECRET_FILE=" + filepath.Join(dir, "secret")},
	} {
		out, code := runProgram(t, program, append(environment, "PODCHECK_APP_ID=1", "PODCHECK_DATA_DIR="+dir), "serve")
		if code == 0 {
			t.Errorf("%s: the server starts", name)
		}
		if told := found([]byte(out), append(keyLines([]byte(broken)), keyLines(wrong)...)); len(told) > 0 {
			t.Errorf("%s: %q is told: %s", name, told, out)
		}
	}
	if told := found([]byte(w.log.String()), append(keyLines(wrong), secret)); len(told) > 0 {
		t.Errorf("the log tells %q", told)
	}
}
