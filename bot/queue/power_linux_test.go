package queue

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStoredItemsSurvivePowerLoss: when Put has returned, nothing of the stream waits in the memory of the machine, which a loss of power
// would take. A killed process loses nothing of that, so no kill can show it.
func TestStoredItemsSurvivePowerLoss(t *testing.T) {
	dir := t.TempDir()
	tellsDirt(t, dir)
	q := openDir(t, Options{Dir: dir})
	for n := range 50 {
		put(t, q, pull(n+1, "a"))
		if left := dirt(t, filepath.Join(dir, "jetstream", "$G", "streams", streamName, "msgs")); left > 0 {
			t.Fatalf("%d pages of the stream were not on the disk when item %d was stored", left, n+1)
		}
	}
}

// tellsDirt skips the test where the kernel or the file system doesn't tell what is not yet on the disk.
func tellsDirt(t *testing.T, dir string) {
	t.Helper()
	name := filepath.Join(dir, "probe.blk")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(name)
	defer file.Close()
	if _, err := file.WriteString("dirt"); err != nil {
		t.Fatal(err)
	}
	if err := unix.Cachestat(uint(file.Fd()), &unix.CachestatRange{}, &unix.Cachestat_t{}, 0); err != nil {
		t.Skipf("this kernel does not tell (Linux does since 6.5): %v", err)
	}
	before := dirt(t, dir)
	if err := file.Sync(); err != nil {
		t.Fatal(err)
	}
	if after := dirt(t, dir); before == 0 || after > 0 {
		t.Skipf("this file system does not tell: %d dirty pages after a write, %d after a sync", before, after)
	}
}

// dirt counts the pages of a store's blocks of messages that are not on the disk.
func dirt(t *testing.T, dir string) (pages uint64) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".blk") {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		seen++
		var stat unix.Cachestat_t
		err = unix.Cachestat(uint(file.Fd()), &unix.CachestatRange{}, &stat, 0)
		pages += stat.Dirty + stat.Writeback
		return err
	})
	if err != nil || seen == 0 {
		t.Fatalf("looked at %d blocks in %s: %v", seen, dir, err)
	}
	return pages
}
