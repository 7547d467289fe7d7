package repo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Local is a repository on this machine: a work tree or a bare one. The user's configuration counts, except for what would
// run a program. Close it.
type Local struct {
	git  git    // bare view: no work tree, so its .gitattributes change nothing
	root string // top of the work tree, "" for a bare repository
	temp string // objects and index of Worktree, "" before
}

var _ Repository = (*Local)(nil)

// OpenLocal finds the repository that dir lies in.
func OpenLocal(ctx context.Context, dir string) (*Local, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	if info, err := os.Stat(abs); err != nil {
		return nil, fmt.Errorf("opening the git repository: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("opening the git repository: %s is no folder", dir)
	}
	g := git{dir: abs, env: append(localEnv(os.Environ()), configure(hardening)...)}
	gitDir, err := line(ctx, g, "rev-parse", "--absolute-git-dir")
	if err != nil {
		return nil, fmt.Errorf("opening %s as a git repository: %w", dir, err)
	}
	inside, err := line(ctx, g, "rev-parse", "--is-inside-work-tree")
	if err != nil {
		return nil, fmt.Errorf("opening %s as a git repository: %w", dir, err)
	}
	l := &Local{}
	if inside == "true" {
		if l.root, err = line(ctx, g, "rev-parse", "--show-toplevel"); err != nil {
			return nil, fmt.Errorf("opening %s as a git repository: %w", dir, err)
		}
	}
	g.dir, g.options = gitDir, []string{"--git-dir=" + gitDir, "--bare"}
	l.git = g
	return l, nil
}

// localEnv is the caller's environment without the variables that point git elsewhere (a hook's GIT_DIR) or make it talk.
func localEnv(environ []string) []string {
	kept := []string{"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES"}
	env := slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return strings.HasPrefix(name, "GIT_") && !slices.Contains(kept, name) || strings.HasPrefix(name, "LC_") || name == "LANGUAGE"
	})
	return append(env, append(quiet, "GIT_ALLOW_PROTOCOL=none")...)
}

// line runs a command that prints one line.
func line(ctx context.Context, g git, args ...string) (string, error) {
	out, err := g.output(ctx, 64<<10, nil, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// Root returns the top of the work tree, "" for a bare repository.
func (l *Local) Root() string { return l.root }

// Close removes what Worktree wrote.
func (l *Local) Close() error {
	if l.temp == "" {
		return nil
	}
	return os.RemoveAll(l.temp)
}

// Resolve finds the commit that a revision (a branch, a tag, HEAD~2) names.
func (l *Local) Resolve(ctx context.Context, rev string) (OID, error) {
	id, err := line(ctx, l.git, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if exitCode(err) == 1 {
		return "", fmt.Errorf("%q is no commit of this repository", shorten(rev))
	}
	if err != nil {
		return "", fmt.Errorf("resolving %q: %w", shorten(rev), err)
	}
	return ParseOID(id)
}

// DefaultBranch returns the full name of the branch that work is merged into: what origin/HEAD points at, else main or
// master, of origin before the local one.
func (l *Local) DefaultBranch(ctx context.Context) (string, error) {
	name, err := line(ctx, l.git, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
	candidates := []string{"refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"}
	if err == nil {
		candidates = append([]string{name}, candidates...)
	} else if exitCode(err) != 1 {
		return "", fmt.Errorf("finding the default branch: %w", err)
	}
	for _, ref := range candidates {
		if _, err := l.Resolve(ctx, ref); err == nil {
			return ref, nil
		}
	}
	return "", errors.New("finding the default branch: there is no origin/HEAD, main or master: name the base with --base")
}

// Remotes returns the URL that each remote is fetched from, sorted. It may hold credentials and is not to be shown.
func (l *Local) Remotes(ctx context.Context) ([]string, error) {
	out, err := l.git.output(ctx, 1<<20, nil, "remote", "-v")
	if err != nil {
		return nil, fmt.Errorf("reading the remotes: %w", err)
	}
	var found []string
	for entry := range strings.Lines(string(out)) {
		_, url, _ := strings.Cut(entry, "\t")
		if url, _, ok := strings.Cut(url, " (fetch)"); ok {
			found = append(found, url)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// Tree implements Repository.
func (l *Local) Tree(ctx context.Context, rev OID) ([]Entry, error) {
	if err := check(rev); err != nil {
		return nil, err
	}
	return listTree(ctx, l.git, rev)
}

// MergeBase implements Repository.
func (l *Local) MergeBase(ctx context.Context, a, b OID) (OID, error) {
	if err := check(a, b); err != nil {
		return "", err
	}
	base, err := mergeBase(ctx, l.git, a, b)
	if err == nil {
		return base, nil
	}
	if shallow, _ := line(ctx, l.git, "rev-parse", "--is-shallow-repository"); shallow == "true" {
		return "", fmt.Errorf("%w: the clone is shallow: run `git fetch --unshallow` (actions/checkout: fetch-depth: 0)", err)
	}
	return "", err
}

// Compare implements Repository.
func (l *Local) Compare(ctx context.Context, base, head OID) (Comparison, error) {
	if err := check(base, head); err != nil {
		return Comparison{}, err
	}
	ids, err := changedBlobs(ctx, l.git, base, head)
	if err != nil {
		return Comparison{}, err
	}
	missing, err := absent(ctx, l.git, ids)
	if err := complete(missing, err); err != nil {
		return Comparison{}, err
	}
	return compare(ctx, l.git, base, head)
}

// Blobs implements Repository.
func (l *Local) Blobs(ctx context.Context, ids []OID, each func(Blob) error) error {
	wanted := distinct(ids)
	if err := check(wanted...); err != nil || len(wanted) == 0 {
		return err
	}
	missing, err := readBlobs(ctx, l.git, wanted, each)
	return complete(missing, err)
}

// complete refuses a partial clone: fetching would follow whatever remote the repository's configuration names. git itself
// stops at the first blob that it may not fetch; older versions report them as missing.
func complete(missing []OID, err error) error {
	stopped := (*gitError)(nil)
	switch {
	case errors.As(err, &stopped) && strings.Contains(stopped.text, "from promisor remote"):
	case err != nil || len(missing) == 0:
		return err
	}
	return fmt.Errorf("reading files: %w: in a partial clone run `git fetch --refetch --no-filter` first", ErrMissing)
}
