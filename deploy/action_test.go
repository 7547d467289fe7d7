package deploy_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// action is what action.yml uses of GitHub's metadata syntax; another field fails the tests.
type action struct {
	Name, Description, Author string
	Branding                  map[string]string
	Inputs                    map[string]struct{ Description, Default string }
	Runs                      struct {
		Using string
		Steps []step
	}
}

type step struct {
	ID, If, Name, Uses, Shell, Run string
	With, Env                      map[string]string
}

func readAction() (a action) {
	data, err := os.ReadFile("action/action.yml")
	if err != nil {
		panic(err)
	}
	if err := yaml.UnmarshalStrict(data, &a); err != nil {
		panic(err)
	}
	return a
}

// contexts are the expressions beside inputs that the action uses.
var contexts = []string{"github.action_path", "runner.temp", "runner.os", "runner.arch", "steps.source.outputs.sum"}

var expression = regexp.MustCompile(`\$\{\{\s*([^}]*?)\s*\}\}`)

// TestActionUsesWhatItHas: every input is used and exists, and none stands in a script, where its text would be run.
func TestActionUsesWhatItHas(t *testing.T) {
	a := readAction()
	var used []string
	for _, s := range a.Runs.Steps {
		if s.Run != "" && s.Shell != "bash" || expression.MatchString(s.Run) {
			t.Errorf("step %s: shell %q, %s", s.Name, s.Shell, s.Run)
		}
		for _, values := range []map[string]string{s.With, s.Env} {
			for _, value := range values {
				for _, e := range expression.FindAllStringSubmatch(value, -1) {
					input, ok := strings.CutPrefix(e[1], "inputs.")
					if _, known := a.Inputs[input]; ok && !known || !ok && !slices.Contains(contexts, e[1]) {
						t.Errorf("step %s uses %s", s.Name, e[1])
					}
					used = append(used, input)
				}
			}
		}
	}
	for name, input := range a.Inputs {
		if !slices.Contains(used, name) || input.Description == "" {
			t.Errorf("input %s is not used, or not described", name)
		}
	}
	help, _ := podcheck(t, ".", "review", "--help")
	for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(a.Runs.Steps[len(a.Runs.Steps)-1].Run, -1) {
		if !strings.Contains(help, flag+" ") {
			t.Errorf("podcheck review has no %s", flag)
		}
	}
}

// TestActionBuildsEachVersionOnce: the key of what is kept is of the source, and what is kept is where the build puts it.
func TestActionBuildsEachVersionOnce(t *testing.T) {
	tree := t.TempDir()
	sum := func() string {
		t.Helper()
		output := write(t, "output", "")
		cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", readAction().Runs.Steps[0].Run)
		cmd.Env = append(os.Environ(), "GITHUB_OUTPUT="+output, "GITHUB_ACTION_PATH="+filepath.Join(tree, "deploy", "action"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return read(t, output)
	}
	file := func(name, text string) {
		t.Helper()
		path := filepath.Join(tree, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file("deploy/action/action.yml", "name: x")
	file("cmd/main one.go", "package main")
	first := sum()
	if !regexp.MustCompile(`^sum=[0-9a-f]{64}\n$`).MatchString(first) {
		t.Errorf("the source is %q", first)
	}
	file("node_modules/x/y", "1")
	file(".git/HEAD", "1")
	if second := sum(); second != first {
		t.Errorf("the same source is %q and %q", first, second)
	}
	file("cmd/main one.go", "package main // changed")
	if second := sum(); second == first {
		t.Error("a change of the source does not count")
	}
	kept := readAction().Runs.Steps[1]
	if kept.ID != "built" || strings.ReplaceAll(kept.With["path"], "${{ runner.temp }}", temp) != must(program())(t) {
		t.Errorf("kept is %v", kept.With)
	}
}

func must[V any](v V, err error) func(*testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

const (
	clean = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n"
	wrong = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n      image: web\n      volumeMounts:\n        - {name: nothing, mountPath: /x}\n"
	chart = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n"
)

// TestActionReviews runs the last step as it stands, in a clone of a repository as a workflow has it.
func TestActionReviews(t *testing.T) {
	if _, err := program(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file string
		inputs     map[string]string
		env        []string
		code       int
		want       string
	}{
		{"nothing", clean, nil, nil, 0, "0 introduced"},
		{"an error", wrong, nil, nil, 1, "::error file=app.yaml,line="},
		{"an error in a pull request", wrong, nil, []string{"GITHUB_BASE_REF=main"}, 1, "::error file=app.yaml,line="},
		{"a pull request to another branch", wrong, nil, []string{"GITHUB_BASE_REF=next"}, 0, ""},
		{"a base that is asked for", wrong, map[string]string{"BASE": "HEAD"}, []string{"GITHUB_BASE_REF=main"}, 0, ""},
		{"never", wrong, map[string]string{"FAIL_ON": "never"}, nil, 0, "::error file=app.yaml,line="},
		{"not analysed", chart, nil, nil, 0, "::notice file=app.yaml"},
		{"no such threshold", clean, map[string]string{"FAIL_ON": "$(touch x)"}, nil, 2, "--fail-on"},
		{"no such base", clean, map[string]string{"BASE": "nowhere; touch x"}, nil, 2, "nowhere; touch x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := clone(t, c.file)
			out, code := review(t, dir, c.inputs, c.env)
			if code != c.code || !strings.Contains(out, c.want) {
				t.Errorf("exit %d, %s", code, out)
			}
			if _, err := os.Stat(filepath.Join(dir, "x")); err == nil {
				t.Error("an input was run")
			}
		})
	}
}

// review runs the step of the action that reviews, with its inputs in the environment.
func review(t *testing.T, dir string, inputs map[string]string, env []string) (string, int) {
	t.Helper()
	a := readAction()
	last := a.Runs.Steps[len(a.Runs.Steps)-1]
	cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", last.Run)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "RUNNER_TEMP="+temp, "GITHUB_BASE_REF=")
	cmd.Env = append(cmd.Env, env...)
	for name, value := range last.Env {
		input := strings.TrimPrefix(expression.FindStringSubmatch(value)[1], "inputs.")
		value = a.Inputs[input].Default
		if given, ok := inputs[name]; ok {
			value = given
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

// clone makes a repository whose main has nothing, whose next has the file, and whose HEAD adds the file to main; and clones it.
func clone(t *testing.T, file string) string {
	t.Helper()
	origin, dir := t.TempDir(), t.TempDir()
	git := func(in string, args ...string) {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = in
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatal(fmt.Errorf("git %v: %w: %s", args, err, out))
		}
	}
	git(origin, "init", "-q", "-b", "main")
	git(origin, "commit", "-q", "--allow-empty", "-m", "begin")
	git(origin, "checkout", "-q", "-b", "feature")
	if err := os.WriteFile(filepath.Join(origin, "app.yaml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	git(origin, "add", ".")
	git(origin, "commit", "-q", "-m", "add")
	git(origin, "branch", "next")
	git(origin, "checkout", "-q", "main")
	git(dir, "clone", "-q", origin, ".")
	git(dir, "checkout", "-q", "--detach", "origin/feature")
	return dir
}
