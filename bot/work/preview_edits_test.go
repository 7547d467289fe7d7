package work

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/podcheck/podcheck/bot/github"
	"github.com/podcheck/podcheck/bot/repo"
)

// blobs is a repository of which blobs are read alone.
type blobs map[repo.OID]repo.Blob

func (b blobs) Blobs(_ context.Context, ids []repo.OID, each func(repo.Blob) error) error {
	for _, id := range ids {
		if err := each(b[id]); err != nil {
			return err
		}
	}
	return nil
}

func (blobs) Tree(context.Context, repo.OID) ([]repo.Entry, error) {
	return nil, errors.ErrUnsupported
}

func (blobs) MergeBase(context.Context, repo.OID, repo.OID) (repo.OID, error) {
	return "", errors.ErrUnsupported
}

func (blobs) Compare(context.Context, repo.OID, repo.OID) (repo.Comparison, error) {
	return repo.Comparison{}, errors.ErrUnsupported
}

func TestEditsOfTheConfiguration(t *testing.T) {
	const rule, other = ".podcheck/rules/a.yaml", ".podcheck/rules/b.yaml"
	r := blobs{"1": {OID: "1", Data: []byte("one")}, "big": {OID: "big", TooLarge: true}}
	is := func(text string) github.File { return github.File{Text: text, Found: true} }
	for _, c := range []struct {
		name    string
		changes []repo.Change
		want    edits
		broken  []string
	}{
		{"others", []repo.Change{{Status: repo.Modified, Path: "a.yaml", OldPath: "a.yaml", Mode: repo.Regular, OID: "1"}, {Status: repo.Added, Path: "x/.podcheck.yml", Mode: repo.Regular, OID: "1"}}, edits{}, nil},
		{"added", []repo.Change{{Status: repo.Added, Path: repositoryFile, Mode: repo.Regular, OID: "1"}}, edits{repositoryFile: is("one")}, nil},
		{"modified", []repo.Change{{Status: repo.Modified, Path: rule, OldPath: rule, Mode: repo.Executable, OID: "1"}}, edits{rule: is("one")}, nil},
		{"removed", []repo.Change{{Status: repo.Removed, Path: rule, OldPath: rule}}, edits{rule: {}}, nil},
		{"renamed", []repo.Change{{Status: repo.Renamed, Path: other, OldPath: rule, Mode: repo.Regular, OID: "1"}}, edits{rule: {}, other: is("one")}, nil},
		{"renamed away", []repo.Change{{Status: repo.Renamed, Path: "old.yml", OldPath: repositoryFile, Mode: repo.Regular, OID: "1"}}, edits{repositoryFile: {}}, nil},
		{"renamed to", []repo.Change{{Status: repo.Renamed, Path: repositoryFile, OldPath: "new.yml", Mode: repo.Regular, OID: "1"}}, edits{repositoryFile: is("one")}, nil},
		{"swapped", []repo.Change{{Status: repo.Renamed, Path: other, OldPath: rule, Mode: repo.Regular, OID: "1"}, {Status: repo.Renamed, Path: rule, OldPath: other, Mode: repo.Regular, OID: "1"}},
			edits{rule: is("one"), other: is("one")}, nil},
		{"a link", []repo.Change{{Status: repo.Modified, Path: repositoryFile, OldPath: repositoryFile, Mode: repo.Symlink, OID: "1"}}, edits{repositoryFile: is("")}, []string{repositoryFile}},
		{"a link among the rules", []repo.Change{{Status: repo.Added, Path: rule, Mode: repo.Symlink, OID: "1"}}, edits{rule: {}}, nil},
		{"too large", []repo.Change{{Status: repo.Added, Path: repositoryFile, Mode: repo.Regular, OID: "big"}}, edits{repositoryFile: is("")}, []string{repositoryFile}},
	} {
		got, err := edited(t.Context(), r, configurationIn(repo.Comparison{Changes: c.changes}))
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		for path, file := range c.want {
			if have := got[path]; have.Text != file.Text || have.Found != file.Found || (have.Err != nil) != slices.Contains(c.broken, path) {
				t.Errorf("%s: %s is %+v, want %+v", c.name, path, have, file)
			}
		}
	}
}
