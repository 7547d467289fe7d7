package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const floating = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app, image: \"web:latest\"}]}\n"

const noLatest = "name: no-latest\nexpression: \"!container.image.endsWith(':latest')\"\nmessage: \"{{container.name}} floats\"\n"

// TestScanRunsTheRepositorysRules holds that rules are found upwards from what is scanned, and obey the configuration.
func TestScanRunsTheRepositorysRules(t *testing.T) {
	for _, c := range []struct {
		name           string
		files          map[string][]byte
		code           int
		stdout, stderr string
	}{
		{"a rule", map[string][]byte{".podcheck/rules/a.yaml": []byte(noLatest)}, 0, "warning no-latest: app floats", ""},
		{"configured", map[string][]byte{".podcheck/rules/a.yaml": []byte(noLatest), ".podcheck.yml": []byte("version: 1\nrules: {no-latest: error}\n")}, 1, "error no-latest: app floats", "at or above error"},
		{"turned off", map[string][]byte{".podcheck/rules/a.yaml": []byte(noLatest), ".podcheck.yml": []byte("version: 1\nrules: {no-latest: off}\n")}, 0, "0 findings", ""},
		{"broken", map[string][]byte{".podcheck/rules/a.yaml": []byte(strings.Replace(noLatest, "endsWith", "endWith", 1)), ".podcheck.yml": []byte("version: 1\nrules: {no-latest: off}\n")},
			2, "", `.podcheck/rules/a.yaml:2: the name "endWith" is unknown; did you mean "endsWith"?`},
		{"no rule of that name", map[string][]byte{".podcheck/rules/a.yaml": []byte(noLatest), ".podcheck.yml": []byte("version: 1\nrules: {no-lates: off}\n")}, 2, "", `no-latest`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := folder(t, c.files)
			write(t, dir, map[string][]byte{"apps/web.yaml": []byte(floating)})
			stdout, stderr, code := run(t, filepath.Join(dir, "apps"), "", "scan", ".")
			if code != c.code || !strings.Contains(strings.ToLower(stdout), c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("%d\n%s\n%s", code, stdout, stderr)
			}
		})
	}
}

// TestReviewTakesRulesFromTheBase holds that a branch can't change the rules that it is reviewed by.
func TestReviewTakesRulesFromTheBase(t *testing.T) {
	dir := folder(t, map[string][]byte{".podcheck/rules/a.yaml": []byte(noLatest)})
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "-b", "main")
	git("add", ".")
	git("commit", "-qm", "base")
	git("switch", "-qc", "change")
	write(t, dir, map[string][]byte{"web.yaml": []byte(floating), ".podcheck/rules/a.yaml": []byte(strings.Replace(noLatest, "!", "", 1))})
	git("add", ".")
	git("commit", "-qm", "change")
	stdout, stderr, code := run(t, dir, "", "review", "--base", "main")
	if code != 0 || !strings.Contains(stdout, "app floats") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
}

// TestOwnRulesAreListedAndExplained holds that a repository's rules are documented like any other, and checked with its configuration.
func TestOwnRulesAreListedAndExplained(t *testing.T) {
	dir := folder(t, map[string][]byte{
		".podcheck/rules/a.yaml": []byte(noLatest + "documentation: |\n  Images have a version.\n\n  Everybody gets the same one.\n"),
		".podcheck.yml":          []byte("version: 1\nrules: {no-latest: error}\n"),
	})
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"rules"}, 0, "Images have a version"},
		{[]string{"rules", "--format", "markdown"}, 0, "no-latest"},
		{[]string{"explain", "no-latest"}, 0, "Everybody gets the same one."},
		{[]string{"config", "check", ".podcheck.yml"}, 0, "no mistakes"},
	} {
		if stdout, stderr, code := run(t, dir, "", c.args...); code != c.code || !strings.Contains(stdout, c.want) {
			t.Errorf("%v: %d\n%s\n%s", c.args, code, stdout, stderr)
		}
	}
	write(t, dir, map[string][]byte{".podcheck/rules/a.yaml": []byte("nam: x\n")})
	if stdout, stderr, code := run(t, dir, "", "config", "check", ".podcheck.yml"); code != 1 || !strings.Contains(stdout, `.podcheck/rules/a.yaml:1: the rule has no key "nam"; did you mean "name"?`) {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
}
