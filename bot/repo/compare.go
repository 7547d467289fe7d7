package repo

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

// changedBlobs returns the blobs of both sides that differ, so that they can be fetched in bulk before git needs them.
func changedBlobs(ctx context.Context, g git, base, head OID) ([]OID, error) {
	out, err := g.output(ctx, maxDiff, nil, "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", string(base), string(head))
	if err != nil {
		return nil, err
	}
	changes, _, err := parseRaw(out)
	if err != nil {
		return nil, err
	}
	var ids []OID
	for _, c := range changes {
		if c.OldOID != "" && c.OldMode != Submodule {
			ids = append(ids, c.OldOID)
		}
		if c.OID != "" && c.Mode != Submodule {
			ids = append(ids, c.OID)
		}
	}
	return distinct(ids), nil
}

// compare reads the changes and the patch with one process. Every option that a user's configuration could change is given.
func compare(ctx context.Context, g git, base, head OID) (Comparison, error) {
	out, err := g.output(ctx, maxDiff, nil, "diff-tree", "-r", "-z", "--raw", "--patch", "--no-abbrev", "--full-index",
		"--find-renames", "--unified=3", "--inter-hunk-context=0", "--diff-algorithm=default", "--indent-heuristic",
		"--src-prefix=a/", "--dst-prefix=b/", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative", "--submodule=short",
		string(base), string(head))
	if err != nil {
		return Comparison{}, err
	}
	changes, patch, err := parseRaw(out)
	return Comparison{Changes: changes, Patch: patch}, err
}

// parseRaw reads the NUL-terminated records of `--raw -z`; what follows the empty record behind them is the patch.
func parseRaw(out []byte) (changes []Change, rest []byte, err error) {
	next := func() (string, bool) {
		field, after, ok := bytes.Cut(out, []byte{0})
		if ok {
			out = after
		}
		return string(field), ok
	}
	for len(out) > 0 {
		meta, ok := next()
		if ok && meta == "" {
			return changes, out, nil
		}
		path, ok := next()
		if !ok {
			return nil, nil, fmt.Errorf("unexpected output of git diff-tree: %q", shorten(meta))
		}
		to := path
		if fields := strings.Fields(meta); len(fields) == 5 && strings.HasPrefix(fields[4], "R") {
			if to, ok = next(); !ok {
				return nil, nil, fmt.Errorf("unexpected output of git diff-tree: rename of %q without a target", shorten(path))
			}
		}
		change, err := parseChange(meta, path, to)
		if err != nil {
			return nil, nil, err
		}
		changes = append(changes, change)
	}
	return changes, nil, nil
}

// parseChange reads `:<old mode> <mode> <old id> <id> <status>`.
func parseChange(meta, from, to string) (Change, error) {
	fields := strings.Fields(strings.TrimPrefix(meta, ":"))
	if len(fields) != 5 {
		return Change{}, fmt.Errorf("unexpected output of git diff-tree: %q", shorten(meta))
	}
	oldMode, err := parseMode(fields[0], from)
	if err != nil {
		return Change{}, err
	}
	mode, err := parseMode(fields[1], to)
	if err != nil {
		return Change{}, err
	}
	oldID, id := OID(fields[2]), OID(fields[3])
	if err := check(oldID, id); err != nil {
		return Change{}, err
	}
	c := Change{Status: Modified, Path: to, OldPath: from, Mode: mode, OldMode: oldMode, OID: id, OldOID: oldID}
	switch {
	case oldID.zero():
		c.Status, c.OldPath, c.OldOID = Added, "", ""
	case id.zero():
		c.Status, c.OID = Removed, ""
	case from != to:
		c.Status = Renamed
	}
	return c, nil
}
