package work

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/rules/user"
)

// edits are files that configure as a pull request leaves them, by path; not Found where it removes one.
type edits map[string]github.File

// configurationIn are the changes of files that configure.
func configurationIn(c repo.Comparison) []repo.Change {
	var found []repo.Change
	for _, change := range c.Changes {
		if load.IsConfiguration(change.Path) || load.IsConfiguration(change.OldPath) {
			found = append(found, change)
		}
	}
	return found
}

// edited reads files as changes leave them. What is no regular file any more is broken as a configuration, and no rules.
func edited(ctx context.Context, r repo.Repository, changes []repo.Change) (edits, error) {
	made := edits{}
	paths := map[repo.OID][]string{} // one blob may be at many paths
	var ids []repo.OID
	for _, change := range changes {
		if load.IsConfiguration(change.OldPath) {
			made[change.OldPath] = github.File{}
		}
	}
	for _, change := range changes {
		switch {
		case !load.IsConfiguration(change.Path):
		case change.Mode.IsFile():
			ids = append(ids, change.OID)
			paths[change.OID] = append(paths[change.OID], change.Path)
		case change.Status != repo.Removed && change.Path == repositoryFile:
			made[change.Path] = github.File{Found: true, Err: errors.New("it is no regular file")}
		default:
			made[change.Path] = github.File{}
		}
	}
	err := r.Blobs(ctx, ids, func(b repo.Blob) error {
		file := github.File{Text: string(b.Data), Found: true}
		if b.TooLarge {
			file.Err = errors.New("the file is too large")
		}
		for _, path := range paths[b.OID] {
			made[path] = file
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the configuration of the pull request: %w", err)
	}
	return made, nil
}

// overlay are the files of rules of the base branch as the pull request leaves them.
func (e edits) overlay(base map[string][]byte) map[string][]byte {
	files := maps.Clone(base)
	if files == nil {
		files = map[string][]byte{}
	}
	for path, file := range e {
		switch {
		case !user.Is(path):
		case file.Found:
			files[path] = []byte(file.Text)
		default:
			delete(files, path)
		}
	}
	return files
}
