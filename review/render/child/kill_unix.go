//go:build unix

package child

import (
	"errors"
	"os"
	"syscall"
)

// killGroup ends all processes of a group.
func killGroup(id int) error {
	err := syscall.Kill(-id, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
