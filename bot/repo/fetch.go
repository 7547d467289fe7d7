package repo

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// baseRef keeps the last base branch tip, so that the next fetch can tell the remote what is here.
const baseRef = "refs/podcheck/base"

// headRef is the ref of a pull request's head in the mirror.
func headRef(pull int) string {
	return "refs/podcheck/pull/" + strconv.Itoa(pull)
}

// git returns the way to run git in a mirror at path. Only with a scheme may it talk to the remote.
func (m *Mirror) git(path string, extra []setting, scheme string, secrets ...string) git {
	settings := append([]setting{}, hardening...)
	// Whoever owns the files of the data directory: they are ours, also after a restart as another user.
	settings = append(settings, setting{"safe.directory", "*"}, setting{"core.attributesFile", os.DevNull}, setting{"protocol.allow", "never"})
	if scheme == "" {
		scheme = "none"
	} else {
		settings = append(settings, setting{"protocol." + scheme + ".allow", "always"})
	}
	env := append(mirrorEnv(os.LookupEnv), "GIT_ALLOW_PROTOCOL="+scheme)
	return git{
		dir:     path,
		options: []string{"--git-dir=" + path, "--bare"},
		env:     append(env, configure(append(settings, extra...))...),
		secrets: secrets,
		started: &m.started,
	}
}

// online returns the way to run `git fetch`. The remote stands in the environment alone: the mirror on disk knows none, so a
// reading can't reach one either.
func (m *Mirror) online(ctx context.Context, path string, extra ...setting) (git, error) {
	settings := append([]setting{
		{"remote.origin.url", m.remote.url},
		{"remote.origin.promisor", "true"},
		{"remote.origin.partialclonefilter", "blob:none"},
		{"http.followRedirects", "false"},
		{"http.lowSpeedLimit", "1000"},
		{"http.lowSpeedTime", "60"},
		{"fetch.unpackLimit", "1"},
	}, extra...)
	var secrets []string
	if m.options.Token != nil {
		token, err := m.options.Token(ctx)
		if err != nil {
			return git{}, fmt.Errorf("getting a token for %s: %w", m.remote.url, err)
		}
		basic := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + token))
		settings = append(settings, setting{"http." + m.remote.origin + ".extraHeader", "Authorization: Basic " + basic})
		secrets = []string{basic, token}
	}
	return m.git(path, settings, m.remote.scheme, secrets...), nil
}

// fetchRevision brings both commits by their ids, which every current server allows; one that does not is asked for what
// the branches and the pull request point at.
func (m *Mirror) fetchRevision(ctx context.Context, path string, r Revision) error {
	return m.renewing(func() error { return m.tryRevision(ctx, path, r) })
}

// renewing does once more with a fresh token what the remote refused.
func (m *Mirror) renewing(do func() error) error {
	err := do()
	if !errors.Is(err, ErrUnauthorized) || m.options.Renew == nil {
		return err
	}
	m.options.Renew()
	return do()
}

func (m *Mirror) tryRevision(ctx context.Context, path string, r Revision) error {
	g, err := m.online(ctx, path)
	if err != nil {
		return err
	}
	refspecs := []string{"+" + string(r.Head) + ":" + headRef(r.Pull), "+" + string(r.Base) + ":" + baseRef}
	err = m.explain(fetch(ctx, g, refspecs))
	if !errors.Is(err, errUnadvertised) {
		return err
	}
	tips, err := advertised(ctx, g, r.Pull)
	if err != nil {
		return m.explain(err)
	}
	if err := m.explain(fetch(ctx, g, tips)); err != nil {
		return err
	}
	return m.adopt(ctx, path, r)
}

// errUnadvertised is a server that gives away only what its refs point at.
var errUnadvertised = errors.New("object ids are not accepted")

// advertised lists the tips of the branches and of the pull request. Their names, which are anybody's, are not used.
func advertised(ctx context.Context, g git, pull int) ([]OID, error) {
	out, err := g.output(ctx, maxDiff, nil, "ls-remote", "--quiet", "origin", "refs/heads/*", "refs/pull/"+strconv.Itoa(pull)+"/head")
	if err != nil {
		return nil, err
	}
	var tips []OID
	for line := range strings.Lines(string(out)) {
		id, _, _ := strings.Cut(line, "\t")
		tip, err := ParseOID(id)
		if err != nil {
			return nil, fmt.Errorf("unexpected output of git ls-remote: %w", err)
		}
		tips = append(tips, tip)
	}
	return distinct(tips), nil
}

