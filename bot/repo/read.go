package repo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// listTree reads a whole tree.
func listTree(ctx context.Context, g git, rev OID) ([]Entry, error) {
	var entries []Entry
	err := g.stream(ctx, nil, func(r io.Reader) error {
		records := bufio.NewReader(r)
		for {
			record, err := records.ReadString(0)
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if len(entries) == maxEntries {
				return fmt.Errorf("listing %s: more than %d files: %w", rev, maxEntries, ErrTooLarge)
			}
			entry, err := parseEntry(strings.TrimSuffix(record, "\x00"))
			if err != nil {
				return fmt.Errorf("listing %s: %w", rev, err)
			}
			entries = append(entries, entry)
		}
	}, "ls-tree", "-r", "-z", "--full-tree", string(rev))
	return entries, err
}

// parseEntry reads `<mode> <type> <id>TAB<path>`.
func parseEntry(record string) (Entry, error) {
	meta, path, ok := strings.Cut(record, "\t")
	fields := strings.Fields(meta)
	if !ok || len(fields) != 3 {
		return Entry{}, fmt.Errorf("unexpected output of git ls-tree: %q", shorten(record))
	}
	mode, err := parseMode(fields[0], path)
	if err != nil {
		return Entry{}, err
	}
	id, err := ParseOID(fields[2])
	return Entry{Path: path, Mode: mode, OID: id}, err
}

// parseMode reads an octal mode. A path that could lead outside the repository makes the entry unreadable.
func parseMode(text, path string) (Mode, error) {
	n, err := strconv.ParseUint(text, 8, 32)
	if err != nil {
		return None, fmt.Errorf("unexpected mode %q from git", shorten(text))
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." || strings.EqualFold(part, ".git") {
			return None, nil
		}
	}
	return Mode(n), nil
}

func mergeBase(ctx context.Context, g git, a, b OID) (OID, error) {
	out, err := g.output(ctx, 1<<10, nil, "merge-base", string(a), string(b))
	if exitCode(err) == 1 {
		return "", fmt.Errorf("merge base of %s and %s: %w", a, b, ErrNoMergeBase)
	}
	if err != nil {
		return "", err
	}
	return ParseOID(strings.TrimSpace(string(out)))
}

// readBlobs calls each for every blob that is there and returns the ids of those that are not.
func readBlobs(ctx context.Context, g git, ids []OID, each func(Blob) error) (missing []OID, err error) {
	err = g.stream(ctx, lines(ids), func(r io.Reader) error {
		out := bufio.NewReaderSize(r, 64<<10)
		for _, id := range ids {
			blob, found, err := readBlob(out, id)
			if err != nil {
				return err
			}
			if !found {
				missing = append(missing, id)
				continue
			}
			if err := each(blob); err != nil {
				return err
			}
		}
		return nil
	}, "cat-file", "--batch", "--buffer")
	return missing, err
}

// readBlob reads one answer of `git cat-file --batch`: a header line, the content, a line break.
func readBlob(out *bufio.Reader, id OID) (blob Blob, found bool, err error) {
	header, err := out.ReadString('\n')
	if err != nil {
		return Blob{}, false, unexpected(err)
	}
	fields := strings.Fields(header)
	if len(fields) == 2 && fields[1] == "missing" {
		return Blob{}, false, nil
	}
	if len(fields) != 3 || fields[0] != string(id) {
		return Blob{}, false, fmt.Errorf("unexpected output of git cat-file: %q", shorten(header))
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || size < 0 {
		return Blob{}, false, fmt.Errorf("unexpected size from git cat-file: %q", shorten(header))
	}
	if fields[1] != "blob" {
		return Blob{}, false, fmt.Errorf("reading %s: it is a %s, not a file", id, fields[1])
	}
	blob = Blob{OID: id, Size: size, TooLarge: size > MaxBlob}
	if blob.TooLarge {
		_, err = io.CopyN(io.Discard, out, size)
	} else {
		blob.Data = make([]byte, size)
		_, err = io.ReadFull(out, blob.Data)
	}
	if err == nil {
		_, err = out.Discard(1)
	}
	return blob, true, unexpected(err)
}

// unexpected marks an end of output in the middle of an answer: git's own error then says why.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// absent returns those of ids that the repository does not hold.
func absent(ctx context.Context, g git, ids []OID) ([]OID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	out, err := g.output(ctx, int64(len(ids)+1)*100, lines(ids), "cat-file", "--batch-check=%(objecttype)", "--buffer")
	if err != nil {
		return nil, err
	}
	var missing []OID
	for line := range bytes.Lines(out) {
		if id, ok := strings.CutSuffix(strings.TrimSpace(string(line)), " missing"); ok {
			missing = append(missing, OID(id))
		}
	}
	return missing, nil
}

// distinct returns the ids in order, each once.
func distinct(ids []OID) []OID {
	seen := make(map[OID]bool, len(ids))
	out := make([]OID, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
