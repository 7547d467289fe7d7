package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2"

	"github.com/podcheck/podcheck/rules/analysis"
)

// replaceFiles writes the files that changed: all of them beside the old ones first, then each at once in the place of the old
// one, with its mode. name gives the path to a file of the state. Nothing is written when one of them is no longer what was read.
func replaceFiles(state *analysis.State, changed map[string][]byte, name func(string) string) (err error) {
	pending := map[string]*renameio.PendingFile{}
	defer func() {
		for _, p := range pending {
			err = errors.Join(err, p.Cleanup()) // does nothing to those in their place
		}
	}()
	paths := slices.Sorted(maps.Keys(changed))
	for _, path := range paths {
		if changed[path] == nil {
			continue
		}
		p, err := prepare(filepath.FromSlash(name(path)), changed[path])
		if err != nil {
			return fmt.Errorf("writing %s: %w: no file was changed", name(path), err)
		}
		pending[path] = p
	}
	for _, path := range paths {
		if err := unchanged(filepath.FromSlash(name(path)), state.File(path).Data); err != nil {
			return &exitError{exitFindings, fmt.Sprintf("podcheck: %v: no file was changed, run it again", err)}
		}
	}
	for i, path := range paths {
		if err := put(filepath.FromSlash(name(path)), pending[path]); err != nil {
			return fmt.Errorf("writing %s, after %d of %d files: %w", name(path), i, len(paths), err)
		}
	}
	return nil
}

// prepare writes a file beside the one that it will replace, with its mode.
func prepare(name string, data []byte) (*renameio.PendingFile, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	p, err := renameio.NewPendingFile(name, renameio.WithTempDir(filepath.Dir(name)), renameio.WithStaticPermissions(info.Mode().Perm()))
	if err != nil {
		return nil, err
	}
	if _, err := p.Write(data); err != nil {
		return nil, errors.Join(err, p.Cleanup())
	}
	return p, nil
}

// put replaces a file, or removes it when there is nothing to replace it with.
func put(name string, p *renameio.PendingFile) error {
	if p == nil {
		return os.Remove(name)
	}
	return p.CloseAtomicallyReplace()
}

// unchanged says how a file differs from what was read.
func unchanged(name string, read []byte) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file any more", name)
	}
	data, err := os.ReadFile(name)
	if err == nil && !bytes.Equal(data, read) {
		err = fmt.Errorf("%s was changed by somebody else meanwhile", name)
	}
	return err
}

// notSymlink refuses a path that is a symbolic link to a file: replacing it would take the link away, and git does not patch it.
func notSymlink(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSymlink {
		return nil // whoever reads it says what is wrong
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("reading what to fix: %w", err)
	}
	return fmt.Errorf("%s is a symbolic link, which is not written through: name %s instead", path, target)
}
