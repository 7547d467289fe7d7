package load

import (
	"context"
	"fmt"

	"github.com/podcheck/podcheck/bot/repo"
)

// File reads one file of a commit; found is false when the commit has no such file, or a symlink there.
func File(ctx context.Context, r repo.Repository, rev repo.OID, path string) (data []byte, found bool, err error) {
	entries, err := r.Tree(ctx, rev)
	if err != nil {
		return nil, false, fmt.Errorf("list the files of %s: %w", rev, err)
	}
	for _, e := range entries {
		if e.Path != path || !e.Mode.IsFile() {
			continue
		}
		err = r.Blobs(ctx, []repo.OID{e.OID}, func(b repo.Blob) error {
			data, found = b.Data, !b.TooLarge
			return nil
		})
		return data, found, err
	}
	return nil, false, nil
}
