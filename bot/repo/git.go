package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// git runs git commands in one repository with one environment.
type git struct {
	dir     string   // working directory of the processes
	options []string // before the command: which repository, bare or not
	env     []string // the whole environment
	secrets []string // never shown in an error
	started *atomic.Int64
}

// setting is one configuration value for a git process. It travels in the environment, where other users of the machine can't
// read it, unlike the arguments.
type setting struct{ key, value string }

// configure renders settings as git's GIT_CONFIG_* variables.
func configure(settings []setting) []string {
	env := []string{"GIT_CONFIG_COUNT=" + strconv.Itoa(len(settings))}
	for i, s := range settings {
		n := strconv.Itoa(i)
		env = append(env, "GIT_CONFIG_KEY_"+n+"="+s.key, "GIT_CONFIG_VALUE_"+n+"="+s.value)
	}
	return env
}

// output runs a command and returns its standard output, at most limit bytes of it.
func (g git) output(ctx context.Context, limit int64, stdin io.Reader, args ...string) ([]byte, error) {
	var out []byte
	err := g.stream(ctx, stdin, func(r io.Reader) error {
		var err error
		if out, err = io.ReadAll(io.LimitReader(r, limit+1)); err == nil && int64(len(out)) > limit {
			err = fmt.Errorf("git %s: output of more than %d bytes: %w", args[0], limit, ErrTooLarge)
		}
		return err
	}, args...)
	return out, err
}

// stream runs a command and hands its standard output to read. The process group dies with the context, or when read fails;
// read's error wins then.
func (g git) stream(ctx context.Context, stdin io.Reader, read func(io.Reader) error, args ...string) error {
	child, kill := context.WithCancel(ctx)
	defer kill()
	cmd := exec.CommandContext(child, "git", append(append([]string{}, g.options...), args...)...)
	cmd.Dir, cmd.Env, cmd.Stdin = g.dir, g.env, stdin
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	stderr := &tail{limit: 16 << 10}
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("git %s: %w", args[0], err)
	}
	if g.started != nil {
		g.started.Add(1)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting git %s (is git installed?): %w", args[0], err)
	}
	readErr := read(stdout)
	if readErr != nil {
		kill()
	}
	waitErr := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("git %s: %w", args[0], context.Cause(ctx))
	case readErr != nil && !errors.Is(readErr, io.ErrUnexpectedEOF):
		return readErr
	case waitErr != nil:
		return &gitError{command: args[0], text: g.redact(stderr.String()), err: waitErr}
	}
	return readErr
}

// redact removes the secrets, and every control character that a remote's message could carry into a log or page.
func (g git) redact(text string) string {
	for _, s := range g.secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "[redacted]")
		}
	}
	text = strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// gitError is a git command that failed.
type gitError struct {
	command string
	text    string // standard error, redacted
	err     error
}

func (e *gitError) Error() string {
	if e.text == "" {
		return fmt.Sprintf("git %s: %v", e.command, e.err)
	}
	return fmt.Sprintf("git %s: %v: %s", e.command, e.err, e.text)
}

func (e *gitError) Unwrap() error { return e.err }

// exitCode returns the exit code of a failed git command, -1 for any other error.
func exitCode(err error) int {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

// tail keeps the last bytes written to it: git's reason stands at the end.
type tail struct {
	limit int
	buf   []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if extra := len(t.buf) - t.limit; extra > 0 {
		t.buf = append(t.buf[:0], t.buf[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.buf) }

// lines joins ids for the standard input of a git command.
func lines[T ~string](items []T) io.Reader {
	var b bytes.Buffer
	for _, item := range items {
		b.WriteString(string(item))
		b.WriteByte('\n')
	}
	return &b
}

// hardening is the configuration of every git process, whatever repository it reads: nothing of it runs.
var hardening = []setting{
	{"core.hooksPath", os.DevNull},
	{"core.fsmonitor", "false"},
	{"core.quotePath", "false"},
	{"core.bigFileThreshold", strconv.Itoa(MaxBlob)},
	{"diff.renameLimit", "1000"},
	{"gc.auto", "0"},
	{"maintenance.auto", "false"},
	{"submodule.recurse", "false"},
	{"credential.helper", ""},
}

// quiet is the part of the environment that every git process has: it asks nobody, fetches nothing unasked, and speaks English.
var quiet = []string{
	"GIT_TERMINAL_PROMPT=0",
	"GIT_NO_LAZY_FETCH=1",
	"GIT_NO_REPLACE_OBJECTS=1",
	"GIT_OPTIONAL_LOCKS=0",
	"LC_ALL=C",
}
