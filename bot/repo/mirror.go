package repo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
)

// maxPacks is the number of packs above which a mirror is cloned again: every fetch adds one, and each slows every look-up.
const maxPacks = 500

// Options say which repository a mirror is of.
type Options struct {
	Dir          string // data directory; the mirror is <Dir>/<Installation>/<RepoID>.git
	Installation int64
	RepoID       int64
	URL          string // https://host/owner/name.git; http for loopback addresses only
	// Token returns a token of the installation that may read the repository; nil for none.
	Token func(context.Context) (string, error)
	// Renew has Token return another one, after the remote refused the first: it expires, and can be revoked. nil for none.
	Renew func()
}

// Revision is the state of a pull request, or of a merge group's branch.
type Revision struct {
	Pull int // number of the pull request; 0 for a merge group
	Base OID // tip of the base branch
	Head OID
}

// Mirror is a bare, blobless clone in the data directory. It is safe for concurrent use, also by several Mirrors of one
// repository within the process.
type Mirror struct {
	options Options
	remote  remote
	path    string
	lock    *lock
	started atomic.Int64 // git processes, for tests and metrics

	mu      sync.Mutex
	fetched Revision // what to restore when the mirror turns out to be broken
	healed  bool     // at most once, so that a broken disk does not clone for ever
}

var _ Repository = (*Mirror)(nil)

// OpenMirror checks the options and registers the use of the mirror. Nothing is cloned before the first Fetch. Close it.
func OpenMirror(_ context.Context, o Options) (*Mirror, error) {
	remote, err := parseRemote(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Dir == "" || o.Installation <= 0 || o.RepoID <= 0 {
		return nil, fmt.Errorf("opening the mirror of %s: data directory, installation and repository id are required", o.URL)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening the mirror of %s: %w", o.URL, err)
	}
	path := filepath.Join(dir, strconv.FormatInt(o.Installation, 10), strconv.FormatInt(o.RepoID, 10)+".git")
	return &Mirror{options: o, remote: remote, path: path, lock: acquire(path)}, nil
}

// Close ends the use of the mirror; what is on disk stays.
func (m *Mirror) Close() {
	release(m.path, m.lock)
}

// Processes returns how many git processes the mirror has started.
func (m *Mirror) Processes() int64 { return m.started.Load() }

// Fetch brings commits and trees of the revision, cloning the repository when there is no mirror yet. Its errors are
// ErrUnauthorized, ErrMissing, ErrUnavailable, or those of the context and the disk.
func (m *Mirror) Fetch(ctx context.Context, r Revision) error {
	if err := check(r.Base, r.Head); err != nil {
		return fmt.Errorf("fetching %s: %w", m.options.URL, err)
	}
	if r.Pull < 0 {
		return fmt.Errorf("fetching %s: %d is no pull-request number", m.options.URL, r.Pull)
	}
	if err := m.lock.exclusive(ctx); err != nil {
		return fmt.Errorf("waiting for the mirror of %s: %w", m.options.URL, err)
	}
	defer m.lock.unlockExclusive()
	m.mu.Lock()
	m.fetched = r
	m.mu.Unlock()
	return m.fetchOrRebuild(ctx, r)
}

// fetchOrRebuild trusts an existing mirror until git fails for a reason that is not the remote's.
func (m *Mirror) fetchOrRebuild(ctx context.Context, r Revision) error {
	if _, err := os.Stat(m.path); err != nil || m.packs() > maxPacks && m.lock.alone() {
		return m.rebuild(ctx, r)
	}
	err := m.fetchRevision(ctx, m.path, r)
	if err == nil || ctx.Err() != nil || remoteFault(err) {
		return err
	}
	return m.rebuild(ctx, r)
}

func remoteFault(err error) bool {
	return errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrMissing) || errors.Is(err, ErrUnavailable)
}

func (m *Mirror) packs() int {
	packs, err := filepath.Glob(filepath.Join(m.path, "objects", "pack", "*.pack"))
	if err != nil {
		return 0
	}
	return len(packs)
}

// Tree implements Repository.
func (m *Mirror) Tree(ctx context.Context, rev OID) (entries []Entry, err error) {
	err = m.read(ctx, func(g git) error {
		entries, err = listTree(ctx, g, rev)
		return err
	}, rev)
	return entries, err
}

// MergeBase implements Repository.
func (m *Mirror) MergeBase(ctx context.Context, a, b OID) (base OID, err error) {
	err = m.read(ctx, func(g git) error {
		base, err = mergeBase(ctx, g, a, b)
		return err
	}, a, b)
	return base, err
}

// Compare implements Repository.
func (m *Mirror) Compare(ctx context.Context, base, head OID) (c Comparison, err error) {
	err = m.read(ctx, func(g git) error {
		ids, err := changedBlobs(ctx, g, base, head)
		if err != nil || len(ids) == 0 {
			return err
		}
		missing, err := absent(ctx, g, ids)
		if err != nil {
			return err
		}
		if err := m.fetchBlobs(ctx, missing); err != nil {
			return err
		}
		c, err = compare(ctx, g, base, head)
		return err
	}, base, head)
	return c, err
}

// Blobs implements Repository.
func (m *Mirror) Blobs(ctx context.Context, ids []OID, each func(Blob) error) error {
	wanted := distinct(ids)
	if len(wanted) == 0 {
		return nil
	}
	given := make(map[OID]bool, len(wanted))
	return m.read(ctx, func(g git) error {
		once := func(b Blob) error {
			if given[b.OID] {
				return nil
			}
			given[b.OID] = true
			return each(b)
		}
		missing, err := readBlobs(ctx, g, wanted, once)
		if err != nil || len(missing) == 0 {
			return err
		}
		if err := m.fetchBlobs(ctx, missing); err != nil {
			return err
		}
		missing, err = readBlobs(ctx, g, missing, once)
		if err == nil && len(missing) > 0 {
			err = fmt.Errorf("reading %s: file %s: %w", m.options.URL, missing[0], ErrMissing)
		}
		return err
	}, wanted...)
}

// read runs one reading. A mirror that git can't read although the fetch went well is cloned again, once.
func (m *Mirror) read(ctx context.Context, run func(git) error, ids ...OID) error {
	if err := check(ids...); err != nil {
		return fmt.Errorf("reading %s: %w", m.options.URL, err)
	}
	shared := func() error {
		if err := m.lock.shared(ctx); err != nil {
			return fmt.Errorf("waiting for the mirror of %s: %w", m.options.URL, err)
		}
		defer m.lock.unlockShared()
		return run(m.git(m.path, nil, ""))
	}
	err := shared()
	if broken := (*gitError)(nil); ctx.Err() != nil || !errors.As(err, &broken) || remoteFault(err) {
		return err
	}
	if healErr := m.heal(ctx, err); healErr != nil {
		return healErr
	}
	return shared()
}

// heal clones the mirror again because of cause.
func (m *Mirror) heal(ctx context.Context, cause error) error {
	m.mu.Lock()
	revision, hopeless := m.fetched, m.healed || m.fetched.Head == ""
	m.healed = true
	m.mu.Unlock()
	if hopeless {
		return cause
	}
	if err := m.lock.exclusive(ctx); err != nil {
		return fmt.Errorf("waiting for the mirror of %s: %w", m.options.URL, err)
	}
	defer m.lock.unlockExclusive()
	if err := m.rebuild(ctx, revision); err != nil {
		return fmt.Errorf("cloning again after %w: %w", cause, err)
	}
	return nil
}
