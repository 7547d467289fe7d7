package child

import (
	"os/exec"
	"syscall"
)

// isolate puts the child into a process group of its own, which is killed as a whole, and ties its life to ours.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Dir = "/"
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
}
