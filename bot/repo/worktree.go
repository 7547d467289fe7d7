package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Worktree writes the work tree as it lies there, untracked files included and ignored ones left out, as a tree, and
// returns its id for Tree, Blobs and Compare. Index and objects go to a temporary folder until Close: the repository is not
// touched. Clean filters don't run: what they would convert is taken as it lies there.
func (l *Local) Worktree(ctx context.Context) (OID, error) {
	if l.root == "" {
		return "", errors.New("the repository is bare: it has no work tree")
	}
	tree, err := l.snapshot(ctx)
	if err != nil {
		return "", fmt.Errorf("reading the work tree %s: %w", l.root, err)
	}
	return tree, nil
}

func (l *Local) snapshot(ctx context.Context) (OID, error) {
	objects, err := line(ctx, l.git, "rev-parse", "--git-path", "objects")
	if err != nil {
		return "", err
	}
	if !filepath.IsAbs(objects) {
		objects = filepath.Join(l.git.dir, objects)
	}
	if err := l.prepare(ctx); err != nil {
		return "", err
	}
	filters, err := l.withoutFilters(ctx)
	if err != nil {
		return "", err
	}
	g := l.git
	g.dir, g.options = l.root, []string{"--git-dir=" + l.git.dir, "--work-tree=" + l.root}
	g.env = append(dropConfig(g.env), configure(append(append([]setting{}, hardening...), filters...))...)
	g.env = append(g.env, "GIT_INDEX_FILE="+filepath.Join(l.temp, "index"),
		"GIT_OBJECT_DIRECTORY="+filepath.Join(l.temp, "objects"), "GIT_ALTERNATE_OBJECT_DIRECTORIES="+quotePath(objects))
	tree, err := writeTree(ctx, g)
	if err == nil {
		l.git.env = append(l.git.env, "GIT_ALTERNATE_OBJECT_DIRECTORIES="+quotePath(filepath.Join(l.temp, "objects")))
	}
	return tree, err
}

// prepare makes the temporary folder and copies the index into it: its file times spare git from reading unchanged files.
func (l *Local) prepare(ctx context.Context) error {
	if err := l.Close(); err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "podcheck-worktree-")
	if err != nil {
		return err
	}
	l.temp = temp
	if err := os.Mkdir(filepath.Join(temp, "objects"), 0o700); err != nil {
		return err
	}
	index, err := line(ctx, l.git, "rev-parse", "--git-path", "index")
	if err != nil {
		return err
	}
	if !filepath.IsAbs(index) {
		index = filepath.Join(l.git.dir, index)
	}
	return copyIndex(index, filepath.Join(temp, "index"))
}

// copyIndex copies a file that may be absent: a repository without a commit has no index. The copy keeps the time of its
// last change, by which git knows which files may have changed since within one tick of the clock.
func copyIndex(from, to string) error {
	in, err := os.Open(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close(), os.Chtimes(to, info.ModTime(), info.ModTime()))
}

// withoutFilters returns settings that empty every configured filter driver.
func (l *Local) withoutFilters(ctx context.Context) ([]setting, error) {
	out, err := l.git.output(ctx, 1<<20, nil, "config", "-z", "--name-only", "--get-regexp", `^filter\..*\.(clean|smudge|process|required)$`)
	if err != nil && exitCode(err) != 1 {
		return nil, err
	}
	off := []setting{{"core.splitIndex", "false"}, {"core.untrackedCache", "false"}}
	for name := range strings.SplitSeq(string(out), "\x00") {
		switch {
		case name == "":
		case strings.HasSuffix(name, ".required"):
			off = append(off, setting{name, "false"})
		default:
			off = append(off, setting{name, ""})
		}
	}
	return off, nil
}

// writeTree brings the temporary index up to date and writes it.
func writeTree(ctx context.Context, g git) (OID, error) {
	out, err := g.output(ctx, maxDiff, nil, "ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard")
	if err != nil {
		return "", err
	}
	gone, present, err := sortOut(g.dir, out)
	if err != nil {
		return "", err
	}
	if _, err := g.output(ctx, 1<<20, &gone, "update-index", "-z", "--force-remove", "--stdin"); err != nil {
		return "", err
	}
	if _, err := g.output(ctx, 1<<20, &present, "update-index", "-z", "--add", "--replace", "--stdin"); err != nil {
		return "", err
	}
	tree, err := line(ctx, g, "write-tree", "--missing-ok")
	if err != nil {
		return "", err
	}
	return ParseOID(tree)
}

// sortOut splits NUL-terminated paths into those that are gone, or a folder where a file was, and those that are there.
// Repositories inside the work tree are in neither: they stay as the index has them.
func sortOut(root string, paths []byte) (gone, present bytes.Buffer, err error) {
	for path := range bytes.SplitSeq(bytes.TrimSuffix(paths, []byte{0}), []byte{0}) {
		full := filepath.Join(root, string(path))
		info, err := os.Lstat(full)
		switch {
		case len(path) == 0:
		case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
			gone.Write(append(bytes.Clone(path), 0))
		case err != nil:
			return gone, present, err
		case !info.IsDir():
			present.Write(append(bytes.Clone(path), 0))
		default:
			if _, err := os.Lstat(filepath.Join(full, ".git")); err != nil {
				gone.Write(append(bytes.Clone(path), 0))
			}
		}
	}
	return gone, present, nil
}

// dropConfig removes the settings of an environment, to be replaced by others.
func dropConfig(env []string) []string {
	var kept []string
	for _, entry := range env {
		if !strings.HasPrefix(entry, "GIT_CONFIG_COUNT=") && !strings.HasPrefix(entry, "GIT_CONFIG_KEY_") && !strings.HasPrefix(entry, "GIT_CONFIG_VALUE_") {
			kept = append(kept, entry)
		}
	}
	return kept
}

// quotePath writes a path for GIT_ALTERNATE_OBJECT_DIRECTORIES, where a colon separates and a quoted path is read as in C.
func quotePath(path string) string {
	if !strings.ContainsAny(path, ":\"\\\n") {
		return path
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(path) + `"`
}
