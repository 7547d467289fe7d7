package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/podcheck/podcheck/bot/load"
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/review/render"
	"github.com/podcheck/podcheck/review/render/child"
)

// renderedBytes is how much of what was rendered is kept.
const renderedBytes = 16 << 20

// newRenderer renders in children of this very program; nil when it doesn't know where it is.
func newRenderer() *render.Renderer {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	return render.New(&child.Child{Command: []string{self, renderName}}, renderedBytes)
}

// addresses is the flag for where the repository is published, beside its remotes.
type addresses struct{ urls []string }

func (a *addresses) flag(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&a.urls, "repo-url", nil, "`URL` by which Argo CD and Flux objects name this repository (default: its remotes)")
}

// of are those given, or the remotes of the repository that holds a path, if there is one.
func (a *addresses) of(ctx context.Context, path string) []string {
	if len(a.urls) > 0 || path == load.Stdin {
		return a.urls
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		path = filepath.Dir(path)
	}
	local, err := repo.OpenLocal(ctx, path)
	if err != nil {
		return nil // no repository
	}
	defer local.Close()
	urls, err := local.Remotes(ctx)
	if err != nil {
		return nil
	}
	return urls
}
