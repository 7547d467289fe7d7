package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sourcegraph/conc"
)

// TestDemoKeepServesThePage plays a pull request, reads the page that is served, and interrupts.
func TestDemoKeepServesThePage(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	printed, out := io.Pipe()
	var errs bytes.Buffer
	var code int
	var group conc.WaitGroup
	group.Go(func() {
		code = execute(ctx, []string{"demo", "--keep", "--fixture", "shipper-two-hunks"}, strings.NewReader(""), out, &errs)
		_ = out.Close()
	})
	lines := bufio.NewScanner(printed)
	served, section := "", ""
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "── ") {
			section = lines.Text()
		}
		if strings.Contains(section, "The same as a page") && strings.Contains(lines.Text(), "/reviews/") {
			served = lines.Text()
			break
		}
	}
	var page string
	if served != "" {
		page = get(t, served)
	}
	interrupt()
	_, _ = io.Copy(io.Discard, printed)
	group.Wait()
	if served == "" || code != 0 {
		t.Fatalf("served at %q, exit code %d: %s", served, code, errs.String())
	}
	for _, want := range []string{
		"<h1 class=\"fair\">1 warning introduced</h1>", "<title>1 warning introduced · acme/shop #1 · ", "2 suggestions, to commit as one batch",
		"2 comments are posted", "The check run is completed: neutral, “1 warning introduced”", "<svg ",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing on the page", want)
		}
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		t.Errorf("status %d, type %s, %v", answer.StatusCode, answer.Header.Get("Content-Type"), err)
	}
	return string(body)
}

// TestDemoWritesThePage: without --keep the page is a file that outlives the play.
func TestDemoWritesThePage(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	out, stderr, code := run(t, t.TempDir(), "", "demo", "--fixture", "seed-tail-f")
	name := filepath.Clean(strings.TrimSpace(out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:]))
	page, err := os.ReadFile(name)
	if code != 0 || err != nil || !strings.Contains(string(page), "<code>tail-follow</code>") {
		t.Errorf("exit code %d, %v: %s", code, err, stderr)
	}
}

// TestScanAsAPage writes the page of a scan.
func TestScanAsAPage(t *testing.T) {
	dir := folder(t, fixture(t, "seed-cat-loop").After)
	out, stderr, code := run(t, dir, "", "scan", "--format", "html", ".")
	if code != 0 || !strings.HasPrefix(out, "<!DOCTYPE html>") || !strings.Contains(out, "<code>log-replay</code>") {
		t.Errorf("exit code %d: %s\n%s", code, stderr, out)
	}
}
