package engine

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// confineProcess sets limits of the kernel for the whole process, and then forbids it the system calls that a build does not need.
func confineProcess() error {
	has, err := dataSize()
	if err != nil {
		return err
	}
	for resource, limit := range map[int]uint64{
		unix.RLIMIT_DATA:   has + maxMemory,
		unix.RLIMIT_CPU:    maxSeconds, // without a lower soft one, whose signal Go takes no notice of: the kernel kills
		unix.RLIMIT_NOFILE: maxFiles,
		unix.RLIMIT_FSIZE:  0,
		unix.RLIMIT_CORE:   0,
	} {
		if err := lower(resource, limit); err != nil {
			return fmt.Errorf("setting limit %d of the process: %w", resource, err)
		}
	}
	return forbid()
}

// lower sets a limit, unless a lower one holds already.
func lower(resource int, limit uint64) error {
	var has unix.Rlimit
	if err := unix.Getrlimit(resource, &has); err != nil {
		return err
	}
	limit = min(limit, has.Max)
	return unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit})
}

// dataSize is the number of bytes that the process has for data. The race detector maps terabytes, which are not a build's.
func dataSize() (uint64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("reading the size of the process: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmData:"); ok {
			kib, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("reading the size of the process: %w", err)
			}
			return kib << 10, nil
		}
	}
	return 0, errors.New("reading the size of the process: /proc/self/status has no VmData")
}
