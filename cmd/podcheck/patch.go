package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/review"
	"github.com/podcheck/podcheck/rules/analysis"
)

// writePatch prints what was changed for `git apply`. Within a git repository its paths count from the top, as those of `git diff`
// do, and git applies it in any folder that holds the files; elsewhere they count from here. Where git would leave files out
// without a word, notes says where to apply it.
func writePatch(out, notes io.Writer, state *analysis.State, mended *review.Mended, name func(string) string) error {
	here, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("making the patch: %w", err)
	}
	if here, err = filepath.EvalSymlinks(here); err != nil {
		return fmt.Errorf("making the patch: %w", err)
	}
	names, top, err := patchNames(here, mended, name)
	if err != nil {
		return fmt.Errorf("making the patch: %w", err)
	}
	patch, err := mended.Patch(state, func(path string) string { return names[path] })
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, patch); err != nil {
		return fmt.Errorf("writing the patch: %w", err)
	}
	for path := range mended.Changed {
		if abs := filepath.Join(top, names[path]); !load.Holds(here, abs) {
			fmt.Fprintf(notes, "podcheck: the patch changes files outside of this folder: apply it with git -C %s apply\n", top)
			break
		}
	}
	return nil
}

// patchNames gives each changed file its path from a folder above all of them: the top of the git repository, else the folder here,
// else the nearest that holds all.
func patchNames(here string, mended *review.Mended, name func(string) string) (names map[string]string, top string, err error) {
	real := map[string]string{}
	top = load.RepositoryTop(here)
	for path := range mended.Changed {
		dir, err := filepath.EvalSymlinks(filepath.Dir(filepath.FromSlash(name(path))))
		if err != nil {
			return nil, "", err
		}
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(here, dir)
		}
		real[path] = filepath.Join(dir, filepath.Base(name(path)))
		for !load.Holds(top, real[path]) {
			top = filepath.Dir(top)
		}
	}
	names = map[string]string{}
	for path, abs := range real {
		rel, err := filepath.Rel(top, abs)
		if err != nil {
			return nil, "", err
		}
		names[path] = filepath.ToSlash(rel)
	}
	return names, top, nil
}
