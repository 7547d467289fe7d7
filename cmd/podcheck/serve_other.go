//go:build !linux

package main

import (
	"fmt"
	"syscall"
)

// keepMemory keeps the key, the secrets and the tokens in the memory of this process, and of what it starts, out of core files.
func keepMemory() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("switching core files off: %w", err)
	}
	return nil
}
