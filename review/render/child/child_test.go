package child_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/podcheck/podcheck/review/render/child"
	"github.com/podcheck/podcheck/review/render/engine"
	"github.com/podcheck/podcheck/review/render/wire"
)

// TestMain is the child, too: the tests start their own program.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "render":
			serve()
		case "attack":
			attack(os.Args[2])
		case "last-words":
			fmt.Fprint(os.Stderr, strings.Repeat("word ", 10_000))
			syscall.Exit(3) // not os.Exit, with which the race detector waits a second
		case "foreign":
			fmt.Print(os.Args[2])
			syscall.Exit(0)
		}
	}
	os.Exit(m.Run())
}

func serve() {
	err := engine.Confine()
	if err == nil {
		err = engine.Serve(os.Stdin, os.Stdout)
	}
	if err != nil {
		println(err.Error()) // to the runtime's own standard error
		syscall.Exit(1)
	}
	syscall.Exit(0)
}

// attack tries, as confined as a build is, what a build must not do, and prints as a response what came of it.
func attack(address string) {
	self, err := os.Executable()
	must(err)
	must(engine.Confine())
	_, dial := net.Dial("tcp", address)
	_, open := os.Open("/etc/passwd")
	_, write := os.Create("/tmp/podcheck-attack")
	start := exec.Command(self, "foreign", "x").Run()
	_, udp := net.Dial("udp", address)
	must(wire.WriteResponse(os.Stdout, wire.Response{Error: fmt.Sprintf("dial %t, open %t, write %t, start %t, udp %t, environment %d",
		dial == nil, open == nil, write == nil, start == nil, udp == nil, len(os.Environ()))}))
	syscall.Exit(0)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func self(t testing.TB, args ...string) *child.Child {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &child.Child{Command: append([]string{path}, args...), Limit: 20 * time.Second}
}

func files(pairs ...string) map[string][]byte {
	out := map[string][]byte{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = []byte(pairs[i+1])
	}
	return out
}

func chart(template string, more ...string) wire.Request {
	f := files(append([]string{"c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n", "c/templates/t.yaml", template}, more...)...)
	return wire.Request{Files: f, Helm: &wire.Helm{Chart: "c"}, Version: 33}
}

func kustomization(text string, more ...string) wire.Request {
	f := files(append([]string{"k/kustomization.yaml", text}, more...)...)
	return wire.Request{Files: f, Kustomize: &wire.Kustomize{Dir: "k"}, Version: 33}
}

const service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n"

func TestBuildsInAChild(t *testing.T) {
	for name, request := range map[string]wire.Request{
		"kustomize": kustomization("resources: [web.yaml]\n", "k/web.yaml", service),
		"Helm":      chart(service),
	} {
		t.Run(name, func(t *testing.T) {
			response, err := self(t, "render").Render(t.Context(), request)
			if err != nil || response.Error != "" || len(response.Objects) != 1 || string(response.Objects[0].YAML) != service {
				t.Errorf("%+v, %v", response, err)
			}
		})
	}
}

// TestABuildThatIsTooMuchIsKilled holds that the parent gets a plain reason for every way in which a build does not end well, and is
// free again.
func TestABuildThatIsTooMuchIsKilled(t *testing.T) {
	for name, test := range map[string]struct {
		request wire.Request
		limit   time.Duration
		want    string
	}{
		"endless loop":          {chart(`{{ range until 2000000000 }}{{ range until 2000000000 }}{{ end }}{{ end }}`), 20 * time.Second, "rendering used more than 512 MiB"},
		"a loop that is busy":   {chart(`{{ range until 1000 }}{{ range until 100000 }}{{ range until 1000 }}{{ end }}{{ end }}{{ end }}`), 300 * time.Millisecond, "rendering took longer than 300ms"},
		"a string that doubles": {chart(`{{ $x := "aaaaaaaa" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}{{ $x }}`), 20 * time.Second, "rendering used more than 512 MiB"},
		"too many files":        {chart("", "c/values.yaml", strings.Repeat("a: b # much\n", 5<<20)), time.Second, "the build reads more than 64 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			c := self(t, "render")
			c.Limit = test.limit
			start := time.Now()
			_, err := c.Render(t.Context(), test.request)
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if took := time.Since(start); took > test.limit+15*time.Second {
				t.Errorf("free again after %v", took)
			}
		})
	}
}

// TestABuildIsBoundedByItsWork holds that a build that works on and on is ended by how much it worked, whatever the clock says. The
// limit is lowered to a second here; the child keeps it, as it never raises one.
func TestABuildIsBoundedByItsWork(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the deadline alone bounds a build here")
	}
	c := self(t, "render")
	c.Command = append([]string{"/bin/sh", "-c", `ulimit -t 1 && exec "$0" "$@"`}, c.Command...)
	c.Limit, c.Work = time.Minute, time.Second
	_, err := c.Render(t.Context(), chart(`{{ range until 1000 }}{{ range until 100000 }}{{ range until 1000 }}{{ end }}{{ end }}{{ end }}`))
	if err == nil || err.Error() != "rendering used more than 1s of processor time" {
		t.Errorf("error %v", err)
	}
	if response, err := c.Render(t.Context(), chart(service)); err != nil || len(response.Objects) != 1 {
		t.Errorf("%+v, %v", response, err)
	}
}