// adopt points the mirror's refs at commits that came with a fetch of refs.
func (m *Mirror) adopt(ctx context.Context, path string, r Revision) error {
	g := m.git(path, nil, "")
	missing, err := absent(ctx, g, []OID{r.Base, r.Head})
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("fetching %s: commit %s: %w (was the branch pushed again?)", m.remote.url, missing[0], ErrMissing)
	}
	updates := []string{"update " + headRef(r.Pull) + " " + string(r.Head), "update " + baseRef + " " + string(r.Base)}
	_, err = g.output(ctx, 1<<10, lines(updates), "update-ref", "--stdin")
	return err
}

// fetchBlobs brings blobs in one request. There is nothing to negotiate about single blobs.
func (m *Mirror) fetchBlobs(ctx context.Context, ids []OID) error {
	if len(ids) == 0 {
		return nil
	}
	return m.renewing(func() error {
		g, err := m.online(ctx, m.path, setting{"fetch.negotiationAlgorithm", "noop"})
		if err != nil {
			return err
		}
		return m.explain(fetch(ctx, g, ids))
	})
}

func fetch[T ~string](ctx context.Context, g git, refspecs []T) error {
	_, err := g.output(ctx, 1<<20, lines(refspecs), "fetch", "--quiet", "--filter=blob:none", "--no-tags", "--no-write-fetch-head",
		"--no-auto-maintenance", "--recurse-submodules=no", "--stdin", "origin")
	return err
}

// explain finds out whose fault a failed fetch is. git tells only in words, which LC_ALL=C keeps English.
func (m *Mirror) explain(err error) error {
	failed := (*gitError)(nil)
	if !errors.As(err, &failed) {
		return err
	}
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(failed.text, w) {
				return true
			}
		}
		return false
	}
	kind := error(nil)
	switch {
	case has("unadvertised object"):
		kind = errUnadvertised
	case has("not our ref", "couldn't find remote ref"):
		kind = ErrMissing
	case has("Authentication failed", "could not read Username", "could not read Password", "error: 403", "' not found", "error: 401"):
		kind = ErrUnauthorized
	case has("unable to access", "RPC failed", "hung up", "early EOF", "redirect", "curl "):
		kind = ErrUnavailable
	default:
		return fmt.Errorf("fetching %s: %w", m.remote.url, err)
	}
	return fmt.Errorf("fetching %s: %w: %w", m.remote.url, kind, err)
}

// rebuild clones beside the mirror and swaps, so that a failure leaves what is there, and a crash at worst leaves no mirror.
func (m *Mirror) rebuild(ctx context.Context, r Revision) error {
	parent := filepath.Dir(m.path)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return fmt.Errorf("creating the folder of the mirror: %w", err)
	}
	if err := m.sweep(); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(parent, filepath.Base(m.path)+".new-")
	if err != nil {
		return fmt.Errorf("creating the mirror: %w", err)
	}
	defer os.RemoveAll(fresh)
	if _, err := m.git(fresh, nil, "").output(ctx, 1<<10, nil, "init", "--quiet", "--template="); err != nil {
		return fmt.Errorf("creating the mirror: %w", err)
	}
	if err := m.fetchRevision(ctx, fresh, r); err != nil {
		return err
	}
	return m.swap(fresh)
}

// swap puts fresh in the mirror's place.
func (m *Mirror) swap(fresh string) error {
	old := m.path + ".old-" + filepath.Base(fresh)
	if err := os.Rename(m.path, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("replacing the mirror: %w", err)
	}
	if err := os.Rename(fresh, m.path); err != nil {
		return fmt.Errorf("replacing the mirror: %w", err)
	}
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("removing the old mirror: %w", err)
	}
	return nil
}

// sweep removes what a process that died in the middle of a swap left behind.
func (m *Mirror) sweep() error {
	left, err := filepath.Glob(m.path + ".*-*")
	if err != nil {
		return fmt.Errorf("looking for remains of the mirror: %w", err)
	}
	for _, dir := range left {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("removing remains of the mirror: %w", err)
		}
	}
	return nil
}
