package main

import (
	"context"
	"os"
	"syscall"
	"testing"
)

// TestMain serves when a command under test starts this program as the child that renders.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == renderName {
		syscall.Exit(execute(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) // os.Exit waits a second for the race detector
	}
	os.Exit(m.Run())
}