func TestOutputIsCapped(t *testing.T) {
	c := self(t, "render")
	c.MaxOutput = 1 << 20
	_, err := c.Render(t.Context(), chart("a: "+strings.Repeat("x", 1<<20)))
	if err == nil || err.Error() != "rendering gave more than 1 MiB" {
		t.Errorf("error %v", err)
	}
}

func TestCancelledByItsCaller(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := self(t, "render").Render(ctx, chart(`{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}`))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestTheLastWordsOfAChildAreKeptShort(t *testing.T) {
	_, err := self(t, "last-words").Render(t.Context(), chart(""))
	if err == nil || !strings.HasPrefix(err.Error(), "rendering broke off (exit status 3): word word") || len(err.Error()) > 5000 {
		t.Errorf("error %v", err)
	}
}

func TestAForeignAnswerIsRefused(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":            "",
		"no JSON":            "objects",
		"a path outside":     `{"Objects":[{"Path":"../x"}]}`,
		"an absolute path":   `{"Objects":[{"Template":"/etc/passwd"}]}`,
		"lines that are not": `{"Objects":[{"YAML":"YQo=","Lines":[1,2]}]}`,
		"a negative line":    `{"Objects":[{"YAML":"YQo=","Lines":[-1]}]}`,
		"more behind it":     `{"Objects":[]}{}`,
		"an unknown field":   `{"Subjects":[]}`,
		"a cut answer":       `{"Objects":[{"YAML":"YQo="}`,
	} {
		t.Run(name, func(t *testing.T) {
			if response, err := self(t, "foreign", answer).Render(t.Context(), chart("")); err == nil {
				t.Errorf("taken as %+v", response)
			}
		})
	}
}

func TestNoProgram(t *testing.T) {
	if _, err := (&child.Child{}).Render(t.Context(), chart("")); err == nil {
		t.Error("no error")
	}
	if _, err := (&child.Child{Command: []string{"/nowhere/podcheck"}}).Render(t.Context(), chart("")); err == nil {
		t.Error("no error")
	}
}

// TestNothingLeavesTheChild tries from within a child what a build must not do, and lets builds ask for it in every way there is; a
// listener counts who connects.
func TestNothingLeavesTheChild(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	address := listener.Addr().String()
	url := "http://" + address + "/x"
	response, err := self(t, "attack", address).Render(t.Context(), chart(""))
	if err != nil || response.Error != "dial false, open false, write false, start false, udp false, environment 0" {
		t.Errorf("%+v, %v", response, err)
	}
	for name, request := range map[string]wire.Request{
		"a remote resource": kustomization("resources: [" + url + ".yaml]\n"),
		"a git host":        kustomization("resources: [\"" + url + ".git?ref=main\"]\n"),
		"in a plugin's settings": kustomization("resources: [w.yaml]\ntransformers: [t.yaml]\n", "k/w.yaml", service, "k/t.yaml",
			"apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npath: "+url+"\n"),
		"hidden from the search": kustomization("resources: [w.yaml]\ntransformers: [t.yaml]\n", "k/w.yaml", service, "k/t.yaml",
			"apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\nKvPairSources: {files: ["+url+"]}\n"),
		"a schema": chart(service, "c/values.schema.json", `{"$ref": "`+url+`"}`),
		"a name":   chart(service + `  labels: {a: "{{ getHostByName "podcheck.dev" }}"}`),
	} {
		if _, err := self(t, "render").Render(t.Context(), request); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := listener.(*net.TCPListener).SetDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if c, err := listener.Accept(); err == nil {
		t.Errorf("something connected: %v", c.RemoteAddr())
	}
}

// TestNothingIsLeft holds that no file and no goroutine of ours outlives a build, whatever its end.
func TestNothingIsLeft(t *testing.T) {
	c := self(t, "render")
	c.Limit = 100 * time.Millisecond
	quick := self(t, "render")
	round := func() {
		if _, err := c.Render(t.Context(), chart(`{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}`)); err == nil {
			t.Error("no error")
		}
		if _, err := quick.Render(t.Context(), chart(service)); err != nil {
			t.Error(err)
		}
	}
	round() // what the runtime opens for its first child stays
	open, goroutines := openFiles(t), runtime.NumGoroutine()
	for range 3 {
		round()
	}
	if n := openFiles(t); n > open {
		t.Errorf("%d files are open, %d were", n, open)
	}
	for i := 0; i < 10_000 && runtime.NumGoroutine() > goroutines; i++ {
		runtime.Gosched() // one that has handed over its result has a step to go
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d were", n, goroutines)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not list a process's files")
	}
	return len(entries)
}

func BenchmarkRender(b *testing.B) {
	for name, request := range map[string]wire.Request{
		"kustomize": kustomization("namePrefix: x-\nresources: [web.yaml]\npatches: [{target: {kind: Service}, patch: '[{\"op\": \"add\", \"path\": \"/spec\", \"value\": {}}]'}]\n", "k/web.yaml", service),
		"Helm":      chart(service+"spec:\n  {{- toYaml .Values.spec | nindent 2 }}\n", "c/values.yaml", "spec: {type: NodePort}\n"),
	} {
		b.Run(name, func(b *testing.B) {
			c := self(b, "render")
			for b.Loop() {
				if response, err := c.Render(b.Context(), request); err != nil || len(response.Objects) != 1 {
					b.Fatal(response, err)
				}
			}
		})
	}
}
