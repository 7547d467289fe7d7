// Package repo reads git repositories: trees, blobs and the difference of two commits, through the `git` command line.
//
// A Mirror is a bare, blobless cache of one repository on GitHub; a Local is a repository on this machine. Both are read
// through Repository, so a review does not know which one it looks at.
//
// Invariants: nothing is ever checked out; no hook, filter, text conversion or external diff of a repository runs; nothing is
// fetched but the named commits and the blobs asked for, from the one URL of the mirror; symlinks and submodules are reported
// and not followed; the token is in the environment of `git fetch` alone, never in a URL, an argument, a file or an error.
// Ref names are built from integers only. A mirror is a cache: what is broken is thrown away and cloned again.
//
// It knows no rules and no GitHub API, and imports nothing of Podcheck.
package repo

import (
	"context"
	"errors"
	"fmt"
)

// MaxBlob is the size in bytes above which a file is reported as too large and not read. Manifests end far below it.
const MaxBlob = 16 << 20

// The limits of one answer. A repository beyond them is refused with ErrTooLarge instead of filling the memory.
const (
	maxEntries = 1_000_000 // entries of one tree
	maxDiff    = 128 << 20 // bytes of one diff
)

// What a caller may want to tell apart. They are wrapped; use errors.Is.
var (
	// ErrTooLarge is an answer beyond a limit of this package.
	ErrTooLarge = errors.New("beyond the limit")
	// ErrMissing is an object that neither the repository nor its remote has, such as a head that was force-pushed away.
	ErrMissing = errors.New("object is not in the repository")
	// ErrNoMergeBase means that two commits have no common history.
	ErrNoMergeBase = errors.New("no common history")
	// ErrUnauthorized is a token that the remote refused: it expired, or the App may not read the repository.
	ErrUnauthorized = errors.New("git access refused")
	// ErrUnavailable is a remote that could not be reached or did not answer properly; trying again later may help.
	ErrUnavailable = errors.New("git remote unavailable")
)

// Repository is what a review reads. All methods are safe for concurrent use.
type Repository interface {
	// Tree lists every entry of a commit or tree, folders left out, in git's order.
	Tree(ctx context.Context, rev OID) ([]Entry, error)
	// Blobs calls each once for every distinct id, in no particular order. Missing blobs of a mirror are fetched in bulk
	// beforehand. An error of each ends the reading and is returned as it is.
	Blobs(ctx context.Context, ids []OID, each func(Blob) error) error
	// MergeBase returns the best common ancestor of two commits, or ErrNoMergeBase.
	MergeBase(ctx context.Context, a, b OID) (OID, error)
	// Compare returns the difference of two commits or trees. For GitHub's three-dot difference, base is the merge base.
	Compare(ctx context.Context, base, head OID) (Comparison, error)
}

// OID is the id of a git object: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
type OID string

// ParseOID checks text that comes from outside.
func ParseOID(text string) (OID, error) {
	id := OID(text)
	return id, id.check()
}

func (id OID) check() error {
	if len(id) != 40 && len(id) != 64 {
		return fmt.Errorf("%q is no git object id: it must have 40 or 64 hexadecimal digits", shorten(string(id)))
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return fmt.Errorf("%q is no git object id: %q is no lower-case hexadecimal digit", shorten(string(id)), c)
		}
	}
	return nil
}

// zero says whether the id stands for "no object" in a difference.
func (id OID) zero() bool {
	for _, c := range []byte(id) {
		if c != '0' {
			return false
		}
	}
	return true
}

func check(ids ...OID) error {
	for _, id := range ids {
		if err := id.check(); err != nil {
			return err
		}
	}
	return nil
}

func shorten(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// Mode is the mode of a tree entry, as git writes it in octal.
type Mode uint32

// The modes that git writes. None stands for a side of a change that does not exist, and for an entry whose path could
// lead outside the repository.
const (
	None       Mode = 0
	Regular    Mode = 0o100644
	Executable Mode = 0o100755
	Symlink    Mode = 0o120000
	Submodule  Mode = 0o160000
)

// IsFile says whether the entry is a file that may be read: regular or executable.
func (m Mode) IsFile() bool {
	return m == Regular || m == Executable
}

func (m Mode) String() string {
	return fmt.Sprintf("%06o", uint32(m))
}

// Entry is one file, symlink or submodule of a tree.
type Entry struct {
	Path string // from the root, with slashes; any bytes but NUL
	Mode Mode
	OID  OID
}

// Blob is the content of a file. Data is the receiver's to keep.
type Blob struct {
	OID      OID
	Size     int64  // bytes
	Data     []byte // nil when TooLarge
	TooLarge bool   // larger than MaxBlob
}

// Comparison is the difference of two trees.
type Comparison struct {
	Changes []Change
	// Patch is a unified diff with three lines of context and renames, as GitHub shows it. Paths with control characters,
	// quotes or backslashes are quoted as in C; other bytes stand as they are.
	Patch []byte
}

// Status says what happened to a file, in GitHub's words.
type Status string

// The statuses of a change. A file that became a symlink, or the reverse, is modified.
const (
	Added    Status = "added"
	Modified Status = "modified"
	Removed  Status = "removed"
	Renamed  Status = "renamed"
)

// Change is one changed path.
type Change struct {
	Status  Status
	Path    string // after; before for a removed file
	OldPath string // before; "" for an added file
	Mode    Mode   // None for a removed file
	OldMode Mode   // None for an added file
	OID     OID    // "" for a removed file
	OldOID  OID    // "" for an added file
}
