package analysis

import (
	"path"
	"slices"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// withoutTemplates sets aside the files below the templates folder of a chart, whether or not they happen to parse: Helm fills
// them in, so that what they say is not what the cluster gets. They stay in the state as not analysed.
func withoutTemplates(files []*manifest.File) []*manifest.File {
	charts := map[string]bool{} // templates folders
	for _, f := range files {
		if path.Base(f.Path) == "Chart.yaml" {
			charts[path.Join(path.Dir(f.Path), "templates")] = true
		}
	}
	if len(charts) == 0 {
		return files
	}
	out := slices.Clone(files)
	for i, f := range files {
		if folder := templatesFolder(f.Path); charts[folder] && analysed(f) {
			start := manifest.Pos{Line: 1, Column: 1}
			out[i] = &manifest.File{Path: f.Path, Data: f.Data, Problems: []manifest.Problem{{
				Kind: manifest.NotAnalysed, Path: f.Path, Span: manifest.Span{Start: start, End: start},
				Message: "the file is a template of the chart in " + path.Dir(folder),
			}}}
		}
	}
	return out
}

// templatesFolder returns the outermost folder named templates that holds a file, "" if none does.
func templatesFolder(file string) string {
	if i := strings.Index("/"+file, "/templates/"); i >= 0 {
		return file[:i+len("templates")]
	}
	return ""
}

// analysed says whether anything of a file would be looked at.
func analysed(f *manifest.File) bool {
	invalid := func(p manifest.Problem) bool { return p.Kind == manifest.Invalid }
	return len(f.Objects) > 0 || slices.ContainsFunc(f.Problems, invalid)
}
