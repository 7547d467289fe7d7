// Package child runs one build in a process of its own that is killed when it takes too long, uses too much, or says too much.
//
// It is the parent's side: it sends a request, reads a response, and takes that as foreign bytes. The child is this very program,
// started anew with an empty environment (review/render/engine has its side). It imports neither kustomize nor Helm.
//
// Invariant: when Render returns, the child and all that it started are gone, and no goroutine or file is left.
package child

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/podcheck/podcheck/review/render/wire"
)

const (
	limit     = 30 * time.Second // of a build on the clock, unless a Child says otherwise
	work      = 10 * time.Second // of processor time that a child allows itself, likewise
	maxStderr = 4 << 10          // bytes of a child's last words
	reaping   = 5 * time.Second  // for the streams of a child that is gone to be read to their end, on a busy machine
)

// Child starts builds. Its methods may be called at the same time.
type Child struct {
	Command   []string      // the program and its arguments
	Limit     time.Duration // on the clock; 0: 30 s
	Work      time.Duration // processor time after which the kernel kills the child, where it can; 0: 10 s
	MaxOutput int           // bytes of a response; 0: 16 MiB
}

// Render builds in a child. An error means that the child gave no response, and says why; that the build itself failed is in the
// response.
func (c *Child) Render(ctx context.Context, request wire.Request) (wire.Response, error) {
	input, err := request.Encode()
	if err != nil {
		return wire.Response{}, err
	}
	within := cmp.Or(c.Limit, limit)
	timed, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("rendering took longer than %v", within))
	defer cancel()
	stopped, stop := context.WithCancelCause(timed)
	defer stop(nil)
	stdout := &capped{max: c.maxOutput()}
	stdout.over = func() { stop(fmt.Errorf("rendering gave more than %s", size(stdout.max))) }
	stderr := &capped{max: maxStderr}
	err = c.run(stopped, input, stdout, stderr)
	if cause := context.Cause(stopped); cause != nil && (err != nil || stdout.full) {
		return wire.Response{}, cause
	}
	if err != nil {
		return wire.Response{}, c.died(err, stderr.kept.String())
	}
	return wire.ReadResponse(&stdout.kept)
}

func (c *Child) maxOutput() int {
	if c.MaxOutput == 0 {
		return wire.MaxResponse
	}
	return c.MaxOutput
}

// run starts the child and waits until it and its streams are gone.
func (c *Child) run(ctx context.Context, input []byte, stdout, stderr *capped) error {
	// Linux ties the child's life to the thread that started it, which has to stay until the child is gone.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if len(c.Command) == 0 {
		return errors.New("no program to render with is set")
	}
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
	cmd.Env = []string{}
	cmd.Stdin = bytes.NewReader(input)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = reaping
	isolate(cmd)
	return cmd.Run()
}

// noMemory is how the runtime, the C library's threads and the race detector say that there is no memory left.
var noMemory = []string{"out of memory", "cannot allocate memory", "failed to create new OS thread", "pthread_create failed", "failed to allocate"}

// died says in plain words why a child ended without a response.
func (c *Child) died(err error, stderr string) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return fmt.Errorf("rendering: %w", err)
	}
	says := func(words string) bool { return strings.Contains(stderr, words) }
	within := cmp.Or(c.Work, work)
	switch {
	case exit.String() == "signal: killed" && exit.UserTime()+exit.SystemTime() > within-within/10: // the kernel counts whole ticks
		return fmt.Errorf("rendering used more than %v of processor time", within)
	case slices.ContainsFunc(noMemory, says):
		return errors.New("rendering used more than 512 MiB")
	case says("stack exceeds"), says("stack overflow"):
		return errors.New("rendering went too deep: something includes itself")
	}
	if words := strings.Join(strings.Fields(strings.ToValidUTF8(stderr, "")), " "); words != "" {
		return fmt.Errorf("rendering broke off (%s): %s", exit, words)
	}
	return fmt.Errorf("rendering broke off (%s)", exit)
}

func size(n int) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// capped keeps the first bytes that are written to it, and says when there are more.
type capped struct {
	kept bytes.Buffer // not embedded: its ReadFrom would go around Write
	max  int
	full bool
	over func()
}

// Write takes everything, so that a child that writes on is not held up.
func (c *capped) Write(p []byte) (int, error) {
	room := c.max - c.kept.Len()
	if len(p) <= room {
		return c.kept.Write(p)
	}
	c.kept.Write(p[:room])
	if !c.full && c.over != nil {
		c.over()
	}
	c.full = true
	return len(p), nil
}
