package bot_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
)

// binary is `podcheck serve` as operators run it, in a process of its own.
type binary struct {
	command       *exec.Cmd
	dir           string // configuration, key, secret and data, and the working directory
	public, admin string // addresses
}

// build builds the program.
func build(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	return value(built())(t)
}

// built is the program, which is built once. TestMain removes its folder.
var built = sync.OnceValues(func() (program string, err error) {
	if builtIn, err = os.MkdirTemp("", "podcheck-binary-"); err != nil {
		return "", err
	}
	program = filepath.Join(builtIn, "podcheck")
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, "../cmd/podcheck").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return program, nil
})

var builtIn string

// startBinary starts the server on a folder of its own, against a GitHub at a URL. It may dump a core as far as its environment is concerned.
func (w *world) startBinary(program, githubURL string, key []byte, secret string, environment ...string) *binary {
	w.Helper()
	b := &binary{dir: w.TempDir(), public: free(w.T), admin: free(w.T)}
	configuration := fmt.Sprintf("appID: %d\nprivateKeyFile: key.pem\nwebhookSecretFile: secret\ngithubURL: %s\ndataDir: data\nlisten: %s\nadminListen: %s\npublicURL: %s\n",
		w.github.AppID(), githubURL, b.public, b.admin, publicURL)
	for name, data := range map[string]string{"podcheck.yaml": configuration, "key.pem": string(key), "secret": secret + "\n"} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(data), 0o600); err != nil {
			w.Fatal(err)
		}
	}
	b.command = exec.Command("sh", "-c", `ulimit -c unlimited 2>/dev/null; exec "$0" "$@"`, program, "serve", "--config", filepath.Join(b.dir, "podcheck.yaml"))
	temporary := filepath.Join(b.dir, "tmp")
	if err := os.Mkdir(temporary, 0o700); err != nil {
		w.Fatal(err)
	}
	b.command.Dir = b.dir
	b.command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "TMPDIR=" + temporary}, environment...)
	b.command.Stdout, b.command.Stderr = w.log, w.log
	if err := b.command.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = b.stop() })
	w.until("the server", func() bool {
		conn, err := net.Dial("tcp", b.public)
		if err != nil {
			return false
		}
		conn.Close()
		code, _ := get(w.T, "http://"+b.admin+"/readyz")
		return code == 200
	})
	w.github.SetWebhook(github.Webhook{URL: "http://" + b.public + "/webhook", Secret: secret})
	return b
}

// stop ends the server as an operator does, and waits.
func (b *binary) stop() error {
	if b.command.ProcessState != nil {
		return nil
	}
	return errors.Join(b.command.Process.Signal(os.Interrupt), b.command.Wait())
}

// free is an address that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	listener := value((&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0"))(t)
	defer listener.Close()
	return listener.Addr().String()
}

// everything calls see with all files below a folder, except some.
func everything(t *testing.T, dir string, except []string, see func(path string, data []byte)) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || slices.Contains(except, d.Name()) {
			return err
		}
		data, err := os.ReadFile(path)
		see(path, data)
		return err
	}); err != nil {
		t.Error(err)
	}
}

// runProgram runs the program to its end, with nothing else in its environment.
func runProgram(t *testing.T, program string, environment []string, args ...string) (out string, code int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	command.Env = environment
	text, _ := command.CombinedOutput() // how it ended is in its state
	return string(text), command.ProcessState.ExitCode()
}
