package load

import (
	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/rules/manifest"
)

// key names a parsed file. The path is part of it because spans and problems carry it.
type key struct {
	id   repo.OID
	path string
}

// overhead is what a file costs beside its source, so that empty files count too.
const overhead = 256

func size(f *manifest.File) int { return len(f.Data) + overhead }
