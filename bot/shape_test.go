package bot_test

import (
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github"
	"github.com/podcheck/podcheck/fixtures/github/contract"
)

// shape is a pull request of an unusual kind: the files of the default branch, mainFiles where there are none, and what happens then.
type shape struct {
	name  string
	files map[string]string
	steps []step
}

func TestShapes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			if s.files == nil {
				s.files = mainFiles
			}
			name := strings.NewReplacer(" ", "-", ",", "").Replace(s.name)
			w.again(t, name, s.files, nil, contract.Transport(t, http.DefaultTransport)).play(s.steps, nil)
		})
	}
}

// opens pushes files and opens the pull request.
func opens(files map[string]string) func(*life) {
	return func(l *life) {
		l.push(files)
		l.pull = value(l.repo.OpenPull(l.Context(), github.NewPull{Head: "feature", Author: "ann"}))(l.T)
	}
}

// pushes pushes files.
func pushes(files map[string]string) func(*life) { return func(l *life) { l.push(files) } }

// onMain moves the default branch on, which tells the bot nothing, and pushes to the pull request.
func onMain(files, pushed map[string]string) func(*life) {
	return func(l *life) {
		l.commit("main", github.Commit{Files: tree(files)})
		l.push(pushed)
	}
}

// overwrites pushes the default branch and files by force.
func overwrites(files map[string]string) func(*life) {
	return func(l *life) {
		l.ours = maps.Clone(files)
		l.rebase(nil)
	}
}

// withModes pushes files of modes other than a plain file's.
func withModes(files, modes map[string]string) func(*life) {
	return func(l *life) {
		l.heads = append(l.heads, l.commit("feature", github.Commit{Files: tree(files), Modes: modes}))
	}
}

// addsSubmodule pushes a submodule, which the double's commits can't hold.
func addsSubmodule(path string) func(*life) {
	return func(l *life) {
		head := l.heads[len(l.heads)-1]
		entries := l.git("", "ls-tree", head) + fmt.Sprintf("160000 commit %s\t%s\n", head, path)
		made := strings.TrimSpace(l.git("", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit-tree", "-p", head, "-m", "Add a submodule", strings.TrimSpace(l.git(entries, "mktree"))))
		l.heads = append(l.heads, made)
		l.ok(l.repo.Reset(l.Context(), "feature", made))
	}
}

func (l *life) git(stdin string, args ...string) string {
	l.Helper()
	command := exec.CommandContext(l.Context(), "git", append([]string{"-C", l.repo.GitDir()}, args...)...)
	command.Stdin = strings.NewReader(stdin)
	return string(value(command.Output())(l.T))
}

// many are Deployments without a fault, one a file.
func many(n int) map[string]string {
	files := map[string]string{}
	for i := range n {
		files[fmt.Sprintf("many/app%d.yaml", i)] = plain(fmt.Sprint("app", i))
	}
	return files
}

func both(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
