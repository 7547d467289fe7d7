package render

import (
	"context"
	"slices"

	"github.com/podcheck/podcheck/review/render/roots"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// rebuild proves changes: roots are looked for again among the files as they would be.
func (s *site) rebuild(ctx context.Context) analysis.Rebuild {
	return func(b *analysis.Build, changed map[string][]byte) *analysis.Build {
		next := newSite(s.renderer, s.tree.with(changed), s.options)
		for path, f := range s.files {
			if _, touched := changed[path]; !touched && next.files[path] == nil {
				next.files[path] = f
			}
		}
		return next.again(ctx, b.Root, s.makers)
	}
}

// again builds one root by its name, after the one that makes the object which asks for it. Makers are the names of these.
func (s *site) again(ctx context.Context, name string, makers map[string]string) *analysis.Build {
	var rendered []*manifest.Object
	if maker := makers[name]; maker != "" {
		made := s.again(ctx, maker, makers)
		if made == nil {
			return nil
		}
		s.builds[maker] = made
		rendered = made.Objects
	}
	s.find(ctx, rendered)
	if root := s.root(name); root != nil {
		return s.build(ctx, []roots.Root{*root})[0]
	}
	for _, release := range s.releases {
		if releaseName(release) == name {
			return s.library(release)
		}
	}
	return nil
}

// with is the tree with other content of some files, nil for one that is gone.
func (t Tree) with(changed map[string][]byte) Tree {
	gone := func(p string) bool { data, touched := changed[p]; return touched && data == nil }
	out := Tree{Read: t.Read, Paths: slices.DeleteFunc(slices.Clone(t.Paths), gone)}
	for _, f := range t.Files {
		data, touched := changed[f.Path]
		switch {
		case !touched:
			out.Files = append(out.Files, f)
		case data != nil:
			out.Files = append(out.Files, manifest.Parse(f.Path, data))
		}
	}
	return out
}
