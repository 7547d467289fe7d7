// Package deploy_test holds what is deployed against the program: the image, the chart, the compose file and the action. Nothing here
// needs a cluster or Docker; the chart is rendered by Helm's own engine, NATS configurations are read by the server's own parser, and
// the action's steps are run as they stand.
package deploy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/yaml"
)

// drain is how long the bot may take to end after SIGTERM, in seconds: bot.Run.
const drain = 25

var temp string

func TestMain(m *testing.M) {
	var err error
	if temp, err = os.MkdirTemp("", "podcheck-deploy-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(temp)
	os.Exit(code)
}

// program is podcheck, built by the step of the action that builds it.
var program = sync.OnceValues(func() (string, error) {
	action, err := filepath.Abs("action")
	if err != nil {
		return "", err
	}
	for _, step := range readAction().Runs.Steps {
		if !strings.HasPrefix(step.Run, "go build") {
			continue
		}
		cmd := exec.Command("bash", "-c", step.Run)
		cmd.Env = append(os.Environ(), "GITHUB_ACTION_PATH="+action, "RUNNER_TEMP="+temp)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		return filepath.Join(temp, "podcheck"), cmd.Run()
	}
	return "", os.ErrNotExist
})

// podcheck runs the program and returns what it printed and its exit code.
func podcheck(t *testing.T, dir string, args ...string) (string, int) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatalf("build podcheck: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// decode reads YAML strictly.
func decode[V any](t *testing.T, text string) (v V) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// variables are those that the server reads: the env tags in bot/config.
var variables = sync.OnceValue(func() map[string]bool {
	file, err := parser.ParseFile(token.NewFileSet(), "../bot/config/server.go", nil, 0)
	if err != nil {
		panic(err)
	}
	found := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if field, ok := n.(*ast.Field); ok && field.Tag != nil {
			tag, err := strconv.Unquote(field.Tag.Value)
			if err != nil {
				panic(err)
			}
			if name := reflect.StructTag(tag).Get("env"); name != "" {
				found[name] = true
			}
		}
		return true
	})
	return found
})

var variable = regexp.MustCompile(`PODCHECK_[A-Z_]+`)

// TestVariablesAreThoseOfTheServer: a misspelt one would be ignored in silence.
func TestVariablesAreThoseOfTheServer(t *testing.T) {
	if len(variables()) < 8 {
		t.Fatalf("the server reads only %v", variables())
	}
	files := []string{"Dockerfile", "compose.yaml", "compose.md", "chart/podcheck/README.md", "action/README.md", "../docs/operating.md"}
	templates, err := filepath.Glob("chart/podcheck/templates/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, templates...) {
		for _, used := range variable.FindAllString(read(t, name), -1) {
			if !variables()[used] {
				t.Errorf("%s: the server reads no variable %s", name, used)
			}
		}
	}
}

// TestImageOfNATSIsTheServerThatTestsRun: the client, the embedded server and the cluster are of one version.
func TestImageOfNATSIsTheServerThatTestsRun(t *testing.T) {
	module := regexp.MustCompile(`github.com/nats-io/nats-server/v2 v(\S+)`).FindStringSubmatch(read(t, "../go.mod"))
	if module == nil {
		t.Fatal("go.mod names no nats-server")
	}
	for _, name := range []string{"compose.yaml", "chart/podcheck/values.yaml"} {
		images := regexp.MustCompile(`image: nats:(\S+)-alpine\n`).FindAllStringSubmatch(read(t, name), -1)
		if len(images) != 1 || images[0][1] != module[1] {
			t.Errorf("%s runs NATS %v, and the module has %s", name, images, module[1])
		}
	}
}

// TestImage holds the Dockerfile against what the chart and the compose file take for granted.
func TestImage(t *testing.T) {
	text := read(t, "Dockerfile")
	for _, from := range regexp.MustCompile(`(?m)^FROM (?:--platform=\S+ )?(\S+)`).FindAllStringSubmatch(text, -1) {
		if !regexp.MustCompile(`:\d+\.\d+`).MatchString(from[1]) {
			t.Errorf("the base %s is not pinned", from[1])
		}
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../go.mod"))
	if version == nil || !strings.Contains(text, "golang:"+version[1]+".") {
		t.Errorf("the build does not use Go %v", version)
	}
	for _, want := range []string{
		"\nUSER 65532:65532\n", " git ", "ca-certificates", "-trimpath", "./cmd/podcheck\n", "\nVOLUME /var/lib/podcheck\n", "\nENTRYPOINT [\"tini\", \"--\", \"podcheck\"]\nCMD [\"serve\"]\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the Dockerfile lacks %q", want)
		}
	}
}

// TestVersionIsToldToTheBuild with the linker flag that the Dockerfile uses.
func TestVersionIsToldToTheBuild(t *testing.T) {
	flags := regexp.MustCompile(`-ldflags "([^"]+)"`).FindStringSubmatch(read(t, "Dockerfile"))
	if flags == nil {
		t.Fatal("the Dockerfile tells no version")
	}
	path := filepath.Join(t.TempDir(), "podcheck")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", strings.ReplaceAll(flags[1], "$VERSION", "v7.8.9"), "-o", path, "./cmd/podcheck")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), path, "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "podcheck v7.8.9 ") {
		t.Errorf("it says %q, %v", out, err)
	}
}

// write makes a file for one test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
