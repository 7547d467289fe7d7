package queue

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
)

// childDir names the variable that makes the test binary the process to be killed.
const childDir = "PODCHECK_QUEUE_TEST_CHILD"

// publishUntilKilled stores one pull request after the other and prints each acknowledged one.
func publishUntilKilled(dir string) int {
	q, err := Open(context.Background(), Options{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	first := rand.IntN(1 << 30)
	for n := first; ; n++ {
		if err := q.Put(context.Background(), pull(n+1, "a")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(pull(n+1, "").Subject())
	}
}

func TestAcknowledgedItemsSurviveSIGKILL(t *testing.T) {
	dir := t.TempDir()
	var acknowledged []string
	for range 6 {
		acknowledged = append(acknowledged, killAfter(t, dir, 1+rand.IntN(200))...)
	}
	got := stored(t, openDir(t, Options{Dir: dir}))
	for _, subject := range acknowledged {
		if got[subject] != 1 {
			t.Errorf("%s was acknowledged and is gone", subject)
		}
	}
	t.Logf("%d acknowledged, %d stored", len(acknowledged), len(got))
}

// killAfter starts the child, kills it once it has printed that many lines and returns all it managed to print.
func killAfter(t *testing.T, dir string, lines int) []string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var printed []string
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		printed = append(printed, scanner.Text())
		if len(printed) == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || len(printed) < lines {
		t.Fatalf("the child ended by itself after %d lines: %v", len(printed), err)
	}
	return printed
}
