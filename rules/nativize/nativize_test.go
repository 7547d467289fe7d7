package nativize_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/nativize"
	"github.com/podcheck/podcheck/rules/pod"
)

const head = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n"

// plan moves the plain container named sidecar, and drops one named gone.
func plan(w *pod.Workload) nativize.Plan {
	p := nativize.Plan{Workload: w}
	for _, c := range w.In(pod.Containers) {
		switch c.Name {
		case "sidecar":
			p.Move = c
		case "gone":
			p.Drop = append(p.Drop, c)
		}
	}
	return p
}

func apply(t *testing.T, text string, p nativize.Plan) (string, error) {
	t.Helper()
	edits, err := p.Edits()
	if err != nil {
		return "", err
	}
	before := map[string][]byte{"x.yaml": []byte(text)}
	after, err := edit.Apply(before, edits)
	if err != nil {
		t.Fatal(err)
	}
	if err := edit.Verify(before, after, edits); err != nil {
		t.Fatalf("%v\n%s", err, after["x.yaml"])
	}
	return string(after["x.yaml"]), nil
}

func state(text string) *analysis.State {
	return analysis.NewState([]*manifest.File{manifest.Parse("x.yaml", []byte(text))})
}

func TestEdits(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"last of the file without a line break": {
			"  containers:\n  - name: app\n    image: a\n  - name: sidecar\n    image: s",
			"  containers:\n  - name: app\n    image: a\n  initContainers:\n  - name: sidecar\n    image: s\n    restartPolicy: Always",
		},
		"comments and blank lines": {
			"  # who\n  serviceAccountName: x\n\n  # all of them\n  containers:\n    - name: app\n      image: a\n\n    # why\n    - name: sidecar # s\n      # which\n      image: s # v1\n      args: [x] # y\n\n    # - name: off\n  # end\n  volumes: []\n",
			"  # who\n  serviceAccountName: x\n  initContainers:\n    # why\n    - name: sidecar # s\n      # which\n      image: s # v1\n      restartPolicy: Always\n      args: [x] # y\n\n  # all of them\n  containers:\n    - name: app\n      image: a\n\n    # - name: off\n  # end\n  volumes: []\n",
		},
		"an empty list of init containers": {
			"  initContainers: []\n  containers:\n    - name: app\n      image: a\n    - name: sidecar\n      image: s\n",
			"  initContainers:\n    - name: sidecar\n      image: s\n      restartPolicy: Always\n  containers:\n    - name: app\n      image: a\n",
		},
		"one line": {
			"  containers: [{name: app, image: a}, {name: sidecar, image: s}]\n",
			"  containers: [{name: app, image: a}]\n  initContainers:\n    - {name: sidecar, image: s, restartPolicy: Always}\n",
		},
		"behind the setup container": {
			"  initContainers:\n    - name: setup\n      image: x\n  containers:\n    - name: sidecar\n      image: s\n    - name: app\n      image: a\n",
			"  initContainers:\n    - name: setup\n      image: x\n    - name: sidecar\n      image: s\n      restartPolicy: Always\n  containers:\n    - name: app\n      image: a\n",
		},
		"before the setup container that needs it": {
			"  initContainers:\n    - name: setup\n      image: x\n      args: [\"localhost:99\"]\n  containers:\n    - name: sidecar\n      image: s\n      ports:\n        - containerPort: 99\n    - name: app\n      image: a\n",
			"  initContainers:\n    - name: sidecar\n      image: s\n      restartPolicy: Always\n      ports:\n        - containerPort: 99\n    - name: setup\n      image: x\n      args: [\"localhost:99\"]\n  containers:\n    - name: app\n      image: a\n",
		},
		"a dropped container takes its volume along": {
			"  containers:\n    - name: gone\n      image: g\n      volumeMounts:\n        - {name: v, mountPath: /v}\n    - name: app\n      image: a\n    - name: sidecar\n      image: s\n  volumes:\n    - name: v\n      emptyDir: {}\n    - name: w\n      emptyDir: {}\n",
			"  containers:\n    - name: app\n      image: a\n  initContainers:\n    - name: sidecar\n      image: s\n      restartPolicy: Always\n  volumes:\n    - name: w\n      emptyDir: {}\n",
		},
		"CRLF": {
			"  containers:\r\n  - name: app\r\n    image: a\r\n  - name: sidecar\r\n    image: s\r\n",
			"  containers:\r\n  - name: app\r\n    image: a\r\n  initContainers:\r\n  - name: sidecar\r\n    image: s\r\n    restartPolicy: Always\r\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := head
			if strings.Contains(c.in, "\r") {
				h = strings.ReplaceAll(head, "\n", "\r\n")
			}
			got, err := apply(t, h+c.in, plan(state(h + c.in).Workloads[0]))
			if err != nil {
				t.Fatal(err)
			}
			if got = strings.TrimPrefix(got, h); got != c.want {
				t.Errorf("got:\n%q\nwant:\n%q", got, c.want)
			}
		})
	}
}

func TestObstacles(t *testing.T) {
	app := "    - name: app\n      image: a\n"
	sidecar := "    - name: sidecar\n      image: s\n"
	for name, c := range map[string]struct{ in, more, want string }{
		"nothing hinders it":    {"  containers:\n" + app + sidecar, "", ""},
		"nothing would be left": {"  containers:\n" + sidecar, "", "left in `containers`"},
		"its name is taken":     {"  initContainers:\n" + sidecar + "  containers:\n" + app + sidecar, "", "has the name sidecar"},
		"a patch holds it":      {"  containers:\n" + app + sidecar, head + "  containers:\n    - name: sidecar\n      args: [x]\n", "The patch in y.yaml"},
		"a patch of another":    {"  containers:\n" + app + sidecar, head + "  containers:\n    - name: app\n      args: [x]\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := []*manifest.File{manifest.Parse("x.yaml", []byte(head+c.in))}
			if c.more != "" {
				files = append(files, manifest.Parse("y.yaml", []byte(c.more)))
			}
			s := analysis.NewState(files)
			got := strings.Join(plan(s.Workloads[0]).Obstacles(s), " ")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("obstacles %q, want %q", got, c.want)
			}
		})
	}
}

// TestRealFiles moves every second container of real workloads: what comes out parses and holds all containers. It skips where the
// files are absent.
func TestRealFiles(t *testing.T) {
	const corpus = "../../../shared/corpus"
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no corpus beside the project")
	}
	moved, refused := 0, 0
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(filepath.Ext(path), "y") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, w := range state(string(data)).Workloads {
			list := w.In(pod.Containers)
			if len(list) < 2 || w.Partial {
				continue
			}
			for _, c := range list {
				got, err := apply(t, string(data), nativize.Plan{Workload: w, Move: c})
				if err != nil {
					refused++
					continue
				}
				after := state(got).Workloads[i]
				if len(after.Running()) != len(w.Running()) || len(after.In(pod.Containers)) != len(list)-1 {
					t.Errorf("%s: %s: moving %s loses a container", path, w, c.Name)
				}
				moved++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d moved, %d refused", moved, refused)
}
