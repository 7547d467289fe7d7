package load

import (
	"context"
	"fmt"

	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/rules/user"
)

// Rules reads the files of a commit that hold rules of the repository's own, by path. Whoever reviews a change must read them
// from the base. A file that is too large is there without content, so that it is reported.
func Rules(ctx context.Context, r repo.Repository, rev repo.OID) (map[string][]byte, error) {
	entries, err := r.Tree(ctx, rev)
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", rev, err)
	}
	paths := map[repo.OID][]string{} // one blob may be at many paths
	var ids []repo.OID
	for _, e := range entries {
		if e.Mode.IsFile() && user.Is(e.Path) {
			if paths[e.OID] == nil {
				ids = append(ids, e.OID)
			}
			paths[e.OID] = append(paths[e.OID], e.Path)
		}
	}
	files := map[string][]byte{}
	err = r.Blobs(ctx, ids, func(b repo.Blob) error {
		for _, path := range paths[b.OID] {
			files[path] = b.Data
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the rules of %s: %w", rev, err)
	}
	return files, nil
}
