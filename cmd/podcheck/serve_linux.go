package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// keepMemory keeps the key, the secrets and the tokens in the memory of this process there: no core is dumped, wherever the machine
// sends these, and no other process of the user may look into this one. What it starts inherits the limit and not the other, and git is
// given a token.
func keepMemory() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("switching core files off: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("closing the memory of the process to others: %w", err)
	}
	return nil
}
