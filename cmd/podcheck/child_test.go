package main

import (
	"os"
	"testing"
)

// TestMain serves when a command under test starts this program as the child that renders.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == renderName {
		main()
		return
	}
	os.Exit(m.Run())
}
